//! Invariant 1: every entry ever announced is owed, provisional, done, or rejected with a reason.

mod common;

use common::{
    Bench, FEED, HTML, address,
    content::{Item, page, rss, text},
    server::Answer,
    wait_until,
};
use std::{sync::Arc, time::Duration};
use wirewatch_pipeline::{Source, Stop};

async fn bench_with(count: u64) -> (Bench, Vec<Item>) {
    let bench = Bench::new(&["a.example"]).await;
    let items: Vec<Item> = (0..count).map(|n| Item::new("a.example", &format!("n{n}"))).collect();
    bench.set_feed("a.example", &items, "1");
    for (n, item) in items.iter().enumerate() {
        bench.set_page(item, n as u64);
    }
    (bench, items)
}

#[tokio::test]
async fn inv01_everything_announced_is_stored_and_a_second_run_adds_nothing() {
    let (bench, _) = bench_with(12).await;
    let report = bench.once().await;
    assert_eq!((report.counts.entries_new, report.counts.articles_new), (12, 12));
    bench.assert_conserved(12);
    bench.once().await;
    bench.assert_conserved(12);
    assert_eq!(bench.number("SELECT count(*) FROM article"), 12);
    assert_eq!(bench.number("SELECT count(*) FROM change"), 12);
}

#[tokio::test]
async fn inv01_conservation_after_a_stop_in_the_middle() {
    let (bench, items) = bench_with(30).await;
    // The tenth page does not answer before the stop was given.
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let held = Answer { gate: Some(Arc::clone(&gate)), ..Answer::ok(HTML, page("Held", &text(9), None)) };
    bench.server.set(&address(&items[9]), held);
    let stop = Stop::new();
    let running = tokio::spawn({
        let (setup, stop) = (bench.setup(), stop.clone());
        wirewatch_pipeline::run(setup, Source::Once, stop)
    });
    wait_until(|| !bench.server.requests(&address(&items[9])).is_empty()).await;
    stop.signal();
    gate.add_permits(1);
    let report = running.await.expect("no panic").expect("a good end");
    assert!(report.drained);
    bench.assert_conserved(30);
    assert!(bench.number("SELECT count(*) FROM entry WHERE state = 'owed'") > 0, "the stop came too late");
    assert_eq!(
        bench.number("SELECT count(*) FROM article WHERE title LIKE 'Held%'"),
        1,
        "in flight is stored"
    );

    bench.once().await;
    bench.assert_conserved(30);
    assert_eq!(bench.number("SELECT count(*) FROM article"), 30);
    for item in &items {
        assert_eq!(bench.server.requests(&address(item)).len(), 1, "each page is asked for once");
    }
}

#[tokio::test]
async fn inv01_conservation_after_a_panic_inside_the_cleaner() {
    let (mut bench, items) = bench_with(6).await;
    let clean = Arc::clone(&bench.stages.clean);
    let poisoned = items[2].link.clone();
    bench.stages.clean = Arc::new(move |input, memory, now| {
        assert_ne!(input.url.map(str::to_owned), poisoned, "poisonous page");
        clean(input, memory, now)
    });
    bench.once().await;
    bench.assert_conserved(6);
    assert_eq!(bench.number("SELECT count(*) FROM entry WHERE state = 'done'"), 5);
    // The feed's own text stands in for the page that cannot be cleaned.
    assert_eq!(
        bench.number("SELECT count(*) FROM entry WHERE state = 'provisional' AND failure LIKE '%poisonous%'"),
        1
    );
}

#[tokio::test]
async fn inv01_conservation_after_a_panic_inside_the_tagger() {
    let (mut bench, items) = bench_with(6).await;
    let tag = Arc::clone(&bench.stages.tag);
    let poisoned = items[3].title.clone();
    bench.stages.tag = Arc::new(move |input| {
        assert!(input.title != poisoned, "poisonous article");
        tag(input)
    });
    bench.once().await;
    bench.assert_conserved(6);
    assert_eq!(
        bench.texts("SELECT reject_stage || ': ' || reject_reason FROM entry WHERE state = 'rejected'"),
        ["tag: panicked: poisonous article"]
    );
    assert_eq!(bench.number("SELECT count(*) FROM article"), 5);
}

#[tokio::test]
async fn inv01_conservation_after_a_panic_while_a_feed_is_read() {
    let (mut bench, _) = bench_with(4).await;
    let read = Arc::clone(&bench.stages.read_feed);
    bench.stages.read_feed = Arc::new(|_, _| panic!("poisonous feed"));
    let report = bench.once().await;
    assert_eq!(report.failures.len(), 1);
    assert!(report.failures[0].reason.contains("poisonous feed"), "{:?}", report.failures);
    bench.stages.read_feed = read;
    bench.clock.advance(Duration::from_secs(3600));
    bench.once().await;
    bench.assert_conserved(4);
    assert_eq!(bench.number("SELECT count(*) FROM article"), 4);
}

