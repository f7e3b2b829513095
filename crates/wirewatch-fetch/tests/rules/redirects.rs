//! Rules 18 to 20: where redirects lead and what is learnt of them.

use crate::support::{
    FEED, Server, answer, check, check_at, due, failure, fetcher, fetcher_of, next, now, redirecting, rss,
};
use jiff::SignedDuration;
use std::{
    sync::Arc,
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};
use wirewatch_fetch::{Asked, BytesHeld, FeedAnswer, FeedResult, Headers, Hop, read_feed};
use wirewatch_model::{FailureKind, FeedCheck, Health, Outcome};

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// A server whose feed has moved with this status.
async fn moved(status: u16) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/rss" => answer(status, &["Location: /new/rss"], ""),
        _ => answer(200, &["ETag: \"1\""], rss(1)),
    })
    .await
}

#[tokio::test]
async fn rule_18_a_permanent_redirect_is_followed_and_stored_after_seven_days() {
    for status in [301, 308] {
        let server = moved(status).await;
        let (fetcher, mut feed) = (fetcher(&server), due(FEED));
        for day in 0..7 {
            let check = check_at(&fetcher, &feed, now() + days(day)).await;
            assert_eq!((check.outcome.is_success(), check.health), (true, Health::Moved));
            let watched = check.redirect.clone().expect("watched");
            assert_eq!(watched.target, "http://press.example/new/rss");
            assert_eq!((i64::from(watched.checks), check.moved_to.clone()), (day + 1, None));
            feed = next(&feed, &check);
        }
        let check = check_at(&fetcher, &feed, now() + days(7)).await;
        assert_eq!(check.moved_to.as_deref(), Some("http://press.example/new/rss"));
        assert_eq!(check.redirect, None);
        check_at(&fetcher, &next(&feed, &check), now() + days(8)).await;
        assert_eq!(server.paths().last().map(String::as_str), Some("/new/rss"), "asked there from now on");
    }
}

#[tokio::test]
async fn rule_18_never_on_a_redirect_that_is_not_permanent() {
    for status in [302, 303, 307] {
        let server = moved(status).await;
        let (fetcher, mut feed) = (fetcher(&server), due(FEED));
        for day in [0, 8, 16] {
            let check = check_at(&fetcher, &feed, now() + days(day)).await;
            assert_eq!((check.moved_to.clone(), check.redirect.clone()), (None, None), "{status}");
            feed = next(&feed, &check);
        }
    }
}

#[tokio::test]
async fn rule_18_another_target_begins_the_week_anew_and_an_answer_ends_it() {
    let target = Arc::new(AtomicU16::new(1));
    let shared = target.clone();
    let server = Server::start(move |request| match (request.path.as_str(), shared.load(Ordering::SeqCst)) {
        ("/rss", to) if to > 0 => answer(301, &[&format!("Location: /{to}")], ""),
        _ => answer(200, &[], rss(1)),
    })
    .await;
    let (fetcher, feed) = (fetcher(&server), due(FEED));
    let feed = next(&feed, &check(&fetcher, &feed).await);
    target.store(2, Ordering::SeqCst);
    let check = check_at(&fetcher, &feed, now() + days(8)).await;
    assert_eq!(check.moved_to, None);
    assert_eq!(check.redirect.clone().expect("watched").checks, 1);
    target.store(0, Ordering::SeqCst);
    let check = check_at(&fetcher, &next(&feed, &check), now() + days(9)).await;
    assert_eq!((check.redirect, check.moved_to), (None, None));
}

