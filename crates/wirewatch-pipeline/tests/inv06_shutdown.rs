//! Invariant 6: only the source hears "stop"; a second signal leaves at once; the drain has a deadline.

mod common;

use common::{
    Bench, HTML, address,
    content::{Item, page, text},
    server::Answer,
    wait_until,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use wirewatch_pipeline::{PipelineError, Report, Source, Stop, run};

/// Four hosts whose second page does not answer before the gate opens.
async fn held(gate: &Arc<Semaphore>) -> Bench {
    let bench = Bench::new(&["a.example", "b.example", "c.example", "d.example"]).await;
    for (n, host) in bench.hosts.clone().iter().enumerate() {
        let items: Vec<Item> = (0..3).map(|k| Item::new(host, &format!("{n}-{k}"))).collect();
        bench.set_feed(host, &items, "1");
        for (k, item) in items.iter().enumerate() {
            let answer = Answer::ok(HTML, page(&item.title, &text((n * 10 + k) as u64), None));
            let gate = (k == 1).then(|| Arc::clone(gate));
            bench.server.set(&address(item), Answer { gate, ..answer });
        }
    }
    bench
}

fn start(bench: &Bench, stop: &Stop) -> tokio::task::JoinHandle<Result<Report, PipelineError>> {
    tokio::spawn(run(bench.setup(), Source::Daemon, stop.clone()))
}

fn asked(bench: &Bench, place: usize) -> usize {
    let second = |n: usize, host: &String| format!("{host}/news/2022/01/{n}-{place}.html");
    bench.hosts.iter().enumerate().map(|(n, host)| bench.server.requests(&second(n, host)).len()).sum()
}

#[tokio::test]
async fn inv06_what_is_in_flight_is_stored_after_the_stop() {
    let gate = Arc::new(Semaphore::new(0));
    let bench = held(&gate).await;
    let stop = Stop::new();
    let running = start(&bench, &stop);
    wait_until(|| asked(&bench, 1) == 4).await;
    stop.signal();
    gate.add_permits(4);
    let report = running.await.expect("no panic").expect("no fault");
    assert!(report.drained);
    bench.assert_conserved(12);
    let stored = bench.number("SELECT count(*) FROM items WHERE url LIKE '%-1.html'");
    assert_eq!(stored, 4, "the pages that were being fetched are stored");
}

#[tokio::test]
async fn inv06_the_drain_has_a_deadline_and_what_misses_it_is_still_owed() {
    let gate = Arc::new(Semaphore::new(0));
    let mut bench = held(&gate).await;
    bench.config.drain_deadline = Duration::from_millis(50);
    let stop = Stop::new();
    let running = start(&bench, &stop);
    wait_until(|| asked(&bench, 1) == 4).await;
    stop.signal();
    let report = running.await.expect("no panic").expect("no fault");
    assert!(!report.drained);
    bench.assert_conserved(12);
    assert_eq!(bench.number("SELECT count(*) FROM entry WHERE state = 'owed' AND url LIKE '%-1.html'"), 4);

    gate.add_permits(100);
    bench.once().await;
    bench.assert_conserved(12);
    assert_eq!(bench.number("SELECT count(*) FROM article"), 12);
}

#[tokio::test]
async fn inv06_a_second_signal_leaves_at_once() {
    let gate = Arc::new(Semaphore::new(0));
    let mut bench = held(&gate).await;
    bench.config.drain_deadline = Duration::from_secs(3600);
    let stop = Stop::new();
    let running = start(&bench, &stop);
    wait_until(|| asked(&bench, 1) == 4).await;
    stop.signal();
    stop.signal();
    let report = running.await.expect("no panic").expect("no fault");
    assert!(!report.drained);
    bench.assert_conserved(12);
}

#[tokio::test]
async fn inv06_a_stop_before_the_first_answer_loses_nothing() {
    let bench = Bench::new(&["a.example"]).await;
    bench.set_feed("a.example", &[Item::new("a.example", "one")], "1");
    let stop = Stop::new();
    stop.signal();
    let report = bench.try_run(Source::Daemon, stop).await.expect("a good end");
    assert!(report.drained);
    bench.assert_conserved(bench.number("SELECT count(*) FROM entry"));
}

/// A cleaner that does not come back before it is told to.
fn hang(bench: &mut Bench) -> std::sync::mpsc::Sender<()> {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let clean = Arc::clone(&bench.stages.clean);
    bench.stages.clean = Arc::new(move |input, memory, now| {
        // Ends when the test lets go of its end.
        let _ = released.lock().map(|released| released.recv());
        clean(input, memory, now)
    });
    release
}

#[tokio::test]
async fn inv06_neither_the_deadline_nor_a_second_signal_waits_for_a_thread_that_hangs() {
    for second_signal in [false, true] {
        let mut bench = Bench::new(&["a.example"]).await;
        let item = Item::new("a.example", "one");
        bench.set_feed("a.example", std::slice::from_ref(&item), "1");
        bench.set_page(&item, 1);
        bench.config.drain_deadline = Duration::from_secs(if second_signal { 3600 } else { 0 });
        let release = hang(&mut bench);
        let stop = Stop::new();
        let running = start(&bench, &stop);
        wait_until(|| bench.counters.counts().pages_fetched == 1).await;
        stop.signal();
        if second_signal {
            stop.signal();
        }
        let report = running.await.expect("no panic").expect("no fault");
        assert!(!report.drained);
        bench.assert_conserved(1);
        assert_eq!(bench.texts("SELECT state FROM entry"), ["owed"]);
        drop(release);
    }
}

#[tokio::test]
async fn inv06_a_start_that_waits_for_the_database_hears_the_signal() {
    let bench = Bench::new(&["a.example"]).await;
    drop(bench.database());
    let holder = rusqlite::Connection::open(bench.folder.path().join("test.db")).expect("opens");
    holder.execute_batch("BEGIN IMMEDIATE").expect("the write lock");
    let stop = Stop::new();
    let running = start(&bench, &stop);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!running.is_finished());
    stop.signal();
    let report = running.await.expect("no panic").expect("no fault");
    assert_eq!(report.counts.feeds_checked, 0);
}
