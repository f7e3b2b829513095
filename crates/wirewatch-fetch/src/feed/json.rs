//! JSON Feed 1.0 and 1.1, read item by item, so that one odd item or a cut body loses no other.
//!
//! A list under another name (`entries`, `articles`), or alone, is taken when its items say what items
//! say: a title or text, and an address or id.

use super::{
    dates::read_date,
    draft::{Draft, MOST_AUTHORS, NAME_CHARS, language_code},
    json_value::Bounded,
    text::{line, plain_title, to_html},
};
use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use std::fmt;

/// Longest call or guard before a document, in bytes.
const LONGEST_GUARD: usize = 64;

/// Where programs put what went wrong, best first.
const ERROR_KEYS: [&str; 8] =
    ["message", "error_description", "detail", "error", "errors", "reason", "title", "code"];

/// What is read of an item.
const ITEM_KEYS: [&str; 12] = [
    "id",
    "url",
    "external_url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "date_published",
    "date_modified",
    "authors",
    "author",
    "language",
];

/// A JSON document as far as it is a feed.
#[derive(Default)]
pub(crate) struct JsonFeed {
    /// `version`, `title`, `home_page_url`, `feed_url`, `language`, `author(s)`, `hubs`.
    pub(crate) head: Map<String, Value>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) rejects: Vec<String>,
    /// Items beyond the limit.
    pub(crate) left_out: usize,
    /// Whether what JSON forbids had to be mended.
    pub(crate) mended: bool,
    /// What is wrong with the text, when it could not be read to its end.
    pub(crate) broken: Option<String>,
}

/// The JSON document a text holds: all of it, or what stands behind a guard such as `)]}'` or in a call.
pub(crate) fn document(text: &str) -> Option<&str> {
    if text.starts_with('<') {
        return None;
    }
    let start = text.find(['{', '['])?;
    let before = text[..start].trim_end();
    let guarded = before.len() <= LONGEST_GUARD && (before.ends_with('(') || before.starts_with(")]}"));
    if before.starts_with(")]}") && guarded {
        let (_, behind) = text.split_once('\n')?;
        return document(behind.trim_start());
    }
    (start == 0 || guarded && !before.contains('<')).then(|| &text[start..])
}

/// Reads a document, keeping at most `most` items. One that breaks off is read once more with what JSON
/// forbids mended.
pub(crate) fn read(text: &str, most: usize) -> JsonFeed {
    let feed = read_strictly(text, most);
    if feed.broken.is_none() {
        return feed;
    }
    let mended = JsonFeed { mended: true, ..read_strictly(&super::json_repair::mend(text), most) };
    if mended.broken.is_none() || mended.drafts.len() > feed.drafts.len() { mended } else { feed }
}

fn read_strictly(text: &str, most: usize) -> JsonFeed {
    let mut feed = JsonFeed::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = if text.starts_with('[') {
        Items { feed: &mut feed, most }.deserialize(&mut deserializer)
    } else {
        Document { feed: &mut feed, most }.deserialize(&mut deserializer)
    };
    if let Err(error) = read {
        feed.broken = Some(error.to_string());
    }
    feed
}

impl JsonFeed {
    /// Whether the document is a feed and not some other JSON.
    pub(crate) fn is_feed(&self) -> bool {
        let version = self.head.get("version").and_then(Value::as_str).unwrap_or_default();
        version.contains("jsonfeed.org") || self.drafts.iter().any(Draft::says_something)
    }

    /// What an answer that is no feed says of itself: the message of an error.
    pub(crate) fn message(&self) -> Option<String> {
        ERROR_KEYS.iter().find_map(|name| match self.head.get(*name)? {
            Value::Object(error) => ERROR_KEYS.iter().find_map(|name| string(error, name)),
            _ => self.string(name),
        })
    }

    pub(crate) fn string(&self, name: &str) -> Option<String> {
        string(&self.head, name)
    }

    pub(crate) fn authors(&self) -> Vec<String> {
        authors(&self.head)
    }

    /// Addresses of WebSub hubs, as written; hubs of other kinds are left.
    pub(crate) fn hubs(&self) -> impl Iterator<Item = &str> {
        let hubs = self.head.get("hubs").and_then(Value::as_array).into_iter().flatten();
        hubs.filter_map(|hub| {
            let kind = hub.get("type").and_then(Value::as_str).unwrap_or("websub");
            let websub = ["websub", "pubsubhubbub"].iter().any(|name| kind.eq_ignore_ascii_case(name));
            hub.get("url").and_then(Value::as_str).filter(|_| websub)
        })
    }
}

struct Document<'f> {
    feed: &'f mut JsonFeed,
    most: usize,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "items" | "Items" | "entries" | "articles" | "posts" => {
                    map.next_value_seed(Items { feed: self.feed, most: self.most })?;
                }
                "version" | "title" | "home_page_url" | "feed_url" | "language" | "author" | "authors"
                | "hubs" => {
                    let value = map.next_value_seed(Bounded::any())?;
                    self.feed.head.insert(key, value);
                }
                key if ERROR_KEYS.contains(&key) => {
                    let value = map.next_value_seed(Bounded::any())?;
                    self.feed.head.insert(key.to_owned(), value);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Items<'f> {
    feed: &'f mut JsonFeed,
    most: usize,
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.feed.drafts.len() + self.feed.rejects.len() < self.most {
            match list.next_element_seed(Bounded::object(&ITEM_KEYS))? {
                Some(Value::Object(item)) => self.feed.drafts.push(draft(&item)),
                Some(_) => self.feed.rejects.push("an item is no object".to_owned()),
                None => return Ok(()),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            self.feed.left_out += 1;
        }
        Ok(())
    }
}

