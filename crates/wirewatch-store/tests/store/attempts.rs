//! How attempts at an entry end, and what comes in while they last.

use super::support::*;
use wirewatch_model::*;
use wirewatch_store::*;

fn failed(entry: EntryId, next_try: Option<i64>, now: i64) -> Write {
    let failure = PageFailure { status: Some(503), reason: "busy".into(), lasting: false, retry_after: None };
    Write::PageFailed { entry, failure, next_try: next_try.map(at), taken_at: at(now), at: at(now) }
}

fn postponed(entry: EntryId, until: i64, now: i64) -> Write {
    let reason = "the host asked for a pause".to_owned();
    Write::EntryPostponed { entry, until: at(until), reason, taken_at: at(now), at: at(now) }
}

fn rejected(entry: EntryId, taken_at: i64, now: i64) -> Write {
    let reject =
        Reject { entry, ordinal: None, stage: Stage::Clean, reason: "no text".into(), retry_at: None };
    Write::EntryRejected { reject, taken_at: at(taken_at), at: at(now) }
}

fn edited(key: &str, words: &str) -> Entry {
    Entry { content: Some(words.to_owned()), ..entry(key) }
}

fn failures(world: &World, key: &str) -> String {
    world.sql(&format!("SELECT failures FROM entry WHERE key = '{key}'"))
}

#[test]
fn inv10_a_host_that_asks_for_a_pause_costs_no_attempt() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    world.write(failed(ids[0], Some(5), 0));
    world.write(Write::Strike { target: StrikeTarget::Entry(ids[0]), at: at(5) });
    world.write(postponed(ids[0], 90, 5));
    assert_eq!((world.state("a").as_str(), world.next_try("a")), ("owed", Some(at(90))));
    assert_eq!(failures(&world, "a"), "1", "neither more nor less");
    assert_eq!(world.sql("SELECT deaths FROM entry WHERE key = 'a'"), "0");
    let why = world.sql("SELECT failure FROM entry WHERE key = 'a' AND failure_status IS NULL");
    assert_eq!(why, "the host asked for a pause");
    world.done(provisional(article(ids[1], 1, "Summary."), at(60)));
    world.write(postponed(ids[1], 10, 60));
    assert_eq!((world.state("b").as_str(), world.next_try("b")), ("provisional", Some(at(60))), "not before");
    world.done(article(ids[0], 2, "Text."));
    assert_eq!(world.sql("SELECT failure FROM entry WHERE key = 'a'"), "", "it came");
    world.close();
}

#[test]
fn an_old_journal_does_not_stop_a_start() {
    let world = World::new();
    for target in [StrikeTarget::Entry(EntryId(99)), StrikeTarget::Feed(FeedId(99))] {
        assert_eq!(world.write(Write::Strike { target, at: at(0) }), Written::Done);
    }
    world.close();
}

/// However an attempt ends that began before its feed announced another version.
#[test]
fn inv03_a_version_that_comes_while_its_entry_is_in_work_is_never_lost() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    let (taken_at, now) = (at(100), at(102));
    let linked = |entry| Write::EntryLinked { entry, article: ArticleId(1), taken_at, at: now };
    let unchanged = |entry| Write::EntryUnchanged { entry, taken_at, at: now };
    let ends: [(&str, &dyn Fn(EntryId) -> Write); 5] = [
        ("linked", &linked),
        ("unchanged", &unchanged),
        ("gone", &|entry| match failed(entry, None, 102) {
            Write::PageFailed { entry, failure, next_try, at, .. } => {
                Write::PageFailed { entry, failure, next_try, taken_at, at }
            }
            other => other,
        }),
        ("rejected", &|entry| rejected(entry, 100, 102)),
        ("postponed", &|entry| postponed(entry, 103, 100)),
    ];
    world.check(feed, vec![entry("first")], at(0));
    world.done(article(world.entry_id("first"), 1, "Text."));
    for (number, (key, end)) in (2..).zip(ends) {
        world.check(feed, vec![entry(key)], at(0));
        let id = world.entry_id(key);
        world.done(article(id, number, &format!("Text {number}.")));
        world.check(feed, vec![edited(key, "Newer.")], at(101));
        world.write(end(id));
        assert_eq!(world.state(key), "owed", "{key}");
        let due = world.next_try(key).expect("tried again");
        assert!((at(101)..=at(117)).contains(&due), "{key}: {due}");
        let owed = world.reader().owed_entries(at(117), 10, &Default::default(), &Default::default());
        let owed = owed.expect("owed").into_iter().find(|owed| owed.id == id).expect(key);
        assert_eq!(owed.entry.content.as_deref(), Some("Newer."), "{key}");
        // What knows the new version ends it.
        world.write(Write::EntryUnchanged { entry: id, taken_at: due, at: due });
        assert_eq!(world.state(key), "done", "{key}");
    }
    world.close();
}

