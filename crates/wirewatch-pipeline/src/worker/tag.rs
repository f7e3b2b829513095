//! Taggers: CPU threads, in any order; the storer puts the order back.

use super::guarded;
use crate::{
    journal::{Held, Slot},
    message::{Finished, Judged, Queue},
    shared::Shared,
};
use std::ops::Range;
use tokio::sync::mpsc;
use wirewatch_model::{CleanArticle, Reject, Stage, TaggedArticle};
use wirewatch_tag::TagInput;

/// Tags until the dedup worker has ended.
pub(crate) fn run(shared: &Shared, slot: &Slot, judged: &Queue<Judged>, finished: &mpsc::Sender<Finished>) {
    while let Some(Judged { article: judged, hinted, ticket }) = judged.next_blocking() {
        let background = spans(&judged.article, &judged.background);
        let input = TagInput {
            title: &judged.article.title,
            text: &judged.article.text,
            language: judged.article.language.as_deref(),
            background: &background,
            hinted: &hinted,
        };
        let tags = slot.during(Held::Entry(judged.entry), || guarded(|| (shared.stages.tag)(&input)));
        let done = match tags {
            Ok(tags) => Finished::Article(Box::new(TaggedArticle { judged, tags }), ticket),
            Err(reason) => {
                let (id, ordinal, verdict) = (judged.id, judged.ordinal, judged.verdict);
                let entry = judged.entry;
                let reject =
                    Reject { entry, ordinal: Some(ordinal), stage: Stage::Tag, reason, retry_at: None };
                Finished::JudgedReject { reject, taken_at: judged.taken_at, ordinal, verdict, id, ticket }
            }
        };
        if finished.blocking_send(done).is_err() {
            return;
        }
    }
}

/// The stock paragraphs as spans of the text, in code points.
fn spans(article: &CleanArticle, paragraphs: &[u32]) -> Vec<Range<u32>> {
    if paragraphs.is_empty() {
        return Vec::new();
    }
    let mut spans = Vec::with_capacity(paragraphs.len());
    let mut start = 0u32;
    for (place, paragraph) in article.text.split("\n\n").enumerate() {
        let length = u32::try_from(paragraph.chars().count()).unwrap_or(u32::MAX);
        if u32::try_from(place).is_ok_and(|place| paragraphs.contains(&place)) {
            spans.push(start..start.saturating_add(length));
        }
        start = start.saturating_add(length).saturating_add(2);
    }
    spans
}
