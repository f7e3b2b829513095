//! Rules 13 to 17: servers that ask for time, and feeds that cannot be had.

use crate::support::{
    FEED, Server, answer, check, check_answer, check_at, config, due, failure, fetcher, fetcher_of, next,
    now, page_of, raw, rss,
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashSet,
    sync::Arc,
    sync::atomic::{AtomicU16, Ordering},
};
use tokio::io::AsyncWriteExt;
use wirewatch_fetch::{Fetcher, Learnt, PageResult};
use wirewatch_model::{DueFeed, FailureKind, FeedCheck, FeedId, Health, HostPause, Outcome};

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn wait(check: &FeedCheck) -> SignedDuration {
    check.next_due.expect("asked again").duration_since(check.checked_at)
}

/// A server whose status can be changed; pages and feeds answer alike.
async fn with_status(status: &Arc<AtomicU16>) -> Server {
    let status = status.clone();
    Server::start(move |_| match status.load(Ordering::SeqCst) {
        200 => answer(200, &[], rss(1)),
        other => answer(other, &[], ""),
    })
    .await
}

#[tokio::test]
async fn rule_13_a_429_stops_the_whole_host() {
    let server = Server::start(|_| answer(429, &["Retry-After: 7200"], "")).await;
    let (fetcher, feed) = (fetcher(&server), due(FEED));
    let first = check(&fetcher, &feed).await;
    let pause = first.host_pause.expect("a pause");
    assert_eq!((pause.host.as_str(), first.outcome), ("press.example", Outcome::Busy));
    assert!(pause.until >= now() + hours(2));
    // Feeds and pages, whatever the spelling of the host.
    for url in ["http://press.example/other", "http://PRESS.example:80/x", "http://press.example./rss"] {
        let other = check(&fetcher, &due(url)).await;
        let paused = Outcome::Paused {
            host: "press.example".to_owned(),
            until: pause.until,
            reason: "press.example asked for a pause".to_owned(),
        };
        assert_eq!((other.outcome, other.next_due), (paused, Some(pause.until)), "{url}");
        assert_eq!(other.health, Health::Ok, "nothing was seen of the feed");
    }
    let page = fetcher.fetch_page(&page_of("http://press.example/1"), now()).await;
    assert!(matches!(page.result, Ok(PageResult::Postponed { until, .. }) if until == pause.until));
    assert_eq!(server.requests().len(), 1);
    let after = pause.until + SignedDuration::from_secs(1);
    fetcher.fetch_feed(&feed, after).await;
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn rule_13_a_host_that_is_paused_stops_redirects_to_it() {
    let busy = Server::start(|_| answer(429, &["Retry-After: 7200"], "")).await;
    let from = Server::start(|_| answer(302, &["Location: http://busy.example/rss"], "")).await;
    let fetcher = fetcher_of(&[("busy.example", &busy), ("press.example", &from)]);
    check(&fetcher, &due("http://busy.example/1")).await;
    let check = check(&fetcher, &due(FEED)).await;
    assert!(check.not_before >= Some(now() + SignedDuration::from_hours(2)), "{check:?}");
    assert!(
        matches!(&check.outcome, Outcome::Failed { message, .. } if message.contains("busy.example asked for a pause"))
    );
    assert_eq!(busy.requests().len(), 1);
}

#[tokio::test]
async fn rule_13_without_retry_after_it_is_an_hour_and_doubles_until_an_answer() {
    let status = Arc::new(AtomicU16::new(429));
    let server = with_status(&status).await;
    let (fetcher, feed) = (fetcher(&server), due(FEED));
    let mut at = now();
    for least in [1, 2, 4, 8, 16, 24, 24] {
        let pause = check_at(&fetcher, &feed, at).await.host_pause.expect("a pause");
        let wait = pause.until.duration_since(at);
        assert!(wait >= hours(least) && wait < hours(least) + SignedDuration::from_mins(1), "{wait}");
        at = pause.until;
    }
    status.store(200, Ordering::SeqCst);
    assert_eq!(check_at(&fetcher, &feed, at).await.outcome, Outcome::Read);
    status.store(429, Ordering::SeqCst);
    let pause = check_at(&fetcher, &feed, at).await.host_pause.expect("a pause");
    assert_eq!((pause.until.duration_since(at).as_hours(), pause.strikes), (1, 1), "a success resets");
}

#[tokio::test]
async fn rule_13_pause_and_strikes_survive_a_restart_and_a_success_ends_them() {
    let status = Arc::new(AtomicU16::new(429));
    let server = with_status(&status).await;
    let feed = due(FEED);
    let first = check(&fetcher(&server), &feed).await.host_pause.expect("a pause");
    // The process ends; another is told of the pause before it is over, a third long after.
    let second = fetcher(&server);
    second.pause_host(&first);
    assert!(matches!(check(&second, &feed).await.outcome, Outcome::Paused { .. }));
    assert_eq!(server.requests().len(), 1);
    let third = fetcher(&server);
    third.pause_host(&first);
    let later = now() + hours(5);
    let again = check_at(&third, &feed, later).await.host_pause.expect("a pause");
    assert!(again.until >= later + hours(2), "the second in a row");
    assert_eq!(again.strikes, 2);
    status.store(200, Ordering::SeqCst);
    check_at(&third, &feed, again.until).await;
    let [Learnt::Answers(HostPause { host, strikes: 0, .. })] = &third.take_learnt()[..] else {
        panic!("the strikes are over, and the store must know")
    };
    assert_eq!(host, "press.example");
    assert!(third.take_learnt().is_empty(), "told once");
}

#[tokio::test]
async fn rule_14_retry_after_counts_with_any_status_in_both_forms() {
    let sound = rss(1);
    for status in [200, 204, 304, 400, 403, 404, 500, 502, 503, 504, 999] {
        for (value, least) in [
            ("172800", hours(48)),
            ("Wed, 12 Jan 2022 09:00:00 GMT", hours(49)),
            ("Wednesday, 12-Jan-22 09:00:00 GMT", hours(49)),
            ("Wed Jan 12 09:00:00 2022", hours(49)),
        ] {
            let body = if status == 200 { sound.as_str() } else { "" };
            let bytes = answer(status, &[&format!("Retry-After: {value}")], body);
            let server = Server::start(move |_| bytes.clone()).await;
            let mut feed = due(FEED);
            feed.validators.etag = Some("\"1\"".to_owned());
            let check = check(&fetcher(&server), &feed).await;
            let asked = check.next_due.expect("not given up").duration_since(now());
            assert!(
                asked >= least && asked <= least + SignedDuration::from_mins(10),
                "{status} {value}: {asked}"
            );
            assert_eq!(check.host_pause, None, "{status}: it is for this feed alone");
        }
    }
}

#[tokio::test]
async fn rule_14_a_503_with_retry_after_is_busy_and_no_other_status_is() {
    let outcome = async |status| check_answer(answer(status, &["Retry-After: 60"], "")).await.outcome;
    assert_eq!(outcome(503).await, Outcome::Busy);
    assert!(matches!(outcome(500).await, Outcome::Failed { failure: FailureKind::Status, .. }));
}

#[tokio::test]
async fn rule_14_a_redirect_with_retry_after_counts_too() {
    let server = Server::start(|request| match request.path.as_str() {
        "/rss" => answer(302, &["Location: /now", "Retry-After: 172800"], ""),
        _ => answer(200, &[], rss(1)),
    })
    .await;
    let check = check(&fetcher(&server), &due(FEED)).await;
    assert_eq!(check.outcome, Outcome::Read);
    assert!(wait(&check) >= hours(48) - SignedDuration::from_secs(1));
}

#[tokio::test]
async fn rule_14_over_seven_days_is_seven_days_and_never_less() {
    let week = hours(7 * 24);
    for value in [
        "604800",
        "604801",
        "99999999999999999999",
        "Sat, 01 Jan 2122 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        for status in [429, 503] {
            let check = check_answer(answer(status, &[&format!("Retry-After: {value}")], "")).await;
            let asked = check.next_due.expect("not given up").duration_since(now());
            assert!(
                asked >= week && asked <= week + SignedDuration::from_mins(10),
                "{status} {value}: {asked}"
            );
        }
    }
}

