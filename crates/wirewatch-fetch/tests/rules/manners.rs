//! Rules 21, 22 and 34: what stands in a request, and what is never requested.

use crate::support::{
    FEED, HTML, Server, answer, check, config, due, fetcher, fetcher_of, next, now, page_at, page_of, rss,
};
use wirewatch_fetch::{FetchConfig, Fetcher, PageRequest};
use wirewatch_model::Validators;

/// A host with everything a browser would ask for: its feed redirects, its pages embed things.
async fn tempting() -> Server {
    Server::start(|request| match request.path.as_str() {
        "/rss" => answer(302, &["Location: http://far.example/feed", "Set-Cookie: a=b"], ""),
        "/feed" => answer(
            200,
            &["ETag: \"1\"", "Link: </favicon.ico>; rel=icon, </a.css>; rel=preload", "Set-Cookie: c=d"],
            rss(2).replace("</title>", "</title><image><url>http://press.example/logo.png</url></image>"),
        ),
        "/robots.txt" => answer(200, &[], "User-agent: *\nAllow: /\nSitemap: http://press.example/sitemap.xml"),
        _ => answer(
            200,
            &["Content-Type: text/html", "Refresh: 0; url=/refreshed", "Set-Cookie: e=f"],
            format!(
                "<head><base href=\"http://press.example/base/\"><meta http-equiv=refresh content=\"0; url=/refreshed\">\
                 <link rel=icon href=/favicon.ico><link rel=canonical href=/canonical><link rel=amphtml href=/amp>\
                 <script src=/a.js></script></head>{HTML}<img src=/a.png><iframe src=/frame></iframe><a href=/more>more</a>"
            ),
        ),
    })
    .await
}

#[tokio::test]
async fn rule_21_no_cookies_no_referer_and_nothing_added_to_the_query() {
    let server = tempting().await;
    let fetcher = fetcher_of(&[("press.example", &server), ("far.example", &server)]);
    let feed = due(FEED);
    let first = check(&fetcher, &feed).await;
    check(&fetcher, &next(&feed, &first)).await;
    for url in [
        "http://press.example/1?b=2&a=1",
        "http://press.example/2?",
        "http://press.example/3?x=%D0%B0+b#frag",
    ] {
        page_at(&fetcher, url).await.expect("a page");
    }
    for request in server.requests() {
        assert_eq!((request.header("cookie"), request.header("referer")), (None, None), "{}", request.path);
    }
    let pages: Vec<String> = server.paths().split_off(5);
    assert_eq!(pages, ["/1?b=2&a=1", "/2?", "/3?x=%D0%B0+b"]);
}

#[tokio::test]
async fn rule_21_the_headers_of_a_request_are_these_and_no_more() {
    let server = tempting().await;
    let fetcher = fetcher_of(&[("press.example", &server), ("far.example", &server)]);
    check(&fetcher, &due(FEED)).await;
    let validators = Some(Validators { etag: Some("\"1\"".to_owned()), ..Validators::default() });
    fetcher.fetch_page(&PageRequest { validators, ..page_of("http://press.example/1") }, now()).await;
    let allowed = ["accept", "accept-encoding", "host", "if-none-match", "user-agent"];
    for request in server.requests() {
        for line in request.head.split("\r\n").skip(1).filter(|line| !line.is_empty()) {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            assert!(allowed.contains(&name.as_str()), "{}: {line}", request.path);
        }
    }
}

#[tokio::test]
async fn rule_22_one_user_agent_with_a_contact_is_sent_everywhere() {
    let server = tempting().await;
    let agent = "wirewatch/0.1 (+https://desk.example/about)";
    let hosts = [("press.example", server.addr), ("far.example", server.addr)];
    let fetcher =
        Fetcher::new(FetchConfig { user_agent: agent.to_owned(), ..config(&hosts) }).expect("a fetcher");
    check(&fetcher, &due(FEED)).await;
    page_at(&fetcher, "http://press.example/1").await.expect("a page");
    assert_eq!(server.paths(), ["/rss", "/feed", "/robots.txt", "/1"]);
    assert!(server.requests().iter().all(|request| request.header("user-agent") == Some(agent)));
    assert!(FetchConfig::default().user_agent.starts_with("wirewatch/"));
}

#[tokio::test]
async fn rule_34_only_feeds_robots_txt_and_pages_are_asked_for_and_only_by_get() {
    let server = tempting().await;
    let fetcher = fetcher_of(&[("press.example", &server), ("far.example", &server)]);
    let feed = due(FEED);
    let first = check(&fetcher, &feed).await;
    check(&fetcher, &next(&feed, &first)).await;
    for _ in 0..2 {
        page_at(&fetcher, "http://press.example/news/1").await.expect("a page");
    }
    assert_eq!(server.paths(), ["/rss", "/feed", "/rss", "/feed", "/robots.txt", "/news/1", "/news/1"]);
    assert!(server.requests().iter().all(|request| request.head.starts_with("GET ")));
}

#[tokio::test]
async fn rule_34_a_feed_address_with_a_fragment_is_asked_without_it() {
    let server = Server::start(|_| answer(200, &[], rss(1))).await;
    check(&fetcher(&server), &due("http://press.example/rss?a=1#top")).await;
    assert_eq!(server.paths(), ["/rss?a=1"]);
}
