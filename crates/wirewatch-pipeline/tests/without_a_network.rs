//! A machine that loses its network: what it cannot ask is not to blame.

mod common;

use common::{Bench, wait_until};
use std::{net::TcpListener, time::Duration};
use wirewatch_fetch::{FetchConfig, Fetcher};
use wirewatch_model::FeedSettings;
use wirewatch_pipeline::{Source, Stop, run};

#[tokio::test]
async fn a_day_without_a_network_makes_no_feed_be_asked_more_seldom() {
    let hosts: Vec<String> = (0..10).map(|nth| format!("n{nth}.example")).collect();
    let bench = Bench::new(&hosts.iter().map(String::as_str).collect::<Vec<&str>>()).await;
    let mut setup = bench.setup();
    for spec in setup.feeds.iter_mut().flatten() {
        spec.settings = FeedSettings::default();
    }
    // Nobody listens there any more.
    let nowhere = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    setup.fetcher = Fetcher::new(FetchConfig {
        resolve: hosts.iter().map(|host| (host.clone(), nowhere)).collect(),
        allow_sockets: vec![nowhere],
        ..FetchConfig::default()
    })
    .expect("a fetcher");
    let stop = Stop::new();
    let daemon = tokio::spawn(run(setup, Source::Daemon, stop.clone()));
    wait_until(|| {
        bench.clock.advance(Duration::from_secs(600));
        bench.counters.counts().feeds_failed >= 60
    })
    .await;
    stop.signal();
    daemon.await.expect("no panic").expect("ends well");
    let count = |sql| bench.number(sql);
    assert_eq!(count("SELECT count(*) FROM feed WHERE failures > 1"), 0);
    assert!(count("SELECT count(*) FROM feed WHERE failures = 0") >= 3, "most were never blamed at all");
    assert_eq!(count("SELECT count(*) FROM feed WHERE failure = 'offline' AND message <> ''"), 10);
    assert!(count("SELECT max(next_due - last_checked) / 3600000000 FROM feed") < 3);
}
