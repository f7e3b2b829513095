//! Finding the feeds of a site, against a press on loopback.

mod support;

use support::*;
use wirewatch_fetch::{Discovery, Found, Learnt};
use wirewatch_model::FeedSettings;

const PAGE: &[&str] = &["Content-Type: text/html"];
const FEED: &[&str] = &["Content-Type: application/rss+xml"];

/// A feed whose entries are dated and stand under a path of their own.
fn feed(path: &str, title: &str, entries: usize) -> String {
    let items: String = (0..entries)
        .map(|nth| {
            format!(
                "<item><title>Round {nth}</title><link>https://press.example{path}/{nth}</link>\
                 <pubDate>Mon, 10 Jan 2022 0{nth}:00:00 GMT</pubDate></item>"
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>{title}</title><language>en</language>{items}</channel></rss>"
    )
}

async fn discover(server: &Server, path: &str) -> Discovery {
    let mut asked = 0;
    let mut report = |nth: usize, of: usize, _: &str| {
        assert!(nth <= of && of <= 20);
        asked += 1;
    };
    let address = format!("http://press.example:{}{path}", server.addr.port());
    let found = fetcher(server).discover(&address, &FeedSettings::default(), now(), &mut report).await;
    assert!(asked > 0);
    found
}

/// The feeds by their paths, best first.
fn paths(found: &Discovery) -> Vec<(&str, Found)> {
    let path = |url: &'_ str| url.find(".example").and_then(|at| url[at..].find('/').map(|slash| at + slash));
    found.feeds.iter().map(|feed| (path(&feed.url).map_or("", |at| &feed.url[at..]), feed.found)).collect()
}

#[tokio::test]
async fn feeds_that_the_page_names_are_ranked_and_doubles_go() {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => answer(
            200,
            PAGE,
            "<link rel=alternate type='application/rss+xml' title='Comments' href='/comments/feed'>\
             <link rel=alternate type='application/atom+xml' href='/all.atom'>\
             <a href='/old.rss'>RSS</a><a href='/moved.rss'>RSS</a><a href='/about-feed.html'>Our feed</a>",
        ),
        "/comments/feed" => answer(200, FEED, feed("/c", "Comments on: talks", 5)),
        "/all.atom" => answer(200, FEED, feed("/n", "Press", 5)),
        "/moved.rss" => answer(301, &["Location: /all.atom"], ""),
        "/old.rss" => answer(200, FEED, feed("/n", "Press, again", 5)),
        "/about-feed.html" => answer(200, PAGE, "<p>We have feeds.</p>"),
        _ => answer(404, &[], ""),
    })
    .await;
    let found = discover(&server, "/").await;
    assert_eq!(paths(&found), [("/all.atom", Found::Named), ("/comments/feed", Found::Named)]);
    let best = &found.feeds[0];
    assert_eq!((best.title.as_deref(), best.language.as_deref()), (Some("Press"), Some("en")));
    assert_eq!((best.entries, best.dated), (5, 5));
    assert!(best.newest_entry.is_some() && found.feeds[1].comments);
    let refused: Vec<&str> = found.refused.iter().map(|(_, reason)| reason.as_str()).collect();
    assert!(refused.iter().any(|reason| reason.contains("web page")), "{refused:?}");
    assert_eq!(server.most_at_once(), 1, "one connection at a time");
    assert_eq!(server.paths().iter().filter(|path| *path == "/robots.txt").count(), 1, "asked for once");
}

#[tokio::test]
async fn only_a_redirect_for_good_changes_the_address() {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => answer(200, PAGE, "<a href='/now.rss'>RSS</a><a href='/for-good.rss'>RSS</a>"),
        "/now.rss" => answer(302, &["Location: /a"], ""),
        "/for-good.rss" => answer(308, &["Location: /b"], ""),
        "/a" => answer(200, FEED, feed("/a", "A", 5)),
        "/b" => answer(200, FEED, feed("/b", "B", 5)),
        _ => answer(404, &[], ""),
    })
    .await;
    assert_eq!(paths(&discover(&server, "/").await), [("/b", Found::Linked), ("/now.rss", Found::Linked)]);
}

