//! Feeds: which there are, which are due, and how entries take turns.

use super::support::*;
use std::collections::HashSet;
use std::time::Duration;
use wirewatch_model::*;
use wirewatch_store::*;

fn sync(world: &World, specs: Vec<FeedSpec>, minutes: i64) -> AddedFeeds {
    match world.write(Write::SyncFeeds { specs, at: at(minutes) }) {
        Written::Feeds(counts) => counts,
        other => panic!("{other:?}"),
    }
}

fn due(world: &World, minutes: i64) -> Vec<String> {
    let due = world.reader().due_feeds(at(minutes), 100, &HashSet::new()).expect("due");
    due.into_iter().map(|feed| feed.url).collect()
}

const A: &str = "https://a.example/rss";
const B: &str = "https://b.example/rss";
const C: &str = "https://c.example/rss";

#[test]
fn the_list_adds_updates_and_switches_off() {
    let world = World::new();
    let off = FeedSpec { off: Some("dead since May".to_owned()), ..spec(C) };
    assert_eq!(
        sync(&world, vec![spec(A), spec(B), off], 0),
        AddedFeeds { added: 3, switched_off: 0, listed: 3 }
    );
    assert_eq!(due(&world, 0), [A, B]);
    let slower = FeedSettings { interval_floor_secs: Some(7_200), ..FeedSettings::default() };
    let changed = FeedSpec { settings: slower.clone(), ..spec(A) };
    assert_eq!(sync(&world, vec![changed, spec(C)], 5), AddedFeeds { added: 0, switched_off: 1, listed: 2 });
    assert_eq!(due(&world, 5), [A, C], "gone from the list is off, no longer off is on");
    let feed = world.reader().find_feed(A).expect("read").expect("known");
    assert_eq!(feed.settings, slower);
    assert_eq!(feed.publisher.name, format!("Paper at {A}"));
    assert_eq!(sync(&world, vec![spec(A), spec(B), spec(C)], 9).switched_off, 0);
    assert_eq!(due(&world, 9).len(), 3, "back in the list, with its history");
    world.close();
}

#[test]
fn what_the_user_decides_stands_against_the_list() {
    let world = World::new();
    sync(&world, vec![spec(A), spec(B)], 0);
    let feed = |url| world.reader().find_feed(url).expect("read").expect("known");
    let change = |url, change| ShortWrite::OverrideFeed { feed: feed(url).id, change, at: at(1) };
    world.write(change(A, FeedOverride::Off("not wanted".to_owned())));
    sync(&world, vec![spec(A), spec(B)], 2);
    assert_eq!(feed(A).off.as_deref(), Some("not wanted"));
    world.write(change(A, FeedOverride::On));
    sync(&world, vec![FeedSpec { off: Some("dead".to_owned()), ..spec(A) }, spec(B)], 3);
    assert_eq!(feed(A).off, None, "the user wants it, whatever the list says");
    world.close();
}

#[test]
fn feeds_the_user_added_are_left_alone_by_the_list() {
    let world = World::new();
    world.write(ShortWrite::AddFeeds { specs: vec![spec(A)], at: at(0) });
    sync(&world, vec![spec(B)], 1);
    sync(&world, vec![], 2);
    assert_eq!(due(&world, 2), [A]);
    assert_eq!(world.reader().find_feed(A).expect("read").expect("known").origin, "added");
    world.close();
}

#[test]
fn only_a_feed_that_was_added_is_changed_by_command() {
    let world = World::new();
    world.write(ShortWrite::AddFeeds { specs: vec![spec(A)], at: at(0) });
    sync(&world, vec![spec(B)], 1);
    let feed = |url| world.reader().find_feed(url).expect("read").expect("known");
    let settings = FeedSettings { http1_only: Some(true), ..FeedSettings::default() };
    let change = |url| {
        let (title, folder) = (Some("Mine".to_owned()), Some("World/Europe".to_owned()));
        let publisher = Some(Publisher { name: "Press".to_owned(), ..feed(url).publisher });
        let change = FeedOverride::Change { title, folder, settings: Box::new(settings.clone()), publisher };
        ShortWrite::OverrideFeed { feed: feed(url).id, change, at: at(2) }
    };
    world.write(change(A));
    let changed = feed(A);
    assert_eq!((changed.title.as_deref(), changed.folder.as_deref()), (Some("Mine"), Some("World/Europe")));
    assert_eq!((&changed.settings, changed.publisher.name.as_str()), (&settings, "Press"));
    assert_eq!(world.sql("SELECT name FROM publisher WHERE domain = 'a.example'"), "Press");
    assert!(matches!(world.refuse(change(B)), WriteError::NotFound { .. }), "the list would change it back");
    world.close();
}

