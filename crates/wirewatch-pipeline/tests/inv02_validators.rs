//! Invariant 2: validators never run ahead of the entries they cover.

mod common;

use common::{
    Bench, FEED,
    content::{Item, rss},
    server::Answer,
};

fn items(count: usize) -> Vec<Item> {
    (0..count).map(|n| Item::new("a.example", &format!("n{n}"))).collect()
}

#[tokio::test]
async fn inv02_validators_are_saved_with_their_entries_and_sent_back_byte_for_byte() {
    let bench = Bench::new(&["a.example"]).await;
    let feed = Answer::ok(FEED, rss(&items(3)))
        .header("ETag", "W/\"odd, but ours\"")
        .header("Last-Modified", "Wed, 12 Jan 2022 07:00:00 GMT");
    bench.server.set("a.example/feed.xml", feed);
    bench.once().await;
    assert_eq!(bench.number("SELECT count(*) FROM entry"), 3);
    bench.once().await;
    let requests = bench.server.requests("a.example/feed.xml");
    assert_eq!(requests.len(), 2);
    assert!(!requests[0].headers.contains_key("if-none-match"));
    assert_eq!(requests[1].headers.get("if-none-match").map(String::as_str), Some("W/\"odd, but ours\""));
    assert_eq!(
        requests[1].headers.get("if-modified-since").map(String::as_str),
        Some("Wed, 12 Jan 2022 07:00:00 GMT")
    );
    assert_eq!(bench.texts("SELECT outcome FROM feed_check ORDER BY id"), ["read", "unchanged"]);
}

#[tokio::test]
async fn inv02_a_cut_body_saves_its_entries_and_not_its_validators() {
    let bench = Bench::new(&["a.example"]).await;
    let whole = rss(&items(3));
    let cut = &whole[..whole.len() - 60];
    bench.server.set("a.example/feed.xml", Answer::ok(FEED, cut).header("ETag", "\"cut\""));
    bench.once().await;
    assert_eq!(bench.number("SELECT count(*) FROM entry"), 2, "the whole items of the cut feed");
    assert_eq!(bench.number("SELECT count(*) FROM feed WHERE etag IS NOT NULL OR body_hash IS NOT NULL"), 0);

    bench.server.set("a.example/feed.xml", Answer::ok(FEED, whole).header("ETag", "\"whole\""));
    bench.once().await;
    let last = bench.server.requests("a.example/feed.xml").pop().expect("asked again");
    assert!(!last.headers.contains_key("if-none-match"));
    assert_eq!(bench.number("SELECT count(*) FROM entry"), 3);
    assert_eq!(bench.texts("SELECT etag FROM feed"), ["\"whole\""]);
}

#[tokio::test]
async fn inv02_a_connection_that_breaks_in_the_body_leaves_the_validators_as_they_were() {
    let bench = Bench::new(&["a.example"]).await;
    bench.set_feed("a.example", &items(2), "first");
    bench.once().await;
    let broken = Answer { missing_bytes: 500, ..Answer::ok(FEED, rss(&items(3))) };
    bench.server.set("a.example/feed.xml", broken.header("ETag", "\"second\""));
    bench.once().await;
    assert_eq!(bench.texts("SELECT etag FROM feed"), ["\"first\""]);
}
