//! A machine's clock may be ahead or behind for a while: what was noted then does not hold for years.

use super::support::*;
use jiff::Timestamp;
use std::collections::HashSet;
use std::time::Duration;
use wirewatch_model::*;
use wirewatch_store::*;

const URL: &str = "https://news.example/rss";
const DAY: i64 = 24 * 60;
/// Ten years after: where the clock was for a while.
const AHEAD: i64 = 3_650 * DAY;

fn due(world: &World, minutes: i64) -> Vec<DueFeed> {
    world.reader().due_feeds(at(minutes), 9, &HashSet::new()).expect("due")
}

fn next_due(world: &World, minutes: i64) -> Option<Timestamp> {
    world.reader().next_feed_due(at(minutes)).expect("read")
}

fn pauses(world: &World, minutes: i64) -> Vec<HostPause> {
    world.reader().host_pauses(at(minutes)).expect("read")
}

fn pause(minutes: i64) -> HostPause {
    HostPause { host: "a.example".to_owned(), until: at(minutes), reason: "429".to_owned(), strikes: 1 }
}

/// What every run begins with.
fn start(world: &World, minutes: i64) {
    world.write(Write::SyncFeeds { specs: Vec::new(), at: at(minutes) });
}

#[test]
fn a_feed_that_was_checked_by_a_clock_that_was_ahead_is_due() {
    let world = World::new();
    let id = world.feed(URL);
    world.check_with(FeedCheck { unconditional: true, ..check(id, at(AHEAD)) });
    assert_eq!((due(&world, 5).len(), next_due(&world, 5)), (1, Some(at(5))));
    let feed = &due(&world, 5)[0];
    assert_eq!((feed.last_checked, feed.last_unconditional), (Some(at(5)), None));
    world.check(id, Vec::new(), at(5));
    assert_eq!((due(&world, 6), next_due(&world, 6)), (Vec::new(), Some(at(15))), "once");
    world.close();
}

#[test]
fn a_feed_that_was_added_by_a_clock_that_was_ahead_is_due() {
    let world = World::new();
    world.write(ShortWrite::AddFeeds { specs: vec![spec(URL)], at: at(AHEAD) });
    assert_eq!(due(&world, 0).len(), 1);
    world.close();
}

#[test]
fn a_clock_that_is_put_right_by_minutes_makes_nothing_due() {
    let world = World::new();
    let id = world.feed(URL);
    world.check(id, Vec::new(), at(5));
    assert_eq!((due(&world, 0), next_due(&world, 0)), (Vec::new(), Some(at(15))));
    world.close();
}

#[test]
fn rule_14_what_a_server_named_stands_also_when_the_clock_was_ahead() {
    let world = World::new();
    let id = world.feed(URL);
    let hour_ahead = at(60);
    let not_before = Some(at(180));
    world.check_with(FeedCheck { next_due: not_before, not_before, ..check(id, hour_ahead) });
    assert!(due(&world, 0).is_empty());
    assert_eq!(due(&world, 180).len(), 1);
    // A time nobody is granted is none a server named.
    let not_before = Some(at(AHEAD) + Duration::from_secs(3_600));
    world.check_with(FeedCheck { next_due: not_before, not_before, ..check(id, at(AHEAD)) });
    assert_eq!(due(&world, 200).len(), 1);
    world.close();
}

#[test]
fn a_feed_that_cannot_be_asked_is_not_due_again_at_once() {
    let world = World::new();
    let id = world.feed(URL);
    world.check(id, Vec::new(), at(AHEAD));
    let strike = || world.write(Write::Strike { target: StrikeTarget::Feed(id), at: at(1) });
    strike();
    strike();
    assert!(due(&world, 2).is_empty(), "it kills the process");
    assert_eq!(due(&world, DAY + 2).len(), 1);
    world.close();
}

