//! Pages and robots.txt against a real socket.

#![allow(clippy::expect_used, reason = "tests")]

mod support;

use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use support::{Server, answer, config, due, fetcher, now, rss};
use wirewatch_fetch::{FetchConfig, Fetcher, PageAnswer, PageRequest, PageResult};
use wirewatch_model::{HostPause, Page, PageFailure, Validators};

const HTML: &str = "<html><body><article><p>The talks went on.</p></article></body></html>";

fn request(url: &str) -> PageRequest {
    PageRequest { url: url.to_owned(), ..PageRequest::default() }
}

async fn page_of(fetcher: &Fetcher, url: &str) -> Result<Page, PageFailure> {
    match fetcher.fetch_page(&request(url), now()).await.result? {
        PageResult::Page(page, held) => {
            assert!(held.bytes() >= page.body.len());
            Ok(page)
        }
        other => panic!("{other:?}"),
    }
}

/// Until when a page is put off, and why.
#[track_caller]
fn postponed(answer: &PageAnswer) -> (Timestamp, &str) {
    match &answer.result {
        Ok(PageResult::Postponed { until, reason }) => (*until, reason),
        other => panic!("{other:?}"),
    }
}

async fn ask(fetcher: &Fetcher, url: &str) -> PageAnswer {
    fetcher.fetch_page(&request(url), now()).await
}

/// A fetcher that knows these servers by these names.
fn fetcher_of(hosts: &[(&str, &Server)]) -> Fetcher {
    let hosts: Vec<_> = hosts.iter().map(|(name, server)| (*name, server.addr)).collect();
    Fetcher::new(config(&hosts)).expect("a fetcher")
}

/// A server without robots.txt whose pages redirect to `target`.
async fn redirecting(target: &'static str) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        _ => answer(302, &[&format!("Location: {target}")], ""),
    })
    .await
}

/// A server with this robots.txt and a page at every other path.
async fn with_robots(robots: &'static str) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/robots.txt" => answer(200, &[], robots),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await
}

/// A server whose robots.txt allows everything and whose pages are `bytes`.
async fn only_page(bytes: Vec<u8>) -> PageAnswer {
    let server = Server::start(move |request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        _ => bytes.clone(),
    })
    .await;
    fetcher(&server).fetch_page(&request("http://press.example/1"), now()).await
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
    let page = page_of(&fetcher(&server), "http://press.example/1").await.expect("a page");
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
    let request = PageRequest { validators, ..request("http://press.example/1") };
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
    assert!(postponed(&second).1.contains("press.example asked to be left alone"), "{second:?}");
    assert_eq!(second.host_pause, None, "nothing new was asked for");
    fetcher.fetch_feed(&due("http://press.example/rss"), now()).await;
    assert_eq!(server.paths(), ["/robots.txt", "/1"]);
}