#[tokio::test]
async fn a_list_of_feeds_is_looked_into() {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => answer(200, PAGE, "<a href='/rss'>RSS</a>"),
        "/rss" => answer(200, PAGE, "<a href='/rss/world'>World</a><a href='/rss/home'>Home</a>"),
        "/rss/world" => answer(200, FEED, feed("/w", "World", 5)),
        "/rss/home" => answer(200, FEED, feed("/h", "Home", 3)),
        _ => answer(404, &[], ""),
    })
    .await;
    assert_eq!(
        paths(&discover(&server, "/").await),
        [("/rss/world", Found::Named), ("/rss/home", Found::Named)]
    );
}

#[tokio::test]
async fn news_sitemaps_stand_in_robots_txt_and_its_indexes() {
    let server = Server::start(|request| {
        let base = format!("http://{}", request.header("host").unwrap_or_default());
        match request.path.as_str() {
            "/" => answer(200, PAGE, "<p>No feeds here.</p>"),
            "/robots.txt" => answer(200, &[], format!("Sitemap: {base}/index.xml\nSitemap: {base}/archive.xml.gz\n")),
            "/index.xml" => answer(
                200,
                &["Content-Type: application/xml"],
                format!("<sitemapindex><sitemap><loc>{base}/sm/news.xml</loc></sitemap></sitemapindex>"),
            ),
            "/sm/news.xml" => answer(
                200,
                &["Content-Type: application/xml"],
                "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' \
                 xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'><url><loc>https://press.example/a</loc>\
                 <news:news><news:publication_date>2022-01-10T06:00:00Z</news:publication_date>\
                 <news:title>Talks</news:title></news:news></url></urlset>",
            ),
            _ => answer(404, &[], ""),
        }
    })
    .await;
    let found = discover(&server, "/").await;
    assert_eq!(paths(&found), [("/sm/news.xml", Found::Sitemap)]);
    assert!(!server.paths().contains(&"/feed".to_owned()), "nothing is guessed where a feed was found");
}

/// A news sitemap with one entry.
const NEWS: &str = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' \
    xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'><url><loc>https://press.example/a</loc>\
    <news:news><news:publication_date>2022-01-10T06:00:00Z</news:publication_date>\
    <news:title>Talks</news:title></news:news></url></urlset>";

#[tokio::test]
async fn packed_sitemaps_and_indexes_are_unpacked() {
    let index = "<sitemapindex><sitemap><loc>/sm/news.xml.gz</loc></sitemap></sitemapindex>";
    let (news, index) = (gzip(NEWS.as_bytes()).await, gzip(index.as_bytes()).await);
    for kind in ["application/gzip", "application/x-gzip", "application/octet-stream", "text/xml"] {
        let (news, index) = (news.clone(), index.clone());
        let server = Server::start(move |request| {
            let packed = |body: &[u8]| answer(200, &[&format!("Content-Type: {kind}")], body);
            match request.path.as_str() {
                "/" => answer(200, PAGE, "<p>No feeds here.</p>"),
                "/robots.txt" => answer(200, &[], "Sitemap: /sitemap.xml.gz\n"),
                "/sitemap.xml.gz" => packed(&index),
                "/sm/news.xml.gz" => packed(&news),
                _ => answer(404, &[], ""),
            }
        })
        .await;
        let found = discover(&server, "/").await;
        assert_eq!(paths(&found), [("/sm/news.xml.gz", Found::Sitemap)], "{kind}: {:?}", found.refused);
        assert_eq!((found.feeds[0].entries, found.feeds[0].dated), (1, 1));
    }
}

