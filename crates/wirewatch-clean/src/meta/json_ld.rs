//! Linked data (JSON-LD): the article a page describes, among graphs, arrays, breadcrumbs and other
//! articles, in JSON that is often broken.

use crate::text;
use serde_json::{Map, Value};
use std::ops::Range;

/// What linked data says of the page's article. Values as written, text of one line.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkedArticle {
    pub(crate) headline: Option<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) published: Option<String>,
    pub(crate) modified: Option<String>,
    pub(crate) description: Option<String>,
    /// `articleBody`, with its line breaks.
    pub(crate) body: Option<String>,
    pub(crate) section: Option<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) image: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) publisher: Option<String>,
    pub(crate) url: Option<String>,
    /// How sure it is that this describes the page's article.
    rank: u8,
}

/// Bounds: real pages hold less than 20 objects of interest.
const MAX_BLOCKS: usize = 40;
const MAX_BLOCK_BYTES: usize = 2 * 1024 * 1024;
const MAX_OBJECTS: usize = 2_000;
const MAX_LIST: usize = 30;

/// Reads the linked data of a page; `None` when it describes no article.
pub(crate) fn read(page: &str, blocks: &[Range<usize>]) -> Option<LinkedArticle> {
    let mut documents = Vec::new();
    for block in blocks.iter().filter(|block| block.len() <= MAX_BLOCK_BYTES).take(MAX_BLOCKS) {
        documents.extend(page.get(block.clone()).and_then(parse_tolerant));
    }
    let mut objects = Vec::new();
    for document in &documents {
        collect(document, &mut objects);
    }
    let mut best: Option<LinkedArticle> = None;
    for object in &objects {
        let rank = rank(object);
        if rank > 0 && best.as_ref().is_none_or(|best| rank > best.rank) {
            best = Some(article(object, &objects, rank));
        } else if rank > 0
            && let Some(best) = best.as_mut()
        {
            complete(best, &article(object, &objects, rank));
        }
    }
    best
}

/// Fills what the best object does not say from another that has the same headline.
fn complete(best: &mut LinkedArticle, other: &LinkedArticle) {
    if best.headline.is_some() && best.headline != other.headline {
        return;
    }
    let fill = |mine: &mut Option<String>, theirs: &Option<String>| {
        if mine.is_none() {
            mine.clone_from(theirs);
        }
    };
    fill(&mut best.published, &other.published);
    fill(&mut best.modified, &other.modified);
    fill(&mut best.body, &other.body);
    fill(&mut best.section, &other.section);
    if best.authors.is_empty() {
        best.authors.clone_from(&other.authors);
    }
}

/// JSON as it stands, else without control characters, trailing commas, comments and what stands
/// around it.
fn parse_tolerant(block: &str) -> Option<Value> {
    let block = block.trim();
    if let Ok(value) = serde_json::from_str(block) {
        return Some(value);
    }
    let start = block.find(['{', '['])?;
    let end = block.rfind(['}', ']'])?;
    let block = block.get(start..=end)?;
    let repaired = repair(block);
    serde_json::from_str(&repaired).ok().or_else(|| {
        // Several values after one another: the first that can be read.
        serde_json::Deserializer::from_str(&repaired).into_iter::<Value>().next()?.ok()
    })
}

