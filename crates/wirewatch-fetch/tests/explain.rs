//! One check in words, against a press on loopback.

mod support;

use jiff::tz::TimeZone;
use support::*;
use wirewatch_fetch::{Explanation, explain, parse_feed, repair_in_words};
use wirewatch_model::{DueFeed, Validators};

async fn check(server: &Server, path: &str, change: impl FnOnce(&mut DueFeed)) -> Explanation {
    let mut feed = due(&format!("http://press.example:{}{path}", server.addr.port()));
    change(&mut feed);
    let answer = fetcher(server).fetch_feed(&feed, now()).await;
    explain(&feed, answer, &TimeZone::UTC)
}

/// What is said of a thing, value and meaning.
fn said(explanation: &Explanation, name: &str) -> String {
    let lines = explanation.lines.iter().filter(|line| line.name == name);
    lines.map(|line| format!("{}: {}\n", line.value, line.meaning)).collect()
}

#[track_caller]
fn says(explanation: &Explanation, name: &str, words: &[&str]) {
    let text = said(explanation, name);
    for word in words {
        assert!(text.contains(word), "{name} does not say {word}: {text}");
    }
}

const BODY: &str = "<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel><title>Press & more</title>\
    <language>en</language><ttl>30</ttl><skipHours><hour>3</hour></skipHours>\
    <a:link rel='hub' href='https://hub.example/'/>\
    <item><title>Talks</title><link>/talks</link><pubDate>Mon, 10 Jan 2022 06:00:00 GMT</pubDate></item></channel></rss>";

#[tokio::test]
async fn every_header_that_mattered_is_explained() {
    let server = Server::start(|request| match request.path.as_str() {
        "/old" => answer(301, &["Location: /rss"], ""),
        _ => answer(
            200,
            &[
                "Content-Type: application/rss+xml; charset=utf-8",
                "ETag: \"7\"",
                "Cache-Control: max-age=600",
                "Age: 60",
                "Expires: 0",
                "Set-Cookie: a=b",
            ],
            BODY,
        ),
    })
    .await;
    let found = check(&server, "/old", |_| {}).await;
    says(&found, "asked", &["/old", "no validators are known"]);
    says(&found, "redirect", &["301", "/rss", "for good"]);
    says(&found, "answer", &["status 200 ok", "a feed"]);
    says(&found, "content-type", &["its charset is tried first"]);
    says(&found, "etag", &["\"7\"", "sent back"]);
    says(&found, "cache-control", &["grants 9 min"]);
    says(&found, "age", &["taken off"]);
    says(&found, "expires", &["max-age outranks it"]);
    says(&found, "set-cookie", &["never kept"]);
    says(&found, "body", &["rss-2.0", "Press & more", "language en"]);
    says(&found, "mended", &["bare-ampersand", "taken as itself"]);
    says(&found, "entries", &["1, 1 dated", "2 h old"]);
    says(&found, "feed asks", &["30 min", "skipHours 3"]);
    says(&found, "hub", &["https://hub.example/", "WebSub"]);
    says(&found, "health", &["moved"]);
    says(&found, "next", &["the publisher grants it"]);
    assert!(found.sound && !found.is_page);
    assert_eq!((found.entry_count, found.entries[0].title.as_str()), (1, "Talks"));
    assert!(found.next_due.is_some());
}

#[tokio::test]
async fn a_conditional_answer_says_what_it_spared() {
    let server = Server::start(|_| answer(304, &["ETag: \"7\""], "")).await;
    let validators = Validators { etag: Some("\"7\"".to_owned()), ..Validators::default() };
    let found = check(&server, "/rss", |feed| feed.validators = validators.clone()).await;
    says(&found, "asked", &["only for what is new"]);
    says(&found, "answer", &["304", "unchanged"]);
    assert!(found.sound);
    assert!(server.requests()[0].header("if-none-match").is_some());
    let fresh = check(&server, "/rss", |feed| (feed.validators, feed.reparse) = (validators, true)).await;
    says(&fresh, "asked", &["although validators are known"]);
}