#[tokio::test]
async fn rule_14_what_is_past_or_junk_shortens_nothing() {
    for value in [
        "0",
        "Mon, 10 Jan 2022 07:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "",
        "soon",
        "-5",
        "1.5",
        "5 minutes",
    ] {
        let check = check_answer(answer(503, &[&format!("Retry-After: {value}")], "")).await;
        assert!(wait(&check) >= hours(1) && wait(&check) <= hours(2), "'{value}': {}", wait(&check));
    }
}

#[tokio::test]
async fn rule_15_failures_back_off_and_are_not_tried_again_at_once() {
    for status in [400, 401, 403, 405, 500, 502, 504, 520] {
        let server = Server::start(move |_| answer(status, &[], "")).await;
        let (fetcher, mut feed) = (fetcher(&server), due(FEED));
        let mut waits = Vec::new();
        for _ in 0..12 {
            let check = check(&fetcher, &feed).await;
            waits.push(wait(&check));
            feed = next(&feed, &check);
        }
        assert_eq!(server.requests().len(), 12, "{status}: one request a check");
        assert!(waits[0] >= hours(1), "{status}: never sooner than after a sound answer");
        assert!((1..4).all(|nth| waits[nth] > waits[nth - 1]), "{status}: {waits:?}");
        assert!(waits[11] >= hours(23) && waits.iter().all(|wait| *wait <= hours(24)), "{waits:?}");
    }
}

