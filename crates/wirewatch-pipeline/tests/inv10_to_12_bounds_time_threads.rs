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

#[tokio::test]
async fn inv10_a_slow_host_with_a_backlog_holds_nobody_up() {
    let mut bench = Bench::new(&["slow.example", "quick.example"]).await;
    bench.config.page_workers = 4;
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    for (host, seed) in [("slow.example", 0), ("quick.example", 1000)] {
        let items: Vec<Item> = (0..60).map(|n| Item::new(host, &format!("{seed}-{n}"))).collect();
        bench.set_feed(host, &items, "1");
        for (n, item) in items.iter().enumerate() {
            let page = common::content::page(&item.title, &common::content::text(seed + n as u64), None);
            let gate = (host == "slow.example").then(|| Arc::clone(&gate));
            bench.server.set(
                &common::address(item),
                common::server::Answer { gate, ..common::server::Answer::ok(common::HTML, page) },
            );
        }
    }
    let running = tokio::spawn(run(bench.setup(), Source::Once, Stop::new()));
    wait_until(|| bench.counters.counts().articles_new == 60).await;
    assert_eq!(bench.number("SELECT count(*) FROM items WHERE url LIKE '%slow%'"), 0);
    gate.add_permits(1_000);
    running.await.expect("no panic").expect("a good end");
    bench.assert_conserved(120);
}

#[tokio::test]
async fn inv10_many_feeds_of_one_slow_host_hold_no_other_feed_up() {
    let mut bench = Bench::new(&["slow.example", "quick.example"]).await;
    bench.config.feed_workers = 2;
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let held = common::server::Answer::ok(common::FEED, common::content::rss(&[]));
    let held = common::server::Answer { gate: Some(Arc::clone(&gate)), ..held };
    let mut setup = bench.setup();
    let feeds = setup.feeds.as_mut().expect("a list");
    for n in 0..6 {
        bench.server.set(&format!("slow.example/{n}.xml"), held.clone());
        let url = format!("http://slow.example/{n}.xml");
        feeds.insert(0, wirewatch_model::FeedSpec { url, ..common::spec("slow.example") });
    }
    bench.server.set("slow.example/feed.xml", held);
    let item = Item::new("quick.example", "one");
    bench.set_feed("quick.example", std::slice::from_ref(&item), "1");
    bench.set_page(&item, 1);
    let running = tokio::spawn(run(setup, Source::Once, Stop::new()));
    wait_until(|| bench.counters.counts().articles_new == 1).await;
    gate.add_permits(1_000);
    running.await.expect("no panic").expect("a good end");
    assert_eq!(bench.number("SELECT count(*) FROM feed WHERE last_checked IS NULL"), 0);
}
