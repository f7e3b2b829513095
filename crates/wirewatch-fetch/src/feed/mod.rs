//! Reading a feed: bytes in, entries out, no I/O.
//!
//! ```text
//! bytes ─decode─► text ─repair─► XML ─walk─► drafts ─keys─► entries
//!                       └──────► JSON ───────►┘
//! ```
//!
//! The walk is our own and reads sound feeds too: feed-rs has no place in its model for much of what is
//! needed of them (`rdf:about` as id, the written offset of a date, `sy:`, `skipHours`), so every body
//! would be read twice. Measured with feed-rs's texts and links laid over the walk's on all bodies both
//! read: one and a half times the CPU time, and fewer of the conformance facts right. It is the second
//! opinion in the tests.

mod aliases;
mod dates;
mod decode;
mod draft;
mod entities;
mod head;
mod json;
mod json_repair;
mod json_value;
mod keys;
mod kind;
mod markup;
mod names;
mod prolog;
mod repair;
mod text;
mod tree;
mod walk;
mod xml;

pub use dates::{read_date, rfc3339};
pub(crate) use decode::decode;
pub(crate) use head::{MOST_HUBS, hubs};
pub(crate) use keys::{each_once, web_address};
pub(crate) use kind::binary_kind;
pub use kind::{NotAFeed, NotAFeedKind};

use draft::language_code;
use keys::{Scope, entries};
use std::borrow::Cow;
pub(crate) use text::TITLE_CHARS;
use text::plain_title;
use url::Url;
use wirewatch_model::{Entry, FeedHead, Freshness, Repair};

/// Rises when the parser reads more than before: feeds whose last check had faults are then asked for
/// once more without validators (DESIGN §5.2).
pub const PARSER_VERSION: u32 = 3;

/// Entries read of one feed; what is beyond is reported and left.
pub(crate) const MOST_ENTRIES: usize = 5_000;

/// A feed as read.
#[derive(Clone, PartialEq)]
pub struct ParsedFeed {
    /// What it says of itself.
    pub head: FeedHead,
    /// Its entries in its own order; what it announces twice is here twice, under one key.
    pub entries: Vec<Entry>,
    /// What had to be mended.
    pub repairs: Vec<Repair>,
    /// Entries that could not be taken, with the reason.
    pub rejects: Vec<String>,
    /// When it asks to be read.
    pub freshness: Freshness,
    /// Whether all of it was read: false when the body was cut or holds too many entries. The
    /// validators of such an answer must not be kept.
    pub whole: bool,
}

impl std::fmt::Debug for ParsedFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParsedFeed")
            .field("format", &self.head.format)
            .field("entries", &self.entries.len())
            .field("repairs", &self.repairs)
            .field("whole", &self.whole)
            .finish_non_exhaustive()
    }
}

/// The first two steps alone, for fuzzing: the length of the decoded text, and the mended text.
pub(crate) fn decoded_and_mended(body: &[u8], content_type: Option<&str>) -> Option<(usize, String)> {
    let decoded = decode::decode(body, content_type, None);
    let mended = repair::mend(&decoded.text)?;
    Some((decoded.text.len(), mended.text.into_owned()))
}

/// The text of a document that may be in any encoding: its byte order mark, its own declaration and the
/// bytes themselves decide. Never fails: what cannot be decoded becomes U+FFFD.
pub fn decode_text(body: &[u8]) -> Cow<'_, str> {
    decode::decode(body, None, None).text
}

/// Reads a feed of any format.
///
/// `content_type` is the value of the header, its charset outranks the declaration; `url` is the
/// address that answered, the base of relative links. Faults are mended and reported, never fatal as
/// long as something of the feed can be read.
///
/// # Errors
/// When the body is no feed; the kind says what it is.
pub fn parse_feed(
    body: &[u8],
    content_type: Option<&str>,
    url: Option<&str>,
) -> Result<ParsedFeed, NotAFeed> {
    if let Some(kind) = binary_kind(body) {
        return Err(NotAFeed::new(NotAFeedKind::Binary, kind));
    }
    let decoded = decode::decode(body, content_type, url);
    let text = decoded
        .text
        .trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '\u{feff}' | '\0'));
    if text.is_empty() {
        return Err(NotAFeed::new(NotAFeedKind::Empty, ""));
    }
    let url = url.and_then(|url| Url::parse(url).ok());
    let mut parsed = match json::document(text) {
        Some(json) => from_json(json, url),
        None => xml::read(text, url),
    }?;
    parsed.repairs.extend(decoded.repair.map(|repair| Repair(repair.to_owned())));
    Ok(parsed)
}

fn from_json(text: &str, url: Option<Url>) -> Result<ParsedFeed, NotAFeed> {
    let feed = json::read(text, MOST_ENTRIES);
    if !feed.is_feed() {
        let detail = feed.message().or(feed.broken).unwrap_or_default();
        return Err(NotAFeed::new(NotAFeedKind::Json, &detail));
    }
    if feed.drafts.is_empty() && feed.broken.is_some() {
        return Err(NotAFeed::new(NotAFeedKind::Unreadable, feed.broken.as_deref().unwrap_or_default()));
    }
    let head = FeedHead {
        format: "json-feed".to_owned(),
        title: feed.string("title").map(|title| plain_title(&title)),
        link: feed.string("home_page_url").and_then(|link| web_address(&link, url.as_ref())),
        language: feed.string("language").and_then(|code| language_code(&code)),
        updated: None,
        self_url: feed.string("feed_url").and_then(|link| web_address(&link, url.as_ref())),
        hubs: hubs(feed.hubs(), url.as_ref()),
    };
    let scope = Scope { base: url, authors: feed.authors(), language: head.language.clone() };
    let mut repairs = Vec::new();
    let mut note = |repair: &str| repairs.push(Repair(repair.to_owned()));
    if feed.mended {
        note("forbidden-json");
    }
    if feed.broken.is_some() {
        note("cut-body");
    }
    if feed.left_out > 0 {
        note("too-many-entries");
    }
    let whole = feed.broken.is_none() && feed.left_out == 0;
    let (entries, mut rejects) = entries(feed.drafts, &scope);
    rejects.extend(feed.rejects);
    if entries.is_empty() && !rejects.is_empty() {
        return Err(NotAFeed::new(NotAFeedKind::Unreadable, "its entries are empty"));
    }
    Ok(ParsedFeed { head, entries, repairs, rejects, freshness: Freshness::default(), whole })
}
