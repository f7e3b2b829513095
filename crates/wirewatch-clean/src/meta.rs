//! What a page says about its article: linked data first, then Open Graph, microdata, meta elements
//! and visible text, each filling what the ones before left out.

pub(crate) mod authors;
pub(crate) mod dates;
pub(crate) mod facts;
pub(crate) mod json_ld;
pub(crate) mod title;

use crate::text;
use facts::{Facts, Microdata, Want};
use json_ld::{LinkedArticle, unescape};
use title::TitleSources;
use url::Url;
use wirewatch_model::{Stamp, address};

/// The metadata of a page's article.
#[derive(Debug, Default)]
pub(crate) struct Meta {
    pub(crate) title: String,
    pub(crate) authors: Vec<String>,
    pub(crate) published: Option<Stamp>,
    pub(crate) modified: Option<Stamp>,
    /// The language the page declares, as written.
    pub(crate) language: Option<String>,
    pub(crate) section: Option<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) image: Option<String>,
    pub(crate) canonical_url: Option<String>,
    pub(crate) publisher: Option<String>,
    /// The page's description of the article.
    pub(crate) description: Option<String>,
}

/// Where the parts of the metadata come from.
pub(crate) struct Sources<'a> {
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) linked: Option<&'a LinkedArticle>,
    pub(crate) url: Option<&'a str>,
    /// Visible headings of the first level.
    pub(crate) headings: Vec<&'a str>,
    /// Short visible lines next to the headline, nearest first.
    pub(crate) lines: Vec<&'a str>,
}

const PUBLISHED: &[&str] = &[
    "article:published_time",
    "article:published",
    "og:article:published_time",
    "og:published_time",
    "og:pubdate",
    "datepublished",
    "publishdate",
    "publish-date",
    "publish_date",
    "pubdate",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.issued",
    "dc.date.created",
    "dc.date",
    "dcterms.date",
    "date.issued",
    "article.published",
    "published_time_telegram",
    "date",
    "published",
    "article.created",
    "release_date",
    "shareaholic:article_published_time",
    "rnews:datepublished",
    "bt:pubdate",
    "originalpublicationdate",
];
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "last-modified",
    "lastmod",
    "dcterms.modified",
    "dc.date.modified",
    "article.updated",
    "revised",
    "updated_time",
];
const AUTHOR: &[&str] = &[
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "byl",
    "dc.creator",
    "dcterms.creator",
    "cxenseparse:author",
    "article:author_name",
    "article.author",
    "dc.contributor",
];

/// Puts the metadata together.
pub(crate) fn read(sources: &Sources<'_>) -> Meta {
    let facts = sources.facts;
    let linked = sources.linked;
    let base = sources.url.and_then(|url| Url::parse(url).ok());
    let publisher = facts
        .meta(&["og:site_name", "application-name", "dc.publisher", "twitter:site_name"])
        .map(line)
        .filter(|name| !name.is_empty())
        .or_else(|| linked.and_then(|linked| linked.publisher.clone()));
    let sites = site_names(sources, publisher.as_deref());
    let month_first = facts.html_lang.is_some_and(|lang| lang.eq_ignore_ascii_case("en-us"))
        || facts.meta(&["og:locale"]).is_some_and(|locale| locale.eq_ignore_ascii_case("en_us"));
    Meta {
        title: headline(sources, &sites),
        authors: author_names(sources, &sites),
        published: published(sources, month_first),
        modified: modified(sources, month_first),
        language: facts
            .html_lang
            .map(str::to_owned)
            .or_else(|| {
                facts.meta(&["content-language", "dc.language", "og:locale", "language"]).map(str::to_owned)
            })
            .or_else(|| linked.and_then(|linked| linked.language.clone())),
        section: linked
            .and_then(|linked| linked.section.clone())
            .or_else(|| facts.meta(&["article:section", "parsely-section", "section", "category"]).map(line))
            .or_else(|| microdata(facts, Microdata::Section)),
        keywords: keywords(sources),
        image: facts
            .meta(&["og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"])
            .map(str::to_owned)
            .or_else(|| linked.and_then(|linked| linked.image.clone()))
            .and_then(|image| absolute(base.as_ref(), &image)),
        canonical_url: facts
            .canonical
            .map(str::to_owned)
            .or_else(|| facts.meta(&["og:url"]).map(str::to_owned))
            .or_else(|| linked.and_then(|linked| linked.url.clone()))
            .and_then(|canonical| absolute(base.as_ref(), &canonical)),
        publisher,
        description: facts
            .meta(&["og:description", "description", "twitter:description"])
            .map(line)
            .or_else(|| linked.and_then(|linked| linked.description.clone())),
    }
}

fn line(text: &str) -> String {
    text::one_line(&unescape(text))
}

