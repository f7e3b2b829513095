//! The writer thread: groups, failures, the end.

use super::support::*;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use wirewatch_model::*;
use wirewatch_store::*;

/// A writer that puts everything handed in within a second into one group.
fn patient() -> WriterOptions {
    WriterOptions { group_time: Duration::from_secs(30), group_quiet: Duration::from_millis(300), ..quick() }
}

#[test]
fn inv08_one_bad_request_does_not_sink_its_group() {
    let world = World::with(patient());
    let ids = world.announced(&["a", "b", "c"]);
    let bad = with_verdict(article(ids[1], 2, "Two."), Verdict::ExactCopy { of: ArticleId(9) });
    let answers: Vec<_> = [article(ids[0], 1, "One."), bad, article(ids[2], 3, "Three.")]
        .into_iter()
        .map(|tagged| world.handle.submit(Write::ArticleDone(Box::new(tagged))).expect("queued"))
        .collect();
    let answers: Vec<_> =
        answers.into_iter().map(|answer| answer.blocking_recv().expect("answered")).collect();
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert_eq!(answers[1], Err(WriteError::MissingOriginal(ArticleId(9))));
    assert_eq!(world.state("b"), "owed");
    assert_eq!(world.sql("SELECT group_concat(id) FROM article"), "1,3");
    assert_eq!(world.sql("SELECT group_concat(seq) FROM change"), "1,2", "no number is lost to it");
    world.close();
}

#[test]
fn an_article_revised_in_its_own_group_is_indexed_once() {
    let world = World::with(patient());
    let id = world.announced(&["a"])[0];
    let again = with_verdict(article(id, 1, "Second words."), Verdict::Revision { of: ArticleId(1) });
    let answers = [article(id, 1, "First words."), again]
        .map(|tagged| world.handle.submit(Write::ArticleDone(Box::new(tagged))).expect("queued"));
    for answer in answers {
        answer.blocking_recv().expect("answered").expect("stored");
    }
    world.close();
}

#[test]
fn inv09_the_order_of_seq_is_the_order_of_requests_and_readers_never_see_a_gap() {
    let world = World::new();
    let keys: Vec<String> = (0..200).map(|number| format!("k{number}")).collect();
    let ids = world.announced(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let answers: Vec<_> = ids
        .iter()
        .zip(1..)
        .map(|(entry, id)| {
            let tagged = article(*entry, id, &format!("Text {id}."));
            world.handle.submit(Write::ArticleDone(Box::new(tagged))).expect("queued")
        })
        .collect();
    // Meanwhile a reader asks again and again: what it sees is always a beginning of the whole.
    let reader = world.reader();
    let everything = ItemFilter { relevant: None, limit: 1_000, ..ItemFilter::default() };
    loop {
        let seen = reader.changes(&everything).expect("changes");
        let numbers: Vec<i64> = seen.changes.iter().map(|row| row.seq.0).collect();
        assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
        assert_eq!(seen.reached.0, numbers.len() as i64);
        if numbers.len() == 200 {
            break;
        }
    }
    for (answer, want) in answers.into_iter().zip(1..) {
        match answer.blocking_recv().expect("answered").expect("stored") {
            Written::Article(stored) => assert_eq!((stored.article.0, stored.seq), (want, Some(Seq(want)))),
            other => panic!("{other:?}"),
        }
    }
    world.close();
}

/// A database that cannot grow.
fn full() -> (World, Arc<AtomicU32>) {
    let limit = Arc::new(AtomicU32::new(0));
    let world = World::with(WriterOptions { page_limit: Some(Arc::clone(&limit)), ..quick() });
    world.feed("https://news.example/rss");
    limit.store(1, Ordering::SeqCst);
    (world, limit)
}

/// More than the free pages of any file hold.
fn large(feed: FeedId) -> Write {
    let noise = |key: u64| {
        let mut state = key | 1;
        let letters = std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + (state >> 59) as u8 % 26)
        });
        letters.take(4_000).collect::<String>()
    };
    let entries = (0..50).map(|key| Entry { content: Some(noise(key)), ..entry(&format!("k{key}")) });
    Write::FeedChecked(Box::new(FeedCheck { entries: entries.collect(), ..check(feed, at(0)) }))
}

