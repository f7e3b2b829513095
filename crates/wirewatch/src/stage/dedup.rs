//! `stage dedup`: articles into verdicts, each line judged with what came before it.

use super::line::{self, Answer, Line, score};
use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use wirewatch_dedup::{DedupConfig, Deduper, Incoming, Judgement, Step, StoredText, revision_key};
use wirewatch_model::{ArticleId, Relation, Stamp, Verdict, address, article_time, text_hash};

/// The dedup stage with a store made of the lines before.
pub(crate) struct Filter {
    deduper: Deduper,
    /// The lines that are articles; an article's id is its place, counted from 1.
    articles: Vec<Article>,
    by_identity: HashMap<String, ArticleId>,
    /// The oldest article with a text, for ever.
    by_text: HashMap<u128, ArticleId>,
    /// Latest time met so far: a line without a time stands where it stands.
    latest: Timestamp,
}

struct Article {
    line_id: Value,
    story: Value,
    revision_key: u128,
    stored: StoredText,
}

impl Filter {
    pub(crate) fn new() -> Self {
        Self {
            deduper: Deduper::new(DedupConfig::default()),
            articles: Vec::new(),
            by_identity: HashMap::new(),
            by_text: HashMap::new(),
            latest: Timestamp::UNIX_EPOCH,
        }
    }

    /// Answers one line: `{"id","url"?,"publisher"?,"title","text","published"?,"language"?}`.
    pub(crate) fn answer(&mut self, bytes: &[u8]) -> Answer {
        line::answer(bytes, |line| Ok(self.judge(line)?))
    }

    fn judge(&mut self, line: &Line) -> anyhow::Result<Vec<(&'static str, Value)>> {
        let stored = self.stored_text(line)?;
        let identity = line.optional_text("url")?.and_then(address::identity);
        if let Some(known) = identity.as_ref().and_then(|identity| self.by_identity.get(identity)) {
            return self.again(*known, line, stored);
        }
        let id = ArticleId(self.articles.len() as i64 + 1);
        let exact = text_hash(&stored.text).and_then(|hash| self.by_text.get(&hash).copied());
        let language = line.optional_text("language")?;
        let judgement = self.ask(id, &stored, language, exact)?;
        self.deduper.settle(id);
        if let Some(identity) = identity {
            self.by_identity.insert(identity, id);
        }
        if let Some(hash) = text_hash(&stored.text) {
            self.by_text.entry(hash).or_insert(id);
        }
        self.deduper.evict(self.latest);
        let original = judgement.verdict.of();
        let story = original.map_or_else(|| line.id(), |of| self.article(of).story.clone());
        let fields = self.fields(&judgement.verdict, &story);
        let revision_key = revision_key(&stored.title, &stored.text);
        self.articles.push(Article { line_id: line.id(), story, revision_key, stored });
        Ok(fields)
    }

    /// An article met again at its own address: a revision when its text changed.
    fn again(
        &mut self,
        id: ArticleId,
        line: &Line,
        stored: StoredText,
    ) -> anyhow::Result<Vec<(&'static str, Value)>> {
        let story = self.article(id).story.clone();
        let key = revision_key(&stored.title, &stored.text);
        if self.article(id).revision_key == key {
            return Ok(self.fields(&Verdict::ExactCopy { of: id }, &story));
        }
        let language = line.optional_text("language")?;
        self.deduper.revise(&incoming(id, &stored, language));
        if let Some(hash) = text_hash(&stored.text) {
            self.by_text.entry(hash).or_insert(id);
        }
        let article = &mut self.articles[id.0 as usize - 1];
        article.revision_key = key;
        article.stored = stored;
        Ok(self.fields(&Verdict::Revision { of: id }, &story))
    }

    fn ask(
        &mut self,
        id: ArticleId,
        stored: &StoredText,
        language: Option<&str>,
        exact: Option<ArticleId>,
    ) -> anyhow::Result<Judgement> {
        loop {
            match self.deduper.judge(&incoming(id, stored, language), exact) {
                Step::Judged(judgement) => return Ok(judgement),
                Step::Need(articles) if articles.is_empty() => bail!("the dedup stage waits for nothing"),
                Step::Need(articles) => {
                    for needed in articles {
                        let known = self.articles.get(needed.0 as usize - 1);
                        let known = known.context("the dedup stage asks for an article that does not exist")?;
                        self.deduper.provide(needed, &known.stored);
                    }
                }
            }
        }
    }

    fn stored_text(&mut self, line: &Line) -> anyhow::Result<StoredText> {
        let publisher = match line.optional_text("url")?.and_then(address::publisher_domain) {
            Some(domain) => domain,
            None => line.optional_text("publisher")?.map(address::registrable_domain).unwrap_or_default(),
        };
        let published: Option<Stamp> = match line.optional_text("published")? {
            Some(text) => Some(text.parse().context("field published")?),
            None => None,
        };
        let time = published.map_or(self.latest, |stamp| article_time(Some(stamp), stamp.instant()));
        self.latest = self.latest.max(time);
        Ok(StoredText {
            title: line.text("title")?.to_owned(),
            text: line.text("text")?.to_owned(),
            publisher,
            time,
        })
    }

    fn article(&self, id: ArticleId) -> &Article {
        &self.articles[id.0 as usize - 1]
    }

    fn fields(&self, verdict: &Verdict, story: &Value) -> Vec<(&'static str, Value)> {
        let (name, relation, similarity) = match verdict {
            Verdict::New => ("new", None, Value::Null),
            Verdict::ExactCopy { .. } | Verdict::Same { .. } => ("exact-copy", Some(Relation::Exact), score(1.0)),
            Verdict::NearCopy { similarity, relation, .. } => ("near-copy", Some(*relation), score(*similarity)),
            Verdict::Revision { .. } => ("revision", None, Value::Null),
        };
        vec![
            ("verdict", json!(name)),
            ("of", verdict.of().map_or(Value::Null, |of| self.article(of).line_id.clone())),
            ("relation", json!(relation)),
            ("similarity", similarity),
            ("story", story.clone()),
        ]
    }
}

fn incoming<'a>(id: ArticleId, stored: &'a StoredText, language: Option<&'a str>) -> Incoming<'a> {
    Incoming {
        id,
        title: &stored.title,
        text: &stored.text,
        publisher: &stored.publisher,
        time: stored.time,
        language,
        standalone: true,
    }
}
