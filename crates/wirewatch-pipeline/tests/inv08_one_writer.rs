//! Invariants 8 and 9: a full disk loses nothing and ends nothing; `seq` is the commit order.

mod common;

use common::{Bench, content::Item, wait_until};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use wirewatch_pipeline::{Source, Stop, run};

async fn bench_with(count: u64) -> Bench {
    let bench = Bench::new(&["a.example"]).await;
    let items: Vec<Item> = (0..count).map(|n| Item::new("a.example", &format!("n{n}"))).collect();
    bench.set_feed("a.example", &items, "1");
    for (n, item) in items.iter().enumerate() {
        bench.set_page(item, n as u64);
    }
    bench
}

#[tokio::test]
async fn inv08_a_full_disk_stops_the_intake_and_nothing_is_lost() {
    let mut bench = bench_with(40).await;
    // Room for the schema and a few articles; a test cannot fill a disk, SQLite's own limit can.
    drop(bench.database());
    let pages = u32::try_from(bench.number("PRAGMA page_count")).expect("small") + 12;
    let limit = Arc::new(AtomicU32::new(pages));
    bench.writer.page_limit = Some(Arc::clone(&limit));
    let stop = Stop::new();
    let running = tokio::spawn(run(bench.setup(), Source::Once, stop.clone()));
    let counters = Arc::clone(&bench.counters);
    wait_until(|| {
        counters.counts().articles_new > 0 || counters.counts().entries_new > 0 || running.is_finished()
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!running.is_finished(), "a full disk does not end the run");
    assert!(bench.number("SELECT count(*) FROM article") < 40, "reads go on");
    limit.store(u32::MAX, Ordering::SeqCst);
    let report = running.await.expect("no panic").expect("a good end");
    assert!(report.drained);
    bench.assert_conserved(40);
    assert_eq!(bench.number("SELECT count(*) FROM article"), 40);
}

#[tokio::test]
async fn inv09_readers_see_seq_rise_without_gaps_while_the_pipeline_writes() {
    let bench = bench_with(60).await;
    let running = tokio::spawn(run(bench.setup(), Source::Once, Stop::new()));
    let mut last = 0;
    while !running.is_finished() {
        if bench.folder.path().join("test.db").exists() {
            let highest = bench.number("SELECT coalesce(max(seq), 0) FROM change");
            let below = bench.number(&format!("SELECT count(*) FROM change WHERE seq <= {highest}"));
            assert_eq!(below, highest, "a number below the highest came later");
            assert!(highest >= last);
            last = highest;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    running.await.expect("no panic").expect("a good end");
    assert_eq!(bench.number("SELECT count(*) FROM change"), 60);
    assert_eq!(
        bench.number(
            "SELECT count(*) FROM article a WHERE seq != (SELECT max(seq) FROM change WHERE article = a.id)"
        ),
        0
    );
}
