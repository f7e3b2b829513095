//! What the press answers over HTTP: feeds, pages, conditions, editions, manners.

use crate::client::{get, request};
use std::io::Read;
use wirewatch_newswire::{Pace, PageState, Press, PressOptions, RunningPress};

async fn whole() -> (Press, RunningPress) {
    let press = Press::builtin().expect("the content is sound");
    let options = PressOptions { pace: Pace::Whole, ..PressOptions::default() };
    let running = press.start(options).await.expect("a free port");
    (press, running)
}

/// Reads a document to its end, refusing what is not well-formed.
fn check_well_formed(xml: &str) {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut open = 0;
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Start(_)) => open += 1,
            Ok(quick_xml::events::Event::End(_)) => open -= 1,
            Ok(quick_xml::events::Event::Eof) => break,
            Ok(_) => {}
            Err(error) => panic!("{error} in\n{xml}"),
        }
    }
    assert_eq!(open, 0);
}

#[tokio::test]
async fn every_feed_is_well_formed_and_announces_what_the_truth_says() {
    let (press, running) = whole().await;
    let truth = press.truth().expect("the built-in press has one");
    for feed in &running.feeds {
        let answer = get(running.addr, &feed.url, &[]).await;
        assert_eq!(answer.status, 200, "{}", feed.url);
        let kind = answer.field("content-type").expect("a type").to_owned();
        let want = truth.entries.iter().filter(|entry| entry.feed == feed.url).count();
        let found = if kind.contains("json") {
            let json: serde_json::Value = serde_json::from_slice(&answer.body).expect(&feed.url);
            json["items"].as_array().expect("items").len()
        } else {
            let charset = kind.split("charset=").nth(1).expect("a charset");
            let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).expect("known");
            let (text, _, faulty) = encoding.decode(&answer.body);
            assert!(!faulty, "{}", feed.url);
            check_well_formed(&text);
            text.matches("<item>").count() + text.matches("<item ").count() + text.matches("<entry>").count()
        };
        assert_eq!(found, want, "{}", feed.url);
        assert!(want > 0, "{} announces nothing", feed.url);
    }
}

#[tokio::test]
async fn every_page_answers_as_the_truth_says() {
    let (press, running) = whole().await;
    for entry in press.truth().expect("truth").entries {
        let Some(address) = &entry.address else {
            assert_eq!(entry.page, PageState::Unlinked);
            continue;
        };
        let answer = get(running.addr, address, &[]).await;
        match entry.page {
            PageState::Missing => assert_eq!(answer.status, 404, "{address}"),
            _ => assert_eq!(answer.status, 200, "{address}"),
        }
        let link = entry.link.as_deref().expect("an entry with an address has a link");
        let announced = get(running.addr, link, &[]).await;
        match announced.field("location") {
            Some(location) => assert_eq!(location, address),
            None => assert_eq!(announced.status, answer.status),
        }
    }
}

#[tokio::test]
async fn robots_txt_closes_what_the_truth_calls_disallowed() {
    let (press, running) = whole().await;
    let truth = press.truth().expect("truth");
    for entry in truth.entries.iter().filter(|entry| entry.address.is_some()) {
        let robots = get(running.addr, &format!("http://{}/robots.txt", entry.outlet), &[]).await.text();
        let path =
            entry.address.as_deref().and_then(|address| address.splitn(4, '/').nth(3)).expect("a path");
        let closed = robots
            .lines()
            .filter_map(|line| line.strip_prefix("Disallow: /"))
            .any(|prefix| path.starts_with(prefix));
        assert_eq!(closed, entry.page == PageState::Disallowed, "{path}");
    }
}

#[tokio::test]
async fn feeds_and_pages_answer_304_to_their_own_validators() {
    let (press, running) = whole().await;
    let truth = press.truth().expect("truth");
    let pages = truth.entries.iter().filter(|entry| entry.page == PageState::Served);
    let addresses: Vec<String> = pages
        .filter_map(|entry| entry.address.clone())
        .chain(running.feeds.iter().map(|f| f.url.clone()))
        .collect();
    for address in addresses {
        let first = get(running.addr, &address, &[("Accept-Encoding", "gzip")]).await;
        let mut sent = 0;
        for (given, asked) in [("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")] {
            if let Some(value) = first.field(given) {
                sent += 1;
                let second = get(running.addr, &address, &[(asked, value)]).await;
                assert_eq!((second.status, second.body.len()), (304, 0), "{address} {asked}");
            }
        }
        assert!(sent > 0, "{address} gives no validators");
        let other = get(running.addr, &address, &[("If-None-Match", "\"other\"")]).await;
        assert_eq!(other.status, 200);
        assert!(!first.field("etag").is_some_and(|etag| etag.starts_with("W/")), "{address}: a strong tag");
    }
}

#[tokio::test]
async fn gzip_holds_the_same_document() {
    let (_, running) = whole().await;
    let feed = &running.feeds[0].url;
    let plain = get(running.addr, feed, &[]).await;
    let packed = get(running.addr, feed, &[("Accept-Encoding", "gzip")]).await;
    assert_eq!(packed.field("content-encoding"), Some("gzip"));
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, plain.body);
    assert_ne!(plain.field("etag"), packed.field("etag"), "strong tags name one representation");
}

#[tokio::test]
async fn every_host_is_resolved_to_the_press_and_has_no_pauses() {
    let (press, running) = whole().await;
    for entry in press.truth().expect("truth").entries {
        assert_eq!(running.resolve.get(&entry.outlet), Some(&running.addr));
    }
    for feed in &running.feeds {
        assert_eq!(feed.settings.interval_floor_secs, Some(0));
        assert_eq!(feed.settings.host_pause_ms, Some(0));
        assert!(feed.url.starts_with(&format!("http://{}/", feed.publisher.domain)), "{}", feed.url);
    }
    assert!(running.addr.ip().is_loopback());
}

#[tokio::test]
async fn the_log_tells_conditional_requests_from_others() {
    let (_, running) = whole().await;
    let feed = running.feeds[0].url.clone();
    let etag = get(running.addr, &feed, &[]).await.field("etag").expect("a tag").to_owned();
    get(running.addr, &feed, &[("If-None-Match", &etag)]).await;
    let head = request(running.addr, "HEAD", &feed, &[]).await;
    assert_eq!(head.status, 405);
    let counts = running.log().of(&feed);
    assert_eq!((counts.requests, counts.conditional, counts.not_get), (3, 1, 1));
    assert_eq!((counts.statuses.get(&200), counts.statuses.get(&304)), (Some(&1), Some(&1)));
    assert!(running.log().host(&running.feeds[0].publisher.domain).max_connections >= 1);
    running.clear_log();
    assert_eq!(running.log().requests(), 0);
}

#[tokio::test]
async fn unknown_hosts_and_paths_are_not_found() {
    let (_, running) = whole().await;
    assert_eq!(get(running.addr, "http://nobody.example/", &[]).await.status, 404);
    assert_eq!(get(running.addr, "http://kyiv-courier.example/nothing", &[]).await.status, 404);
    assert_eq!(get(running.addr, "http://faults.example/gone/feed.xml", &[]).await.status, 404);
}

#[tokio::test]
async fn a_press_that_is_shut_down_takes_no_more_connections() {
    let (_, running) = whole().await;
    let addr = running.addr;
    running.shutdown().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