#[tokio::test]
async fn sitemaps_that_an_earlier_robots_txt_named_are_remembered() {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => answer(200, PAGE, "<p>No feeds here.</p>"),
        "/robots.txt" => answer(200, &[], "Sitemap: /sm/news.xml\n"),
        "/sm/news.xml" => answer(200, &["Content-Type: text/xml"], NEWS),
        _ => answer(404, &[], ""),
    })
    .await;
    let address = format!("http://press.example:{}/", server.addr.port());
    let mut kept = Vec::new();
    for _ in 0..2 {
        let fetcher = fetcher(&server);
        fetcher.restore_robots(&kept, now());
        let none = FeedSettings::default();
        let found = fetcher.discover(&address, &none, now(), &mut |_, _, _| {}).await;
        assert_eq!(paths(&found), [("/sm/news.xml", Found::Sitemap)]);
        kept.extend(fetcher.take_learnt().into_iter().filter_map(|learnt| match learnt {
            Learnt::Robots(rules) => Some(rules),
            Learnt::Answers(_) => None,
        }));
    }
    assert_eq!(server.paths().iter().filter(|path| *path == "/robots.txt").count(), 1);
}

#[tokio::test]
async fn an_index_of_sitemaps_is_looked_for_where_it_usually_stands() {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => answer(200, PAGE, "<p>No feeds here.</p>"),
        "/sitemap.xml" => answer(
            200,
            &["Content-Type: text/xml"],
            "<sitemapindex><sitemap><loc>/sm/news.xml</loc></sitemap></sitemapindex>",
        ),
        "/sm/news.xml" => answer(200, &["Content-Type: text/xml"], NEWS),
        _ => answer(404, &[], ""),
    })
    .await;
    assert_eq!(paths(&discover(&server, "/").await), [("/sm/news.xml", Found::Sitemap)]);
}

#[tokio::test]
async fn an_index_that_robots_txt_closes_is_not_looked_into() {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => answer(200, PAGE, "<p>No feeds here.</p>"),
        "/robots.txt" => answer(200, &[], "User-agent: *\nDisallow: /s\nSitemap: /sitemap.xml\n"),
        _ => answer(404, &[], ""),
    })
    .await;
    assert!(discover(&server, "/").await.feeds.is_empty());
    assert!(!server.paths().contains(&"/sitemap.xml".to_owned()));
}

#[tokio::test]
async fn a_page_that_was_had_is_not_asked_for_again_nor_is_one_that_links_to_itself() {
    let page = "<a href='/'>RSS</a><a href='/rss'>RSS</a>";
    let server = Server::start(move |request| match request.path.as_str() {
        "/" => answer(200, PAGE, page),
        "/rss" => answer(200, FEED, feed("/n", "Press", 5)),
        _ => answer(404, &[], ""),
    })
    .await;
    let asked = |path: &str| server.paths().iter().filter(|asked| *asked == path).count();
    discover(&server, "/").await;
    assert_eq!(asked("/"), 1);
    let fetcher = fetcher(&server);
    let address = format!("http://press.example:{}/", server.addr.port());
    let answer = fetcher.fetch_feed(&due(&address), now()).await;
    let seen = answer.seen_page().expect("a page");
    let none = FeedSettings::default();
    let found = fetcher.discover_from(seen, &address, &none, now(), &mut |_, _, _| {}).await;
    assert_eq!(paths(&found), [("/rss", Found::Linked)]);
    assert_eq!((asked("/"), asked("/rss"), found.page.as_ref()), (2, 2, Some(&address)));
}

#[tokio::test]
async fn pauses_that_hosts_ask_for_meanwhile_are_told() {
    for (busy, robots) in [("/", true), ("/robots.txt", false), ("/rss", true), ("/sitemap.xml", true)] {
        let server = Server::start(move |request| match request.path.as_str() {
            path if path == busy => answer(429, &["Retry-After: 3600"], ""),
            "/robots.txt" if robots => answer(200, &[], "Sitemap: /sitemap.xml\n"),
            "/" => answer(200, PAGE, "<a href='/rss'>RSS</a>"),
            _ => answer(404, &[], ""),
        })
        .await;
        let found = discover(&server, "/").await;
        let hosts: Vec<&str> = found.host_pauses.iter().map(|pause| pause.host.as_str()).collect();
        assert_eq!(hosts, ["press.example"], "{busy}");
    }
}