#[tokio::test]
async fn inv01_a_page_that_is_missing_is_replaced_by_the_feed_at_once_and_completed_later() {
    let (bench, items) = bench_with(1).await;
    bench.server.set(&address(&items[0]), Answer::status(404));
    bench.once().await;
    bench.assert_conserved(1);
    assert_eq!(bench.texts("SELECT state FROM entry"), ["provisional"]);
    assert_eq!(bench.texts("SELECT method FROM items"), ["feed-summary"]);

    bench.set_page(&items[0], 0);
    bench.clock.advance(Duration::from_secs(12 * 3600));
    bench.once().await;
    assert_eq!(bench.texts("SELECT state FROM entry"), ["done"]);
    assert_eq!(bench.texts("SELECT method FROM items"), ["page"]);
    assert_eq!(bench.texts("SELECT kind FROM change ORDER BY seq"), ["new", "completed"]);
    assert_eq!(bench.number("SELECT count(*) FROM revision"), 0, "completing is no revision");
}

#[tokio::test]
async fn inv01_a_passing_failure_is_tried_again_and_the_feed_stands_in_from_the_second_on() {
    let (bench, items) = bench_with(1).await;
    bench.server.set(&address(&items[0]), Answer::status(500));
    bench.once().await;
    assert_eq!(bench.texts("SELECT state FROM entry"), ["owed"]);
    assert_eq!(bench.number("SELECT count(*) FROM article"), 0);
    bench.clock.advance(Duration::from_secs(4 * 60));
    bench.once().await;
    assert_eq!(bench.server.requests(&address(&items[0])).len(), 1, "five minutes have not passed");
    bench.clock.advance(Duration::from_secs(60));
    bench.once().await;
    assert_eq!(bench.texts("SELECT state FROM entry"), ["provisional"]);
    bench.set_page(&items[0], 0);
    bench.clock.advance(Duration::from_secs(30 * 60));
    bench.once().await;
    assert_eq!(bench.texts("SELECT kind FROM change ORDER BY seq"), ["new", "completed"]);
    bench.assert_conserved(1);
}

#[tokio::test]
async fn inv01_an_entry_without_a_page_and_without_a_text_is_rejected_with_a_reason() {
    let bench = Bench::new(&["a.example"]).await;
    let item =
        Item { link: None, title: String::new(), description: String::new(), ..Item::new("a.example", "x") };
    bench.server.set("a.example/feed.xml", Answer::ok(FEED, rss(&[item])));
    bench.once().await;
    let rejected =
        bench.number("SELECT count(*) FROM entry WHERE state = 'rejected' AND reject_reason != ''");
    let refused = bench.number("SELECT count(*) FROM feed_check WHERE rejects != '[]'");
    assert_eq!(rejected + refused, 1);
    bench.assert_conserved(rejected);
}

#[tokio::test]
async fn inv01_an_entry_without_a_text_of_its_own_stays_owed_while_its_page_is_tried() {
    let bench = Bench::new(&["a.example"]).await;
    let bare = Item { title: String::new(), description: String::new(), ..Item::new("a.example", "bare") };
    bench.set_feed("a.example", std::slice::from_ref(&bare), "1");
    bench.server.set(&address(&bare), Answer::status(500));
    bench.once().await;
    bench.clock.advance(Duration::from_secs(5 * 60));
    bench.once().await;
    assert_eq!(bench.server.requests(&address(&bare)).len(), 2);
    assert_eq!(bench.texts("SELECT state FROM entry"), ["owed"]);
    bench.server.set(&address(&bare), Answer::ok(HTML, page("Here at last", &text(3), None)));
    bench.clock.advance(Duration::from_secs(30 * 60));
    bench.once().await;
    assert_eq!(bench.texts("SELECT title FROM items"), ["Here at last"]);
    bench.assert_conserved(1);
}

#[tokio::test]
async fn inv01_what_is_being_cleaned_or_tagged_is_named_in_the_journal_until_it_is_through() {
    let (mut bench, _) = bench_with(1).await;
    let path = bench.folder.path().join("test.db.inflight");
    // A slot holds what it is (2: an entry) and its id; the only entry has the id 1.
    let named = {
        let path = path.clone();
        move || std::fs::read(&path).is_ok_and(|slots| slots.chunks(9).any(|slot| slot.starts_with(&[2, 1])))
    };
    let seen: Arc<std::sync::Mutex<Vec<(&str, bool)>>> = Arc::default();
    let (stages, note) = (bench.stages.clone(), Arc::clone(&seen));
    bench.stages.clean = {
        let (named, note) = (named.clone(), Arc::clone(&note));
        Arc::new(move |input, memory, now| {
            note.lock().expect("no panic under the lock").push(("clean", named()));
            (stages.clean)(input, memory, now)
        })
    };
    let during_tag = named.clone();
    bench.stages.tag = Arc::new(move |input| {
        note.lock().expect("no panic under the lock").push(("tag", during_tag()));
        (stages.tag)(input)
    });
    bench.once().await;
    assert_eq!(*seen.lock().expect("no panic under the lock"), [("clean", true), ("tag", true)]);
    assert!(!named(), "nothing is held after the run");
}
