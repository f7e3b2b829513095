//! The process dies, the disk fills up: what was acknowledged is there, the rest is owed.

use super::support::*;
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use wirewatch_model::*;
use wirewatch_store::*;

/// Tells the child where its database is.
const DATABASE: &str = "WIREWATCH_STORE_CRASH_TEST";

/// A text of its own for each article, a few kilobytes long.
fn text(id: i64) -> String {
    (0..400).map(|word| format!("word{} ", (id * 31 + word * word) % 5_000)).collect()
}

/// Not a test: the process that is killed. Announces and stores articles and says which ones are in.
#[test]
#[ignore = "run by the test below, as a process of its own"]
fn child() {
    let Ok(path) = std::env::var(DATABASE) else { return };
    let database = Database::open(path).expect("open");
    let first = database.reader().expect("reader").max_article_id().expect("read").0 + 1;
    let writer = database.start_writer(quick()).expect("writer");
    let handle = writer.handle();
    let added =
        store(&handle, ShortWrite::AddFeeds { specs: vec![spec("https://news.example/rss")], at: at(0) });
    let Ok(Written::FeedsAdded(feeds)) = added else { panic!("{added:?}") };
    for id in first..first + 2_000 {
        let key = format!("k{id}");
        let announced = FeedCheck { entries: vec![entry(&key)], ..check(feeds[0], at(0)) };
        store(&handle, Write::FeedChecked(Box::new(announced))).expect("stored");
        println!("announced {id}");
        let reader = database.reader().expect("reader");
        let owed = reader.owed_entries(at(0), 100, &HashSet::new(), &HashSet::new()).expect("owed");
        let owed = owed.iter().find(|owed| owed.entry.key == key).expect("just announced");
        let tagged = article(owed.id, id, &text(id));
        store(&handle, Write::ArticleDone(Box::new(tagged))).expect("stored");
        println!("stored {id}");
    }
}

/// Lets a child work until it has said `lines` things, and kills it. Gives what it said.
fn work_and_die(path: &Path, lines: usize) -> Vec<(String, i64)> {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "crash::child", "--ignored", "--nocapture"])
        .env(DATABASE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("child");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let said = output
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| {
            // The harness writes the name of the test before the first line.
            let (rest, id) = line.rsplit_once(' ')?;
            Some((rest.rsplit(' ').next()?.to_owned(), id.parse().ok()?))
        })
        .take(lines)
        .collect();
    child.kill().expect("alive");
    child.wait().expect("gone");
    said
}

fn in_the_inbox(path: &Path, id: i64) -> bool {
    let connection = rusqlite::Connection::open(path).expect("open");
    let mut found = connection.prepare("SELECT 1 FROM entry WHERE key = ?1").expect("query");
    found.exists([format!("k{id}")]).expect("read")
}

#[test]
fn inv08_what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("wirewatch.db");
    let mut said = Vec::new();
    for lines in [1, 9, 20, 33, 50] {
        let now = work_and_die(&path, lines);
        assert_eq!(now.len(), lines, "the child came so far");
        said.extend(now);
        let database = Database::open(&path).expect("opens after every death");
        assert_eq!(database.check().expect("check"), Vec::<String>::new());
    }
    let database = Database::open(&path).expect("open");
    let reader = database.reader().expect("reader");
    for (what, id) in &said {
        let known = reader.known_article(ArticleId(*id)).expect("read");
        match what.as_str() {
            "stored" => assert_eq!(known.expect("stored").text_hash, text_hash(&text(*id))),
            // Owed still, or stored by the child before it could say so.
            _ => assert!(in_the_inbox(&path, *id), "k{id} is lost"),
        }
    }
    let announced: HashSet<i64> = said.iter().map(|(_, id)| *id).collect();
    let stats = reader.stats().expect("stats");
    assert!(stats.entries.seen >= announced.len() as u64, "nothing announced is lost");
    assert_eq!(stats.entries.seen, stats.entries.owed + stats.entries.done);
    assert_eq!(stats.articles, stats.entries.done, "nothing is stored twice");
    assert_eq!(stats.last_seq.0.unsigned_abs(), stats.articles);
}

#[test]
fn inv08_the_disk_may_be_full_at_any_page() {
    let limit = Arc::new(AtomicU32::new(0));
    let world = World::with(WriterOptions { page_limit: Some(Arc::clone(&limit)), ..quick() });
    let keys: Vec<String> = (0..40).map(|number| format!("k{number}")).collect();
    let ids = world.announced(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let mut stalls = 0;
    for (entry, id) in ids.into_iter().zip(1..) {
        let pages: u32 = world.sql("PRAGMA page_count").parse().expect("number");
        // Room for nothing, for one page more, and so on: the failure comes at another place each time.
        limit.store(pages + (id as u32 - 1) / 2, Ordering::SeqCst);
        let tagged = article(entry, id, &text(id).repeat(4));
        let mut answer = world.handle.submit(Write::ArticleDone(Box::new(tagged))).expect("queued");
        let answer = loop {
            if let Ok(answer) = answer.try_recv() {
                break answer;
            }
            if limit.load(Ordering::SeqCst) != 0
                && matches!(world.handle.state(), WriterState::Stalled { .. })
            {
                stalls += 1;
                limit.store(0, Ordering::SeqCst);
            }
            std::thread::yield_now();
        };
        let Ok(Written::Article(stored)) = answer else { panic!("{answer:?}") };
        assert_eq!(stored.seq, Some(Seq(id)), "an attempt that failed takes no number");
        limit.store(0, Ordering::SeqCst);
    }
    assert!(stalls >= 5, "the disk was full {stalls} times only");
    assert_eq!(world.reader().stats().expect("stats").entries.done, 40);
    world.close();
}
