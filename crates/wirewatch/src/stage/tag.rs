//! `stage tag`: articles into topics, relevance and entities.

use super::line::{self, Answer, Line, score};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::ops::Range;
use wirewatch_model::{EntityMention, Evidence, Tags, TopicTag};
use wirewatch_tag::{TagInput, Tagger};

/// Answers one line: `{"id","title","text","language"?,"background"?}`.
pub(crate) fn answer(bytes: &[u8], tagger: &Tagger) -> Answer {
    line::answer(bytes, |line| {
        let background = background(line)?;
        let tags = tagger.tag(&TagInput {
            title: line.article_text("title")?,
            text: line.article_text("text")?,
            language: line.optional_text("language")?,
            background: &background,
            hinted: &[],
        });
        Ok(fields(&tags))
    })
}

/// Ranges of code points of the text that are stock background.
fn background(line: &Line) -> anyhow::Result<Vec<Range<u32>>> {
    let Some(value) = line.value("background")? else { return Ok(Vec::new()) };
    let ranges = value.as_array().context("field background is not a list")?;
    ranges
        .iter()
        .map(|range| {
            let bound = |key: &str| range[key].as_u64().and_then(|place| u32::try_from(place).ok());
            match (bound("start"), bound("end")) {
                (Some(start), Some(end)) if start <= end => Ok(start..end),
                _ => anyhow::bail!("field background holds {range}, not a start and an end"),
            }
        })
        .collect()
}

fn fields(tags: &Tags) -> Vec<(&'static str, Value)> {
    vec![
        ("language", json!(tags.language)),
        ("relevant", json!(tags.relevant)),
        ("relevance", score(tags.relevance)),
        ("topics", tags.topics.iter().map(topic).collect()),
        ("entities", tags.entities.iter().map(entity).collect()),
    ]
}

fn topic(topic: &TopicTag) -> Value {
    let evidence: Vec<Value> = topic.evidence.iter().map(evidence).collect();
    json!({"slug": topic.slug, "score": score(topic.score), "evidence": evidence})
}

fn evidence(evidence: &Evidence) -> Value {
    json!({
        "field": evidence.field,
        "start": evidence.start,
        "end": evidence.end,
        "term": evidence.term,
        "weight": score(evidence.weight),
    })
}

fn entity(entity: &EntityMention) -> Value {
    json!({
        "name": entity.name,
        "kind": entity.kind,
        "field": entity.field,
        "start": entity.start,
        "end": entity.end,
    })
}
