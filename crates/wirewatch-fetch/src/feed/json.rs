//! JSON Feed 1.0 and 1.1, read item by item, so that one odd item or a cut body loses no other.

use super::{
    dates::read_date,
    draft::{Draft, language_code},
    text::{line, plain_title, to_html},
};
use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use std::fmt;

/// A JSON document as far as it is a feed.
#[derive(Default)]
pub(crate) struct JsonFeed {
    /// `version`, `title`, `home_page_url`, `feed_url`, `language`, `author(s)`, `hubs`.
    pub(crate) head: Map<String, Value>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) rejects: Vec<String>,
    /// Items beyond the limit.
    pub(crate) left_out: usize,
    /// Whether it has an `items` list.
    pub(crate) has_items: bool,
    /// What is wrong with the text, when it could not be read to its end.
    pub(crate) broken: Option<String>,
}

/// Reads a document, keeping at most `most` items.
pub(crate) fn read(text: &str, most: usize) -> JsonFeed {
    let mut feed = JsonFeed::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Document { feed: &mut feed, most }.deserialize(&mut deserializer);
    if let Err(error) = read {
        feed.broken = Some(error.to_string());
    }
    feed
}

impl JsonFeed {
    /// Whether the document is a JSON Feed and not some other JSON.
    pub(crate) fn is_feed(&self) -> bool {
        let version = self.head.get("version").and_then(Value::as_str).unwrap_or_default();
        version.contains("jsonfeed.org") || (self.has_items && !self.drafts.is_empty())
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
                "items" => {
                    self.feed.has_items = true;
                    map.next_value_seed(Items { feed: self.feed, most: self.most })?;
                }
                "version" | "title" | "home_page_url" | "feed_url" | "language" | "author" | "authors"
                | "hubs" => {
                    let value = map.next_value()?;
                    self.feed.head.insert(key, value);
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
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.feed.drafts.len() + self.feed.rejects.len() < self.most {
            match list.next_element::<Value>()? {
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
    names.iter().map(|name| line(name, 200)).filter(|name| !name.is_empty()).take(20).collect()
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
        assert!(!read(r#"{"error":"not found"}"#, 9).is_feed());
        assert!(!read(r#"{"items":[]}"#, 9).is_feed());
        assert!(!read("[1,2]", 9).is_feed());
    }

    #[test]
    fn items_beyond_the_limit_are_counted_and_not_kept() {
        let items = vec![r#"{"id":"a"}"#; 50].join(",");
        let feed = read(&format!(r#"{{"items":[{items}]}}"#), 20);
        assert_eq!((feed.drafts.len(), feed.left_out), (20, 30));
    }
}
