//! Checks of feeds against a real socket.

#![allow(clippy::expect_used, reason = "tests")]

mod support;

use async_compression::tokio::bufread as packed;
use jiff::SignedDuration;
use std::time::Duration;
use support::{Server, answer, config, due, fetcher, now, rss};
use tokio::io::AsyncReadExt;
use wirewatch_fetch::{BytesHeld, FeedAnswer, FeedResult, FetchConfig, Fetcher, Headers, Hop, read_feed};
use wirewatch_model::{DueFeed, FailureKind, FeedCheck, Outcome, Validators};

const FEED: &str = "http://press.example/rss";

async fn check(fetcher: &Fetcher, due: &DueFeed) -> FeedCheck {
    read_feed(due, fetcher.fetch_feed(due, now()).await)
}

async fn check_answer(bytes: Vec<u8>) -> FeedCheck {
    let server = Server::start(move |_| bytes.clone()).await;
    check(&fetcher(&server), &due(FEED)).await
}

#[track_caller]
fn failure(check: &FeedCheck) -> FailureKind {
    match &check.outcome {
        Outcome::Failed { failure, .. } => *failure,
        outcome => panic!("{outcome:?}"),
    }
}

/// The feed as it is due again after a check.
fn next(due: &DueFeed, check: &FeedCheck) -> DueFeed {
    let mut due = due.clone();
    due.validators = check.validators.clone().unwrap_or(due.validators);
    due.redirect.clone_from(&check.redirect);
    due
}

#[tokio::test]
async fn rule_2_validators_come_back_byte_for_byte() {
    // Weak, with bytes beyond ASCII; a date in a form we would never write.
    let (etag, modified) = ("W/\"a\u{e9} b,c\"", "Monday, 10-Jan-22 07:00:00 GMT");
    let server = Server::start(move |request| match request.header("if-none-match") {
        None => answer(200, &[&format!("ETag: {etag}"), &format!("Last-Modified: {modified}")], rss(2)),
        Some(_) => answer(304, &["ETag: \"new\""], ""),
    })
    .await;
    let fetcher = fetcher(&server);
    let first_due = due(FEED);
    let first = check(&fetcher, &first_due).await;
    assert_eq!((first.outcome.clone(), first.entries.len()), (Outcome::Read, 2));
    let second = check(&fetcher, &next(&first_due, &first)).await;
    let requests = server.requests();
    assert_eq!((requests[0].header("if-none-match"), requests[0].header("if-modified-since")), (None, None));
    assert_eq!(requests[1].header("if-none-match"), Some(etag));
    assert_eq!(requests[1].header("if-modified-since"), Some(modified));
    // Rule 5: a 304 updates what it carries and keeps the rest.
    assert_eq!(second.outcome, Outcome::Unchanged);
    let validators = second.validators.expect("kept");
    assert_eq!(
        (validators.etag.as_deref(), validators.last_modified.as_deref()),
        (Some("\"new\""), Some(modified))
    );
    assert_eq!(validators.body_hash, first.validators.expect("whole").body_hash);
}

#[tokio::test]
async fn reparse_asks_without_validators() {
    let server = Server::start(|_| answer(200, &["ETag: \"1\""], rss(1))).await;
    let first_due = due(FEED);
    let first = check(&fetcher(&server), &first_due).await;
    let again = DueFeed { reparse: true, ..next(&first_due, &first) };
    let second = check(&fetcher(&server), &again).await;
    assert_eq!(server.requests()[1].header("if-none-match"), None);
    assert_eq!(second.outcome, Outcome::Read, "the same bytes are read anew");
}

#[tokio::test]
async fn rule_6_a_dropped_validator_is_dropped() {
    let server = Server::start(|_| answer(200, &[], rss(1))).await;
    let old = Validators { etag: Some("\"1\"".to_owned()), ..Validators::default() };
    let check = check(&fetcher(&server), &DueFeed { validators: old, ..due(FEED) }).await;
    let validators = check.validators.expect("whole");
    assert_eq!((validators.etag, validators.last_modified), (None, None));
}

#[tokio::test]
async fn rule_7_the_same_bytes_are_unchanged() {
    let server = Server::start(|_| answer(200, &[], rss(3))).await;
    let (fetcher, first_due) = (fetcher(&server), due(FEED));
    let first = check(&fetcher, &first_due).await;
    let second = check(&fetcher, &next(&first_due, &first)).await;
    assert_eq!((second.outcome, second.entries.len()), (Outcome::Unchanged, 0));
}

