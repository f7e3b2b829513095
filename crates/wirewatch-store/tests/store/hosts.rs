//! What is kept of hosts for a restart: strikes and robots.txt.

use super::support::{World, at};
use wirewatch_model::{HostPause, RobotsRules};
use wirewatch_store::Write;

fn pause(minutes: i64, strikes: u32) -> HostPause {
    HostPause { host: "a.example".to_owned(), until: at(minutes), reason: "429".to_owned(), strikes }
}

fn rules(origin: &str, until: i64) -> RobotsRules {
    RobotsRules { origin: origin.to_owned(), until: at(until), rules: "disallow:/private\n".to_owned() }
}

fn keep(world: &World, rules: &RobotsRules, now: i64) {
    world.write(Write::RobotsKept { rules: rules.clone(), at: at(now) });
}

#[test]
fn strikes_outlive_their_pause_until_the_host_answers() {
    let world = World::new();
    world.write(Write::HostPaused(pause(60, 2)));
    assert_eq!(world.reader().host_pauses(at(99)).expect("read"), []);
    assert_eq!(world.reader().host_strikes(at(99)).expect("read"), [pause(60, 2)]);
    // A host that answers has no strikes, and no pause by that.
    world.write(Write::HostPaused(HostPause { reason: String::new(), ..pause(-1, 0) }));
    assert_eq!(world.reader().host_strikes(at(99)).expect("read"), []);
    assert_eq!(world.reader().host_pauses(at(9)).expect("read"), [pause(60, 0)], "what it asked for stands");
    world.close();
}

#[test]
fn robots_txt_is_given_back_while_it_is_believed() {
    let world = World::new();
    let (a, b) = (rules("http://a.example", 60), rules("https://b.example:8443", 90));
    keep(&world, &a, 0);
    keep(&world, &b, 0);
    assert_eq!(world.reader().robots(at(30)).expect("read"), [a.clone(), b.clone()]);
    assert_eq!(world.reader().robots(at(60)).expect("read"), [b]);
    let newer = RobotsRules { rules: "allow:/\n".repeat(60_000), ..rules("http://a.example", 120) };
    keep(&world, &newer, 30);
    assert_eq!(
        world.reader().robots(at(90)).expect("read"),
        [newer],
        "the newer take the place of the older"
    );
    world.close();
}

#[test]
fn inv10_robots_txt_that_is_kept_is_bounded() {
    let world = World::new();
    keep(&world, &rules("http://over.example", 1), 0);
    // All at once, so that they share their commits.
    let write =
        |nth: i64| Write::RobotsKept { rules: rules(&format!("http://h{nth}.example"), 10 + nth), at: at(5) };
    let replies: Vec<_> = (0..2_100).map(|nth| world.handle.submit(write(nth)).expect("taken")).collect();
    for reply in replies {
        reply.blocking_recv().expect("answered").expect("stored");
    }
    let kept = world.reader().robots(at(0)).expect("read");
    assert_eq!(kept.len(), 2_048);
    assert!(kept.iter().all(|rules| rules.until >= at(10 + 2_100 - 2_048)), "those that last longest stay");
    world.close();
}