#[tokio::test]
async fn rule_15_no_connection_backs_off_as_a_status_does() {
    // Bound and dropped: nobody listens there.
    let addr = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address")
    };
    let fetcher = Fetcher::new(config(&[("press.example", addr)])).expect("a fetcher");
    for (url, kind) in [
        (FEED, FailureKind::Network),
        ("https://press.example/rss", FailureKind::Network),
        ("http://press.invalid/rss", FailureKind::Dns),
    ] {
        let first = check(&fetcher, &due(url)).await;
        assert_eq!(failure(&first), kind, "{:?}", first.outcome);
        let second = check(&fetcher, &next(&due(url), &first)).await;
        assert!(wait(&second) > wait(&first) && wait(&first) >= hours(1));
    }
}

#[tokio::test]
async fn rule_15_a_broken_handshake_backs_off_too() {
    // The server does not speak TLS.
    let addr = raw(async |mut stream| {
        let _ = stream.write_all(&answer(400, &[], "plain HTTP")).await;
    })
    .await;
    let fetcher = Fetcher::new(config(&[("press.example", addr)])).expect("a fetcher");
    let check = check(&fetcher, &due("https://press.example/rss")).await;
    assert_eq!(failure(&check), FailureKind::Tls, "{:?}", check.outcome);
    assert!(wait(&check) >= hours(1));
}

#[tokio::test]
async fn rule_15_feeds_that_failed_together_come_back_spread() {
    let server = Server::start(|_| answer(500, &[], "")).await;
    let fetcher = fetcher(&server);
    let mut feeds: Vec<DueFeed> = (0..60).map(|id| DueFeed { id: FeedId(id), ..due(FEED) }).collect();
    // Each round the outage hits all of them at one moment.
    for round in 0..3 {
        let mut moments = Vec::new();
        for feed in &mut feeds {
            let mut answer = fetcher.fetch_feed(feed, now()).await;
            answer.at = now();
            let check = wirewatch_fetch::read_feed(feed, answer);
            moments.push(check.next_due.expect("asked again"));
            *feed = next(feed, &check);
        }
        let seconds: HashSet<i64> = moments.iter().map(|at: &Timestamp| at.as_second()).collect();
        assert!(seconds.len() > 50, "round {round}: {} moments for 60 feeds", seconds.len());
        let (first, last) = (moments.iter().min(), moments.iter().max());
        let width = last.expect("60").duration_since(*first.expect("60"));
        assert!(width > SignedDuration::from_mins(10), "round {round}: {width}");
    }
}

