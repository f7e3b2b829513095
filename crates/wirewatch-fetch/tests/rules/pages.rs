//! How a page is judged: what is one, what fails for good, what may pass.

use crate::support::{
    HTML, Server, answer, ask, config, due, fetcher, fetcher_of, now, page_at, page_of, postponed,
    redirecting, with_robots,
};
use jiff::SignedDuration;
use std::time::Duration;
use wirewatch_fetch::{FetchConfig, Fetcher, PageAnswer, PageRequest, PageResult};
use wirewatch_model::{HostPause, PageFailure, Validators};

/// The answer to a page whose bytes are these and whose robots.txt allows everything.
async fn only_page(bytes: Vec<u8>) -> PageAnswer {
    let server = Server::start(move |request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        _ => bytes.clone(),
    })
    .await;
    ask(&fetcher(&server), "http://press.example/1").await
}

async fn page_failure(bytes: Vec<u8>) -> PageFailure {
    only_page(bytes).await.result.map(|_| ()).expect_err("no page")
}

#[tokio::test]
async fn a_page_comes_with_its_provenance() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        "/1" => answer(301, &["Location: /news/1"], ""),
        _ => answer(200, &["Content-Type: text/html; charset=utf-8", "ETag: \"7\"", "X-Secret: 1"], HTML),
    })
    .await;
    let page = page_at(&fetcher(&server), "http://press.example/1").await.expect("a page");
    assert_eq!(page.url, "http://press.example/news/1");
    assert_eq!(page.redirects, ["http://press.example/1"]);
    assert_eq!((page.status, page.body.as_slice()), (200, HTML.as_bytes()));
    assert_eq!((page.header("etag"), page.header("x-secret")), (Some("\"7\""), None));
    assert_eq!(page.content_type.as_deref(), Some("text/html; charset=utf-8"));
}

#[tokio::test]
async fn a_page_is_asked_for_conditionally() {
    let server = Server::start(|request| match request.header("if-none-match") {
        Some("\"7\"") => answer(304, &[], ""),
        _ => answer(404, &[], ""),
    })
    .await;
    let validators = Some(Validators { etag: Some("\"7\"".to_owned()), ..Validators::default() });
    let request = PageRequest { validators, ..page_of("http://press.example/1") };
    let answer = fetcher(&server).fetch_page(&request, now()).await;
    assert!(matches!(answer.result, Ok(PageResult::NotModified)), "{answer:?}");
}

#[tokio::test]
async fn statuses_that_last_are_told_from_those_that_pass() {
    for status in [401, 403, 404, 410, 451] {
        let failure = page_failure(answer(status, &[], "")).await;
        assert_eq!((failure.status, failure.lasting), (Some(status), true));
    }
    for status in [400, 408, 500, 502, 503, 504] {
        assert!(!page_failure(answer(status, &[], "")).await.lasting, "{status}");
    }
    let busy = page_failure(answer(503, &["Retry-After: 60"], "")).await;
    assert!(busy.retry_after.is_some());
}

#[tokio::test]
async fn what_is_no_page_lasts() {
    for (kind, body) in [
        ("application/pdf", "%PDF-1.7"),
        ("image/png", "\u{89}PNG"),
        ("text/html", "%PDF-1.7 in disguise"),
        ("application/rss+xml", "<rss/>"),
        ("application/json", "{}"),
    ] {
        let failure = page_failure(answer(200, &[&format!("Content-Type: {kind}")], body)).await;
        assert!(failure.lasting, "{kind}: {failure:?}");
    }
    assert!(!page_failure(answer(200, &["Content-Type: text/html"], " \n")).await.lasting, "empty may pass");
}

#[tokio::test]
async fn a_wall_lasts_and_is_named() {
    let body = "<html><title>Just a moment...</title></html>";
    let failure = page_failure(answer(403, &["Server: cloudflare"], body)).await;
    assert!(failure.lasting && failure.reason.contains("Cloudflare"), "{failure:?}");
}

