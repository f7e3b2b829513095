//! `stage clean`: pages into articles.

use super::line::{self, Answer, Line, LineError};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use wirewatch_clean::{Cleaned, PageInput, clean};
use wirewatch_model::{HostMemory, HostObservation, address};

/// Answers one line: `{"id","path"|"html","url"?,"content_type"?}`, without any memory of hosts.
pub(crate) fn answer(bytes: &[u8], now: Timestamp) -> Answer {
    line::answer(bytes, |line| fields(line, &clean_line(line, &HostMemory::default(), now)?))
}

fn clean_line(line: &Line, memory: &HostMemory, now: Timestamp) -> Result<Cleaned, LineError> {
    let body = line.body("html")?;
    let page = PageInput {
        url: line.optional_text("url")?,
        content_type: line.optional_text("content_type")?,
        body: &body,
    };
    Ok(clean(&page, memory, now))
}

fn fields(line: &Line, cleaned: &Cleaned) -> Result<Vec<(&'static str, Value)>, LineError> {
    let article = &cleaned.article;
    let url = Some(&article.url).filter(|url| !url.is_empty()).map(String::as_str);
    let given = line.optional_text("url")?;
    Ok(vec![
        ("url", json!(given.or(url))),
        ("title", json!(article.title)),
        ("authors", json!(article.authors)),
        ("published", json!(article.published)),
        ("modified", json!(article.modified)),
        ("language", json!(article.language)),
        ("publisher", json!(article.publisher)),
        ("canonical_url", json!(article.canonical_url)),
        ("image", json!(article.image)),
        ("text", json!(article.text)),
        ("method", json!(article.method)),
        ("rejected", json!(cleaned.rejected.as_ref().map(ToString::to_string))),
    ])
}

/// What `--learn` remembers of the hosts of the lines before.
#[derive(Default)]
pub(crate) struct Hosts {
    memories: HashMap<String, HostMemory>,
    /// Pages already counted: the same page twice says nothing about its host.
    seen: HashSet<String>,
}

impl Hosts {
    /// Answers one line with what was learnt so far, then learns from it.
    pub(crate) fn answer(&mut self, bytes: &[u8], now: Timestamp) -> Answer {
        line::answer(bytes, |line| {
            let host = line.optional_text("url")?.and_then(address::host).unwrap_or_default();
            let nothing = HostMemory::default();
            let memory = self.memories.get(&host).unwrap_or(&nothing);
            let cleaned = clean_line(line, memory, now)?;
            let fields = fields(line, &cleaned)?;
            self.learn(line, &cleaned.observation);
            Ok(fields)
        })
    }

    fn learn(&mut self, line: &Line, observation: &HostObservation) {
        let page = line.optional_text("url").ok().flatten().and_then(address::identity);
        let Some(page) = page.filter(|_| !observation.host.is_empty()) else { return };
        if !self.seen.insert(page) {
            return;
        }
        let memory = self.memories.entry(observation.host.clone()).or_default();
        memory.pages += 1;
        for block in &observation.blocks {
            *memory.blocks.entry(*block).or_default() += 1;
        }
    }
}