#[tokio::test]
async fn a_304_nobody_asked_for_is_a_failure() {
    assert_eq!(failure(&check_answer(answer(304, &[], "")).await), FailureKind::Status);
}

#[tokio::test]
async fn rule_22_one_user_agent_and_no_cookies_or_referer() {
    let server = Server::start(|request| match request.path.as_str() {
        "/rss" => answer(302, &["Location: http://other.example/feed", "Set-Cookie: a=b"], ""),
        _ => answer(200, &[], rss(1)),
    })
    .await;
    let hosts = [("press.example", server.addr), ("other.example", server.addr)];
    let fetcher = Fetcher::new(config(&hosts)).expect("a fetcher");
    let check = check(&fetcher, &due(FEED)).await;
    assert_eq!(check.outcome, Outcome::Read);
    assert_eq!((check.moved_to, check.redirect), (None, None), "a 302 teaches nothing");
    for request in server.requests() {
        assert!(request.header("user-agent").is_some_and(|agent| agent.starts_with("wirewatch/")));
        assert_eq!((request.header("cookie"), request.header("referer")), (None, None));
    }
}

async fn pack(encoder: impl tokio::io::AsyncRead) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::pin::pin!(encoder).read_to_end(&mut bytes).await.expect("packed");
    bytes
}

#[tokio::test]
async fn rule_23_every_encoding_is_undone_whatever_its_label() {
    let plain = rss(3);
    let gzip = pack(packed::GzipEncoder::new(plain.as_bytes())).await;
    let twice = pack(packed::GzipEncoder::new(gzip.as_slice())).await;
    let zlib = pack(packed::ZlibEncoder::new(plain.as_bytes())).await;
    let brotli = pack(packed::BrotliEncoder::new(plain.as_bytes())).await;
    let zstd = pack(packed::ZstdEncoder::new(plain.as_bytes())).await;
    let raw_deflate = zlib[2..zlib.len() - 4].to_vec();
    for (label, body) in [
        ("identity", plain.clone().into_bytes()),
        ("gzip", gzip.clone()),
        ("x-gzip", gzip.clone()),
        ("", gzip.clone()),
        ("deflate", zlib),
        ("deflate", raw_deflate),
        ("br", brotli),
        ("zstd", zstd),
        ("gzip", plain.clone().into_bytes()),
        ("br", plain.clone().into_bytes()),
        ("utf-8", plain.clone().into_bytes()),
        ("gzip, gzip", gzip.clone()),
        ("gzip, gzip", twice),
    ] {
        let check = check_answer(answer(200, &[&format!("Content-Encoding: {label}")], body)).await;
        assert_eq!((&check.outcome, check.entries.len()), (&Outcome::Read, 3), "{label}");
        assert_eq!(check.body_bytes, plain.len() as u64, "{label}");
        assert!(check.validators.is_some(), "{label} {:?}", check.repairs);
    }
}

#[tokio::test]
async fn an_encoding_that_is_not_known_is_refused() {
    let check = check_answer(answer(200, &["Content-Encoding: snappy"], [0xff, 6, 0, 0, 1, 2])).await;
    assert_eq!(failure(&check), FailureKind::Body);
}

#[tokio::test]
async fn a_cut_while_a_second_packing_is_looked_for_is_a_cut() {
    // A whole member that holds nothing; the connection ends where the next one should begin.
    let nothing = pack(packed::GzipEncoder::new(&[][..])).await;
    let headers = ["Content-Encoding: gzip, gzip", "Content-Length: 9999"];
    let check = check_answer(answer(200, &headers, nothing)).await;
    assert_eq!(failure(&check), FailureKind::Body, "{:?}", check.outcome);
}

#[tokio::test]
async fn rule_29_a_bomb_is_read_no_further_than_the_cap() {
    let bomb = format!("{}{}", rss(2).replace("</channel></rss>", ""), " ".repeat(8 << 20));
    for packed in [
        pack(packed::GzipEncoder::new(bomb.as_bytes())).await,
        pack(packed::ZstdEncoder::new(bomb.as_bytes())).await,
    ] {
        let server = Server::start(move |_| answer(200, &["ETag: \"1\""], &packed)).await;
        let config = FetchConfig { feed_body_limit: 1 << 20, ..config(&[("press.example", server.addr)]) };
        let check = check(&Fetcher::new(config).expect("a fetcher"), &due(FEED)).await;
        assert_eq!((check.body_bytes, check.entries.len()), (1 << 20, 2));
        assert!(check.validators.is_none(), "validators never run ahead");
    }
}

