//! Where the feeds of a site may be: what its page names, what it links, and where feeds usually stand.

use super::scan::{Tag, tags};
use crate::feed::decode;
use serde::Serialize;
use std::collections::HashSet;
use url::Url;
use wirewatch_model::address::registrable_domain;

/// How an address was come by, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// The address that was given is a feed.
    Given,
    /// The page names it as its feed (`<link rel="alternate">`).
    Named,
    /// A link of the page looks like one.
    Linked,
    /// robots.txt or an index of sitemaps names it as a news sitemap.
    Sitemap,
    /// Feeds often stand there.
    Guessed,
}

impl Found {
    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Named => "named",
            Self::Linked => "linked",
            Self::Sitemap => "sitemap",
            Self::Guessed => "guessed",
        }
    }
}

/// An address that may be a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The address, absolute.
    pub url: String,
    /// How it was come by.
    pub found: Found,
    /// What the page calls it.
    pub title: Option<String>,
    /// Whether it lies on the site of the page.
    pub same_site: bool,
    /// Whether it looks like a feed of readers' comments.
    pub comments: bool,
}

/// Places where feeds usually stand, below the root of a site.
const USUAL_PLACES: &[&str] = &[
    "/feed",
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/index.xml",
    "/feeds/posts/default",
    "/news-sitemap.xml",
    "/sitemap_news.xml",
    "/sitemap-news.xml",
    "/feed.json",
];

/// Types by which a page names a feed.
const FEED_TYPES: &[&str] = &[
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/xml",
    "text/xml",
    "text/rss+xml",
    "application/x-rss+xml",
];

/// Names in an address that stand for a feed, between its punctuation.
const FEED_WORDS: &[&str] =
    &["rss", "rss2", "atom", "feed", "feeds", "rdf", "newsfeed", "rssfeed", "rssfeeds", "rss20"];
/// Words that a link to a feed bears.
const LINK_WORDS: &[&str] =
    &["rss", "atom", "feed", "feeds", "xml", "стрічка", "rss-стрічка", "rss-лента", "лента"];
/// Sites that link to everybody's feeds, or whose own are nobody's.
const PASSED_OVER: &[&str] = &[
    "facebook.com",
    "feedly.com",
    "inoreader.com",
    "instagram.com",
    "linkedin.com",
    "netvibes.com",
    "reddit.com",
    "t.me",
    "telegram.me",
    "tiktok.com",
    "twitter.com",
    "vk.com",
    "x.com",
    "youtube.com",
    "w3.org",
];

/// The addresses on a page that may be feeds, the likeliest first, each once. A plain function of the
/// page, linear in its length.
pub fn candidates(page: &[u8], url: &str) -> Vec<Candidate> {
    let Ok(here) = Url::parse(url) else { return Vec::new() };
    let tags = tags(&decode(page, None, Some(url)).text);
    let base = tags.iter().find(|tag| tag.name == "base").and_then(|tag| here.join(tag.get("href")).ok());
    let base = base.unwrap_or_else(|| here.clone());
    let mut found: Vec<Candidate> = tags.iter().filter_map(|tag| candidate(tag, &base, &here)).collect();
    found.sort_by_key(|candidate| (candidate.comments, candidate.found, !candidate.same_site));
    let mut seen = HashSet::new();
    found.retain(|candidate| seen.insert(candidate.url.clone()));
    found
}

/// Where feeds usually stand on the site of a page; below its own path first, for a site in a folder.
pub fn usual_places(url: &str) -> Vec<Candidate> {
    let Ok(here) = Url::parse(url) else { return Vec::new() };
    let mut places: Vec<Url> = Vec::new();
    if here.path().len() > 1 && here.path().ends_with('/') {
        places.extend(here.join("feed").ok());
    }
    places.extend(USUAL_PLACES.iter().filter_map(|place| here.join(place).ok()));
    let guessed = |url: Url| Candidate {
        url: url.into(),
        found: Found::Guessed,
        title: None,
        same_site: true,
        comments: false,
    };
    places.into_iter().map(guessed).collect()
}

/// The sitemaps a robots.txt or an index of sitemaps names, as far as they look like those of news;
/// `indexes` are those that may name further ones.
pub(super) fn news_sitemaps(addresses: &[String], here: &Url) -> Vec<Candidate> {
    let parsed = addresses.iter().filter_map(|address| here.join(address).ok());
    let news = parsed.filter(|url| is_news_sitemap(url) && is_web(url));
    news.map(|url| Candidate {
        same_site: same_site(&url, here),
        url: url.into(),
        found: Found::Sitemap,
        title: None,
        comments: false,
    })
    .collect()
}

pub(super) fn is_news_sitemap(url: &Url) -> bool {
    let place = url[url::Position::BeforePath..].to_ascii_lowercase();
    place.contains("news") && !has_year(&place)
}

