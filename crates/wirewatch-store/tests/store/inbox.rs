//! What feeds announce: in the inbox, once, and again when it changes.

use super::support::*;
use std::time::Duration;
use wirewatch_model::*;
use wirewatch_store::*;

fn counts(new: u32, changed: u32, known: u32) -> CheckCounts {
    CheckCounts { new, changed, known }
}

fn edited(key: &str, words: &str) -> Entry {
    Entry { content: Some(words.to_owned()), ..entry(key) }
}

#[test]
fn inv01_everything_announced_is_owed_at_once() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    let without_link = Entry { url: None, ..entry("b") };
    assert_eq!(world.check(feed, vec![entry("a"), without_link], at(0)), counts(2, 0, 0));
    let owed = world.owed(at(0));
    assert_eq!(owed.len(), 2);
    assert!(owed.iter().all(|owed| owed.announced == Announced::First && owed.first_seen == at(0)));
    let a = owed.iter().find(|owed| owed.entry.key == "a").expect("a");
    assert_eq!(a.entry, entry("a"), "what the feed said is handed out whole");
    world.close();
}

#[test]
fn inv03_an_entry_is_taken_once_in_each_version() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    world.check(feed, vec![entry("a")], at(0));
    assert_eq!(world.check(feed, vec![entry("a")], at(5)), counts(0, 0, 1));
    world.done(article(world.entry_id("a"), 1, "Text."));
    assert_eq!(world.check(feed, vec![entry("a")], at(30)), counts(0, 0, 1));
    assert_eq!(world.state("a"), "done");
    assert_eq!(world.check(feed, vec![edited("a", "More.")], at(40)), counts(0, 1, 0));
    let owed = world.owed(at(40));
    assert_eq!((owed.len(), owed[0].announced), (1, Announced::Changed));
    assert_eq!(owed[0].entry.content.as_deref(), Some("More."));
    assert_eq!(owed[0].article, Some(ArticleId(1)));
    let etag = owed[0].page_validators.as_ref().and_then(|known| known.etag.as_deref());
    assert_eq!(etag, Some("\"1\""), "the page is asked for conditionally");
    world.close();
}

#[test]
fn inv03_edits_wait_for_the_end_of_the_pause() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    world.check(feed, vec![entry("a")], at(0));
    world.done(article(world.entry_id("a"), 1, "Text."));
    world.check(feed, vec![edited("a", "1")], at(3));
    assert_eq!(world.next_try("a"), Some(at(1) + Duration::from_secs(900)), "15 min after it was taken");
    assert!(world.owed(at(15)).is_empty());
    assert_eq!(world.owed(at(16)).len(), 1);
    world.close();
}

#[test]
fn inv03_an_article_is_owed_again_at_most_twenty_times() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    world.check(feed, vec![entry("a")], at(0));
    let id = world.entry_id("a");
    world.done(article(id, 1, "Text."));
    let mut again = 0;
    for round in 1..=30 {
        let now = at(round * 60);
        again += world.check(feed, vec![edited("a", &round.to_string())], now).changed;
        world.write(Write::EntryUnchanged { entry: id, taken_at: now, at: now });
    }
    assert_eq!(again, 20);
    world.close();
}

#[test]
fn inv03_what_is_announced_anew_while_in_work_is_owed_again() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    world.check(feed, vec![entry("a")], at(0));
    // Taken in at minute 1; the feed changes it at minute 2, before it is stored.
    world.check(feed, vec![edited("a", "Newer.")], at(2));
    world.done(article(world.entry_id("a"), 1, "Text."));
    assert_eq!(world.state("a"), "owed");
    assert_eq!(world.next_try("a"), Some(at(16)));
    world.close();
}