#[test]
fn entries_that_were_announced_or_put_off_by_a_clock_that_was_ahead_are_owed_now() {
    let world = World::new();
    let feed = world.feed(URL);
    world.check(feed, vec![entry("before"), entry("no-page")], at(0));
    world.check(feed, vec![entry("ahead")], at(AHEAD));
    let ids = ["before", "no-page", "ahead"].map(|key| world.entry_id(key));
    let failure =
        PageFailure { status: None, reason: "no network".to_owned(), lasting: false, retry_after: None };
    let (taken_at, ahead) = (at(AHEAD), at(AHEAD + 5));
    world.write(Write::PageFailed { entry: ids[1], failure, next_try: Some(ahead), taken_at, at: taken_at });
    let owed = |minutes| world.owed(at(minutes)).into_iter().map(|owed| owed.id).collect::<HashSet<_>>();
    assert_eq!(owed(1), HashSet::from(ids));
    assert_eq!(world.reader().entries_due(None, None, at(1)).expect("read"), 3);
    for entry in ids {
        let (until, reason) = (at(60), "a.example asked for a pause".to_owned());
        world.write(Write::EntryPostponed { entry, until, reason, taken_at: at(1), at: at(1) });
    }
    assert_eq!((owed(2).len(), owed(60).len()), (0, 3), "and put off by the right clock they wait");
    world.close();
}

#[test]
fn an_article_of_a_clock_that_was_ahead_is_not_looked_at_without_end() {
    let world = World::new();
    let ids = world.announced(&["a"]);
    let feed = FeedId(world.sql("SELECT feed FROM entry").parse().expect("id"));
    let mut tagged = article(ids[0], 1, "Text.");
    tagged.judged.seen_at = at(AHEAD);
    world.done(tagged);
    world.check(feed, vec![Entry { title: "Another".to_owned(), ..entry("a") }], at(AHEAD + 1));
    assert_eq!(world.owed(at(10)).len(), 1, "the edit is owed now");
    world.write(Write::EntryUnchanged { entry: ids[0], taken_at: at(10), at: at(10) });
    assert_eq!((world.state("a"), world.next_try("a")), ("done".to_owned(), None));
    world.close();
}

#[test]
fn rule_13_a_pause_noted_by_a_clock_that_was_ahead_ends_after_a_week() {
    let world = World::new();
    let id = world.feed(URL);
    world.write(Write::HostPaused(pause(AHEAD)));
    assert!(pauses(&world, 0)[0].until < at(8 * DAY), "whoever reads it first");
    start(&world, 0);
    let held = pauses(&world, 1)[0].until;
    assert!((at(7 * DAY)..at(7 * DAY + 61)).contains(&held), "{held}");
    // It does not move along, neither with restarts nor with checks.
    start(&world, 3 * DAY);
    world.check(id, Vec::new(), at(4 * DAY));
    assert_eq!(pauses(&world, 5 * DAY)[0].until, held);
    assert_eq!(pauses(&world, 7 * DAY + 61), []);
    // What the host asks for then counts from there.
    world.write(Write::HostPaused(pause(9 * DAY)));
    assert_eq!(pauses(&world, 8 * DAY), [pause(9 * DAY)]);
    world.close();
}

#[test]
fn rule_13_a_clock_that_is_behind_for_a_while_shortens_no_pause() {
    let world = World::new();
    world.write(Write::HostPaused(pause(60)));
    start(&world, -30 * DAY);
    assert!(pauses(&world, -30 * DAY)[0].until < at(0));
    start(&world, 1);
    assert_eq!(pauses(&world, 1), [pause(60)]);
    assert_eq!(pauses(&world, 60), []);
    world.close();
}

#[test]
fn robots_txt_kept_by_a_clock_that_was_ahead_is_not_believed() {
    let world = World::new();
    let rules = |origin: &str, minutes| RobotsRules {
        origin: origin.to_owned(),
        until: at(minutes),
        rules: "disallow:/\n".to_owned(),
    };
    let keep = |rules: &RobotsRules, minutes| {
        world.write(Write::RobotsKept { rules: rules.clone(), at: at(minutes) });
    };
    let now = rules("http://a.example", DAY);
    keep(&now, 0);
    keep(&rules("http://b.example", AHEAD + DAY), 0);
    assert_eq!(world.reader().robots(at(0)).expect("read"), std::slice::from_ref(&now));
    keep(&now, 0);
    assert_eq!(world.sql("SELECT count(*) FROM robots"), "1", "nor does it take the room of others");
    world.close();
}