#[tokio::test]
async fn inv02_a_cut_body_saves_its_entries_and_not_its_validators() {
    let whole = rss(3);
    let cut = &whole[..whole.len() - 60];
    let bytes = answer(200, &["ETag: \"1\"", &format!("Content-Length: {}", whole.len())], cut);
    let check = check_answer(bytes).await;
    assert_eq!((&check.outcome, check.entries.len()), (&Outcome::Read, 2));
    assert_eq!(check.validators, None);
}

#[tokio::test]
async fn rule_28_silence_and_drip_end_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let mut silent = config(&[("press.example", addr)]);
    silent.header_timeout = Duration::from_millis(40);
    silent.connect_timeout = Duration::from_millis(40);
    let check = check(&Fetcher::new(silent).expect("a fetcher"), &due(FEED)).await;
    assert_eq!(failure(&check), FailureKind::Timeout);
    assert!(check.next_due.is_some());
}

#[tokio::test]
async fn rule_18_a_permanent_redirect_is_stored_after_seven_days() {
    let server = Server::start(|request| match request.path.as_str() {
        "/rss" => answer(301, &["Location: /new/rss"], ""),
        _ => answer(200, &[], rss(1)),
    })
    .await;
    let (fetcher, first_due) = (fetcher(&server), due(FEED));
    let first = check(&fetcher, &first_due).await;
    let watched = first.redirect.clone().expect("watched");
    assert_eq!((watched.target.as_str(), watched.checks), ("http://press.example/new/rss", 1));
    assert_eq!(first.moved_to, None);
    let later_due = next(&first_due, &first);
    let later = now() + SignedDuration::from_hours(7 * 24);
    let moved = read_feed(&later_due, fetcher.fetch_feed(&later_due, later).await);
    assert_eq!(moved.moved_to.as_deref(), Some("http://press.example/new/rss"));
    assert_eq!(moved.redirect, None);
}

#[tokio::test]
async fn rule_19_circles_chains_and_pages_teach_nothing() {
    for (location, kind) in [("/rss", FailureKind::Redirect), ("/page", FailureKind::NotAFeed)] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/page" => answer(200, &["Content-Type: text/html"], "<html><body>gone</body></html>"),
            _ => answer(301, &[&format!("Location: {location}")], ""),
        })
        .await;
        let check = check(&fetcher(&server), &due(FEED)).await;
        assert_eq!((failure(&check), check.redirect, check.moved_to), (kind, None, None));
    }
    let server = Server::start(|request| {
        let next = format!("Location: {}x", request.path);
        answer(302, &[&next], "")
    })
    .await;
    assert_eq!(failure(&check(&fetcher(&server), &due(FEED)).await), FailureKind::Redirect);
    assert_eq!(server.requests().len(), 11, "the address and ten redirects");
}

#[tokio::test]
async fn rule_30_no_redirect_leads_to_an_address_that_is_not_public() {
    let secret = Server::start(|_| answer(200, &[], "secret")).await;
    let port = secret.addr.port();
    for target in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://press.example:{port}/"),
        format!("//127.0.0.1:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://user:pw@press.example/".to_owned(),
    ] {
        let location = format!("Location: {target}");
        let server = Server::start(move |_| answer(302, &[&location], "")).await;
        let check = check(&fetcher(&server), &due(FEED)).await;
        assert!(
            matches!(failure(&check), FailureKind::Redirect | FailureKind::Address),
            "{target}: {check:?}"
        );
    }
    assert!(secret.requests().is_empty());
}

#[tokio::test]
async fn rule_30_no_feed_at_an_address_that_is_not_public() {
    let secret = Server::start(|_| answer(200, &[], rss(1))).await;
    let fetcher = Fetcher::new(FetchConfig::default()).expect("a fetcher");
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let feed = due(&format!("http://{host}:{}/rss", secret.addr.port()));
        assert_eq!(failure(&check(&fetcher, &feed).await), FailureKind::Address, "{host}");
    }
    assert!(secret.requests().is_empty());
}