#[tokio::test]
async fn usual_places_are_tried_last_and_only_where_robots_txt_lets_us() {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => answer(200, PAGE, "<p>No feeds here.</p>"),
        "/robots.txt" => answer(200, &[], "User-agent: *\nDisallow: /feed\n"),
        "/rss.xml" => answer(200, FEED, feed("/n", "Press", 5)),
        _ => answer(404, &[], ""),
    })
    .await;
    assert_eq!(paths(&discover(&server, "/").await), [("/rss.xml", Found::Guessed)]);
    assert!(!server.paths().iter().any(|path| path.starts_with("/feed")), "{:?}", server.paths());
    assert!(server.paths().len() < 20);
}

#[tokio::test]
async fn a_page_that_may_not_be_looked_at_is_left_and_says_so() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(200, &[], "User-agent: *\nDisallow: /\n"),
        _ => answer(200, FEED, feed("/n", "Press", 5)),
    })
    .await;
    let found = discover(&server, "/").await;
    assert!(found.feeds.is_empty() && found.page.is_none());
    assert!(found.no_page.is_some_and(|reason| reason.contains("robots.txt")));
    assert_eq!(server.paths(), ["/robots.txt"]);
}

#[tokio::test]
async fn the_address_of_a_feed_is_found_as_it_is() {
    for kind in ["application/rss+xml", "text/xml"] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/rss" => answer(200, &[&format!("Content-Type: {kind}")], feed("/n", "Press", 5)),
            _ => answer(404, &[], ""),
        })
        .await;
        assert_eq!(paths(&discover(&server, "/rss").await), [("/rss", Found::Given)], "{kind}");
    }
}

#[tokio::test]
async fn a_host_that_wants_to_be_left_alone_is_left_alone() {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => answer(200, PAGE, "<a href='/a.rss'>RSS</a><a href='/b.rss'>RSS</a><a href='/c.rss'>RSS</a>"),
        "/robots.txt" => answer(404, &[], ""),
        _ => answer(429, &["Retry-After: 3600"], ""),
    })
    .await;
    let found = discover(&server, "/").await;
    assert!(found.feeds.is_empty());
    assert_eq!(server.paths(), ["/robots.txt", "/", "/a.rss"], "nothing after the 429");
}

#[tokio::test]
async fn headers_go_to_the_origin_that_was_given_and_to_no_other_the_page_names() {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => answer(
            200,
            PAGE,
            "<link rel=alternate type='application/rss+xml' href='/near.rss'>\
             <link rel=alternate type='application/rss+xml' href='http://far.example/far.rss'>",
        ),
        "/near.rss" => answer(200, FEED, feed("/n", "Near", 5)),
        "/far.rss" => answer(200, FEED, feed("/f", "Far", 5)),
        _ => answer(404, &[], ""),
    })
    .await;
    let settings = FeedSettings {
        headers: [("X-Key".to_owned(), "secret".to_owned())].into_iter().collect(),
        ..FeedSettings::default()
    };
    let fetcher = fetcher_of(&[("press.example", &server), ("far.example", &server)]);
    let found = fetcher.discover("http://press.example/", &settings, now(), &mut |_, _, _| {}).await;
    assert_eq!(found.feeds.len(), 2);
    let key = |path: &str| {
        let asked = server.requests();
        asked.iter().find(|request| request.path == path).expect("asked").header("x-key").map(str::to_owned)
    };
    assert_eq!((key("/near.rss").as_deref(), key("/far.rss")), (Some("secret"), None));
}