/// Whether a year stands in an address: that of an archive, or one that the next news will not have.
fn has_year(place: &str) -> bool {
    let runs = place.split(|letter: char| !letter.is_ascii_digit());
    runs.filter(|run| run.len() >= 4).any(|run| run.starts_with("19") || run.starts_with("20"))
}

/// The addresses an index of sitemaps names.
pub(super) fn index_addresses(body: &[u8]) -> Vec<String> {
    const MOST: usize = 200;
    let text = String::from_utf8_lossy(body);
    if !text.contains("<sitemapindex") && !text.contains(":sitemapindex") {
        return Vec::new();
    }
    let parts = text.split("<loc>").skip(1).take(MOST);
    parts
        .filter_map(|part| part.split("</loc>").next())
        .map(|address| {
            address.trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>").replace("&amp;", "&")
        })
        .collect()
}

/// Whether two addresses belong to one site.
pub(super) fn same_site(one: &Url, other: &Url) -> bool {
    let site = |url: &Url| url.host_str().map(registrable_domain);
    site(one) == site(other)
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn candidate(tag: &Tag, base: &Url, here: &Url) -> Option<Candidate> {
    let href = tag.get("href");
    if href.is_empty() || href.starts_with('#') {
        return None;
    }
    let mut url = base.join(href).ok().filter(is_web)?;
    url.set_fragment(None);
    let found = match tag.name {
        "link" if is_named(tag, &url) => Found::Named,
        "a" if looks_like_a_feed(tag, &url, here) => Found::Linked,
        _ => return None,
    };
    let title = [tag.get("title"), &tag.text].into_iter().find(|text| !text.is_empty()).map(str::to_owned);
    let comments = is_of_comments(&url, title.as_deref());
    Some(Candidate { same_site: same_site(&url, here), url: url.into(), found, title, comments })
}

fn is_named(tag: &Tag, url: &Url) -> bool {
    let rel = tag.get("rel").to_ascii_lowercase();
    let kind = tag.get("type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let alternate = rel.split_whitespace().any(|word| matches!(word, "alternate" | "feed"));
    // WordPress names its interface for programs as application/json.
    alternate
        && FEED_TYPES.contains(&kind.as_str())
        && !url.path().contains("/wp-json/")
        && !is_translation(tag)
}

/// A page in another language, named as an alternate of this one.
fn is_translation(tag: &Tag) -> bool {
    !tag.get("hreflang").is_empty() && tag.get("type").is_empty()
}

fn looks_like_a_feed(tag: &Tag, url: &Url, here: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    if PASSED_OVER.contains(&registrable_domain(host).as_str()) {
        return false;
    }
    by_address(url) || same_site(url, here) && by_words(tag)
}

/// Whether the address itself says so.
fn by_address(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    let is_word = |text: &str| FEED_WORDS.contains(&text);
    let by_ending = [".rss", ".atom", ".rdf", ".xml"].iter().any(|ending| last.ends_with(ending));
    let by_name = last.split(['.', '-', '_']).any(is_word);
    let by_folder = path.split('/').any(is_word) && !last.contains(".htm");
    let query = url.query().unwrap_or_default().to_ascii_lowercase();
    let by_query = query.split(['&', '=']).any(is_word);
    let by_host = url.host_str().unwrap_or_default().split('.').next().is_some_and(is_word);
    (by_ending && !last.contains("sitemap")) || by_name || by_folder || by_query || by_host
}

/// Whether the words of the link say so.
fn by_words(tag: &Tag) -> bool {
    let words = format!("{} {} {}", tag.text, tag.get("title"), tag.get("class")).to_lowercase();
    let mut words = words.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
    // A sentence that mentions a feed is no link to one.
    tag.text.split_whitespace().count() <= 6 && words.any(|word| LINK_WORDS.contains(&word))
}

fn is_of_comments(url: &Url, title: Option<&str>) -> bool {
    const WORDS: &[&str] = &["comment", "kommentar", "коментар", "комментар"];
    let place = url[url::Position::BeforePath..].to_ascii_lowercase();
    let title = title.unwrap_or_default().to_lowercase();
    WORDS.iter().any(|word| place.contains(word) || title.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HERE: &str = "https://www.press.example/news/";

    fn found(page: &str) -> Vec<(String, Found)> {
        candidates(page.as_bytes(), HERE).into_iter().map(|found| (found.url, found.found)).collect()
    }

    #[track_caller]
    fn check(page: &str, want: &[(&str, Found)]) {
        let want: Vec<_> = want.iter().map(|(url, found)| ((*url).to_owned(), *found)).collect();
        assert_eq!(found(page), want);
    }

    #[test]
    fn what_the_page_names_comes_first_and_comments_last() {
        check(
            concat!(
                "<a href='/rss/'>All feeds</a>",
                "<link rel='alternate' type='application/rss+xml' title='Press » Comments Feed' href='/comments/feed/'>",
                "<link rel='alternate' type='application/atom+xml' href='https://feeds.other.example/press'>",
                "<link type='application/feed+json' rel='ALTERNATE' href='feed.json'>",
            ),
            &[
                ("https://www.press.example/news/feed.json", Found::Named),
                ("https://feeds.other.example/press", Found::Named),
                ("https://www.press.example/rss/", Found::Linked),
                ("https://www.press.example/comments/feed/", Found::Named),
            ],
        );
    }

    #[test]
    fn links_that_look_like_feeds_are_found_by_address_or_words() {
        for link in [
            "<a href='/world.rss'>World</a>",
            "<a href='/export/rss2/archive/index.xml'>x</a>",
            "<a href='/?feed=rss2'>x</a>",
            "<a href='https://rss.press.example/all'>x</a>",
            "<a href='/subscribe'>RSS</a>",
            "<a href='/lenta'>RSS-стрічка</a>",
            "<a href='/lenta'>Лента</a>",
            "<a href='/x' class='icon-rss'></a>",
        ] {
            let page = link.replace("icon-rss", "icon rss");
            assert_eq!(found(&page).len(), 1, "{link}");
        }
    }

    #[test]
    fn a_page_in_an_old_charset_is_read_too() {
        // "Лента новостей дня, вся лента за сегодня" in windows-1251.
        let words = b"\xcb\xe5\xed\xf2\xe0 \xed\xee\xe2\xee\xf1\xf2\xe5\xe9 \xe4\xed\xff";
        let page = [b"<p>".as_slice(), &words.repeat(3), b"</p><a href='/lenta'>", words, b"</a>"].concat();
        assert_eq!(candidates(&page, "https://press.example/").len(), 1);
    }

    #[test]
    fn what_is_no_feed_is_passed_over() {
        for link in [
            "<a href='#feed'>Feed</a>",
            "<a href='mailto:feed@press.example'>Feed</a>",
            "<a href='javascript:feed()'>RSS</a>",
            "<a href='https://www.facebook.com/press/rss'>RSS</a>",
            "<a href='/farmers'>How farmers feed a country in the middle of a war</a>",
            "<a href='/sitemap.xml'>Map</a>",
            "<link rel='alternate' hreflang='uk' href='/uk/'>",
            "<link rel='alternate' type='application/json' href='/wp-json/wp/v2/pages/2'>",
            "<link rel='stylesheet' type='text/css' href='/feed.css'>",
            "<a href='https://other.example/page'>RSS</a>",
        ] {
            assert_eq!(found(link), [], "{link}");
        }
    }

    #[test]
    fn addresses_are_joined_to_the_base_and_each_comes_once() {
        check(
            "<base href='/b/'><link rel=alternate type=application/rss+xml href='rss#top'><a href='/b/rss'>RSS</a>",
            &[("https://www.press.example/b/rss", Found::Named)],
        );
    }

    #[test]
    fn usual_places_stand_at_the_root_and_below_the_page() {
        let places = usual_places(HERE);
        assert_eq!(places[0].url, "https://www.press.example/news/feed");
        assert!(places.iter().any(|place| place.url == "https://www.press.example/rss.xml"));
        assert_eq!(usual_places("https://press.example/").len(), USUAL_PLACES.len());
    }

    #[test]
    fn only_sitemaps_of_news_are_taken_from_an_index() {
        let index = b"<?xml version='1.0'?><sitemapindex><sitemap><loc> https://press.example/sitemap-news.xml?a=1&amp;b=2 </loc></sitemap>\
            <sitemap><loc>https://press.example/archive-2010.xml</loc></sitemap>\
            <sitemap><loc>https://press.example/news-2010-01.xml.gz</loc></sitemap>\
            <sitemap><loc>https://press.example/news-1.xml.gz</loc></sitemap></sitemapindex>";
        let here = Url::parse(HERE).expect("an address");
        let found = news_sitemaps(&index_addresses(index), &here);
        let urls: Vec<&str> = found.iter().map(|found| found.url.as_str()).collect();
        let want = ["https://press.example/sitemap-news.xml?a=1&b=2", "https://press.example/news-1.xml.gz"];
        assert_eq!(urls, want);
        assert_eq!(index_addresses(b"<urlset><url><loc>https://a.example/</loc></url></urlset>"), [""; 0]);
    }

    proptest! {
        #[test]
        fn every_candidate_is_a_web_address_and_comes_once(bytes in proptest::collection::vec(any::<u8>(), 0..400), href in "[ -~]{0,40}") {
            let mut page = bytes;
            page.extend(format!("<a href=\"{href}\">rss</a><link rel=alternate type=text/xml href='{href}'>").bytes());
            let found = candidates(&page, HERE);
            let addresses: HashSet<&str> = found.iter().map(|found| found.url.as_str()).collect();
            prop_assert_eq!(addresses.len(), found.len());
            prop_assert!(addresses.iter().all(|url| url.starts_with("http://") || url.starts_with("https://")));
        }
    }
}