#[tokio::test]
async fn a_429_to_robots_txt_puts_the_page_off() {
    let server = Server::start(|_| answer(429, &["Retry-After: 7200"], "")).await;
    let fetcher = fetcher(&server);
    let first = ask(&fetcher, "http://press.example/1").await;
    let pause = first.host_pause.clone().expect("a pause");
    assert!(pause.until >= now() + SignedDuration::from_hours(2));
    assert_eq!(postponed(&first).0, pause.until);
    assert_eq!(postponed(&ask(&fetcher, "http://press.example/2").await).0, pause.until);
    assert_eq!(server.paths(), ["/robots.txt"]);
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
async fn a_redirect_to_a_host_that_is_paused_puts_the_page_off() {
    let (from, to) = (redirecting("http://b.example/1").await, with_robots("").await);
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    let until = now() + SignedDuration::from_hours(1);
    fetcher.pause_host(&HostPause {
        host: "b.example".to_owned(),
        until,
        reason: "429".to_owned(),
        strikes: 0,
    });
    assert_eq!(postponed(&ask(&fetcher, "http://a.example/1").await).0, until);
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
    let failure = page_of(&fetcher, "http://press.example/1").await.expect_err("too large");
    assert!(failure.lasting && failure.reason.contains("100000"), "{failure:?}");
}

#[tokio::test]
async fn a_page_that_breaks_off_is_tried_again() {
    let failure = page_failure(answer(200, &["Content-Type: text/html", "Content-Length: 9999"], HTML)).await;
    assert!(!failure.lasting);
}

#[tokio::test]
async fn rule_27_robots_txt_is_asked_once_and_obeyed() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => {
            answer(200, &[], "User-agent: wirewatch\nDisallow: /private\n\nUser-agent: *\nDisallow: /")
        }
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let fetcher = fetcher(&server);
    assert!(page_of(&fetcher, "http://press.example/news/1").await.is_ok());
    assert!(page_of(&fetcher, "http://press.example/news/2?a=b").await.is_ok());
    let refused = page_of(&fetcher, "http://press.example/private/3").await.expect_err("disallowed");
    assert!(refused.lasting && refused.reason.contains("robots.txt"), "{refused:?}");
    assert_eq!(server.paths(), ["/robots.txt", "/news/1", "/news/2?a=b"]);
}

#[tokio::test]
async fn rule_27_feeds_the_user_listed_do_not_ask_robots_txt() {
    let server = Server::start(|_| answer(200, &[], rss(1))).await;
    fetcher(&server).fetch_feed(&due("http://press.example/rss"), now()).await;
    assert_eq!(server.paths(), ["/rss"]);
}

#[tokio::test]
async fn rule_27_without_an_answer_nothing_is_allowed_for_now() {
    let server = Server::start(|_| answer(503, &[], "")).await;
    let fetcher = fetcher(&server);
    let first = ask(&fetcher, "http://press.example/1").await;
    let failure = first.result.expect_err("not allowed");
    assert!(!failure.lasting);
    let (until, reason) = (failure.retry_after.expect("a time"), failure.reason);
    let wait = until.duration_since(now());
    assert!(wait >= SignedDuration::from_mins(10) && wait <= SignedDuration::from_mins(11), "{wait}");
    assert!(reason.contains("robots.txt") && reason.contains("503"), "{reason}");
    let second = ask(&fetcher, "http://press.example/2").await.result.expect_err("not allowed");
    assert_eq!(second.retry_after, Some(until));
    assert_eq!(server.paths(), ["/robots.txt"], "it is not asked for again at once");
    let later = fetcher.fetch_page(&request("http://press.example/1"), until).await;
    assert!(later.result.expect_err("not allowed").retry_after > Some(until));
    assert_eq!(server.paths(), ["/robots.txt", "/robots.txt"], "but when the time has come");
}

#[tokio::test]
async fn rule_27_a_host_that_cannot_be_reached_is_a_passing_failure() {
    // Bound and dropped: nobody listens there.
    let addr = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address")
    };
    let fetcher = Fetcher::new(config(&[("press.example", addr)])).expect("a fetcher");
    let answer = ask(&fetcher, "http://press.example/1").await;
    let failure = answer.result.expect_err("nobody there");
    assert!(!failure.lasting);
    assert!(failure.retry_after >= Some(now() + SignedDuration::from_mins(10)));
}

#[tokio::test]
async fn rule_27_robots_txt_of_a_redirects_target_is_asked_and_obeyed() {
    let from = redirecting("http://b.example/private/1").await;
    let to = with_robots("User-agent: *\nDisallow: /private/").await;
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    let refused = page_of(&fetcher, "http://a.example/1").await.expect_err("disallowed");
    assert!(refused.lasting && refused.reason.contains("robots.txt of b.example"), "{refused:?}");
    assert_eq!(from.paths(), ["/robots.txt", "/1"]);
    assert_eq!(to.paths(), ["/robots.txt"]);
}

