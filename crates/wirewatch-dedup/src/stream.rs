//! Judging a stream of articles that are kept in memory: what `wirewatch stage dedup` does.

use crate::{DedupConfig, Deduper, Incoming, Step, StoredText, revision_key};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use wirewatch_model::{ArticleId, Relation, Stamp, Verdict, address};

/// One article of a stream.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StreamArticle {
    /// Its id in the stream.
    pub id: String,
    /// Its address.
    #[serde(default)]
    pub url: Option<String>,
    /// Its publisher; the registrable domain of the address when there is none.
    #[serde(default)]
    pub publisher: Option<String>,
    /// The headline.
    pub title: String,
    /// Paragraphs joined by blank lines.
    pub text: String,
    /// When it was published; what cannot be read counts as the time of the article before it.
    #[serde(default)]
    pub published: Option<String>,
    /// BCP 47 code.
    #[serde(default)]
    pub language: Option<String>,
}

/// The verdict over one article of a stream, in the fields of the stage filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamVerdict {
    /// Its id in the stream.
    pub id: String,
    /// `new`, `exact-copy`, `near-copy` or `revision`.
    pub verdict: StreamVerdictKind,
    /// The earlier article it is a copy or revision of.
    pub of: Option<String>,
    /// How it relates to that one.
    pub relation: Option<Relation>,
    /// Share of the smaller text found in the other, 0 to 1; `None` for new articles.
    pub similarity: Option<f32>,
    /// The id of the first article of its story.
    pub story: String,
}

/// The verdicts a stream can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamVerdictKind {
    /// Nothing like it came before.
    New,
    /// The same normalised text came before at another address.
    ExactCopy,
    /// Most of the same text came before at another address.
    NearCopy,
    /// The same address came before; relation `exact` when with the same text.
    Revision,
}

/// Judges articles one after the other, each with what came before it only.
#[derive(Debug)]
pub struct Stream {
    deduper: Deduper,
    /// Every article met, in order; an [`ArticleId`] is a place in it.
    met: Vec<Met>,
    by_address: HashMap<String, ArticleId>,
    time: Timestamp,
}

/// A met article with its current text.
#[derive(Debug)]
struct Met {
    id: String,
    title: String,
    text: String,
    publisher: String,
    time: Timestamp,
    story: ArticleId,
}

/// Articles between two evictions.
const EVICT_EVERY: usize = 5_000;

impl Stream {
    /// An empty stream.
    pub fn new(config: DedupConfig) -> Self {
        Self {
            deduper: Deduper::new(config),
            met: Vec::new(),
            by_address: HashMap::new(),
            time: Timestamp::UNIX_EPOCH,
        }
    }

    /// Judges the next article.
    pub fn judge(&mut self, article: StreamArticle) -> StreamVerdict {
        let published = article.published.as_deref().and_then(|stamp| stamp.parse::<Stamp>().ok());
        self.time = published.map_or(self.time, |stamp| stamp.instant());
        let identity = article.url.as_deref().and_then(address::identity);
        if let Some(known) = identity.as_ref().and_then(|identity| self.by_address.get(identity)).copied() {
            return self.revise(known, article);
        }
        let number = ArticleId(self.met.len() as i64);
        if let Some(identity) = identity {
            self.by_address.insert(identity, number);
        }
        let publisher =
            article.publisher.or_else(|| article.url.as_deref().and_then(address::publisher_domain));
        self.met.push(Met {
            id: article.id,
            title: article.title,
            text: article.text,
            publisher: publisher.unwrap_or_default(),
            time: self.time,
            story: number,
        });
        if self.met.len().is_multiple_of(EVICT_EVERY) {
            self.deduper.evict(self.time);
        }
        let verdict = self.verdict(number, article.language.as_deref());
        self.report(number, verdict)
    }

    fn verdict(&mut self, number: ArticleId, language: Option<&str>) -> Verdict {
        loop {
            let Some(met) = self.met.get(place(number)) else { return Verdict::New };
            match self.deduper.judge(&met.incoming(number, language), None) {
                Step::Judged(judgement) => {
                    self.deduper.settle(number);
                    return judgement.verdict;
                }
                Step::Need(ids) => {
                    for id in ids {
                        if let Some(met) = self.met.get(place(id)) {
                            self.deduper.provide(id, &met.stored());
                        }
                    }
                }
            }
        }
    }

    fn report(&mut self, number: ArticleId, verdict: Verdict) -> StreamVerdict {
        let (kind, relation, similarity) = match verdict {
            Verdict::ExactCopy { .. } => (StreamVerdictKind::ExactCopy, Some(Relation::Exact), Some(1.0)),
            Verdict::NearCopy { similarity, relation, .. } => {
                (StreamVerdictKind::NearCopy, Some(relation), Some(similarity))
            }
            _ => (StreamVerdictKind::New, None, None),
        };
        let of = verdict.of();
        if let Some(story) = of.and_then(|of| self.met.get(place(of))).map(|met| met.story)
            && let Some(met) = self.met.get_mut(place(number))
        {
            met.story = story;
        }
        let name =
            |number: ArticleId| self.met.get(place(number)).map(|met| met.id.clone()).unwrap_or_default();
        let story = self.met.get(place(number)).map_or(number, |met| met.story);
        StreamVerdict {
            id: name(number),
            verdict: kind,
            of: of.map(name),
            relation,
            similarity,
            story: name(story),
        }
    }

    fn revise(&mut self, known: ArticleId, article: StreamArticle) -> StreamVerdict {
        let mut same = false;
        if let Some(met) = self.met.get_mut(place(known)) {
            same = revision_key(&met.title, &met.text) == revision_key(&article.title, &article.text);
            met.title = article.title;
            met.text = article.text;
            if !same {
                self.deduper.revise(&met.incoming(known, article.language.as_deref()));
            }
        }
        let name =
            |number: ArticleId| self.met.get(place(number)).map(|met| met.id.clone()).unwrap_or_default();
        let story = self.met.get(place(known)).map_or(known, |met| met.story);
        StreamVerdict {
            id: article.id,
            verdict: StreamVerdictKind::Revision,
            of: Some(name(known)),
            relation: Some(if same { Relation::Exact } else { Relation::Updated }),
            similarity: same.then_some(1.0),
            story: name(story),
        }
    }
}

impl Met {
    fn incoming<'a>(&'a self, id: ArticleId, language: Option<&'a str>) -> Incoming<'a> {
        Incoming {
            id,
            title: &self.title,
            text: &self.text,
            publisher: &self.publisher,
            time: self.time,
            language,
            standalone: true,
        }
    }

    fn stored(&self) -> StoredText<'_> {
        StoredText { title: &self.title, text: &self.text, publisher: &self.publisher, time: self.time }
    }
}

fn place(number: ArticleId) -> usize {
    usize::try_from(number.0).unwrap_or(usize::MAX)
}