fn absolute(base: Option<&Url>, address: &str) -> Option<String> {
    let address = address.trim();
    let url = match base {
        Some(base) => base.join(address).ok()?,
        None => Url::parse(address).ok()?,
    };
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// The names by which a title or an author may turn out to be the site.
fn site_names(sources: &Sources<'_>, publisher: Option<&str>) -> Vec<String> {
    let mut names: Vec<String> = publisher.map(str::to_owned).into_iter().collect();
    names.extend(sources.linked.and_then(|linked| linked.publisher.clone()));
    for address in [sources.url, sources.facts.canonical].into_iter().flatten() {
        if let Some(domain) = address::publisher_domain(address) {
            let label = domain.split('.').next().unwrap_or_default().to_owned();
            names.extend([label, domain]);
        }
    }
    names.retain(|name| name.chars().count() > 1);
    names
}

fn headline(sources: &Sources<'_>, sites: &[String]) -> String {
    let facts = sources.facts;
    let open_graph = facts.meta(&["og:title", "dc.title", "parsely-title"]).map(line);
    let twitter = facts.meta(&["twitter:title"]).map(line);
    let window = facts.of(Want::Title).next().map(|found| text::one_line(&found.text));
    let microdata = microdata(facts, Microdata::Headline);
    title::choose(&TitleSources {
        linked: sources.linked.and_then(|linked| linked.headline.as_deref()),
        open_graph: open_graph.as_deref(),
        twitter: twitter.as_deref(),
        microdata: microdata.as_deref(),
        headings: sources.headings.clone(),
        window: window.as_deref(),
        sites,
    })
}

fn author_names(sources: &Sources<'_>, sites: &[String]) -> Vec<String> {
    let facts = sources.facts;
    let linked = sources.linked.map_or(&[][..], |linked| &linked.authors);
    let names = authors::clean(linked.iter().map(String::as_str), sites);
    if !names.is_empty() {
        return names;
    }
    let unescaped: Vec<String> = AUTHOR.iter().flat_map(|name| facts.metas(name)).map(line).collect();
    let names = authors::clean(unescaped.iter().map(String::as_str), sites);
    if !names.is_empty() {
        return names;
    }
    for want in [Want::Microdata(Microdata::Author), Want::AuthorLink, Want::Byline] {
        let texts: Vec<&str> = facts
            .of(want)
            .map(|found| found.value.filter(|_| want != Want::Byline).unwrap_or(&found.text))
            .filter(|text| text.len() < 120)
            .take(if want == Want::Byline { 1 } else { 4 })
            .collect();
        let names = authors::clean(texts, sites);
        if !names.is_empty() {
            return names;
        }
    }
    Vec::new()
}

fn published(sources: &Sources<'_>, month_first: bool) -> Option<Stamp> {
    let facts = sources.facts;
    let parse = |text: &str| dates::parse(text, month_first);
    let mut stamps: Vec<Stamp> = Vec::new();
    stamps.extend(sources.linked.and_then(|linked| parse(linked.published.as_deref()?)));
    stamps.extend(PUBLISHED.iter().flat_map(|name| facts.metas(name)).filter_map(parse));
    stamps.extend(values(facts, Want::Microdata(Microdata::Published)).filter_map(parse));
    if let Some(stamp) = most_exact(&stamps) {
        return Some(stamp);
    }
    values(facts, Want::Time)
        .find_map(parse)
        .or_else(|| facts.of(Want::Time).find_map(|found| parse(&found.text)))
        .or_else(|| sources.lines.iter().find_map(|line| parse(line)))
        .or_else(|| sources.url.and_then(dates::in_address))
        .or_else(|| facts.canonical.and_then(dates::in_address))
}

/// The first stamp, or a later one of about the same time that says more: an instant instead of a
/// day, an offset instead of none.
fn most_exact(stamps: &[Stamp]) -> Option<Stamp> {
    let first = *stamps.first()?;
    let exactness = |stamp: &Stamp| match stamp {
        Stamp::Day(_) => 0,
        Stamp::Instant { offset_secs: None, .. } => 1,
        Stamp::Instant { .. } => 2,
    };
    // A day apart at most: the offset that is missing can be that large.
    let near = |stamp: &&Stamp| stamp.instant().as_second().abs_diff(first.instant().as_second()) <= 86_400;
    let mut best = first;
    for stamp in stamps.iter().filter(near) {
        if exactness(stamp) > exactness(&best) {
            best = *stamp;
        }
    }
    Some(best)
}

fn modified(sources: &Sources<'_>, month_first: bool) -> Option<Stamp> {
    let parse = |text: &str| dates::parse(text, month_first);
    sources
        .linked
        .and_then(|linked| parse(linked.modified.as_deref()?))
        .or_else(|| MODIFIED.iter().flat_map(|name| sources.facts.metas(name)).find_map(parse))
        .or_else(|| values(sources.facts, Want::Microdata(Microdata::Modified)).find_map(parse))
}

/// Values of an element, or its text where it has none.
fn values<'a>(facts: &'a Facts<'a>, want: Want) -> impl Iterator<Item = &'a str> {
    facts.of(want).map(|found| found.value.unwrap_or(&found.text))
}

fn microdata(facts: &Facts<'_>, want: Microdata) -> Option<String> {
    values(facts, Want::Microdata(want)).map(text::one_line).find(|text| !text.is_empty())
}

fn keywords(sources: &Sources<'_>) -> Vec<String> {
    if let Some(linked) = sources.linked.filter(|linked| !linked.keywords.is_empty()) {
        return linked.keywords.clone();
    }
    let mut out: Vec<String> = sources.facts.metas("article:tag").map(line).collect();
    if out.is_empty() {
        let listed = sources.facts.meta(&["news_keywords", "keywords", "parsely-tags"]).unwrap_or_default();
        out = listed.split([',', ';']).map(line).collect();
    }
    out.retain(|word| !word.is_empty() && word.len() <= 100);
    out.truncate(30);
    out
}