#[tokio::test]
async fn rule_16_after_a_year_of_errors_there_is_still_a_probe_a_day() {
    let status = Arc::new(AtomicU16::new(500));
    let server = with_status(&status).await;
    let fetcher = fetcher(&server);
    let mut feed = DueFeed { failures: 400, ..due(FEED) };
    let mut at = now();
    for _ in 0..10 {
        let check = check_at(&fetcher, &feed, at).await;
        assert_eq!(check.health, Health::Failing);
        let wait = wait(&check);
        assert!(wait >= hours(23) && wait <= hours(24), "{wait}");
        (feed, at) = (next(&feed, &check), check.next_due.expect("asked again"));
    }
    status.store(200, Ordering::SeqCst);
    let check = check_at(&fetcher, &feed, at).await;
    assert_eq!((check.outcome.clone(), check.health), (Outcome::Read, Health::Ok));
    assert!(wait(&check) < hours(2), "as if nothing had been");
    let worst = DueFeed { failures: u32::MAX, ..due(FEED) };
    status.store(500, Ordering::SeqCst);
    assert!(check_at(&fetcher, &worst, at).await.next_due.is_some());
}

#[tokio::test]
async fn rule_17_gone_is_gone_and_missing_backs_off_to_once_a_day() {
    let gone = check_answer(answer(410, &[], "")).await;
    assert_eq!((gone.outcome, gone.next_due, gone.health), (Outcome::Gone, None, Health::Gone));
    let server = Server::start(|_| answer(404, &[], "")).await;
    let (fetcher, mut feed) = (fetcher(&server), due(FEED));
    let mut waits = Vec::new();
    for _ in 0..5 {
        let check = check(&fetcher, &feed).await;
        assert_eq!((failure(&check), check.status), (FailureKind::Status, Some(404)));
        assert_eq!(check.health, Health::Failing);
        waits.push(wait(&check));
        feed = next(&feed, &check);
    }
    assert!(waits[0] >= hours(6) && waits[4] >= hours(23) && waits[4] <= hours(24), "{waits:?}");
}

#[tokio::test]
async fn walls_are_named() {
    let check =
        check_answer(answer(403, &["cf-mitigated: challenge"], "<html>Just a moment...</html>")).await;
    assert_eq!(check.outcome, Outcome::Blocked { by: "Cloudflare".to_owned() });
    let page = "<html><script src='/_Incapsula_Resource?a'></script></html>";
    let check = check_answer(answer(200, &[], page)).await;
    assert_eq!(check.outcome, Outcome::Blocked { by: "Imperva".to_owned() });
}

#[tokio::test]
async fn rule_14_what_a_redirect_asks_for_counts_also_when_its_target_fails() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        "/dead" => Vec::new(),
        "/loop" => answer(302, &["Location: /loop", "Retry-After: 259200"], ""),
        _ => answer(302, &["Location: /dead", "Retry-After: 259200"], ""),
    })
    .await;
    let fetcher = crate::support::fetcher(&server);
    let asked = now() + jiff::SignedDuration::from_hours(72);
    for path in ["rss", "loop"] {
        let url = format!("http://press.example/{path}");
        let check = crate::support::check(&fetcher, &crate::support::due(&url)).await;
        crate::support::failure(&check);
        assert!(check.not_before >= Some(asked) && check.next_due >= Some(asked), "{check:?}");
        let page = crate::support::ask(&fetcher, &url).await.result.expect_err("no page");
        assert!(page.retry_after >= Some(asked), "{page:?}");
    }
}