#[test]
fn the_latest_checks_of_a_feed_are_remembered_with_what_was_mended() {
    let world = World::new();
    let id = world.feed(A);
    world.check(id, vec![entry("one"), entry("two")], at(1));
    let outcome = Outcome::Blocked { by: "Cloudflare".to_owned() };
    world.check_with(FeedCheck { outcome, status: Some(403), ..check(id, at(2)) });
    let repairs = vec![Repair("cut-body".to_owned())];
    world.check_with(FeedCheck { repairs, rejects: vec!["empty".to_owned()], ..check(id, at(3)) });
    let checks = world.reader().feed_checks(id, 2).expect("read");
    assert_eq!(checks.len(), 2);
    assert_eq!((&checks[0].repairs[0], &checks[0].rejects[0]), (&"cut-body".to_owned(), &"empty".to_owned()));
    assert_eq!((checks[1].http_status, checks[1].message.as_deref()), (Some(403), Some("Cloudflare")));
    let first = &world.reader().feed_checks(id, 9).expect("read")[2];
    assert_eq!((first.new, first.outcome.as_str()), (2, "read"));
    world.close();
}

#[test]
fn when_a_feed_was_last_asked_for_the_whole_of_it_outlives_what_came_after() {
    let world = World::new();
    let id = world.feed(A);
    world.check_with(FeedCheck { unconditional: true, ..check(id, at(1)) });
    world.check_with(FeedCheck { unconditional: false, ..check(id, at(2)) });
    let due = world.reader().feed_as_due(id, at(3)).expect("read").expect("there");
    assert_eq!((due.last_unconditional, due.last_checked), (Some(at(1)), Some(at(2))));
    world.close();
}

#[test]
fn a_feed_that_is_off_can_be_checked_by_hand() {
    let world = World::new();
    let id = world.feed(A);
    world.write(ShortWrite::OverrideFeed { feed: id, change: FeedOverride::Off("no".to_owned()), at: at(0) });
    assert_eq!(world.reader().due_feed(id, at(1)).expect("read"), None);
    let due = world.reader().feed_as_due(id, at(1)).expect("read").expect("there");
    assert_eq!(due.url, A);
    world.close();
}

#[test]
fn a_feed_that_moved_is_still_the_one_in_the_list() {
    let world = World::new();
    sync(&world, vec![spec(A), spec(B)], 0);
    let id = world.reader().find_feed(A).expect("read").expect("known").id;
    world.check_with(FeedCheck { moved_to: Some(C.to_owned()), ..check(id, at(1)) });
    assert_eq!(sync(&world, vec![spec(A), spec(B)], 2), AddedFeeds { added: 0, switched_off: 0, listed: 2 });
    assert_eq!(world.reader().find_feed(A).expect("read").expect("known").url, C);
    assert_eq!(world.sql("SELECT group_concat(url) FROM feed_address WHERE until IS NOT NULL"), A);
    // One that moves to the address of another ends.
    world.check_with(FeedCheck { moved_to: Some(B.to_owned()), ..check(id, at(3)) });
    let off = world.reader().find_feed(A).expect("read").expect("known").off;
    assert!(off.expect("off").contains("moved to the address of feed"));
    sync(&world, vec![spec(A), spec(B)], 4);
    assert_eq!(due(&world, 100), [B]);
    world.close();
}

#[test]
fn a_feed_that_moves_to_the_address_of_one_that_is_off_is_still_followed() {
    let world = World::new();
    sync(&world, vec![spec(A), spec(B)], 0);
    let feed = |url: &str| world.reader().find_feed(url).expect("read").expect("known");
    let (a, b) = (feed(A).id, feed(B).id);
    let off = FeedOverride::Off("not wanted".to_owned());
    world.write(ShortWrite::OverrideFeed { feed: b, change: off, at: at(0) });
    world.check_with(FeedCheck { moved_to: Some(B.to_owned()), ..check(a, at(1)) });
    assert_eq!(due(&world, 100), [B]);
    assert_eq!((feed(B).id, feed(B).off), (a, None));
    assert_eq!(feed(&b.to_string()).off.as_deref(), Some("not wanted"), "as the user wants it");
    // The list knows both as before; once both are followed, one of them ends.
    assert_eq!(sync(&world, vec![spec(A), spec(B)], 2), AddedFeeds { added: 0, switched_off: 0, listed: 2 });
    world.write(ShortWrite::OverrideFeed { feed: b, change: FeedOverride::On, at: at(3) });
    world.check_with(FeedCheck { moved_to: Some(B.to_owned()), ..check(b, at(4)) });
    assert_eq!(due(&world, 100), [B]);
    // One that was only listed there has its own address.
    world.write(ShortWrite::AddFeeds { specs: vec![spec(C)], at: at(5) });
    let c = feed(C).id;
    world.check_with(FeedCheck { moved_to: Some("https://d.example/rss".to_owned()), ..check(c, at(6)) });
    world.check_with(FeedCheck { outcome: Outcome::Gone, next_due: None, ..check(c, at(7)) });
    world.check_with(FeedCheck { moved_to: Some(C.to_owned()), ..check(a, at(8)) });
    assert_eq!(due(&world, 100), [C]);
    world.close();
}