/// One pass over broken JSON: raw line breaks and tabs inside strings escaped, commas before a
/// closing bracket dropped, unknown escapes made plain.
fn repair(block: &str) -> String {
    let mut out = String::with_capacity(block.len() + 64);
    let mut in_string = false;
    let mut letters = block.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if in_string => match letters.next() {
                Some(next @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u')) => {
                    out.extend(['\\', next]);
                }
                Some(next) if !next.is_control() => out.push(next),
                _ => {}
            },
            '"' => {
                in_string = !in_string;
                out.push('"');
            }
            '\n' if in_string => out.push_str("\\n"),
            letter if letter.is_control() => out.push(' '),
            '}' | ']' if !in_string => {
                let kept = out.trim_end().len();
                if out[..kept].ends_with(',') {
                    out.truncate(kept - 1);
                }
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// Objects of a document in order, without recursion: arrays, `@graph`, `mainEntity` and its kin.
fn collect<'a>(document: &'a Value, objects: &mut Vec<&'a Map<String, Value>>) {
    let mut open = vec![document];
    while let Some(value) = open.pop() {
        if objects.len() >= MAX_OBJECTS || open.len() >= MAX_OBJECTS {
            return;
        }
        match value {
            Value::Array(values) => open.extend(values.iter().take(MAX_OBJECTS).rev()),
            Value::Object(object) => {
                objects.push(object);
                for key in ["mainEntity", "mainEntityOfPage", "@graph"] {
                    if let Some(value @ (Value::Object(_) | Value::Array(_))) = object.get(key) {
                        open.push(value);
                    }
                }
            }
            _ => {}
        }
    }
}

/// 0: no article. More: more surely the article of this page.
fn rank(object: &Map<String, Value>) -> u8 {
    let types = match object.get("@type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => return 0,
    };
    let base = types.iter().map(|name| type_rank(name)).max().unwrap_or(0);
    if base == 0 {
        return 0;
    }
    let has = |key: &str| object.get(key).is_some_and(|value| !value.is_null());
    base + u8::from(has("headline") || has("name")) * 2
        + u8::from(has("datePublished")) * 2
        + u8::from(has("articleBody"))
}

fn type_rank(name: &str) -> u8 {
    let name = name.rsplit(['/', ':', '#']).next().unwrap_or(name);
    match name {
        "NewsArticle"
        | "ReportageNewsArticle"
        | "AnalysisNewsArticle"
        | "OpinionNewsArticle"
        | "BackgroundNewsArticle"
        | "LiveBlogPosting"
        | "AdvertiserContentArticle"
        | "ReviewNewsArticle"
        | "AskPublicNewsArticle" => 6,
        "Article" | "BlogPosting" | "SatiricalArticle" | "ScholarlyArticle" | "TechArticle" | "Report" => 5,
        "SocialMediaPosting" | "Review" | "Interview" => 3,
        "WebPage" | "ItemPage" => 1,
        _ => 0,
    }
}

fn article(object: &Map<String, Value>, objects: &[&Map<String, Value>], rank: u8) -> LinkedArticle {
    let line = |key: &str| object.get(key).and_then(first_text);
    LinkedArticle {
        headline: line("headline").or_else(|| line("name")),
        authors: object
            .get("author")
            .or_else(|| object.get("creator"))
            .map_or_else(Vec::new, |value| names(value, objects)),
        published: line("datePublished").or_else(|| line("dateCreated")),
        modified: line("dateModified"),
        description: line("description"),
        body: object.get("articleBody").and_then(Value::as_str).map(plain_text),
        section: line("articleSection"),
        keywords: object.get("keywords").map_or_else(Vec::new, keywords),
        image: object.get("image").and_then(address),
        language: line("inLanguage"),
        publisher: object.get("publisher").and_then(|value| names(value, objects).into_iter().next()),
        url: line("url").or_else(|| object.get("mainEntityOfPage").and_then(address)),
        rank,
    }
}

/// A text value, or the first of several, on one line.
fn first_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => unescape(text),
        Value::Array(values) => return values.iter().find_map(first_text_of_scalar),
        Value::Object(object) => {
            return object.get("name").or_else(|| object.get("@value")).and_then(first_text_of_scalar);
        }
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text::one_line(&text)).filter(|text| !text.is_empty())
}

fn first_text_of_scalar(value: &Value) -> Option<String> {
    value.as_str().map(|text| text::one_line(&unescape(text))).filter(|text| !text.is_empty())
}