#[test]
fn inv02_validators_are_saved_with_the_entries_and_replaced_whole() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    let validators = |etag: Option<&str>, hash| {
        Some(Validators { etag: etag.map(str::to_owned), last_modified: None, body_hash: hash })
    };
    let stored = || world.reader().due_feed(feed, at(0)).expect("read").expect("followed").validators;
    world.check_with(FeedCheck {
        validators: validators(Some("\"1\""), Some(u64::MAX)),
        entries: vec![entry("a")],
        ..check(feed, at(0))
    });
    assert_eq!(stored(), validators(Some("\"1\""), Some(u64::MAX)).expect("some"));
    // A body that was cut: its entries count, its validators do not.
    world.check_with(FeedCheck { entries: vec![entry("b")], ..check(feed, at(10)) });
    assert_eq!(stored().etag.as_deref(), Some("\"1\""));
    assert_eq!(world.owed(at(10)).len(), 2);
    world.check_with(FeedCheck { validators: validators(None, Some(3)), ..check(feed, at(20)) });
    assert_eq!(stored(), validators(None, Some(3)).expect("some"), "an absent ETag does not linger");
    world.close();
}

#[test]
fn inv02_a_check_that_cannot_be_stored_leaves_nothing_of_itself() {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    let broken = FeedCheck {
        validators: Some(Validators { etag: Some("\"1\"".to_owned()), ..Validators::default() }),
        entries: vec![entry("a")],
        ..check(FeedId(feed.0 + 1), at(0))
    };
    assert!(matches!(world.refuse(Write::FeedChecked(Box::new(broken))), WriteError::NotFound { .. }));
    assert_eq!(world.sql("SELECT count(*) FROM entry"), "0");
    assert_eq!(world.sql("SELECT count(*) FROM feed_check"), "0");
    world.close();
}

#[test]
fn inv02_a_better_parser_reads_faulty_feeds_once_more_spread_over_a_day() {
    let world = World::with(WriterOptions { parser_version: 1, ..quick() });
    let feeds: Vec<FeedId> = (0..20).map(|n| world.feed(&format!("https://news{n}.example/rss"))).collect();
    for feed in &feeds[1..] {
        let repairs = vec![Repair("bare-ampersand".to_owned())];
        world.check_with(FeedCheck { repairs, entries: vec![entry("a")], ..check(*feed, at(0)) });
    }
    world.check(feeds[0], vec![entry("a")], at(0));
    let folder = world.close();
    let database = Database::open(folder.path().join("wirewatch.db")).expect("open");
    let writer = database.start_writer(WriterOptions { parser_version: 2, ..quick() }).expect("writer");
    let again = check(feeds[0], at(100));
    store(&writer.handle(), Write::FeedChecked(Box::new(again))).expect("stored");
    let reader = database.reader().expect("reader");
    let asked = |now| {
        let due = feeds.iter().map(|feed| reader.due_feed(*feed, now).expect("read").expect("followed"));
        due.filter(|due| due.reparse).count()
    };
    let half = asked(at(100 + 12 * 60));
    assert!((1..19).contains(&half), "{half} of 19 after half a day");
    assert_eq!(asked(at(100 + 24 * 60)), 19, "all that gave trouble, and only they");
    writer.join().expect("ends");
}

#[test]
fn inv01_a_failed_page_is_tried_again_when_told() {
    let world = World::new();
    let id = world.announced(&["a"])[0];
    let failure = PageFailure { status: Some(503), reason: "busy".into(), lasting: false, retry_after: None };
    let failed = |next_try, now| Write::PageFailed {
        entry: id,
        failure: failure.clone(),
        next_try,
        taken_at: now,
        at: now,
    };
    world.write(failed(Some(at(5)), at(0)));
    assert_eq!((world.state("a").as_str(), world.next_try("a")), ("owed", Some(at(5))));
    assert_eq!(world.owed(at(5))[0].failures, 1);
    world.write(failed(None, at(5)));
    assert_eq!(world.next_try("a"), Some(at(10)), "an owed entry never gets out of sight");
    world.done(provisional(article(id, 1, "Summary."), at(60)));
    assert_eq!((world.state("a").as_str(), world.next_try("a")), ("provisional", Some(at(60))));
    assert_eq!(world.owed(at(60))[0].announced, Announced::Provisional);
    assert_eq!(world.owed(at(60))[0].failures, 2);
    assert!(world.owed(at(60))[0].entry.summary.is_some(), "the feed's text is still at hand");
    world.write(failed(None, at(60)));
    assert_eq!((world.state("a").as_str(), world.next_try("a")), ("done", None));
    world.close();
}

