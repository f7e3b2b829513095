//! Invariant 4: whose article a page is.

mod common;

use common::{
    Bench, HTML, address,
    content::{Item, page, paragraph, text},
    server::Answer,
};
use std::time::Duration;
use wirewatch_pipeline::{Source, Stop};

#[tokio::test]
async fn inv04_a_page_that_declares_another_outlets_address_cannot_hide_or_overwrite_it() {
    let bench = Bench::new(&["a.example", "b.example"]).await;
    let (own, thief) = (Item::new("a.example", "one"), Item::new("b.example", "two"));
    bench.set_feed("a.example", std::slice::from_ref(&own), "1");
    bench.set_feed("b.example", std::slice::from_ref(&thief), "1");
    bench.set_page(&own, 1);
    let claims = page(&thief.title, &text(2), own.link.as_deref());
    bench.server.set(&address(&thief), Answer::ok(HTML, claims));
    bench.once().await;
    assert_eq!(bench.number("SELECT count(*) FROM article"), 2);
    assert_eq!(bench.number("SELECT count(*) FROM article WHERE copy_of IS NOT NULL"), 0);
    let mut urls = bench.texts("SELECT url FROM items");
    urls.sort();
    assert_eq!(urls, [own.link.expect("a link"), thief.link.expect("a link")]);
}

#[tokio::test]
async fn inv04_two_addresses_of_one_page_are_one_article_when_it_declares_its_address() {
    let bench = Bench::new(&["a.example", "m.a.example"]).await;
    let (desk, mobile) = (Item::new("a.example", "one"), Item::new("m.a.example", "one"));
    bench.set_feed("a.example", std::slice::from_ref(&desk), "1");
    bench.set_feed("m.a.example", std::slice::from_ref(&mobile), "1");
    let same = page("One report", &text(1), desk.link.as_deref());
    bench.server.set(&address(&desk), Answer::ok(HTML, same.clone()));
    bench.server.set(&address(&mobile), Answer::ok(HTML, same));
    bench.once().await;
    assert_eq!(bench.number("SELECT count(*) FROM article"), 1);
    bench.assert_conserved(2);
}

#[tokio::test]
async fn inv04_a_site_that_declares_one_address_on_every_page_keeps_its_articles_apart() {
    let bench = Bench::new(&["a.example"]).await;
    let items: Vec<Item> = (0..3).map(|n| Item::new("a.example", &format!("n{n}"))).collect();
    bench.set_feed("a.example", &items, "1");
    for (n, item) in items.iter().enumerate() {
        let wrong = page(&item.title, &text(n as u64), Some("http://a.example/news/2022/01/the-story.html"));
        bench.server.set(&address(item), Answer::ok(HTML, wrong));
    }
    bench.once().await;
    assert_eq!(bench.number("SELECT count(*) FROM article"), 3);
    assert_eq!(bench.number("SELECT count(*) FROM revision"), 0);
    bench.assert_conserved(3);
}

#[tokio::test]
async fn inv04_a_redirect_leads_to_the_article_that_answered() {
    let bench = Bench::new(&["a.example", "b.example"]).await;
    let real = Item::new("a.example", "one");
    let short = Item { link: Some("http://b.example/r/1".into()), guid: "short".into(), ..real.clone() };
    bench.set_feed("a.example", std::slice::from_ref(&real), "1");
    bench.set_page(&real, 1);
    bench.set_feed("b.example", &[], "0");
    bench.once().await;
    bench.set_feed("b.example", &[short], "1");
    let target = real.link.clone().expect("a link");
    bench.server.set("b.example/r/1", Answer::status(302).header("Location", &target));
    bench.once().await;
    assert_eq!(bench.number("SELECT count(*) FROM article"), 1);
    assert_eq!(bench.number("SELECT count(*) FROM article_address WHERE identity = 'b.example/r/1'"), 1);
    bench.assert_conserved(2);
}

/// An item of one host's feed that links to another host's article.
fn linking(host: &str, name: &str, item: &Item, description: &str) -> Item {
    Item {
        guid: format!("{host}:{name}"),
        title: format!("{host} on it"),
        description: description.into(),
        ..item.clone()
    }
}

#[tokio::test]
async fn inv04_a_feed_cannot_plant_its_words_at_another_outlets_address() {
    let bench = Bench::new(&["evil.example", "victim.example"]).await;
    let real = Item::new("victim.example", "one");
    let planted = linking("evil.example", "x", &real, &format!("{} {}", paragraph(70), paragraph(71)));
    bench.set_feed("evil.example", &[planted], "1");
    bench.set_feed("victim.example", &[], "0");
    bench.server.set(&address(&real), Answer::status(403));
    bench.once().await;
    assert_eq!(bench.texts("SELECT publisher FROM items"), ["evil.example"], "its words are its own");
    bench.set_feed("victim.example", std::slice::from_ref(&real), "1");
    bench.once().await;
    let both = "SELECT publisher || ': ' || title FROM items ORDER BY id";
    assert_eq!(
        bench.texts(both),
        ["evil.example: evil.example on it", "victim.example: Talks on Ukraine, report one"]
    );
    assert_eq!(bench.number("SELECT count(*) FROM revision"), 0);
}

#[tokio::test]
async fn inv04_two_feeds_of_one_walled_outlet_do_not_revise_each_other() {
    let bench = Bench::new(&["a.example", "rss.a.example"]).await;
    let item = Item::new("a.example", "one");
    let other =
        linking("rss.a.example", "x", &item, "Another desk sums the talks on Ukraine up in other words.");
    bench.set_feed("a.example", std::slice::from_ref(&item), "1");
    bench.set_feed("rss.a.example", &[], "0");
    bench.server.set(&address(&item), Answer::status(403));
    bench.once().await;
    bench.set_feed("rss.a.example", &[other], "1");
    bench.once().await;
    assert_eq!(bench.texts("SELECT title FROM items"), [item.title]);
    assert_eq!(bench.number("SELECT count(*) FROM revision"), 0);
    bench.assert_conserved(2);
}