/// Names of people or organisations, following references into the graph.
fn names(value: &Value, objects: &[&Map<String, Value>]) -> Vec<String> {
    let mut out = Vec::new();
    let values = match value {
        Value::Array(values) => values.iter().take(MAX_LIST).collect(),
        one => vec![one],
    };
    for value in values {
        match value {
            Value::String(name) => out.push(text::one_line(&unescape(name))),
            Value::Object(object) => {
                let named = object.get("name").or_else(|| {
                    let id = object.get("@id")?.as_str()?;
                    objects
                        .iter()
                        .find(|other| {
                            other.get("@id").and_then(Value::as_str) == Some(id) && other.contains_key("name")
                        })?
                        .get("name")
                });
                match named {
                    Some(Value::String(name)) => out.push(text::one_line(&unescape(name))),
                    Some(Value::Array(names)) => {
                        out.extend(names.iter().take(MAX_LIST).filter_map(first_text_of_scalar));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    out.retain(|name| !name.is_empty());
    out
}

fn address(value: &Value) -> Option<String> {
    match value {
        Value::String(address) => Some(address.trim().to_owned()),
        Value::Array(values) => values.first().filter(|first| !first.is_array()).and_then(address),
        Value::Object(object) => object
            .get("url")
            .or_else(|| object.get("contentUrl"))
            .or_else(|| object.get("@id"))
            .and_then(Value::as_str)
            .map(|address| address.trim().to_owned()),
        _ => None,
    }
    .filter(|address| !address.is_empty())
}

fn keywords(value: &Value) -> Vec<String> {
    let words: Vec<String> = match value {
        Value::String(words) => words.split([',', ';']).map(|word| text::one_line(&unescape(word))).collect(),
        Value::Array(values) => values.iter().take(MAX_LIST).filter_map(first_text).collect(),
        _ => Vec::new(),
    };
    words.into_iter().filter(|word| !word.is_empty()).take(MAX_LIST).collect()
}

/// A text that may hold markup and entities, as text with line breaks.
fn plain_text(body: &str) -> String {
    let body = if body.contains('<') || body.contains('&') {
        crate::entry::text_of_html(body)
    } else {
        body.to_owned()
    };
    let mut out = String::with_capacity(body.len());
    for line in body.lines().map(text::one_line).filter(|line| !line.is_empty()) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&line);
    }
    out
}

/// Entities that were escaped once too often.
pub(crate) fn unescape(text: &str) -> String {
    if !text.contains('&') { text.to_owned() } else { crate::entry::text_of_html(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_one(json: &str) -> Option<LinkedArticle> {
        read(json, std::slice::from_ref(&(0..json.len())))
    }

    #[test]
    fn finds_the_article_in_a_graph_and_follows_references() {
        let article = read_one(
            r##"{"@graph":[{"@type":"WebSite","name":"Site"},{"@type":"Person","@id":"#p","name":"Olha Kovalenko"},
                {"@type":["NewsArticle"],"headline":"Talks &amp; more","author":{"@id":"#p"},"datePublished":"2022-01-10T09:30:00+02:00"}]}"##,
        )
        .expect("an article");
        assert_eq!(article.headline.as_deref(), Some("Talks & more"));
        assert_eq!(article.authors, ["Olha Kovalenko"]);
        assert_eq!(article.published.as_deref(), Some("2022-01-10T09:30:00+02:00"));
    }

    #[test]
    fn broken_json_is_repaired() {
        for json in [
            "{\"@type\":\"NewsArticle\",\"headline\":\"A\nB\",}",
            "/* x */ {\"@type\":\"NewsArticle\",\"headline\":\"A\\' B\"}; ",
            "<!-- {\"@type\":\"NewsArticle\",\"headline\":\"A B\",\"keywords\":[\"x\",]} -->",
        ] {
            assert!(read_one(json).and_then(|article| article.headline).is_some(), "{json}");
        }
    }

    #[test]
    fn a_news_article_wins_over_the_page_and_others() {
        let article = read_one(
            r#"[{"@type":"WebPage","name":"Page"},{"@type":"NewsArticle","headline":"A","datePublished":"2022-01-10"},
                {"@type":"NewsArticle","headline":"Next"}]"#,
        )
        .expect("an article");
        assert_eq!(article.headline.as_deref(), Some("A"));
    }

    #[test]
    fn what_is_no_article_gives_none() {
        for json in ["", "{}", "[]", "null", "{\"@type\":\"Organization\",\"name\":\"x\"}", "{\"@type\":3}"] {
            assert!(read_one(json).is_none(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(json in "(\\{|\\}|\\[|\\]|\"|:|,|@type|NewsArticle|headline|author|name|\\\\|x|\n){0,40}") {
            let _ = read_one(&json);
        }
    }
}
