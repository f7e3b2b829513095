//! What a body is that is no feed.

use super::{
    repair::element_name,
    text::{line, title},
    tree::Space,
    walk::Found,
};
use crate::http::{headers::Headers, walls::wall};
use url::Url;

/// Longest quotation from the body in a message, in characters.
const DETAIL_CHARS: usize = 200;
/// How much of a page is looked at, in bytes.
const PAGE_BYTES: usize = 64 * 1024;
/// Sitemaps of an index that are named.
const NAMED_SITEMAPS: usize = 5;

/// What a body is that is no feed: it decides what a person should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotAFeedKind {
    /// A web page.
    Html,
    /// A web page that asks for a password.
    Login,
    /// A web page that asks for consent before anything else.
    Consent,
    /// The page of a wall against programs.
    Wall,
    /// JSON that is no JSON Feed, such as an error.
    Json,
    /// A list of feeds.
    Opml,
    /// A list of sitemaps.
    SitemapIndex,
    /// A picture, sound, archive or another binary file.
    Binary,
    /// Nothing.
    Empty,
    /// XML of another kind.
    Xml,
    /// Plain text.
    Text,
    /// A feed whose entries could not be read.
    Unreadable,
}

impl NotAFeedKind {
    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::Wall => "wall",
            Self::Json => "json",
            Self::Opml => "opml",
            Self::SitemapIndex => "sitemap-index",
            Self::Binary => "binary",
            Self::Empty => "empty",
            Self::Xml => "xml",
            Self::Text => "text",
            Self::Unreadable => "unreadable",
        }
    }

    /// What it is, and what a person can do about it.
    fn message(self) -> &'static str {
        match self {
            Self::Html => {
                "the address answers with a web page, not a feed; `feeds discover` looks for the feeds of a page"
            }
            Self::Login => {
                "the address answers with a login page; give the feed the header it wants, or drop it"
            }
            Self::Consent => {
                "the address answers with a page that asks for consent; look for another address of the feed"
            }
            Self::Wall => "a wall against programs answers; ask the publisher to let the feed through",
            Self::Json => "the address answers with JSON that is no feed",
            Self::Opml => "this is a list of feeds (OPML), not a feed; `feeds import` takes it",
            Self::SitemapIndex => "this is a list of sitemaps; follow the one that holds the news",
            Self::Binary => "the address answers with a binary file",
            Self::Empty => "the address answers with an empty body",
            Self::Xml => "the address answers with XML that is no feed",
            Self::Text => "the address answers with plain text, not a feed",
            Self::Unreadable => "the body holds entries that could not be read",
        }
    }
}

/// A body that is no feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NotAFeed {
    /// What it is.
    pub kind: NotAFeedKind,
    /// The same in words a person can act on.
    pub message: String,
}

impl NotAFeed {
    pub(crate) fn new(kind: NotAFeedKind, detail: &str) -> Self {
        let (what, detail) = (kind.message(), line(detail, DETAIL_CHARS));
        let message = if detail.is_empty() { what.to_owned() } else { format!("{what}: {detail}") };
        Self { kind, message }
    }
}

/// The kind of a binary file by its first bytes; `None` for what may be text.
pub(crate) fn binary_kind(body: &[u8]) -> Option<&'static str> {
    const MARKS: &[(&[u8], &str)] = &[
        (b"%PDF-", "a PDF file"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
        (b"RIFF", "a media file"),
        (b"PK\x03\x04", "an archive"),
        (b"\x1f\x8b", "an archive"),
        (b"ID3", "a sound"),
        (b"OggS", "a media file"),
        (b"\x00\x00\x01\x00", "a picture"),
        (b"wOFF", "a font"),
    ];
    let found = MARKS.iter().find(|(mark, _)| body.starts_with(mark)).map(|(_, kind)| *kind);
    let mp4 = || (body.get(4..8) == Some(b"ftyp".as_slice())).then_some("a media file");
    found.or_else(mp4)
}

/// What a text with this root element is; `None` when the root can be a feed's.
pub(crate) fn by_root(text: &str) -> Option<NotAFeedKind> {
    let written = element_name(text);
    let name = written.rsplit(':').next().unwrap_or(written).to_ascii_lowercase();
    match name.as_str() {
        "rss" | "feed" | "rdf" | "channel" | "entry" | "item" | "urlset" => None,
        "html" | "head" | "body" | "title" | "meta" | "script" | "div" | "p" | "br" | "b" | "h1"
        | "center" | "table" | "link" | "style" | "font" | "span" | "a" | "form" | "iframe" => {
            Some(NotAFeedKind::Html)
        }
        "opml" => Some(NotAFeedKind::Opml),
        "svg" => Some(NotAFeedKind::Binary),
        _ => Some(NotAFeedKind::Xml),
    }
}

/// A text without any markup.
pub(super) fn no_markup(text: &str) -> NotAFeed {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    NotAFeed::new(NotAFeedKind::Text, first)
}

/// A web page, by what its first part shows.
pub(super) fn page(text: &str, url: Option<&Url>) -> NotAFeed {
    if let Some(by) = wall(200, &Headers::default(), text.as_bytes()) {
        return NotAFeed::new(NotAFeedKind::Wall, by);
    }
    let start = &text[..text.floor_char_boundary(PAGE_BYTES)];
    let lower = start.to_lowercase();
    let heading = page_title(&lower).map(title).unwrap_or_default();
    let host = url.and_then(Url::host_str).unwrap_or_default();
    let asks_consent = ["consent.", "guce."].iter().any(|start| host.starts_with(start))
        || ["before you continue", "consent", "cookie wall", "privacy gate", "zustimmung"]
            .iter()
            .any(|words| heading.contains(words));
    let password = ["type=\"password\"", "type='password'", "type=password"];
    let kind = if password.iter().any(|field| lower.contains(field)) {
        NotAFeedKind::Login
    } else if asks_consent {
        NotAFeedKind::Consent
    } else {
        NotAFeedKind::Html
    };
    NotAFeed::new(kind, &page_title(start).map(title).unwrap_or_default())
}

fn page_title(page: &str) -> Option<&str> {
    let start = ["<title", "<TITLE"].iter().find_map(|tag| page.find(tag))?;
    let (_, rest) = page[start..].split_once('>')?;
    rest.split('<').next()
}

/// XML that is no feed: a list of sitemaps, or something whose message is worth quoting.
pub(super) fn other_xml(found: &Found<'_>) -> NotAFeed {
    if found.root == "sitemapindex" {
        let named = found.head.iter().filter_map(|child| child.child(Space::Feed, "loc"));
        let places: Vec<String> =
            named.take(NAMED_SITEMAPS).map(|loc| loc.text().trim().to_owned()).collect();
        return NotAFeed::new(NotAFeedKind::SitemapIndex, &places.join(" "));
    }
    let says = ["message", "faultstring", "reason", "description", "code", "error"];
    let said = says.iter().find_map(|name| {
        let mut named = found.head.iter().filter(|child| child.name == *name);
        named.next().map(|child| child.text())
    });
    NotAFeed::new(NotAFeedKind::Xml, &said.unwrap_or_default())
}
