//! Rules 20 and 22, and what a user sets for one feed: headers, User-Agent, proxy, version of HTTP.

use crate::support::{
    Request, Server, answer, check, check_at, config, due, failure, fetcher_of, next, now, page_of,
    read_request, rss,
};
use jiff::SignedDuration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wirewatch_fetch::{FetchConfig, Fetcher, PageRequest, check_settings};
use wirewatch_model::{DueFeed, FailureKind, FeedSettings, Outcome};

fn with_header(name: &str, value: &str) -> FeedSettings {
    let headers = [(name.to_owned(), value.to_owned())].into_iter().collect();
    FeedSettings { headers, ..FeedSettings::default() }
}

fn feed(url: &str, settings: FeedSettings) -> DueFeed {
    DueFeed { settings, ..due(url) }
}

fn variables(name: &str) -> Option<String> {
    (name == "TOKEN").then(|| "s3cret".to_owned())
}

#[tokio::test]
async fn rule_20_own_headers_go_to_the_feeds_origin_and_no_further() {
    let server = Server::start(|request| match (request.header("host"), request.path.as_str()) {
        (Some("press.example"), "/rss") => answer(302, &["Location: /moved"], ""),
        (Some("press.example"), "/moved") => answer(302, &["Location: http://far.example/rss"], ""),
        (Some("far.example"), _) => answer(302, &["Location: http://press.example/back"], ""),
        _ => answer(200, &[], rss(1)),
    })
    .await;
    let hosts = [("press.example", server.addr), ("far.example", server.addr)];
    let fetcher = Fetcher::new(FetchConfig { variables, ..config(&hosts) }).expect("a fetcher");
    let due = feed("http://press.example/rss", with_header("Authorization", "Bearer ${TOKEN}"));
    assert_eq!(check(&fetcher, &due).await.outcome, Outcome::Read);
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| (request.path.clone(), request.header("authorization").map(str::to_owned)))
        .collect();
    let secret = Some("Bearer s3cret".to_owned());
    let path = |path: &str| path.to_owned();
    assert_eq!(
        sent,
        [
            (path("/rss"), secret.clone()),
            (path("/moved"), secret),
            (path("/rss"), None),
            (path("/back"), None)
        ]
    );
}

#[tokio::test]
async fn rule_20_a_feed_with_headers_learns_no_address_of_another_origin() {
    let server = Server::start(|request| match (request.header("host"), request.path.as_str()) {
        (Some("press.example"), "/far") => answer(301, &["Location: http://far.example/rss"], ""),
        (Some("press.example"), "/near") => answer(301, &["Location: /rss"], ""),
        _ => answer(200, &[], rss(1)),
    })
    .await;
    let hosts = [("press.example", server.addr), ("far.example", server.addr)];
    let fetcher = Fetcher::new(FetchConfig { variables, ..config(&hosts) }).expect("a fetcher");
    let days = |days: i64| now() + SignedDuration::from_hours(24 * days);
    for (path, learnt) in [("far", None), ("near", Some("http://press.example/rss"))] {
        let mut due =
            feed(&format!("http://press.example/{path}"), with_header("Authorization", "Bearer ${TOKEN}"));
        let first = check_at(&fetcher, &due, now()).await;
        due = next(&due, &first);
        let later = check_at(&fetcher, &due, days(8)).await;
        assert_eq!((later.outcome.is_success(), later.moved_to.as_deref()), (true, learnt));
        assert_eq!(later.redirect.is_some(), learnt.is_none(), "what is not learnt stays in sight");
        check_at(&fetcher, &next(&due, &later), days(9)).await;
    }
    let far = |request: &Request| request.header("host") == Some("far.example");
    let asked = server.requests();
    assert_eq!(asked.iter().filter(|request| far(request)).count(), 3);
    assert!(asked.iter().all(|request| far(request) == request.header("authorization").is_none()));
}

