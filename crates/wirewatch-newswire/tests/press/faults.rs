//! The host that misbehaves.

use crate::client::get;
use std::io::Read;
use std::time::Duration;
use wirewatch_newswire::{Fault, FaultOptions, Press, PressOptions, RunningPress};

async fn faulty() -> RunningPress {
    let faults = FaultOptions {
        retry_after: "77".to_owned(),
        drip_every: Duration::from_millis(1),
        drip_bytes: 200,
        huge_bytes: 300_000,
    };
    let options = PressOptions { faults: Some(faults), ..PressOptions::default() };
    Press::builtin().expect("sound").start(options).await.expect("a free port")
}

#[tokio::test]
async fn statuses_and_pauses() {
    let press = faulty().await;
    for (fault, status, retry_after) in [
        (Fault::Busy, 429, Some("77")),
        (Fault::UnavailableFor, 503, Some("77")),
        (Fault::Unavailable, 503, None),
        (Fault::NotFound, 404, None),
        (Fault::Gone, 410, None),
        (Fault::Fails, 500, None),
    ] {
        for address in [fault.feed_url(), fault.page_url()] {
            let answer = get(press.addr, &address, &[]).await;
            assert_eq!((answer.status, answer.field("retry-after")), (status, retry_after), "{address}");
        }
    }
}

#[tokio::test]
async fn redirects_lead_on_or_round_in_a_circle() {
    let press = faulty().await;
    for (fault, status) in [(Fault::MovedPermanently, 301), (Fault::Found, 302)] {
        let answer = get(press.addr, &fault.feed_url(), &[]).await;
        assert_eq!(answer.status, status);
        let target = format!("http://faults.example{}", answer.field("location").expect("a target"));
        assert_eq!(get(press.addr, &target, &[]).await.status, 200);
    }
    let answer = get(press.addr, &Fault::RedirectLoop.page_url(), &[]).await;
    assert!(Fault::RedirectLoop.page_url().ends_with(answer.field("location").expect("a target")));
    let mut address = Fault::LongChain.feed_url();
    let mut hops = 0;
    loop {
        let answer = get(press.addr, &address, &[]).await;
        let Some(location) = answer.field("location") else { break };
        address = format!("http://faults.example{location}");
        hops += 1;
    }
    assert_eq!(hops, 30);
}

#[tokio::test]
async fn fails_once_for_each_path() {
    let press = faulty().await;
    for address in [Fault::FailsOnce.feed_url(), Fault::FailsOnce.page_url()] {
        let statuses =
            [get(press.addr, &address, &[]).await.status, get(press.addr, &address, &[]).await.status];
        assert_eq!(statuses, [500, 200], "{address}");
    }
}

#[tokio::test]
async fn bodies_are_cut_damaged_slow_or_huge() {
    let press = faulty().await;
    let cut = get(press.addr, &Fault::CutBody.feed_url(), &[]).await;
    assert!(!cut.whole && !cut.body.is_empty());
    let damaged = get(press.addr, &Fault::BrokenGzip.page_url(), &[]).await;
    assert_eq!(damaged.field("content-encoding"), Some("gzip"));
    assert!(flate2::read::GzDecoder::new(&damaged.body[..]).read_to_end(&mut Vec::new()).is_err());
    let slow = get(press.addr, &Fault::SlowDrip.feed_url(), &[]).await;
    assert!(slow.whole && slow.text().trim_end().ends_with("</rss>"));
    let huge = get(press.addr, &Fault::HugeBody.page_url(), &[]).await;
    assert!(huge.body.len() >= 300_000);
    let page = get(press.addr, &Fault::HtmlForFeed.feed_url(), &[]).await;
    assert!(page.text().starts_with("<!doctype html>"));
    assert_eq!(get(press.addr, &Fault::Empty.feed_url(), &[]).await.body, b"");
}

#[tokio::test]
async fn the_host_is_resolved_and_logged_but_no_feed_of_it_is_listed() {
    let press = faulty().await;
    assert_eq!(press.resolve.get("faults.example"), Some(&press.addr));
    assert!(press.feeds.iter().all(|feed| !feed.url.contains("faults.example")));
    get(press.addr, &Fault::Gone.feed_url(), &[]).await;
    assert_eq!(press.log().of(&Fault::Gone.feed_url()).statuses.get(&410), Some(&1));
}

#[tokio::test]
async fn a_slow_answer_does_not_hold_up_the_end() {
    let faults = FaultOptions { drip_every: Duration::from_secs(3600), ..FaultOptions::default() };
    let options = PressOptions { faults: Some(faults), ..PressOptions::default() };
    let press = Press::builtin().expect("sound").start(options).await.expect("a free port");
    let addr = press.addr;
    let reading = tokio::spawn(async move { get(addr, &Fault::SlowDrip.page_url(), &[]).await });
    while press.log().host("faults.example").requests == 0 {
        tokio::task::yield_now().await;
    }
    press.shutdown().await;
    assert!(!reading.await.expect("the client ends").whole);
}
