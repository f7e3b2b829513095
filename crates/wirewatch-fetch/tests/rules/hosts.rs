//! Rule 24: one connection at a time and a pause between starts for each host.

use crate::support::{
    FEED, HTML, Server, answer, ask, check, check_at, config, due, failure, fetcher, next, now, page_at,
    postponed, rss,
};
use jiff::SignedDuration;
use std::time::{Duration, Instant};
use wirewatch_fetch::{FetchConfig, Fetcher};
use wirewatch_model::FailureKind;

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
                page_at(&fetcher, &url).await.expect("a page");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no panic");
    }
    assert_eq!((server.requests().len(), server.most_at_once()), (7, 1));
}

#[tokio::test]
async fn rule_24_spellings_and_ports_of_a_host_share_its_turn() {
    let (server, other) = (
        Server::start(|_| answer(200, &[], rss(1))).await,
        Server::start(|_| answer(200, &[], rss(1))).await,
    );
    let pause = Duration::from_millis(40);
    let mut config = FetchConfig { host_pause: pause, ..config(&[("press.example", server.addr)]) };
    config.allow_sockets.push(other.addr);
    let fetcher = Fetcher::new(config).expect("a fetcher");
    let started = Instant::now();
    let port = format!("http://press.example:{}/rss", other.addr.port());
    for url in [FEED, "http://PRESS.Example/rss", "http://press.example./rss", &port] {
        assert!(check(&fetcher, &due(url)).await.outcome.is_success(), "{url}");
    }
    // Lower bounds hold however slow the machine is.
    assert!(started.elapsed() >= 3 * pause);
}

#[tokio::test]
async fn rule_24_starts_are_a_pause_apart_for_feeds_pages_robots_txt_and_redirects() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        "/rss" => answer(302, &["Location: /rss2"], ""),
        "/rss2" => answer(200, &[], rss(1)),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let pause = Duration::from_millis(40);
    let config = FetchConfig { host_pause: pause, ..config(&[("press.example", server.addr)]) };
    let fetcher = Fetcher::new(config).expect("a fetcher");
    check(&fetcher, &due(FEED)).await;
    page_at(&fetcher, "http://press.example/1").await.expect("a page");
    let at: Vec<Instant> = server.requests().iter().map(|request| request.at).collect();
    assert_eq!(server.paths(), ["/rss", "/rss2", "/robots.txt", "/1"]);
    // The server sees a request a little after it started: only the sum is a bound that always holds.
    assert!(at[3].duration_since(at[0]) + Duration::from_millis(20) >= 3 * pause);
}

#[tokio::test]
async fn rule_24_the_default_is_a_second_and_a_feed_can_have_its_own() {
    assert_eq!(FetchConfig::default().host_pause, Duration::from_secs(1));
    let server = Server::start(|_| answer(200, &[], rss(1))).await;
    let fetcher = fetcher(&server);
    let mut slow = due(FEED);
    slow.settings.host_pause_ms = Some(60);
    let started = Instant::now();
    check(&fetcher, &slow).await;
    check(&fetcher, &slow).await;
    assert!(started.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn rule_24_a_request_that_is_given_up_gives_its_turn_back() {
    let server = Server::start(|_| answer(200, &[], rss(1))).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut config = config(&[("press.example", server.addr)]);
    let port = silent.local_addr().expect("an address").port();
    config.allow_sockets.push(silent.local_addr().expect("an address"));
    let fetcher = Fetcher::new(config).expect("a fetcher");
    let held = fetcher.clone();
    let hanging = tokio::spawn(async move {
        held.fetch_feed(&due(&format!("http://press.example:{port}/rss")), now()).await
    });
    // The connection is there: the turn is taken.
    let _connection = silent.accept().await.expect("a client");
    let feed = due(FEED);
    let waiting = check(&fetcher, &feed);
    tokio::pin!(waiting);
    assert!(futures_util::poll!(&mut waiting).is_pending());
    hanging.abort();
    assert!(waiting.await.outcome.is_success());
}

/// A host that answers nobody, and a fetcher that waits for no turn behind a redirect; `near` redirects
/// feeds and pages there.
async fn beside_a_slow_host()
-> (Server, Fetcher, tokio::task::JoinHandle<wirewatch_fetch::FeedAnswer>, tokio::net::TcpStream) {
    let near = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        _ => answer(302, &["Location: http://slow.example/rss"], ""),
    })
    .await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let slow = silent.local_addr().expect("an address");
    let hosts = [("press.example", near.addr), ("slow.example", slow)];
    let config = FetchConfig { redirect_turn_timeout: Duration::ZERO, ..config(&hosts) };
    let fetcher = Fetcher::new(config).expect("a fetcher");
    let held = fetcher.clone();
    let hanging = tokio::spawn(async move { held.fetch_feed(&due("http://slow.example/rss"), now()).await });
    // The connection is there: the turn is taken.
    let (connection, _) = silent.accept().await.expect("a client");
    (near, fetcher, hanging, connection)
}

#[tokio::test]
async fn rule_08_a_feed_that_redirects_to_a_slow_host_is_asked_no_oftener_than_its_floor() {
    let (near, fetcher, hanging, _connection) = beside_a_slow_host().await;
    let mut feed = due(FEED);
    feed.settings.interval_floor_secs = Some(3_600);
    let mut at = now();
    for failures in 1..=3 {
        let check = check_at(&fetcher, &feed, at).await;
        assert_eq!(failure(&check), FailureKind::Redirect);
        assert!(check.unconditional, "its own server was asked");
        assert_eq!(check.host_pause, None, "it is no pause of the slow host");
        let wait = check.next_due.expect("a time").duration_since(check.checked_at);
        assert!(wait >= SignedDuration::from_secs(3_600), "{wait}");
        feed = next(&feed, &check);
        assert_eq!(feed.failures, failures);
        at = check.next_due.expect("a time");
    }
    assert_eq!(near.requests().len(), 3);
    hanging.abort();
}

#[tokio::test]
async fn a_page_that_redirects_to_a_slow_host_is_put_off_for_a_while() {
    let (_near, fetcher, hanging, _connection) = beside_a_slow_host().await;
    let mut times = std::collections::HashSet::new();
    for nth in 0..3 {
        let answer = ask(&fetcher, &format!("http://press.example/{nth}")).await;
        let (until, reason) = postponed(&answer);
        assert!(until >= now() + SignedDuration::from_mins(10), "{until}");
        assert!(reason.contains("it redirects, and slow.example"), "{reason}");
        times.insert(until.as_second());
    }
    assert_eq!(times.len(), 3, "they do not come back together");
    hanging.abort();
}