#[tokio::test]
async fn rule_18_a_failure_in_between_forgets_nothing_and_teaches_nothing() {
    let status = Arc::new(AtomicU16::new(200));
    let shared = status.clone();
    let server = Server::start(move |request| match request.path.as_str() {
        "/rss" => answer(301, &["Location: /new"], ""),
        _ => answer(shared.load(Ordering::SeqCst), &[], rss(1)),
    })
    .await;
    let (fetcher, feed) = (fetcher(&server), due(FEED));
    let feed = next(&feed, &check(&fetcher, &feed).await);
    status.store(500, Ordering::SeqCst);
    let failed = check_at(&fetcher, &feed, now() + days(8)).await;
    assert_eq!((failed.moved_to.clone(), failed.redirect.clone()), (None, feed.redirect.clone()));
    status.store(200, Ordering::SeqCst);
    let check = check_at(&fetcher, &next(&feed, &failed), now() + days(9)).await;
    assert_eq!(check.moved_to.as_deref(), Some("http://press.example/new"));
}

#[tokio::test]
async fn rule_17_a_feed_is_gone_only_when_its_own_address_says_so() {
    for (status, gone) in [(301, true), (308, true), (302, false), (307, false)] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/rss" => answer(status, &["Location: /elsewhere"], ""),
            _ => answer(410, &[], ""),
        })
        .await;
        let check = check(&fetcher(&server), &due(FEED)).await;
        assert_eq!(check.outcome == Outcome::Gone, gone, "{status}");
        assert_eq!(check.next_due.is_none(), gone, "{status}");
    }
}

/// What a sound answer at `url` teaches after these redirects.
fn learnt(hops: &[(&str, u16)], url: &str) -> (Option<String>, Option<String>) {
    let result = FeedResult::Answered {
        status: 200,
        headers: Headers::default(),
        url: url.to_owned(),
        body: rss(1).into_bytes(),
        cut: None,
        host_pause: None,
        not_before: None,
        held: BytesHeld::default(),
    };
    let hops = hops.iter().map(|(url, status)| Hop { url: (*url).to_owned(), status: *status }).collect();
    let answer = FeedAnswer { at: now(), elapsed: Duration::ZERO, asked: Asked::Whole, hops, result };
    let FeedCheck { moved_to, redirect, .. } = read_feed(&due(FEED), answer);
    (moved_to, redirect.map(|redirect| redirect.target))
}

#[test]
fn rule_18_the_rise_to_https_is_learnt_at_once_and_only_by_permanent_redirects() {
    let (http, https, far) = (FEED, "https://press.example/rss", "https://far.example/rss");
    let own = |url: &str| Some(url.to_owned());
    assert_eq!(learnt(&[(http, 301)], https), (own(https), None));
    assert_eq!(learnt(&[(http, 308)], https), (own(https), None));
    assert_eq!(learnt(&[(http, 302)], https), (None, None));
    assert_eq!(
        learnt(&[(http, 301)], "https://press.example/other"),
        (None, own("https://press.example/other"))
    );
    assert_eq!(learnt(&[(http, 308)], far), (None, own(far)));
    // Only as far as the redirects are permanent.
    assert_eq!(learnt(&[(http, 301), (https, 302)], far), (own(https), None));
    // At once to https, and after a week to where that leads.
    assert_eq!(learnt(&[(http, 301), (https, 301)], far), (own(https), own(far)));
    assert_eq!(learnt(&[], http), (None, None));
}

#[tokio::test]
async fn rule_19_circles_and_pages_teach_nothing() {
    for (location, kind) in [("/rss", FailureKind::Redirect), ("/page", FailureKind::NotAFeed)] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/page" => answer(200, &["Content-Type: text/html"], "<html><body>gone</body></html>"),
            _ => answer(301, &[&format!("Location: {location}")], ""),
        })
        .await;
        let check = check(&fetcher(&server), &due(FEED)).await;
        assert_eq!((failure(&check), check.redirect, check.moved_to), (kind, None, None));
    }
}