#[test]
fn inv03_an_entry_rejected_for_an_earlier_version_is_owed_still() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    world.check(feed, vec![entry("a")], at(0));
    world.check(feed, vec![edited("a", "Newer.")], at(2));
    world.write(rejected(world.entry_id("a"), 1, 3));
    assert_eq!((world.state("a").as_str(), world.next_try("a")), ("owed", Some(at(18))));
    assert_eq!(world.owed(at(18))[0].entry.content.as_deref(), Some("Newer."));
    world.write(rejected(world.entry_id("a"), 18, 19));
    assert_eq!(world.state("a"), "rejected");
    world.close();
}

#[test]
fn inv01_an_article_stands_as_it_is_when_its_page_is_given_up() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    let is_provisional = || world.sql("SELECT provisional FROM article WHERE id = 1");
    world.done(provisional(article(ids[0], 1, "Summary."), at(60)));
    let mut again = provisional(article(ids[1], 1, "Summary."), at(60));
    again.judged.verdict = Verdict::Same { of: ArticleId(1) };
    world.done(again);
    world.write(failed(ids[0], None, 60));
    assert_eq!((world.state("a").as_str(), is_provisional().as_str()), ("done", "1"), "b is still tried");
    world.write(failed(ids[1], None, 60));
    assert_eq!((world.state("b").as_str(), is_provisional().as_str()), ("done", "0"));
    assert_eq!(world.sql("SELECT failure FROM article_detail WHERE article = 1"), "status 503");
    assert_eq!(world.sql("SELECT failure FROM entry WHERE key = 'b'"), "busy");
    world.close();
}

#[test]
fn inv01_an_article_stands_as_it_is_when_a_stage_gives_its_page_up() {
    let world = World::new();
    let id = world.announced(&["a"])[0];
    world.done(provisional(article(id, 1, "Summary."), at(60)));
    world.write(rejected(id, 60, 60));
    assert_eq!(world.state("a"), "done");
    assert_eq!(world.sql("SELECT provisional FROM article WHERE id = 1"), "0");
    world.close();
}

#[test]
fn inv01_an_article_stands_as_it_is_when_its_entry_leads_to_another() {
    let world = World::new();
    let id = world.announced(&["a"])[0];
    world.done(provisional(article(id, 1, "Summary."), at(60)));
    world.done(article(id, 2, "The page is another article."));
    assert_eq!(world.sql("SELECT group_concat(provisional) FROM article"), "0,0");
    world.close();
}

#[test]
fn inv01_failures_of_an_earlier_version_do_not_eat_the_tries_of_the_next() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    world.check(feed, vec![entry("a")], at(0));
    let id = world.entry_id("a");
    world.done(provisional(article(id, 1, "Summary."), at(60)));
    assert_eq!(failures(&world, "a"), "2");
    world.check(feed, vec![edited("a", "Newer.")], at(50));
    assert_eq!((world.state("a").as_str(), failures(&world, "a").as_str()), ("owed", "0"));
    // Owed still: a feed that edits without end must not keep the entry from ever being stored.
    world.write(failed(id, Some(70), 60));
    world.check(feed, vec![edited("a", "Newest.")], at(65));
    assert_eq!(failures(&world, "a"), "1");
    // A look for edits that fails for good ends the row.
    world.done(with_verdict(article(id, 1, "The whole page."), Verdict::Revision { of: ArticleId(1) }));
    world.write(Write::EntryUnchanged { entry: id, taken_at: at(80), at: at(80) });
    for _ in 0..2 {
        world.write(failed(id, Some(90), 90));
    }
    assert_eq!(failures(&world, "a"), "2");
    world.write(failed(id, None, 95));
    assert_eq!((world.state("a").as_str(), failures(&world, "a").as_str()), ("done", "0"));
    assert!(world.next_try("a").is_some(), "the next look for edits");
    world.close();
}
