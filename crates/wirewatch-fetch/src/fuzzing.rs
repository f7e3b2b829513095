//! What must hold of any input, for the fuzz targets and for the test that replays their corpora.
//!
//! Not part of the interface: it reaches what is inside. Every function panics when something does not
//! hold.

use crate::{
    feed::{MOST_ENTRIES, MOST_HUBS, TITLE_CHARS, decoded_and_mended, parse_feed, read_date},
    http::robots::Robots,
};
use wirewatch_model::Stamp;

const URL: Option<&str> = Some("http://fuzz.example/feed.xml");

/// Any bytes as a feed: read or refused, and the same twice.
pub fn feed(bytes: &[u8]) {
    let read = parse_feed(bytes, None, URL);
    assert!(read == parse_feed(bytes, None, URL), "two readings differ");
    let Ok(feed) = read else { return };
    assert!(feed.entries.len() <= MOST_ENTRIES);
    assert!(feed.head.hubs.len() <= MOST_HUBS);
    for entry in &feed.entries {
        assert!(!entry.key.is_empty() && entry.key.len() <= 256);
        assert!(entry.url.as_deref().is_none_or(|url| url.starts_with("http")));
        assert!(entry.title.chars().count() <= TITLE_CHARS && !entry.title.chars().any(char::is_control));
    }
}

/// Bytes behind the beginning of a JSON Feed.
pub fn json_feed(bytes: &[u8]) {
    feed(bytes);
    feed(&[br#"{"version":"https://jsonfeed.org/version/1.1","items":[{"id":1,"#.as_slice(), bytes].concat());
}

/// Bytes inside a news sitemap.
pub fn sitemap(bytes: &[u8]) {
    feed(bytes);
    feed(&[b"<urlset><url><loc>http://fuzz.example/1</loc>".as_slice(), bytes, b"</url></urlset>"].concat());
}

/// Any bytes decoded and mended: nothing XML forbids is left, and the text hardly grows. The first
/// byte chooses what the server says of the encoding.
pub fn repair(bytes: &[u8]) {
    const TYPES: [Option<&str>; 4] = [
        None,
        Some("text/xml; charset=windows-1251"),
        Some("text/xml; charset=utf-16"),
        Some("text/xml; charset=x"),
    ];
    let Some((first, body)) = bytes.split_first() else { return };
    let content_type = TYPES[usize::from(first % 4)];
    let Some((decoded, mended)) = decoded_and_mended(body, content_type) else { return };
    assert!(mended.len() <= decoded + 512 * 1024, "{decoded} bytes became {}", mended.len());
    let forbidden =
        |letter: char| letter.is_control() && letter < ' ' && !matches!(letter, '\t' | '\n' | '\r');
    assert!(!mended.contains(forbidden));
}

/// Any text as a date: one that is read is possible, and is read from its own text.
pub fn date(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(stamp) = read_date(text) else { return };
    let year = match stamp {
        Stamp::Day(day) => day.year(),
        Stamp::Instant { at, .. } => jiff::tz::Offset::UTC.to_datetime(at).year(),
    };
    // A zone may move New Year by a day.
    assert!((999..=9999).contains(&year), "{text}: {stamp}");
    assert_eq!(read_date(&stamp.to_string()), Some(stamp), "{text}");
}

/// Any bytes as robots.txt: the token counts in any case, and `/robots.txt` itself is always allowed.
pub fn robots(bytes: &[u8]) {
    let rules = Robots::parse(bytes, "wirewatch");
    assert_eq!(rules, Robots::parse(bytes, "WireWatch"));
    for path in ["/", "/a/b?c=d", "/%7Ea/%D0%B1"] {
        let _ = rules.allows(path);
    }
    assert!(rules.allows("/robots.txt"));
}
