//! What is set for one feed reaches the articles it brings.

mod common;

use common::{Bench, content::Item};
use wirewatch_pipeline::{Source, Stop, run};

#[tokio::test]
async fn the_language_of_a_feed_is_that_of_its_articles() {
    let bench = Bench::new(&["a.example", "b.example"]).await;
    for (host, seed) in [("a.example", 1), ("b.example", 2)] {
        let item = Item::new(host, "one");
        bench.set_feed(host, std::slice::from_ref(&item), "1");
        bench.set_page(&item, seed);
    }
    let mut setup = bench.setup();
    for feed in setup.feeds.iter_mut().flatten().filter(|feed| feed.url.contains("b.example")) {
        feed.settings.language = Some("pt-BR".to_owned());
    }
    run(setup, Source::Once, Stop::new()).await.expect("the run ends well");
    let languages = bench.texts("SELECT url || ' ' || language FROM items ORDER BY url");
    assert!(languages[0].ends_with(" en"), "the page says so: {languages:?}");
    assert!(languages[1].ends_with(" pt"), "the setting says so, whatever the page says: {languages:?}");
}