fn draft(item: &Map<String, Value>) -> Draft {
    let links = ["url", "external_url"].iter().filter_map(|name| string(item, name)).collect();
    let content =
        string(item, "content_html").or_else(|| string(item, "content_text").map(|text| to_html(&text)));
    Draft {
        id: string(item, "id"),
        links,
        base: None,
        title: string(item, "title").map(|title| plain_title(&title)).unwrap_or_default(),
        published: string(item, "date_published").and_then(|date| read_date(&date)),
        updated: string(item, "date_modified").and_then(|date| read_date(&date)),
        authors: authors(item),
        summary: string(item, "summary").map(|text| to_html(&text)),
        content,
        language: string(item, "language").and_then(|code| language_code(&code)),
        empty: item.is_empty(),
    }
}

/// A text, or a number as text: the format asks readers to take numeric ids.
fn string(map: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match map.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// `authors` of version 1.1, else `author` of 1.0.
fn authors(map: &Map<String, Value>) -> Vec<String> {
    let name = |author: &Value| match author {
        Value::Object(author) => string(author, "name"),
        Value::String(name) => Some(name.clone()),
        _ => None,
    };
    let names = match (map.get("authors"), map.get("author")) {
        (Some(Value::Array(authors)), _) if !authors.is_empty() => authors.iter().filter_map(name).collect(),
        (_, Some(author)) => name(author).into_iter().collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let names = names.iter().map(|name| line(name, NAME_CHARS)).filter(|name| !name.is_empty());
    names.take(MOST_AUTHORS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numeric_ids_and_odd_items_are_taken() {
        let feed = read(
            r#"{"version":"https://jsonfeed.org/version/1.1","items":[{"id":7,"title":null},3,{"id":"8"}]}"#,
            9,
        );
        let ids: Vec<_> = feed.drafts.iter().map(|draft| draft.id.as_deref()).collect();
        assert_eq!((ids, feed.rejects.len(), feed.broken), (vec![Some("7"), Some("8")], 1, None));
    }

    #[test]
    fn a_cut_document_keeps_its_whole_items() {
        let feed = read(
            r#"{"version":"https://jsonfeed.org/version/1","items":[{"id":"1"},{"id":"2","title":"ha"#,
            9,
        );
        assert_eq!((feed.drafts.len(), feed.broken.is_some()), (1, true));
    }

    #[test]
    fn only_hubs_of_websub_are_hubs() {
        let feed = read(
            r#"{"hubs":[{"type":"rssCloud","url":"http://c.example/"},{"type":"WebSub","url":"http://h.example/"},7]}"#,
            9,
        );
        assert_eq!(feed.hubs().collect::<Vec<_>>(), ["http://h.example/"]);
    }

    #[test]
    fn other_json_is_no_feed() {
        for text in
            [r#"{"error":"not found"}"#, r#"{"items":[]}"#, r#"{"items":[{"id":5,"name":"x"}]}"#, "[1,2]"]
        {
            assert!(!read(text, 9).is_feed(), "{text}");
        }
    }

    #[test]
    fn lists_under_other_names_are_taken() {
        let item = r#"{"url":"http://a.example/1","title":"One"}"#;
        for text in [
            format!("[{item}]"),
            format!("{{\"articles\":[{item}]}}"),
            format!("{{\"version\":\"https://jsonfeed.org/version/1\",\"entries\":[{item}]}}"),
        ] {
            let feed = read(&text, 9);
            assert!(feed.is_feed() && feed.drafts.len() == 1, "{text}");
        }
    }

    #[test]
    fn forbidden_characters_lose_no_item() {
        let feed = read("{\"items\":[{\"id\":\"1\",\"title\":\"a\nb\"},{\"id\":\"2\",\"x\":NaN,},]}", 9);
        assert_eq!((feed.drafts.len(), feed.mended, feed.broken), (2, true, None));
        assert_eq!(feed.drafts[0].title, "a b");
    }

    #[test]
    fn the_message_of_an_error_is_found() {
        for text in
            [r#"{"status":404,"message":"gone fishing"}"#, r#"{"error":{"code":5,"message":"gone fishing"}}"#]
        {
            assert_eq!(read(text, 9).message().as_deref(), Some("gone fishing"));
        }
    }

    #[test]
    fn a_document_is_found_behind_a_guard() {
        assert_eq!(document("{\"a\":1}"), Some("{\"a\":1}"));
        assert_eq!(document(")]}',\n{}"), Some("{}"));
        assert_eq!(document("callback({});"), Some("{});"));
        assert_eq!(document("Service {unavailable}"), None);
        assert_eq!(document("<rss>{}</rss>"), None);
    }

    #[test]
    fn items_beyond_the_limit_are_counted_and_not_kept() {
        let items = vec![r#"{"id":"a"}"#; 50].join(",");
        let feed = read(&format!(r#"{{"items":[{items}]}}"#), 20);
        assert_eq!((feed.drafts.len(), feed.left_out), (20, 30));
    }
}