#[tokio::test]
async fn rule_19_ten_redirects_are_followed_and_no_more() {
    for (most, sound) in [(10, true), (11, false)] {
        let server = Server::start(move |request| {
            let step: usize = request.path.trim_start_matches('/').parse().unwrap_or(0);
            let to = format!("Location: /{}", step + 1);
            if step == most { answer(200, &[], rss(1)) } else { answer(302, &[&to], "") }
        })
        .await;
        let check = check(&fetcher(&server), &due(FEED)).await;
        assert_eq!(check.outcome == Outcome::Read, sound, "{:?}", check.outcome);
        assert_eq!(server.requests().len(), 11, "the address and ten redirects");
    }
}

#[tokio::test]
async fn rule_19_a_circle_over_two_hosts_ends() {
    let (a, b) = (redirecting("http://b.example/rss").await, redirecting("http://press.example/rss").await);
    let fetcher = fetcher_of(&[("press.example", &a), ("b.example", &b)]);
    let check = check(&fetcher, &due(FEED)).await;
    assert_eq!(failure(&check), FailureKind::Redirect);
    assert_eq!((a.requests().len(), b.requests().len()), (1, 1));
}

#[tokio::test]
async fn rule_20_no_cookie_that_was_set_comes_back() {
    let server = Server::start(|request| match request.path.as_str() {
        "/rss" => answer(302, &["Location: /2", "Set-Cookie: a=b; Path=/"], ""),
        "/2" => answer(302, &["Location: http://far.example/3", "Set-Cookie: c=d"], ""),
        _ => answer(200, &["Set-Cookie: e=f"], rss(1)),
    })
    .await;
    let fetcher = fetcher_of(&[("press.example", &server), ("far.example", &server)]);
    let feed = due(FEED);
    let first = check(&fetcher, &feed).await;
    check(&fetcher, &next(&feed, &first)).await;
    assert_eq!(server.requests().len(), 6);
    assert!(server.requests().iter().all(|request| request.header("cookie").is_none()));
}

#[tokio::test]
async fn locations_that_lead_nowhere_are_failures() {
    let long = format!("/{}", "a".repeat(1_000_000));
    for (location, kind) in [
        ("file:///etc/passwd", FailureKind::Redirect),
        ("data:text/xml,<rss/>", FailureKind::Redirect),
        ("javascript:alert(1)", FailureKind::Redirect),
        ("ftp://press.example/rss", FailureKind::Redirect),
        ("gopher://press.example/", FailureKind::Redirect),
        ("http://", FailureKind::Redirect),
        ("http://user:pw@press.example/", FailureKind::Redirect),
        ("", FailureKind::Status),
        (" ", FailureKind::Status),
    ] {
        let server = Server::start(move |_| answer(302, &[&format!("Location: {location}")], "")).await;
        let check = check(&fetcher(&server), &due(FEED)).await;
        assert_eq!((failure(&check), server.requests().len()), (kind, 1), "{location}");
    }
    let server = Server::start(|_| answer(301, &[], "")).await;
    assert_eq!(failure(&check(&fetcher(&server), &due(FEED)).await), FailureKind::Status, "no Location");
    let server = Server::start(move |_| answer(302, &[&format!("Location: {long}")], "")).await;
    let check = check(&fetcher(&server), &due(FEED)).await;
    assert!(!check.outcome.is_success(), "{:?}", check.outcome);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_location_cannot_write_headers() {
    for location in ["/a%0d%0aX-Evil:%201", "/a\tb", "/a\u{a0}b", "/новини"] {
        let location = if location.is_ascii() {
            location.to_owned()
        } else {
            location.bytes().map(char::from).collect()
        };
        let server = Server::start(move |request| match request.path.as_str() {
            "/rss" => answer(302, &[&format!("Location: {location}")], ""),
            _ => answer(200, &[], rss(1)),
        })
        .await;
        check(&fetcher(&server), &due(FEED)).await;
        for request in server.requests() {
            assert_eq!(request.header("x-evil"), None);
            assert!(request.head.starts_with("GET /") && request.head.is_ascii(), "{}", request.head);
        }
    }
}
