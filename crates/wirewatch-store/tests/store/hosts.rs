//! What is kept of hosts for a restart: strikes and robots.txt.

use super::support::{World, at, check};
use wirewatch_model::{FailureKind, FeedCheck, FeedId, Health, HostPause, Outcome, RobotsRules};
use wirewatch_store::{ShortWrite, Write};

fn pause(minutes: i64, strikes: u32) -> HostPause {
    HostPause { host: "a.example".to_owned(), until: at(minutes), reason: "429".to_owned(), strikes }
}

/// What the owner is told when a host answers as it should.
fn relief() -> HostPause {
    HostPause { until: jiff::Timestamp::UNIX_EPOCH, reason: String::new(), ..pause(0, 0) }
}

fn rules(origin: &str, until: i64) -> RobotsRules {
    RobotsRules { origin: origin.to_owned(), until: at(until), rules: "disallow:/private\n".to_owned() }
}

fn learnt(pauses: &[HostPause], answered: &[&str], minutes: i64) -> ShortWrite {
    ShortWrite::HostsLearnt {
        pauses: pauses.to_vec(),
        answered: answered.iter().map(|host| (*host).to_owned()).collect(),
        robots: Vec::new(),
        at: at(minutes),
    }
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
    world.write(Write::HostPaused(relief()));
    assert_eq!(world.reader().host_strikes(at(99)).expect("read"), []);
    assert_eq!(world.reader().host_pauses(at(9)).expect("read"), [pause(60, 0)], "what it asked for stands");
    world.close();
}

#[test]
fn strikes_end_by_a_good_answer_alone() {
    let world = World::new();
    let strikes = || world.reader().host_strikes(at(0)).expect("read");
    world.write(Write::HostPaused(pause(60, 5)));
    let crowded = HostPause { reason: "its turn did not come".to_owned(), ..pause(62, 0) };
    world.write(Write::HostPaused(crowded.clone()));
    assert_eq!(strikes(), [HostPause { strikes: 5, ..crowded.clone() }], "a busy host has none to tell of");
    world.write(Write::HostPaused(relief()));
    assert_eq!(strikes(), [crowded], "and a good answer ends no pause");
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
    let write = |nth: i64| Write::RobotsKept {
        rules: rules(&format!("http://h{nth}.example"), 10 + nth / 2),
        at: at(5),
    };
    let replies: Vec<_> = (0..2_100).map(|nth| world.handle.submit(write(nth)).expect("taken")).collect();
    for reply in replies {
        reply.blocking_recv().expect("answered").expect("stored");
    }
    let kept = world.reader().robots(at(0)).expect("read");
    assert_eq!(kept.len(), 2_048);
    assert!(
        kept.iter().all(|rules| rules.until >= at(10 + (2_100 - 2_048) / 2)),
        "those that last longest stay"
    );
    world.close();
}

#[test]
fn what_a_check_by_hand_learnt_is_kept_beside_the_owner_and_shortens_nothing() {
    let world = World::new();
    let strikes = |now: i64| world.reader().host_strikes(at(now)).expect("read");
    let by_hand = |write: &ShortWrite| {
        let mut hand = world.database.short_writer().expect("a connection");
        hand.write(write).expect("stored");
    };
    // The owner's writer is there all the while.
    by_hand(&learnt(&[pause(60, 1)], &[], 0));
    assert_eq!(strikes(30), [pause(60, 1)]);
    world.write(Write::HostPaused(pause(600, 4)));
    by_hand(&learnt(&[pause(90, 2)], &[], 30));
    assert_eq!(strikes(30), [pause(600, 4)], "the longer pause and the strikes stay");
    by_hand(&learnt(&[], &["a.example", "b.example"], 30));
    assert_eq!(strikes(30), [pause(600, 4)], "an answer from before the pause ends no strikes");
    by_hand(&learnt(&[], &["a.example"], 600));
    assert_eq!(strikes(600), []);
    by_hand(&learnt(&[pause(900, 1)], &["a.example"], 601));
    assert_eq!(strikes(601), [pause(900, 1)], "and of both the pause is the later");
    world.close();
}

#[test]
fn robots_txt_that_was_had_by_hand_is_kept() {
    let world = World::new();
    let robots = vec![rules("http://a.example", 60), rules("http://b.example", 90)];
    let write = ShortWrite::HostsLearnt {
        pauses: Vec::new(),
        answered: Vec::new(),
        robots: robots.clone(),
        at: at(0),
    };
    world.database.short_writer().expect("a connection").write(&write).expect("stored");
    assert_eq!(world.reader().robots(at(30)).expect("read"), robots);
    world.close();
}

#[test]
fn a_feed_that_was_put_off_by_hand_is_not_due_before() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    let due = |minutes: i64| world.reader().due_feeds(at(minutes), 9, &[].into()).expect("read").len();
    assert_eq!(due(1), 1);
    world.write(ShortWrite::FeedPutOff { feed, until: at(60) });
    world.write(ShortWrite::FeedPutOff { feed, until: at(30) });
    world.write(ShortWrite::MakeDue { feeds: vec![feed], at: at(5) });
    assert_eq!((due(59), due(60)), (0, 1), "nobody makes it due earlier");
    world.refuse(ShortWrite::FeedPutOff { feed: FeedId(99), until: at(60) });
    world.close();
}

#[test]
fn a_check_without_a_network_is_kept_and_no_failure_of_its_feed() {
    let world = World::new();
    let feed = world.feed("https://a.example/rss");
    world.check(feed, Vec::new(), at(0));
    let failed = |failure, minutes| FeedCheck {
        outcome: Outcome::Failed { failure, message: "no connection".to_owned() },
        health: Health::Failing,
        ..check(feed, at(minutes))
    };
    let state = "SELECT health || ' ' || failures || ' ' || failure FROM feed";
    world.check_with(failed(FailureKind::Offline, 1));
    assert_eq!(world.sql(state), "ok 0 offline");
    world.check_with(failed(FailureKind::Dns, 2));
    world.check_with(failed(FailureKind::Offline, 3));
    assert_eq!(world.sql(state), "failing 1 offline", "nor does it take one back");
    assert_eq!(
        world.sql("SELECT count(*) || ' ' || max(last_checked) FROM feed_check, feed"),
        format!("4 {}", at(3).as_microsecond())
    );
    world.close();
}
