//! What a body is that is no feed.

use super::repair::element_name;

/// What a body is that is no feed: it decides what a person should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotAFeedKind {
    /// A web page.
    Html,
    /// JSON that is no JSON Feed, such as an error.
    Json,
    /// A list of feeds.
    Opml,
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
            Self::Json => "json",
            Self::Opml => "opml",
            Self::Binary => "binary",
            Self::Empty => "empty",
            Self::Xml => "xml",
            Self::Text => "text",
            Self::Unreadable => "unreadable",
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
        let what = match kind {
            NotAFeedKind::Html => "the address answers with a web page, not a feed",
            NotAFeedKind::Json => "the address answers with JSON that is no feed",
            NotAFeedKind::Opml => "this is a list of feeds (OPML), not a feed",
            NotAFeedKind::Binary => "the address answers with a binary file",
            NotAFeedKind::Empty => "the address answers with an empty body",
            NotAFeedKind::Xml => "the address answers with XML that is no feed",
            NotAFeedKind::Text => "the address answers with plain text, not a feed",
            NotAFeedKind::Unreadable => "the body holds entries that could not be read",
        };
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