#[tokio::test]
async fn rule_13_a_429_stops_the_whole_host() {
    let server = Server::start(|_| answer(429, &["Retry-After: 7200"], "")).await;
    let (fetcher, feed) = (fetcher(&server), due(FEED));
    let first = check(&fetcher, &feed).await;
    let pause = first.host_pause.expect("a pause");
    assert_eq!((pause.host.as_str(), first.outcome), ("press.example", Outcome::Busy));
    assert!(pause.until >= now() + SignedDuration::from_hours(2));
    let other = check(&fetcher, &due("http://press.example/other")).await;
    assert_eq!((other.outcome, other.next_due), (Outcome::Busy, Some(pause.until)));
    assert_eq!(server.requests().len(), 1);
    // A new process that is told of the pause keeps it.
    let restarted = support::fetcher(&server);
    restarted.pause_host(&pause);
    assert_eq!(check(&restarted, &feed).await.outcome, Outcome::Busy);
    assert_eq!(server.requests().len(), 1);
    let after = pause.until + SignedDuration::from_secs(1);
    restarted.fetch_feed(&feed, after).await;
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn rule_14_retry_after_counts_with_any_status() {
    for (status, value, hours) in
        [(503, "172800", 48), (500, "172800", 48), (503, "Wed, 12 Jan 2022 09:00:00 GMT", 49)]
    {
        let check = check_answer(answer(status, &[&format!("Retry-After: {value}")], "")).await;
        let due = check.next_due.expect("not given up");
        let wanted = now() + SignedDuration::from_hours(hours);
        assert!(due >= wanted && due <= wanted + SignedDuration::from_mins(10), "{status} {value}: {due}");
        assert_eq!(check.outcome == Outcome::Busy, status == 503);
        assert_eq!(check.host_pause, None);
    }
}

#[tokio::test]
async fn rule_17_gone_is_gone_and_missing_backs_off() {
    let gone = check_answer(answer(410, &[], "")).await;
    assert_eq!((gone.outcome, gone.next_due), (Outcome::Gone, None));
    let missing = check_answer(answer(404, &[], "")).await;
    assert_eq!((failure(&missing), missing.status), (FailureKind::Status, Some(404)));
    assert!(missing.next_due.expect("asked again") >= now() + SignedDuration::from_hours(6));
}

#[tokio::test]
async fn walls_are_named() {
    let check =
        check_answer(answer(403, &["cf-mitigated: challenge"], "<html>Just a moment...</html>")).await;
    assert_eq!(check.outcome, Outcome::Blocked { by: "Cloudflare".to_owned() });
    let page = "<html><script src='/_Incapsula_Resource?a'></script></html>";
    assert_eq!(
        check_answer(answer(200, &[], page)).await.outcome,
        Outcome::Blocked { by: "Imperva".to_owned() }
    );
}

#[tokio::test]
async fn rule_9_max_age_counts_on_a_304_too() {
    let server = Server::start(|_| answer(304, &["Cache-Control: max-age=7200"], "")).await;
    let validators = Validators { etag: Some("\"1\"".to_owned()), ..Validators::default() };
    let check = check(&fetcher(&server), &DueFeed { validators, ..due(FEED) }).await;
    assert!(check.next_due.expect("due") >= now() + SignedDuration::from_hours(2));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_a_dns_failure() {
    let fetcher = Fetcher::new(FetchConfig::default()).expect("a fetcher");
    let check = check(&fetcher, &due("http://press.invalid/rss")).await;
    assert_eq!(failure(&check), FailureKind::Dns, "{:?}", check.outcome);
}

#[tokio::test]
async fn a_refused_connection_is_a_network_failure() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    drop(listener);
    let fetcher = Fetcher::new(config(&[("press.example", addr)])).expect("a fetcher");
    assert_eq!(failure(&check(&fetcher, &due(FEED)).await), FailureKind::Network);
}

#[test]
fn rule_18_the_rise_to_https_is_learnt_at_once_and_only_by_permanent_redirects() {
    let after = |hops: &[(&str, u16)], url: &str| {
        let result = FeedResult::Answered {
            status: 200,
            headers: Headers::default(),
            url: url.to_owned(),
            body: rss(1).into_bytes(),
            cut: None,
            conditional: false,
            host_pause: None,
            held: BytesHeld::default(),
        };
        let hops = hops.iter().map(|(url, status)| Hop { url: (*url).to_owned(), status: *status }).collect();
        let answer = FeedAnswer { at: now(), elapsed: Duration::ZERO, hops, result };
        let check = read_feed(&due("http://press.example/rss"), answer);
        (check.moved_to, check.redirect.map(|redirect| redirect.target))
    };
    let (http, https, far) =
        ("http://press.example/rss", "https://press.example/rss", "https://far.example/rss");
    assert_eq!(after(&[(http, 301)], https), (Some(https.to_owned()), None));
    assert_eq!(after(&[(http, 302)], https), (None, None));
    assert_eq!(after(&[(http, 308)], far), (None, Some(far.to_owned())));
    // Only as far as the redirects are permanent.
    assert_eq!(after(&[(http, 301), (https, 302)], far), (Some(https.to_owned()), None));
    assert_eq!(after(&[], http), (None, None));
}