#[test]
fn inv01_rejected_with_a_reason_or_later() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    let reject = |entry, retry_at| Write::EntryRejected {
        reject: Reject { entry, ordinal: None, stage: Stage::Clean, reason: "no text".into(), retry_at },
        taken_at: at(2),
        at: at(2),
    };
    world.write(reject(ids[0], None));
    world.write(reject(ids[1], Some(at(30))));
    assert_eq!((world.state("a").as_str(), world.next_try("a")), ("rejected", None));
    assert_eq!((world.state("b").as_str(), world.next_try("b")), ("owed", Some(at(30))));
    let stats = world.reader().stats().expect("stats");
    assert_eq!(stats.rejects[0].reason, "no text");
    // A look for edits that fails to find an article does not take the stored one away.
    world.done(article(ids[1], 1, "Text."));
    world.write(reject(ids[1], None));
    assert_eq!(world.state("b"), "done");
    assert_eq!(world.sql("SELECT article FROM entry WHERE key = 'b'"), "1");
    world.close();
}

#[test]
fn inv01_seen_is_the_sum_of_what_became_of_it() {
    let world = World::new();
    let ids = world.announced(&["a", "b", "c", "d", "e"]);
    world.done(article(ids[0], 1, "Text."));
    world.done(provisional(article(ids[1], 2, "Other."), at(60)));
    world.write(Write::EntryLinked { entry: ids[2], article: ArticleId(1), taken_at: at(3), at: at(3) });
    let reject = Reject {
        entry: ids[3],
        ordinal: None,
        stage: Stage::Fetch,
        reason: "status 404".into(),
        retry_at: None,
    };
    world.write(Write::EntryRejected { reject, taken_at: at(3), at: at(3) });
    let stats = world.reader().stats().expect("stats");
    let want = EntryCounts { seen: 5, owed: 1, provisional: 1, done: 2, rejected: 1 };
    assert_eq!((stats.entries, stats.per_feed[0].entries), (want, want));
    assert_eq!(world.reader().feeds().expect("feeds")[0].entries, want);
    world.close();
}

#[test]
fn an_entry_that_kills_the_process_is_set_aside() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    let strike = |entry| Write::Strike { target: StrikeTarget::Entry(entry), at: at(1) };
    world.write(strike(ids[0]));
    assert_eq!(world.state("a"), "owed");
    world.write(strike(ids[0]));
    assert_eq!(world.state("a"), "rejected");
    assert!(world.sql("SELECT reject_reason FROM entry WHERE key = 'a'").contains("died twice"));
    // One that came through in between starts anew.
    world.write(strike(ids[1]));
    world.done(article(ids[1], 1, "Text."));
    world.write(strike(ids[1]));
    assert_eq!(world.state("b"), "done");
    assert!(world.next_try("b").is_some());
    world.close();
}

#[test]
fn inv04_an_entry_of_a_known_address_is_done_without_a_fetch() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    assert_eq!(
        world.refuse(Write::EntryLinked { entry: ids[1], article: ArticleId(9), taken_at: at(1), at: at(1) }),
        WriteError::MissingOriginal(ArticleId(9))
    );
    world.done(article(ids[0], 1, "Text."));
    world.write(Write::EntryLinked { entry: ids[1], article: ArticleId(1), taken_at: at(1), at: at(1) });
    assert_eq!((world.state("b").as_str(), world.next_try("b")), ("done", None));
    world.close();
}

#[test]
fn a_backfill_keeps_its_entries_under_a_feed_that_is_not_polled() {
    let world = World::new();
    let add = |keys: &[&str]| {
        let entries = keys.iter().map(|key| entry(key)).collect();
        ShortWrite::AddEntries { source: "backfill:urls".to_owned(), entries, at: at(0) }
    };
    assert_eq!(world.write(add(&["a", "b"])), Written::Checked(counts(2, 0, 0)));
    assert_eq!(world.write(add(&["b", "c"])), Written::Checked(counts(1, 0, 1)));
    assert_eq!(world.owed(at(0)).len(), 3);
    assert!(world.reader().due_feeds(at(9_999), 10, &Default::default()).expect("due").is_empty());
    assert_eq!(world.reader().next_feed_due(at(0)).expect("read"), None);
    world.close();
}
