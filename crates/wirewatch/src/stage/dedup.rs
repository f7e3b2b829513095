//! `stage dedup`: articles into verdicts, each line judged with what came before it.

use super::line::{self, Answer, Field, Line, score};
use serde_json::{Value, json};
use wirewatch_dedup::{DedupConfig, Stream, StreamArticle};

/// The dedup stage over a stream of lines.
pub(crate) struct Filter {
    stream: Stream,
    /// The ids of the lines judged so far; the stream knows a line by its place in this list.
    ids: Vec<Field>,
}

impl Filter {
    pub(crate) fn new() -> Self {
        Self { stream: Stream::new(DedupConfig::default()), ids: Vec::new() }
    }

    /// Answers one line: `{"id","url"?,"publisher"?,"title","text","published"?,"language"?}`.
    pub(crate) fn answer(&mut self, bytes: &[u8]) -> Answer {
        line::answer(bytes, |line| {
            let article = article(line, self.ids.len())?;
            self.ids.push(line.id());
            let verdict = self.stream.judge(article);
            Ok(vec![
                ("verdict", json!(verdict.verdict).into()),
                ("of", verdict.of.map_or(Value::Null.into(), |of| self.id_of(&of))),
                ("relation", json!(verdict.relation).into()),
                ("similarity", verdict.similarity.map_or(Value::Null, score).into()),
                ("story", self.id_of(&verdict.story)),
            ])
        })
    }

    fn id_of(&self, place: &str) -> Field {
        place
            .parse()
            .ok()
            .and_then(|place: usize| self.ids.get(place))
            .cloned()
            .unwrap_or(Field::Made(Value::Null))
    }
}

fn article(line: &Line, place: usize) -> anyhow::Result<StreamArticle> {
    let owned = |key: &str| line.optional_text(key).map(|text| text.map(str::to_owned));
    Ok(StreamArticle {
        id: place.to_string(),
        url: owned("url")?,
        publisher: owned("publisher")?,
        title: line.article_text("title")?.to_owned(),
        text: line.article_text("text")?.to_owned(),
        published: owned("published")?,
        language: owned("language")?,
    })
}