#[tokio::test]
async fn a_pause_of_the_host_is_ten_minutes_at_most() {
    let with = |ms| FeedSettings { host_pause_ms: Some(ms), ..FeedSettings::default() };
    assert_eq!(check_settings(&with(600_000)), []);
    let errors = check_settings(&with(600_001));
    assert_eq!(errors.iter().map(|error| error.key).collect::<Vec<_>>(), ["host_pause_ms"]);
}

#[tokio::test]
async fn rule_20_another_port_is_another_origin() {
    let far = Server::start(|_| answer(200, &[], rss(1))).await;
    let location = format!("Location: http://press.example:{}/rss", far.addr.port());
    let near = Server::start(move |_| answer(307, &[&location], "")).await;
    let mut config = config(&[("press.example", near.addr)]);
    config.allow_sockets.push(far.addr);
    let fetcher = Fetcher::new(config).expect("a fetcher");
    check(&fetcher, &feed("http://press.example/rss", with_header("Cookie", "a=b"))).await;
    assert_eq!(near.requests()[0].header("cookie"), Some("a=b"), "rule 21: a cookie that is set is sent");
    assert_eq!(far.requests()[0].header("cookie"), None);
}

#[tokio::test]
async fn rule_20_no_page_gets_the_headers_of_its_feed() {
    let server = Server::start(|_| answer(200, &["Content-Type: text/html"], "<p>a</p>")).await;
    let settings = with_header("X-Key", "1");
    let request = PageRequest { settings, ..page_of("http://press.example/1") };
    fetcher_of(&[("press.example", &server)]).fetch_page(&request, now()).await;
    assert_eq!(server.requests().len(), 2);
    assert!(server.requests().iter().all(|request| request.header("x-key").is_none()));
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_a_failed_check_and_nothing_is_sent() {
    let server = Server::start(|_| answer(200, &[], rss(1))).await;
    let config = FetchConfig { variables, ..config(&[("press.example", server.addr)]) };
    let fetcher = Fetcher::new(config).expect("a fetcher");
    let due = feed("http://press.example/rss", with_header("X-Key", "${OTHER}"));
    let check = check(&fetcher, &due).await;
    assert_eq!(failure(&check), FailureKind::Settings);
    let Outcome::Failed { message, .. } = &check.outcome else { panic!("{:?}", check.outcome) };
    assert!(message.contains("OTHER is not set"), "{message}");
    assert!(check.next_due.is_some(), "it is tried again");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn rule_22_a_feeds_own_user_agent_is_the_same_for_its_pages_and_their_robots_txt() {
    let server = Server::start(|_| answer(200, &["Content-Type: text/html"], "<p>a</p>")).await;
    let settings = FeedSettings { user_agent: Some("Press reader 1".to_owned()), ..FeedSettings::default() };
    let fetcher = fetcher_of(&[("press.example", &server)]);
    check(&fetcher, &feed("http://press.example/rss", settings.clone())).await;
    let request = PageRequest { settings, ..page_of("http://press.example/1") };
    fetcher.fetch_page(&request, now()).await;
    let agents: Vec<_> =
        server.requests().iter().map(|request| request.header("user-agent").map(str::to_owned)).collect();
    assert_eq!(agents, vec![Some("Press reader 1".to_owned()); 3]);
}

#[tokio::test]
async fn a_proxy_is_asked_in_place_of_the_host_for_feed_and_pages() {
    let proxy = Server::start(|request| match request.path.as_str() {
        "http://press.example/rss" => answer(200, &[], rss(1)),
        "http://press.example/robots.txt" => answer(404, &[], ""),
        _ => answer(200, &["Content-Type: text/html"], "<p>a</p>"),
    })
    .await;
    let settings = FeedSettings { proxy: Some(format!("http://{}", proxy.addr)), ..FeedSettings::default() };
    // The name is known to the proxy only.
    let fetcher = Fetcher::new(config(&[])).expect("a fetcher");
    let check = check(&fetcher, &feed("http://press.example/rss", settings.clone())).await;
    assert_eq!(check.outcome, Outcome::Read);
    let request = PageRequest { settings, ..page_of("http://press.example/1") };
    assert!(fetcher.fetch_page(&request, now()).await.result.is_ok());
    let asked = ["http://press.example/rss", "http://press.example/robots.txt", "http://press.example/1"];
    assert_eq!(proxy.paths(), asked);
}

#[tokio::test]
async fn rule_30_a_proxy_is_no_way_to_addresses_that_are_not_public() {
    let proxy = Server::start(|request| match request.path.as_str() {
        "http://press.example/rss" => answer(302, &["Location: http://10.0.0.1/"], ""),
        _ => answer(200, &[], rss(1)),
    })
    .await;
    let fetcher = Fetcher::new(config(&[])).expect("a fetcher");
    let settings = FeedSettings { proxy: Some(format!("http://{}", proxy.addr)), ..FeedSettings::default() };
    for url in ["http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/"] {
        assert_eq!(
            failure(&check(&fetcher, &feed(url, settings.clone())).await),
            FailureKind::Address,
            "{url}"
        );
    }
    let redirected = check(&fetcher, &feed("http://press.example/rss", settings)).await;
    assert_eq!(failure(&redirected), FailureKind::Redirect);
    assert_eq!(proxy.paths(), ["http://press.example/rss"]);
}

#[tokio::test]
async fn a_socks5h_proxy_resolves_the_name_itself() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let proxy = format!("socks5h://{}", listener.local_addr().expect("an address"));
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).await.expect("a greeting");
        let mut methods = vec![0; usize::from(greeting[1])];
        stream.read_exact(&mut methods).await.expect("methods");
        stream.write_all(&[5, 0]).await.expect("sent");
        // Version, CONNECT, reserved, kind of address, its length (RFC 1928 §4).
        let mut head = [0; 5];
        stream.read_exact(&mut head).await.expect("a request");
        let mut name = vec![0; usize::from(head[4]) + 2];
        stream.read_exact(&mut name).await.expect("a name and a port");
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("sent");
        read_request(&mut stream).await.expect("the request of the feed");
        stream.write_all(&answer(200, &[], rss(2))).await.expect("sent");
        (head, name)
    });
    let settings = FeedSettings { proxy: Some(proxy), ..FeedSettings::default() };
    let fetcher = Fetcher::new(config(&[])).expect("a fetcher");
    let check = check(&fetcher, &feed("http://press.example/rss", settings)).await;
    let (head, name) = asked.await.expect("no panic");
    assert_eq!((head[1], head[3]), (1, 3), "a connection to a name");
    assert_eq!(name, b"press.example\0\x50");
    assert_eq!(check.entries.len(), 2, "{:?}", check.outcome);
}

/// Whether the first message of a handshake with these settings offers HTTP/2, and HTTP/1.1.
async fn offers(settings: FeedSettings) -> (bool, bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    let hello = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut head = [0; 5];
        stream.read_exact(&mut head).await.expect("a record");
        let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        stream.read_exact(&mut hello).await.expect("a hello");
        hello
    });
    let fetcher = Fetcher::new(config(&[("press.example", addr)])).expect("a fetcher");
    let check = check(&fetcher, &feed("https://press.example/rss", settings)).await;
    assert!(!check.outcome.is_success());
    let hello = hello.await.expect("no panic");
    let holds = |name: &[u8]| hello.windows(name.len()).any(|window| window == name);
    (holds(b"\x02h2"), holds(b"\x08http/1.1"))
}

#[tokio::test]
async fn http1_only_never_offers_http2() {
    assert_eq!(offers(FeedSettings::default()).await, (true, true));
    let (http2, _) = offers(FeedSettings { http1_only: Some(true), ..FeedSettings::default() }).await;
    assert!(!http2);
}
