//! Invariants 10, 11 and 12: bounded everywhere, time comes in as a value, CPU work off the network
//! threads.

mod common;

use common::{Bench, content::Item, wait_until};
use std::{
    collections::HashSet,
    sync::{Arc, Condvar, Mutex},
    thread::ThreadId,
    time::Duration,
};
use wirewatch_pipeline::{Source, Stop, run};

async fn bench_with(hosts: usize, each: usize) -> Bench {
    let names: Vec<String> = (0..hosts).map(|n| format!("h{n}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let bench = Bench::new(&names).await;
    for (h, host) in names.iter().enumerate() {
        let items: Vec<Item> = (0..each).map(|n| Item::new(host, &format!("{h}-{n}"))).collect();
        bench.set_feed(host, &items, "1");
        for (n, item) in items.iter().enumerate() {
            bench.set_page(item, (h * 1000 + n) as u64);
        }
    }
    bench
}

#[tokio::test]
async fn inv10_a_stage_that_stands_still_holds_a_bounded_number_of_pages() {
    let mut bench = bench_with(12, 12).await;
    bench.config.page_workers = 4;
    bench.config.clean_workers = 1;
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let clean = Arc::clone(&bench.stages.clean);
    bench.stages.clean = {
        let gate = Arc::clone(&gate);
        Arc::new(move |input, memory, now| {
            let (open, opened) = &*gate;
            let mut open = open.lock().expect("no panic under the lock");
            while !*open {
                open = opened.wait(open).expect("no panic under the lock");
            }
            drop(open);
            clean(input, memory, now)
        })
    };
    let running = tokio::spawn(run(bench.setup(), Source::Once, Stop::new()));
    wait_until(|| bench.counters.counts().entries_new == 144).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    // One with the cleaner, four in its queue, four with the fetchers.
    assert!(bench.counters.counts().pages_fetched <= 9, "{:?}", bench.counters.counts());
    *gate.0.lock().expect("no panic under the lock") = true;
    gate.1.notify_all();
    running.await.expect("no panic").expect("a good end");
    bench.assert_conserved(144);
}

#[tokio::test]
async fn inv11_schedules_follow_the_clock_they_are_given() {
    let mut bench = bench_with(1, 1).await;
    bench.hosts = vec!["h0.example".into()];
    let stop = Stop::new();
    let running = tokio::spawn(run(bench.setup(), Source::Daemon, stop.clone()));
    wait_until(|| bench.counters.counts().articles_new == 1).await;
    let asked = bench.server.requests("h0.example/feed.xml").len();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(bench.server.requests("h0.example/feed.xml").len(), asked, "time stands still");
    bench.clock.advance(Duration::from_secs(60));
    wait_until(|| bench.server.requests("h0.example/feed.xml").len() > asked).await;
    stop.signal();
    running.await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn inv12_cpu_stages_run_off_the_network_threads() {
    let mut bench = bench_with(2, 3).await;
    let network = std::thread::current().id();
    let seen: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
    let note = {
        let seen = Arc::clone(&seen);
        move || {
            seen.lock().expect("no panic under the lock").insert(std::thread::current().id());
        }
    };
    let stages = bench.stages.clone();
    bench.stages.read_feed = {
        let note = note.clone();
        Arc::new(move |due, answer| {
            note();
            (stages.read_feed)(due, answer)
        })
    };
    bench.stages.clean = {
        let note = note.clone();
        Arc::new(move |input, memory, now| {
            note();
            (stages.clean)(input, memory, now)
        })
    };
    bench.stages.tag = Arc::new(move |input| {
        note();
        (stages.tag)(input)
    });
    bench.once().await;
    let seen = seen.lock().expect("no panic under the lock");
    assert!(!seen.is_empty() && !seen.contains(&network));
}