#[test]
fn a_check_says_when_to_come_again() {
    let world = World::new();
    let id = world.feed(A);
    let failed = Outcome::Failed { failure: FailureKind::Dns, message: "no such name".to_owned() };
    world.check_with(FeedCheck {
        outcome: failed,
        status: None,
        health: Health::Failing,
        ..check(id, at(0))
    });
    assert_eq!(world.reader().next_feed_due(at(0)).expect("read"), Some(at(10)));
    let feed = world.reader().due_feed(id, at(0)).expect("read").expect("followed");
    assert_eq!((feed.failures, feed.last_checked), (1, Some(at(0))));
    let row = world.reader().find_feed(A).expect("read").expect("known");
    assert_eq!((row.health.as_str(), row.message.as_deref()), ("failing", Some("no such name")));
    let freshness = Freshness { feed_ttl_secs: Some(60), ..Freshness::default() };
    world.check_with(FeedCheck {
        freshness: Some(freshness.clone()),
        entries: vec![
            Entry { published: Some(Stamp::utc(at(7))), ..entry("a") },
            Entry { published: Some(Stamp::utc(at(99))), ..entry("b") },
            Entry { published: None, ..entry("c") },
        ],
        ..check(id, at(10))
    });
    let feed = world.reader().due_feed(id, at(0)).expect("read").expect("followed");
    assert_eq!((feed.failures, &feed.freshness), (0, &freshness));
    assert_eq!(feed.recent_entries, [at(10), at(10), at(7)], "a date from the future counts as seen now");
    assert!(world.reader().due_feeds(at(99), 9, &HashSet::from([id])).expect("due").is_empty(), "in work");
    world.check_with(FeedCheck { outcome: Outcome::Gone, next_due: None, ..check(id, at(20)) });
    assert_eq!(world.reader().next_feed_due(at(20)).expect("read"), None);
    assert_eq!(world.reader().find_feed(A).expect("read").expect("known").health, "gone");
    world.close();
}

#[test]
fn a_feed_that_was_not_asked_for_its_host_is_paused_only_comes_later() {
    let world = World::new();
    let id = world.feed(A);
    let paused = Outcome::Paused {
        host: "a.example".to_owned(),
        until: at(60),
        reason: "a.example asked for a pause".to_owned(),
    };
    let put_off = |now| FeedCheck {
        outcome: paused.clone(),
        status: None,
        next_due: Some(at(60)),
        ..check(id, at(now))
    };
    let row = || world.reader().find_feed(A).expect("read").expect("known");
    world.check_with(put_off(0));
    assert_eq!((row().health.as_str(), row().last_checked), ("never-checked", None));
    assert!(row().message.is_some_and(|reason| reason.starts_with("not asked: a.example asked for a pause")));
    world.check_with(check(id, at(10)));
    let before = row();
    assert_eq!(before.message, None);
    world.check_with(put_off(20));
    let after = row();
    assert_eq!(world.reader().next_feed_due(at(20)).expect("read"), Some(at(60)));
    assert_eq!((after.failures, after.http_status, after.outcome), (0, before.http_status, before.outcome));
    assert_eq!((after.last_checked, after.health), (before.last_checked, before.health));
    assert_eq!(world.reader().feed_checks(id, 9).expect("read").len(), 1);
    world.close();
}

#[test]
fn inv10_the_history_of_checks_is_bounded() {
    let world = World::new();
    let id = world.feed(A);
    for minute in 0..250 {
        world.check(id, Vec::new(), at(minute));
    }
    assert_eq!(world.sql("SELECT count(*) FROM feed_check"), "200");
    world.close();
}

