//! XML feeds of any format: mended, walked over, and refused when what they hold cannot be read.

use super::{
    MOST_ENTRIES, NotAFeed, NotAFeedKind, ParsedFeed,
    draft::{Draft, draft, head_authors},
    head,
    keys::{Scope, entries},
    kind,
    repair::{self, Mended, element_name},
    tree::{Element, Space},
    walk::{Found, walk},
};
use url::Url;
use wirewatch_model::Repair;

/// Roots of feeds, as they begin in a text.
const ROOTS: [&str; 3] = ["<rss", "<rdf:RDF", "<feed"];

/// Reads a text that should be XML.
pub(super) fn read(text: &str, url: Option<Url>) -> Result<ParsedFeed, NotAFeed> {
    let Some(mended) = repair::mend(text) else { return Err(kind::no_markup(text)) };
    let Some(other) = kind::by_root(&mended.text) else { return feed(&mended, url) };
    if let Some(feed) = feed_within(text, url.as_ref()) {
        return Ok(feed);
    }
    match other {
        // A root nobody knows may hold entries all the same.
        NotAFeedKind::Xml => unknown(&mended, url),
        NotAFeedKind::Html => Err(kind::page(text, url.as_ref())),
        other => Err(NotAFeed::new(other, "")),
    }
}

/// A feed behind another document, such as a notice in HTML, or inside one.
fn feed_within(text: &str, url: Option<&Url>) -> Option<ParsedFeed> {
    let is_root = |at: usize, root: &str| {
        text[at + root.len()..].starts_with(|next: char| next.is_whitespace() || next == '>')
    };
    let first = |root: &str| text.find(root).filter(|at| is_root(*at, root));
    let at = ROOTS.iter().filter_map(|root| first(root)).min()?;
    let mut mended = repair::mend(&text[at..])?;
    mended.repairs.insert("junk-before-root");
    feed(&mended, url.cloned()).ok().filter(|feed| !feed.entries.is_empty())
}

fn unknown(mended: &Mended<'_>, url: Option<Url>) -> Result<ParsedFeed, NotAFeed> {
    let (found, drafts) = walked(mended);
    if drafts.iter().any(Draft::says_something) {
        return parsed(mended, &found, drafts, url);
    }
    Err(kind::other_xml(&found))
}

fn walked<'t>(mended: &'t Mended<'_>) -> (Found<'t>, Vec<Draft>) {
    let mut drafts = Vec::new();
    let found = walk(mended, MOST_ENTRIES, |entry| drafts.push(draft(entry)));
    (found, drafts)
}

fn feed(mended: &Mended<'_>, url: Option<Url>) -> Result<ParsedFeed, NotAFeed> {
    let (found, drafts) = walked(mended);
    // "Read, and nothing new" must never be said of a feed that announces something.
    if drafts.is_empty() {
        let unreadable = |detail: &str| Err(NotAFeed::new(NotAFeedKind::Unreadable, detail));
        if holds_entries(&mended.text, &found) {
            return unreadable("no entry is whole");
        }
        if let Some(odd) = found.head.iter().find(|element| looks_like_an_entry(element)) {
            return unreadable(&format!("what looks like an entry is called <{}>", odd.name));
        }
    }
    parsed(mended, &found, drafts, url)
}

fn parsed(
    mended: &Mended<'_>,
    found: &Found<'_>,
    drafts: Vec<Draft>,
    url: Option<Url>,
) -> Result<ParsedFeed, NotAFeed> {
    let base = base(found, url);
    let head = head::head(found, base.as_ref());
    let own = || [&head.self_url, &head.link].into_iter().flatten().find_map(|url| Url::parse(url).ok());
    let scope = Scope {
        base: base.or_else(own),
        authors: head_authors(&found.head),
        language: head.language.clone(),
    };
    let (entries, rejects) = entries(drafts, &scope);
    if entries.is_empty() && !rejects.is_empty() {
        return Err(NotAFeed::new(NotAFeedKind::Unreadable, "its entries are empty"));
    }
    let mut repairs = mended.repairs.clone();
    repairs.extend(&found.repairs);
    if found.too_many {
        repairs.insert("too-many-entries");
    }
    Ok(ParsedFeed {
        head,
        entries,
        repairs: repairs.into_iter().map(|repair| Repair(repair.to_owned())).collect(),
        rejects,
        freshness: head::freshness(&found.head),
        whole: found.whole && !found.too_many,
    })
}

/// Whether `<item`, `<entry` or, in a sitemap, `<url` begins anywhere, prefixes allowed.
fn holds_entries(text: &str, found: &Found<'_>) -> bool {
    let entry = if found.root == "urlset" { ["url", "url"] } else { ["item", "entry"] };
    text.match_indices('<').any(|(at, _)| {
        let name = element_name_at(text, at);
        let local = name.rsplit(':').next().unwrap_or(name);
        entry.iter().any(|entry| local.eq_ignore_ascii_case(entry))
    })
}

fn element_name_at(text: &str, at: usize) -> &str {
    // Longer names are none of the three.
    element_name(&text[at..text.floor_char_boundary(at + 40)])
}

/// Whether an element of the head is an entry under a name of the publisher's own.
fn looks_like_an_entry(element: &Element<'_>) -> bool {
    const PARTS: [&str; 7] = ["title", "link", "guid", "pubdate", "description", "url", "date"];
    let known = ["image", "textinput", "author", "source", "logo", "icon"];
    element.space == Space::Feed
        && !known.contains(&&*element.name)
        && element.elements().filter(|part| PARTS.contains(&&*part.name)).count() >= 2
}

/// The base of links: `xml:base` of the root over the address of the feed.
fn base(found: &Found<'_>, url: Option<Url>) -> Option<Url> {
    let bases =
        found.root_attributes.iter().filter(|(name, _)| name == "xml:base").map(|(_, value)| value.trim());
    bases.fold(url, |outer, base| match &outer {
        Some(outer) => outer.join(base).ok().or(Some(outer.clone())),
        None => Url::parse(base).ok(),
    })
}