#[tokio::test]
async fn a_page_is_no_feed_and_points_to_discovery() {
    let server =
        Server::start(|_| answer(200, &["Content-Type: text/html"], "<html><p>News</p></html>")).await;
    let found = check(&server, "/news", |_| {}).await;
    assert!(found.is_page && !found.sound);
    says(&found, "answer", &["web page", "wirewatch feeds discover http://press.example"]);
    says(&found, "content-type", &["no type of a feed"]);
    says(&found, "validators", &["none"]);
}

#[tokio::test]
async fn refusals_walls_and_pauses_are_named() {
    let server = Server::start(|request| match request.path.as_str() {
        "/wall" => answer(403, &["Server: cloudflare", "cf-mitigated: challenge"], ""),
        "/gone" => answer(410, &[], ""),
        "/missing" => answer(404, &[], ""),
        _ => answer(429, &["Retry-After: 7200"], ""),
    })
    .await;
    let wall = check(&server, "/wall", |_| {}).await;
    says(&wall, "answer", &["403", "Cloudflare"]);
    says(&wall, "server", &["cloudflare"]);
    says(&check(&server, "/gone", |_| {}).await, "next", &["never"]);
    says(&check(&server, "/missing", |_| {}).await, "next", &["it was not had"]);
    let fetcher = fetcher(&server);
    let feed = due(&format!("http://press.example:{}/busy", server.addr.port()));
    let busy = explain(&feed, fetcher.fetch_feed(&feed, now()).await, &TimeZone::UTC);
    says(&busy, "retry-after", &["not asked before"]);
    says(&busy, "next", &["in 2 h", "Retry-After"]);
    let paused = explain(&feed, fetcher.fetch_feed(&feed, now()).await, &TimeZone::UTC);
    says(&paused, "asked", &["nothing was sent"]);
    says(&paused, "pause", &["not asked: press.example asked for a pause until", " UTC"]);
    assert!(
        paused
            .unsound
            .as_ref()
            .is_some_and(|why| why.starts_with("not asked: press.example asked for a pause"))
    );
    says(&paused, "next", &["the host asked for it"]);
    assert!(!paused.sound);
}

#[tokio::test]
async fn an_address_that_is_never_asked_says_why() {
    let server = Server::start(|_| answer(200, &[], "")).await;
    let feed = due("http://127.0.0.1:9/rss");
    let found = explain(&feed, fetcher(&server).fetch_feed(&feed, now()).await, &TimeZone::UTC);
    says(&found, "answer", &["none", "address"]);
    assert!(!found.sound && server.requests().is_empty());
}

#[test]
fn every_repair_has_words_of_its_own() {
    let rss = |items: &str| {
        format!("<rss version='2.0'><channel><title>A & B &hellip;</title>{items}</channel></rss>")
    };
    let item = "<item><title>a < b \u{1}</title><link>/a</link></item>";
    let bodies = [
        rss(item),
        format!("junk {}", rss("<item><title>x<b></title></p><link>/a</item><item><title>y</title>")),
        rss(item).replace("</channel></rss>", ""),
        "<rss><channel><item><title>one</title><link>/a</link></item><item><title>two".to_owned(),
        "{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": [{\"id\": \"1\", \"title\": \"x\",}]}".to_owned(),
    ];
    let mut names = std::collections::HashSet::new();
    for body in &bodies {
        let parsed = parse_feed(body.as_bytes(), None, None).expect(body);
        names.extend(parsed.repairs.into_iter().map(|repair| repair.0));
    }
    let latin = [b"<rss><channel><item><title>caf\xe9 cr\xe8me br\xfbl\xe9e</title><link>/a</link></item></channel></rss>"];
    let parsed = parse_feed(latin[0], None, None).expect("a feed");
    names.extend(parsed.repairs.into_iter().map(|repair| repair.0));
    assert!(names.len() >= 7, "{names:?}");
    for name in &names {
        assert_ne!(repair_in_words(name), repair_in_words("no such repair"), "{name}");
    }
}