#[test]
fn a_feed_that_kills_the_process_is_left_alone_for_a_day() {
    let world = World::new();
    let id = world.feed(A);
    let strike = |minutes| Write::Strike { target: StrikeTarget::Feed(id), at: at(minutes) };
    world.write(strike(1));
    assert_eq!(due(&world, 1).len(), 1);
    world.write(strike(2));
    assert!(due(&world, 24 * 60).is_empty());
    assert_eq!(due(&world, 24 * 60 + 2).len(), 1);
    world.close();
}

#[test]
fn inv10_pauses_of_hosts_survive_and_the_longer_one_stands() {
    let world = World::new();
    let pause = |minutes, reason: &str| HostPause {
        host: "a.example".to_owned(),
        until: at(minutes),
        reason: reason.to_owned(),
        strikes: 0,
    };
    world.write(Write::HostPaused(pause(60, "429")));
    let id = world.feed(A);
    world.check_with(FeedCheck { host_pause: Some(pause(30, "503")), ..check(id, at(0)) });
    let reader = world.reader();
    assert_eq!(reader.host_pauses(at(0)).expect("read"), [pause(60, "429")]);
    assert!(reader.host_pauses(at(60)).expect("read").is_empty());
    world.close();
}

#[test]
fn hosts_take_turns() {
    let world = World::new();
    let id = world.feed(A);
    let mut entries: Vec<Entry> =
        (0..50).map(|n| entry_at(&format!("big{n}"), &format!("https://big.example/{n}"))).collect();
    entries.push(entry_at("small", "https://small.example/1"));
    entries.push(Entry { url: None, ..entry("no-link") });
    world.check(id, entries, at(0));
    let reader = world.reader();
    let take = |busy: &[&str], limit| {
        let busy = busy.iter().map(|host| (*host).to_owned()).collect();
        let owed = reader.owed_entries(at(0), limit, &busy, &HashSet::new()).expect("owed");
        owed.into_iter().map(|owed| owed.entry.key).collect::<Vec<_>>()
    };
    let first = take(&[], 10);
    assert_eq!(first.len(), 5, "a few of the big one, the small one, and what asks no host: {first:?}");
    assert!(first.contains(&"small".to_owned()) && first.contains(&"no-link".to_owned()));
    assert_eq!(take(&["big.example"], 10).len(), 2);
    // With room for two, no host waits for ever behind one that is first in the alphabet.
    let turns: HashSet<String> = (0..2).flat_map(|_| take(&[], 2)).collect();
    assert!(turns.contains("small"), "{turns:?}");
    world.close();
}

#[test]
fn what_is_in_work_is_not_handed_out_again() {
    let world = World::new();
    let ids = world.announced(&["a", "b", "c", "d", "e"]);
    let in_work: HashSet<EntryId> = ids[..4].iter().copied().collect();
    let owed = world.reader().owed_entries(at(0), 10, &HashSet::new(), &in_work).expect("owed");
    assert_eq!(owed.iter().map(|owed| owed.id).collect::<Vec<_>>(), [ids[4]]);
    world.close();
}

#[test]
fn the_most_urgent_come_first() {
    let world = World::new();
    let ids = world.announced(&["look", "stand-in", "fresh"]);
    world.done(article(ids[0], 1, "One."));
    world.done(provisional(article(ids[1], 2, "Two."), at(5)));
    let order: Vec<Announced> = world.owed(at(600)).into_iter().map(|owed| owed.announced).collect();
    assert_eq!(order, [Announced::First, Announced::Provisional, Announced::Recheck]);
    world.write(Write::EntryLinked { entry: ids[2], article: ArticleId(1), taken_at: at(1), at: at(1) });
    assert_eq!(world.state("fresh"), "done");
    world.close();
}

#[test]
fn feeds_can_be_made_due_at_once() {
    let world = World::new();
    let (a, b) = (world.feed(A), world.feed(B));
    for id in [a, b] {
        world.check_with(FeedCheck {
            next_due: Some(at(0) + Duration::from_secs(86_400)),
            ..check(id, at(0))
        });
    }
    world.write(ShortWrite::MakeDue { feeds: vec![b], at: at(1) });
    assert_eq!(due(&world, 1), [B]);
    world.write(ShortWrite::MakeDue { feeds: Vec::new(), at: at(1) });
    assert_eq!(due(&world, 1).len(), 2);
    world.close();
}