#[test]
fn inv08_a_full_disk_stops_the_intake_and_loses_nothing() {
    let (world, limit) = full();
    let answer = world.handle.submit(large(FeedId(1))).expect("queued");
    wait_for(&world.handle, |state| matches!(state, WriterState::Stalled { .. }));
    let WriterState::Stalled { reason, .. } = world.handle.state() else { panic!("stalled") };
    assert!(reason.contains("full"), "{reason}");
    // Reads go on, and see nothing of what is not stored.
    assert_eq!(world.reader().stats().expect("stats").entries.seen, 0);
    let second =
        world.handle.submit(Write::Meta { key: "a".into(), value: Some("b".into()) }).expect("queued");
    limit.store(0, Ordering::SeqCst);
    let counts = CheckCounts { new: 50, changed: 0, known: 0 };
    assert_eq!(answer.blocking_recv().expect("answered"), Ok(Written::Checked(counts)));
    assert_eq!(second.blocking_recv().expect("answered"), Ok(Written::Done));
    wait_for(&world.handle, |state| *state == WriterState::Running);
    assert_eq!(world.reader().stats().expect("stats").entries.owed, 50);
    world.close();
}

#[test]
fn inv08_a_stopped_writer_says_what_is_not_stored() {
    let (world, _limit) = full();
    let answer = world.handle.submit(large(FeedId(1))).expect("queued");
    wait_for(&world.handle, |state| matches!(state, WriterState::Stalled { .. }));
    world.handle.stop_retrying();
    let error = answer.blocking_recv().expect("answered").expect_err("not stored");
    assert!(matches!(error, WriteError::Stopped { .. }), "{error:?}");
    assert_eq!(world.sql("SELECT count(*) FROM entry"), "0");
    world.close();
}

#[test]
fn inv08_a_lock_of_another_process_is_waited_for() {
    let world = World::new();
    let other = rusqlite::Connection::open(world.database.path()).expect("open");
    other.execute_batch("BEGIN IMMEDIATE; UPDATE meta SET value = value;").expect("locked");
    let answer =
        world.handle.submit(Write::Meta { key: "a".into(), value: Some("b".into()) }).expect("queued");
    wait_for(&world.handle, |state| matches!(state, WriterState::Stalled { .. }));
    other.execute_batch("COMMIT").expect("unlocked");
    assert_eq!(answer.blocking_recv().expect("answered"), Ok(Written::Done));
    world.close();
}

#[test]
fn inv08_a_damaged_file_ends_the_writer() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("wirewatch.db");
    let database = Database::open(&path).expect("made");
    let connection = rusqlite::Connection::open(&path).expect("open");
    let page: u32 = connection
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'meta'", [], |row| row.get(0))
        .expect("page");
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("folded in");
    drop(connection);
    let mut bytes = fs::read(&path).expect("read");
    let start = (page as usize - 1) * 4_096;
    bytes[start..start + 4_096].fill(0xA5);
    fs::write(&path, bytes).expect("written");
    let writer = database.start_writer(quick()).expect("writer");
    let handle = writer.handle();
    let write = || Write::Meta { key: "a".into(), value: Some("b".into()) };
    let error = store(&handle, write()).expect_err("damaged");
    assert!(matches!(error, WriteError::Fatal { .. }), "{error:?}");
    wait_for(&handle, |state| *state == WriterState::Ended);
    assert!(store(&handle, write()).is_err(), "nothing is taken any more");
    drop(handle);
    assert!(matches!(writer.join(), Err(WriteError::Fatal { .. })));
    assert!(!database.check().map_or(true, |wrong| wrong.is_empty()) || database.check().is_err());
}

#[test]
fn the_writer_ends_after_storing_everything_handed_in() {
    let world = World::with(patient());
    let feed = world.feed("https://news.example/rss");
    let handle = world.handle.clone();
    for number in 0..10 {
        let entries = vec![entry(&format!("k{number}"))];
        let write = Write::FeedChecked(Box::new(FeedCheck { entries, ..check(feed, at(0)) }));
        // Nobody waits for the answer.
        drop(handle.submit(write).expect("queued"));
    }
    drop(handle);
    let folder = world.close();
    let database = Database::open_existing(folder.path().join("wirewatch.db")).expect("open");
    assert_eq!(database.reader().expect("reader").stats().expect("stats").entries.owed, 10);
}