#[tokio::test]
async fn rule_27_a_redirect_to_an_allowed_page_of_another_host_is_followed() {
    let from = redirecting("http://b.example/open/1").await;
    let to = with_robots("User-agent: *\nDisallow: /private/").await;
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    for _ in 0..2 {
        let page = page_of(&fetcher, "http://a.example/1").await.expect("a page");
        assert_eq!((page.url.as_str(), page.redirects.len()), ("http://b.example/open/1", 1));
    }
    assert_eq!(to.paths(), ["/robots.txt", "/open/1", "/open/1"]);
}

#[tokio::test]
async fn rule_27_a_redirect_within_an_origin_must_be_allowed_too() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(200, &[], "User-agent: *\nDisallow: /private/"),
        "/1" => answer(301, &["Location: /private/1"], ""),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let refused = page_of(&fetcher(&server), "http://press.example/1").await.expect_err("disallowed");
    assert!(refused.lasting && refused.reason.contains("robots.txt"), "{refused:?}");
    assert_eq!(server.paths(), ["/robots.txt", "/1"]);
}

#[tokio::test]
async fn rule_27_the_crawl_delay_of_a_redirects_target_is_kept() {
    let from = redirecting("http://b.example/1").await;
    let to = with_robots("User-agent: *\nCrawl-delay: 1").await;
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    let started = std::time::Instant::now();
    page_of(&fetcher, "http://a.example/1").await.expect("a page");
    // A lower bound: it holds however slow the machine is.
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(to.paths(), ["/robots.txt", "/1"]);
}

#[tokio::test]
async fn rule_27_feeds_do_not_ask_robots_txt_of_a_redirects_target() {
    let from = redirecting("http://b.example/private/rss").await;
    let to = Server::start(|_| answer(200, &[], rss(1))).await;
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    fetcher.fetch_feed(&due("http://a.example/rss"), now()).await;
    assert_eq!((from.paths(), to.paths()), (vec!["/rss".to_owned()], vec!["/private/rss".to_owned()]));
}

#[tokio::test]
async fn redirects_of_a_page_that_lead_in_a_circle_or_away_fail() {
    for target in ["/1", "ftp://b.example/1", "http://127.0.0.1:1/"] {
        let server = redirecting(target).await;
        let failure = page_of(&fetcher(&server), "http://press.example/1").await.expect_err(target);
        assert!(failure.reason.contains("redirect") && !failure.lasting, "{failure:?}");
        assert_eq!(server.paths(), ["/robots.txt", "/1"]);
    }
}

#[tokio::test]
async fn rule_24_one_connection_at_a_time_for_pages_and_feeds_of_a_host() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        "/rss" => answer(200, &[], rss(1)),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let fetcher = fetcher(&server);
    let mut tasks = tokio::task::JoinSet::new();
    for nth in 0..6 {
        let fetcher = fetcher.clone();
        tasks.spawn(async move {
            if nth % 2 == 0 {
                fetcher.fetch_feed(&due("http://press.example/rss"), now()).await;
            } else {
                let url = format!("http://press.example/{nth}");
                page_of(&fetcher, &url).await.expect("a page");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no panic");
    }
    assert_eq!((server.requests().len(), server.most_at_once()), (7, 1));
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
        tasks.spawn(async move { page_of(&fetcher, &format!("http://{name}/1")).await });
    }
    let all = async {
        while let Some(page) = tasks.join_next().await {
            assert_eq!(page.expect("no panic").expect("a page").body.len(), 300_000);
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("no two bodies block one another");
}

#[tokio::test]
async fn no_page_at_an_address_that_is_not_public() {
    let secret = Server::start(|_| answer(200, &[], HTML)).await;
    let fetcher = Fetcher::new(FetchConfig::default()).expect("a fetcher");
    let refused = page_of(&fetcher, &format!("http://127.0.0.1:{}/", secret.addr.port())).await;
    assert!(refused.expect_err("refused").lasting);
    assert!(secret.requests().is_empty());
}
