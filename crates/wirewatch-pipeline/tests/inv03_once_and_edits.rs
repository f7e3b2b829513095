//! Invariant 3: an article is stored once, and its edits are seen.

mod common;

use common::{
    Bench, HTML, address,
    content::{Item, page, paragraph, text},
    server::Answer,
};
use std::time::Duration;
use wirewatch_pipeline::Source;

/// An article that was stored, on a host of its own.
async fn stored() -> (Bench, Item) {
    let bench = Bench::new(&["a.example"]).await;
    let item = Item::new("a.example", "one");
    bench.set_feed("a.example", std::slice::from_ref(&item), "1");
    bench.set_page(&item, 1);
    bench.once().await;
    assert_eq!(bench.number("SELECT count(*) FROM article"), 1);
    (bench, item)
}

/// The feed announces the item anew; its page now says `text`.
async fn announce(bench: &Bench, item: &Item, title: &str, text: &str, etag: &str) {
    let changed = Item { title: title.to_owned(), ..item.clone() };
    bench.set_feed("a.example", &[changed], etag);
    bench.server.set(&address(item), Answer::ok(HTML, page(title, text, None)));
    bench.clock.advance(Duration::from_secs(3600));
    bench.once().await;
}

#[tokio::test]
async fn inv03_an_edit_is_a_revision_and_not_a_new_article() {
    let (bench, item) = stored().await;
    let edited = format!("{}\n\n{}", text(1), paragraph(99));
    announce(&bench, &item, &item.title, &edited, "2").await;
    assert_eq!(bench.number("SELECT count(*) FROM entry"), 1);
    assert_eq!(bench.texts("SELECT kind FROM change ORDER BY seq"), ["new"], "same announcement, no look");
    announce(&bench, &item, "Talks on Ukraine: corrected", &edited, "3").await;
    assert_eq!(bench.texts("SELECT kind FROM change ORDER BY seq"), ["new", "revision"]);
    assert_eq!(bench.number("SELECT count(*) FROM article"), 1);
    assert_eq!(bench.texts("SELECT title FROM items"), ["Talks on Ukraine: corrected"]);
    assert_eq!(bench.number("SELECT count(*) FROM revision"), 1);
    bench.assert_conserved(1);
}

#[tokio::test]
async fn inv03_an_edit_that_is_taken_back_is_the_next_revision() {
    let (bench, item) = stored().await;
    let edited = format!("{}\n\n{}", text(1), paragraph(99));
    announce(&bench, &item, "Another headline", &edited, "2").await;
    announce(&bench, &item, &item.title, &text(1), "3").await;
    assert_eq!(bench.texts("SELECT kind FROM change ORDER BY seq"), ["new", "revision", "revision"]);
    assert_eq!(bench.number("SELECT revision FROM article"), 3);
    assert_eq!(bench.number("SELECT count(*) FROM revision"), 2);
}

#[tokio::test]
async fn inv03_an_announcement_that_changed_over_a_text_that_did_not_makes_no_revision() {
    let (bench, item) = stored().await;
    let changed = Item { description: "Another summary of the same.".into(), ..item.clone() };
    bench.set_feed("a.example", &[changed], "2");
    bench.clock.advance(Duration::from_secs(3600));
    let report = bench.once().await;
    assert_eq!(report.counts.entries_changed, 1);
    assert_eq!(report.counts.same, 1);
    assert_eq!(bench.texts("SELECT kind FROM change ORDER BY seq"), ["new"]);
    bench.assert_conserved(1);
}

#[tokio::test]
async fn inv03_white_space_and_typography_make_no_revision() {
    let (bench, item) = stored().await;
    let retouched = text(1).replace(". ", ".  ").replace(" the ", "\u{a0}the ");
    announce(&bench, &Item { description: "Changed.".into(), ..item.clone() }, &item.title, &retouched, "2")
        .await;
    assert_eq!(bench.texts("SELECT kind FROM change ORDER BY seq"), ["new"]);
}

#[tokio::test]
async fn inv03_an_address_that_is_known_is_not_asked_for_again() {
    let bench = Bench::new(&["a.example", "b.example"]).await;
    let item = Item::new("a.example", "one");
    let shared = Item {
        guid: "other".into(),
        link: item.link.as_ref().map(|link| format!("{link}?utm_source=b#top")),
        ..item.clone()
    };
    bench.set_feed("a.example", std::slice::from_ref(&item), "1");
    bench.set_page(&item, 1);
    bench.set_feed("b.example", &[], "0");
    bench.once().await;
    bench.set_feed("b.example", &[shared], "1");
    let report = bench.once().await;
    assert_eq!(report.counts.linked, 1);
    assert_eq!(bench.server.requests(&address(&item)).len(), 1);
    assert_eq!(bench.number("SELECT count(DISTINCT article) FROM entry"), 1);
    bench.assert_conserved(2);
}

#[tokio::test]
async fn inv03_relevant_articles_are_looked_at_again_conditionally() {
    let mut bench = Bench::new(&["a.example"]).await;
    bench.writer.recheck = true;
    let item = Item::new("a.example", "one");
    bench.set_feed("a.example", std::slice::from_ref(&item), "1");
    let first = Answer::ok(HTML, page(&item.title, &text(1), None)).header("ETag", "\"p1\"");
    bench.server.set(&address(&item), first);
    bench.once().await;
    assert_eq!(bench.number("SELECT relevant FROM items"), 1);

    bench.clock.advance(Duration::from_secs(3600));
    bench.try_run(Source::Inbox, wirewatch_pipeline::Stop::new()).await.expect("a good end");
    let requests = bench.server.requests(&address(&item));
    assert_eq!(requests.len(), 2, "one look after an hour");
    assert_eq!(requests[1].headers.get("if-none-match").map(String::as_str), Some("\"p1\""));
    assert_eq!(bench.texts("SELECT kind FROM change"), ["new"]);

    let edited = format!("{}\n\n{}", text(1), paragraph(99));
    bench.server.set(&address(&item), Answer::ok(HTML, page(&item.title, &edited, None)));
    bench.clock.advance(Duration::from_secs(5 * 3600));
    bench.try_run(Source::Inbox, wirewatch_pipeline::Stop::new()).await.expect("a good end");
    assert_eq!(bench.texts("SELECT kind FROM change ORDER BY seq"), ["new", "revision"]);
}
