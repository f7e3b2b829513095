//! `stage parse`: feeds into entries.

use super::line::{self, Answer, Line, LineError};
use serde_json::{Value, json};
use wirewatch_fetch::{ParsedFeed, parse_feed, rfc3339};
use wirewatch_model::{Entry, Stamp};

/// Answers one line: `{"id","path"|"body"|"body_base64","url"?,"headers"?}`.
pub(crate) fn answer(bytes: &[u8]) -> Answer {
    line::answer(bytes, |line| {
        let body = line.body("body")?;
        let content_type = content_type(line)?;
        let url = line.optional_text("url")?;
        match parse_feed(&body, content_type.as_deref(), url) {
            Ok(feed) => Ok(fields(&feed)),
            Err(refusal) => {
                let fields = vec![("kind", json!(refusal.kind.as_str()))];
                Err(LineError { error: refusal.into(), fields })
            }
        }
    })
}

fn content_type(line: &Line) -> anyhow::Result<Option<String>> {
    match line.value("headers")? {
        None => Ok(None),
        Some(Value::Object(headers)) => Ok(headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .and_then(|(_, value)| value.as_str())
            .map(str::to_owned)),
        Some(_) => anyhow::bail!("field headers is not an object"),
    }
}

fn fields(feed: &ParsedFeed) -> Vec<(&'static str, Value)> {
    let entries: Vec<Value> = feed.entries.iter().map(entry).collect();
    vec![
        ("format", json!(feed.head.format)),
        ("title", json!(feed.head.title)),
        ("link", json!(feed.head.link)),
        ("language", json!(feed.head.language)),
        ("entries", Value::Array(entries)),
        ("repairs", json!(feed.repairs)),
    ]
}

fn entry(entry: &Entry) -> Value {
    let written = |stamp: Option<Stamp>| stamp.map(|stamp| rfc3339(&stamp));
    json!({
        "id": entry.id,
        "key": entry.key,
        "url": entry.url,
        "title": entry.title,
        "published": written(entry.published),
        "updated": written(entry.updated),
        "authors": entry.authors,
        "summary": entry.summary,
        "content": entry.content,
    })
}