#[tokio::test]
async fn a_429_pauses_the_host_for_pages_and_feeds() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        _ => answer(429, &[], ""),
    })
    .await;
    let fetcher = fetcher(&server);
    let first = ask(&fetcher, "http://press.example/1").await;
    let pause = first.host_pause.clone().expect("the pause is told, to be kept");
    assert_eq!(postponed(&first).0, pause.until);
    let second = ask(&fetcher, "http://press.example/2").await;
    assert_eq!(postponed(&second).0, pause.until);
    assert!(postponed(&second).1.contains("press.example asked for a pause"), "{second:?}");
    assert_eq!(second.host_pause, None, "nothing new was asked for");
    fetcher.fetch_feed(&due("http://press.example/rss"), now()).await;
    assert_eq!(server.paths(), ["/robots.txt", "/1"]);
}

#[tokio::test]
async fn a_pause_from_before_a_restart_puts_pages_off() {
    let server = with_robots("").await;
    let fetcher = fetcher(&server);
    let until = now() + SignedDuration::from_hours(1);
    let host_pause = HostPause {
        host: "press.example".to_owned(),
        until,
        reason: "429 too many requests".to_owned(),
        strikes: 0,
    };
    fetcher.pause_host(&host_pause);
    assert_eq!(postponed(&ask(&fetcher, "http://press.example/1").await).0, until);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_to_a_host_that_is_paused_puts_the_page_off_until_after_the_pause() {
    let (from, to) = (redirecting("http://b.example/1").await, with_robots("").await);
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    let until = now() + SignedDuration::from_hours(1);
    fetcher.pause_host(&HostPause {
        host: "b.example".to_owned(),
        until,
        reason: "429".to_owned(),
        strikes: 0,
    });
    assert!(postponed(&ask(&fetcher, "http://a.example/1").await).0 > until);
    assert!(to.requests().is_empty());
}

#[tokio::test]
async fn a_page_over_the_cap_is_no_article() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        _ => answer(200, &["Content-Type: text/html"], format!("{HTML}{}", " ".repeat(200_000))),
    })
    .await;
    let config = FetchConfig { page_body_limit: 100_000, ..config(&[("press.example", server.addr)]) };
    let fetcher = Fetcher::new(config).expect("a fetcher");
    let failure = page_at(&fetcher, "http://press.example/1").await.expect_err("too large");
    assert!(failure.lasting && failure.reason.contains("100000"), "{failure:?}");
}

#[tokio::test]
async fn a_page_that_breaks_off_is_tried_again() {
    let failure = page_failure(answer(200, &["Content-Type: text/html", "Content-Length: 9999"], HTML)).await;
    assert!(!failure.lasting);
}

#[tokio::test]
async fn redirects_of_a_page_that_lead_in_a_circle_or_away_fail() {
    for target in ["/1", "ftp://b.example/1", "http://127.0.0.1:1/"] {
        let server = redirecting(target).await;
        let failure = page_at(&fetcher(&server), "http://press.example/1").await.expect_err(target);
        assert!(failure.reason.contains("redirect") && !failure.lasting, "{failure:?}");
        assert_eq!(server.paths(), ["/robots.txt", "/1"]);
    }
}

#[tokio::test]
async fn pages_of_many_hosts_share_a_budget_smaller_than_their_sum() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        _ => answer(200, &["Content-Type: text/html"], "<p>".repeat(100_000)),
    })
    .await;
    let names: Vec<String> = (0..8).map(|nth| format!("h{nth}.example")).collect();
    let hosts: Vec<_> = names.iter().map(|name| (name.as_str(), server.addr)).collect();
    let config = FetchConfig {
        page_body_limit: 400_000,
        feed_body_limit: 400_000,
        bytes_in_flight: 600_000,
        ..config(&hosts)
    };
    let fetcher = Fetcher::new(config).expect("a fetcher");
    let mut tasks = tokio::task::JoinSet::new();
    for name in names {
        let fetcher = fetcher.clone();
        tasks.spawn(async move { page_at(&fetcher, &format!("http://{name}/1")).await });
    }
    let all = async {
        while let Some(page) = tasks.join_next().await {
            assert_eq!(page.expect("no panic").expect("a page").body.len(), 300_000);
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("no two bodies block one another");
}
