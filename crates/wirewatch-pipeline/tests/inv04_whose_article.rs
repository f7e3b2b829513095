//! Invariant 4: whose article a page is.

mod common;

use common::{
    Bench, HTML, address,
    content::{Item, page, text},
    server::Answer,
};

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