#[tokio::test]
async fn inv04_a_look_that_is_led_elsewhere_changes_nothing() {
    let mut bench = Bench::new(&["a.example", "b.example"]).await;
    bench.writer.recheck = true;
    let item = Item::new("a.example", "one");
    bench.set_feed("a.example", std::slice::from_ref(&item), "1");
    bench.set_page(&item, 1);
    bench.set_feed("b.example", &[], "0");
    bench.once().await;
    let elsewhere = "http://b.example/subscribe/plans-and-prices";
    bench.server.set(&address(&item), Answer::status(302).header("Location", elsewhere));
    bench
        .server
        .set("b.example/subscribe/plans-and-prices", Answer::ok(HTML, page("Subscribe", &text(50), None)));
    bench.clock.advance(Duration::from_secs(3600));
    bench.try_run(Source::Inbox, Stop::new()).await.expect("a good end");
    assert_eq!(bench.server.requests("b.example/subscribe/plans-and-prices").len(), 1);
    assert_eq!(bench.texts("SELECT title FROM items"), [item.title]);
    assert_eq!(bench.texts("SELECT kind FROM change"), ["new"]);
    assert_eq!(bench.number("SELECT count(*) FROM article_address WHERE identity LIKE 'b.example%'"), 0);
    bench.assert_conserved(1);
}

#[tokio::test]
async fn inv04_one_id_that_announces_another_article_every_day_is_an_article_every_day() {
    let bench = Bench::new(&["a.example"]).await;
    let monday = Item { guid: "bulletin".into(), ..Item::new("a.example", "monday") };
    let tuesday = Item { guid: "bulletin".into(), ..Item::new("a.example", "tuesday") };
    bench.set_page(&monday, 1);
    bench.set_page(&tuesday, 2);
    bench.set_feed("a.example", std::slice::from_ref(&monday), "1");
    bench.once().await;
    bench.set_feed("a.example", std::slice::from_ref(&tuesday), "2");
    bench.clock.advance(Duration::from_secs(24 * 3600));
    bench.once().await;
    assert_eq!(bench.texts("SELECT title FROM items ORDER BY id"), [monday.title, tuesday.title]);
    assert_eq!(bench.number("SELECT count(*) FROM revision"), 0);
}

#[tokio::test]
async fn inv04_articles_that_are_led_to_the_front_page_are_not_made_one() {
    let bench = Bench::new(&["a.example"]).await;
    let items: Vec<Item> = (0..2).map(|n| Item::new("a.example", &format!("n{n}"))).collect();
    bench.set_feed("a.example", &items, "1");
    for item in &items {
        bench.server.set(&address(item), Answer::status(302).header("Location", "http://a.example/"));
    }
    bench.server.set("a.example/", Answer::ok(HTML, page("Front page", &text(9), None)));
    bench.once().await;
    assert_eq!(bench.texts("SELECT method FROM items"), ["feed-summary", "feed-summary"]);
    assert_eq!(bench.number("SELECT count(*) FROM article_address WHERE identity = 'a.example'"), 0);
    bench.assert_conserved(2);
}

#[tokio::test]
async fn inv04_an_article_that_moved_on_its_site_stays_one_article() {
    let bench = Bench::new(&["a.example"]).await;
    let item = Item::new("a.example", "old-slug");
    bench.set_feed("a.example", std::slice::from_ref(&item), "1");
    bench.set_page(&item, 1);
    bench.once().await;
    let moved = "http://a.example/news/2022/01/new-slug.html";
    let edited = format!("{}\n\n{}", text(1), paragraph(99));
    bench.server.set(&address(&item), Answer::status(301).header("Location", moved));
    bench
        .server
        .set("a.example/news/2022/01/new-slug.html", Answer::ok(HTML, page("New headline", &edited, None)));
    let announced = Item { title: "New headline".into(), ..item };
    bench.set_feed("a.example", &[announced], "2");
    bench.clock.advance(Duration::from_secs(3600));
    bench.once().await;
    assert_eq!(bench.texts("SELECT title FROM items"), ["New headline"]);
    assert_eq!(bench.texts("SELECT kind FROM change ORDER BY seq"), ["new", "revision"]);
}

#[tokio::test]
async fn inv04_entries_that_share_one_address_are_articles_of_their_own_by_the_feeds_words() {
    let bench = Bench::new(&["a.example"]).await;
    let alarm = |nth: u32| {
        format!(
            "<item><link>http://a.example/alerts</link><title>Alarm number {nth} in the region</title>\
             <pubDate>Mon, 10 Jan 2022 0{nth}:00:00 GMT</pubDate><description>{}</description></item>",
            paragraph(u64::from(nth))
        )
    };
    let show = |alarms: std::ops::Range<u32>| {
        let items: String = alarms.map(alarm).collect();
        let body = format!("<rss version='2.0'><channel><title>Alarms</title>{items}</channel></rss>");
        bench.server.set("a.example/feed.xml", Answer::ok("application/rss+xml", body));
    };
    bench.server.set("a.example/alerts", Answer::ok(HTML, page("All alarms", &text(1), None)));
    show(1..4);
    bench.once().await;
    show(3..6);
    bench.once().await;
    assert_eq!(bench.number("SELECT count(*) FROM article"), 5);
    assert_eq!(bench.number("SELECT count(*) FROM revision"), 0);
    assert!(bench.server.requests("a.example/alerts").is_empty(), "it is the page of none of them");
    bench.assert_conserved(5);
}
