//! Cuts the article out of a web page: text in paragraphs, and what the page says of it.
//!
//! ```text
//! bytes ─ decode ─► text ─ prepass ─► less markup, linked data apart
//!       ─ tree ─► html5ever's tree, bounded ─ body::outline ─► blocks + facts, one walk
//!       ─ meta ─► title, authors, times …   ─ body ─► the article's paragraphs
//!       ─ reject ─► an article, or why it is none
//! ```
//!
//! [`clean`] is a plain function: no I/O, and the same page with the same memory of its host and the
//! same `now` gives the same article. A page is parsed once and its tree walked once; nothing here
//! recurses by the depth of a page and every step is linear in its length, so that no page can make
//! it slow or end the process. What recurs on a host is learnt through
//! [`HostObservation`] and comes back as [`HostMemory`].
//!
//! [`clean_entry`] makes an article of what the feed itself said, for when the page cannot be had;
//! [`fill_from_entry`] completes an article with what only the feed knew.

mod body;
mod decode;
mod entry;
mod language;
mod meta;
mod prepass;
mod reject;
mod text;
mod tree;

pub use body::judge::Fate;
pub use entry::{FULL_CONTENT_WORDS, clean_entry, fill_from_entry};
pub use reject::NotArticle;

use body::outline::{Kind, Outline};
use jiff::{Timestamp, ToSpan};
use meta::facts::Facts;
use meta::json_ld;
use wirewatch_model::{CleanArticle, HostMemory, HostObservation, Method, Stamp, address, word_count};

/// A page as it was answered.
#[derive(Clone, Copy, Debug)]
pub struct PageInput<'a> {
    /// The address that answered, after redirects.
    pub url: Option<&'a str>,
    /// The answer's `content-type`.
    pub content_type: Option<&'a str>,
    /// The body, decompressed.
    pub body: &'a [u8],
}

/// A cleaned page.
#[derive(Clone, Debug)]
pub struct Cleaned {
    /// The article; also given, as far as there is one, when the page was rejected.
    pub article: CleanArticle,
    /// What the page teaches of its host.
    pub observation: HostObservation,
    /// Why the page is no article.
    pub rejected: Option<NotArticle>,
}

/// A block of a page and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ExplainedBlock {
    /// The block's text.
    pub text: String,
    /// Kept, or why not.
    pub fate: Fate,
}

/// Bodies beyond this are cut, in bytes.
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// Cleans a page. `memory` is what is known of its host, `now` keeps times of the future out.
pub fn clean(page: &PageInput<'_>, memory: &HostMemory, now: Timestamp) -> Cleaned {
    clean_with(page, memory, now, |_, _| ())
}

/// [`clean`] that also gives every block of the page with what became of it, in the page's order.
pub fn explain(page: &PageInput<'_>, memory: &HostMemory, now: Timestamp) -> (Cleaned, Vec<ExplainedBlock>) {
    let mut blocks = Vec::new();
    let cleaned = clean_with(page, memory, now, |outline, fates| {
        let pairs = outline.blocks.iter().zip(fates);
        blocks =
            pairs.map(|(block, fate)| ExplainedBlock { text: block.text.clone(), fate: *fate }).collect();
    });
    (cleaned, blocks)
}

fn clean_with(
    page: &PageInput<'_>,
    memory: &HostMemory,
    now: Timestamp,
    look: impl FnOnce(&Outline, &[Fate]),
) -> Cleaned {
    if let Some(reason) = reject::not_html(page.body, page.content_type) {
        let nothing = article(page.url, meta::Meta::default(), String::new(), Method::Page, now);
        return Cleaned { article: nothing, observation: HostObservation::default(), rejected: Some(reason) };
    }
    let host = page.url.and_then(address::host);
    let body = &page.body[..page.body.len().min(MAX_PAGE_BYTES)];
    let source = decode::decode(body, page.content_type, host.as_deref());
    let prepared = prepass::prepare(&source);
    let linked = json_ld::read(&source, &prepared.linked_data);
    let parsed = tree::parse(&prepared.html);
    let mut facts = Facts::default();
    let outline = body::outline::outline(&parsed, &mut facts);
    let meta = meta::read(&meta::Sources {
        facts: &facts,
        linked: linked.as_ref(),
        url: page.url,
        headings: headings(&outline),
        lines: body::near_heading(&outline),
    });
    let linked_body = linked.as_ref().and_then(|linked| linked.body.as_deref());
    let mut cut = body::extract(
        &outline,
        &body::Cues {
            title: &meta.title,
            description: meta.description.as_deref(),
            authors: &meta.authors,
            linked_body,
            memory,
        },
    );
    look(&outline, &cut.fates);
    let (text, method) = text_of(&mut cut, linked_body);
    let is_declared = linked.as_ref().is_some_and(|linked| linked.published.is_some())
        || facts.meta(&["og:type"]).is_some_and(|kind| kind.eq_ignore_ascii_case("article"));
    let rejected = reject::judge(&reject::Evidence {
        url: page.url,
        title: &meta.title,
        text: &text,
        body: &cut,
        page_weight: outline.blocks.iter().map(|block| block.weight).sum(),
        page_link_weight: outline.blocks.iter().map(|block| block.link_weight).sum(),
        is_declared,
    });
    let observation = HostObservation { host: host.unwrap_or_default(), blocks: body::observe(&outline) };
    Cleaned { article: article(page.url, meta, text, method, now), observation, rejected }
}

fn article(
    url: Option<&str>,
    meta: meta::Meta,
    text: String,
    method: Method,
    now: Timestamp,
) -> CleanArticle {
    let readable = if text.is_empty() { &meta.title } else { &text };
    CleanArticle {
        url: url.unwrap_or_default().to_owned(),
        canonical_url: meta.canonical_url,
        language: language::of_text(readable, meta.language.as_deref()),
        title: meta.title,
        authors: meta.authors,
        publisher: meta.publisher,
        published: meta.published.filter(|stamp| is_past(stamp, now)),
        modified: meta.modified.filter(|stamp| is_past(stamp, now)),
        section: meta.section,
        keywords: meta.keywords,
        image: meta.image,
        text,
        method,
    }
}

/// The page's text; the linked data's when the page shows only the beginning of it.
fn text_of(cut: &mut body::Body, linked_body: Option<&str>) -> (String, Method) {
    if let Some(linked) = linked_body {
        let (shown, told) = (word_count(&cut.text), word_count(linked));
        if told >= 80 && shown * 2 < told && agrees(&cut.text, linked) {
            return (linked.replace('\n', "\n\n"), Method::StructuredData);
        }
    }
    (std::mem::take(&mut cut.text), Method::Page)
}

/// Whether what little the page shows stands in the linked body, or is too little to speak against it.
fn agrees(shown: &str, linked: &str) -> bool {
    let told = text::folded(linked);
    let paragraphs: Vec<&str> =
        shown.split("\n\n").filter(|paragraph| text::weight(paragraph) >= 40).collect();
    let agreeing =
        paragraphs.iter().filter(|paragraph| told.contains(text::folded(paragraph).as_str())).count();
    paragraphs.len() <= 2 || agreeing * 2 >= paragraphs.len()
}

fn headings(outline: &Outline) -> Vec<&str> {
    let blocks = outline.blocks.iter().filter(|block| block.kind == Kind::Heading(1));
    blocks.map(|block| block.text.as_str()).take(20).collect()
}

/// Whether a time is not in the future. Clocks and zones differ: a day is allowed.
pub(crate) fn is_past(stamp: &Stamp, now: Timestamp) -> bool {
    now.checked_add(24.hours()).is_ok_and(|latest| stamp.instant() <= latest)
}