#[test]
fn inv10_a_server_is_not_asked_before_the_time_it_named_whatever_its_status() {
    let world = World::new();
    let (a, b) = (world.feed(A), world.feed(B));
    let busy = |feed| FeedCheck { next_due: Some(at(60)), not_before: Some(at(60)), ..check(feed, at(0)) };
    world.check_with(busy(a));
    world.check_with(FeedCheck { next_due: Some(at(60)), ..check(b, at(0)) });
    for feeds in [vec![a, b], Vec::new()] {
        world.write(ShortWrite::MakeDue { feeds, at: at(1) });
        assert_eq!(due(&world, 1), [B]);
    }
    assert_eq!(world.reader().feeds_unasked_since(at(1)).expect("read"), 1, "nor waited for");
    assert_eq!(due(&world, 60).len(), 2);
    world.write(ShortWrite::MakeDue { feeds: Vec::new(), at: at(90) });
    assert_eq!(world.reader().feeds_unasked_since(at(90)).expect("read"), 2);
    world.close();
}

#[test]
fn inv10_a_feed_that_is_followed_again_is_not_asked_before_the_time_its_server_named() {
    let world = World::new();
    sync(&world, vec![spec(A), spec(B)], 0);
    let id = world.reader().find_feed(A).expect("read").expect("known").id;
    let busy = |now| FeedCheck {
        outcome: Outcome::Busy,
        status: Some(503),
        next_due: Some(at(600)),
        not_before: Some(at(600)),
        ..check(id, at(now))
    };
    world.check_with(busy(1));
    sync(&world, vec![spec(B)], 2);
    sync(&world, vec![spec(A), spec(B)], 3);
    assert_eq!(due(&world, 3), [B], "the list dropped it and named it again");
    let change = |change, now| ShortWrite::OverrideFeed { feed: id, change, at: at(now) };
    world.write(change(FeedOverride::Off("not wanted".to_owned()), 4));
    world.write(change(FeedOverride::On, 5));
    assert_eq!(due(&world, 5), [B], "so did the user");
    assert_eq!(due(&world, 600).len(), 2);
    world.close();
}

#[test]
fn rule_08_a_feed_that_is_followed_again_keeps_its_interval_but_waits_for_no_failures() {
    let world = World::new();
    let (a, b) = (world.feed(A), world.feed(B));
    world.check_with(FeedCheck { next_due: Some(at(60)), ..check(a, at(0)) });
    let outcome = Outcome::Failed { failure: FailureKind::Dns, message: "no such name".to_owned() };
    world.check_with(FeedCheck { outcome, next_due: Some(at(1_440)), ..check(b, at(0)) });
    for feed in [a, b] {
        world.write(ShortWrite::OverrideFeed { feed, change: FeedOverride::Off("no".to_owned()), at: at(1) });
        world.write(ShortWrite::OverrideFeed { feed, change: FeedOverride::On, at: at(2) });
    }
    assert_eq!(due(&world, 2), [B]);
    assert_eq!(due(&world, 60).len(), 2);
    world.close();
}

#[test]
fn what_is_left_to_do_leaves_out_paused_hosts_and_what_was_owed_before() {
    let world = World::new();
    let (a, b) = (world.feed(A), world.feed(B));
    world.check(a, vec![entry("old"), entry("edited"), entry_at("slow", "https://slow.example/1")], at(0));
    world.check(b, vec![entry("new")], at(10));
    let newer = Entry { title: "Another".to_owned(), ..entry("edited") };
    world.check(a, vec![newer], at(11));
    let left =
        |feed, since: Option<i64>| world.reader().entries_due(feed, since.map(at), at(12)).expect("read");
    assert_eq!((left(None, None), left(Some(a), None)), (4, 3));
    let pause =
        HostPause { host: "slow.example".to_owned(), until: at(20), reason: "429".to_owned(), strikes: 0 };
    world.write(Write::HostPaused(pause));
    assert_eq!((left(None, None), left(Some(a), None)), (3, 2));
    assert_eq!((left(None, Some(10)), left(Some(a), Some(10))), (2, 1));
    assert_eq!(world.reader().entries_due(None, None, at(20)).expect("read"), 4, "the pause is over");
    world.close();
}

#[test]
fn inv01_one_entry_that_cannot_be_read_holds_up_no_other() {
    let world = World::new();
    let ids = world.announced(&["a", "b", "c"]);
    let connection = rusqlite::Connection::open(world.database.path()).expect("open");
    for (sql, id) in [
        ("UPDATE entry SET said = '{' WHERE id = ?1", ids[0]),
        ("UPDATE entry_body SET announced = x'00' WHERE entry = ?1", ids[1]),
    ] {
        connection.execute(sql, [id.0]).expect("damaged");
    }
    let reader = world.reader();
    for _ in 0..2 {
        let owed = reader.owed_entries(at(0), 1, &HashSet::new(), &HashSet::new()).expect("owed");
        assert_eq!(owed.iter().map(|owed| owed.id).collect::<Vec<_>>(), [ids[2]]);
    }
    world.close();
}
