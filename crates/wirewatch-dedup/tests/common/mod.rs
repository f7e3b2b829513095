//! A desk that judges articles and answers the deduper's wishes for texts from what it keeps.

#![allow(clippy::expect_used, reason = "a helper that fails is a test that fails")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use wirewatch_dedup::{DedupConfig, Deduper, Incoming, Judgement, Step, StoredText};
use wirewatch_model::{ArticleId, Relation, Verdict};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Article {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) publisher: String,
    pub(crate) time: Timestamp,
    pub(crate) standalone: bool,
}

impl Article {
    pub(crate) fn new(id: i64, publisher: &str, title: &str, text: &str) -> Self {
        let time = start() + SignedDuration::from_mins(id * 10);
        let (title, text, publisher) = (title.to_owned(), text.to_owned(), publisher.to_owned());
        Self { id, title, text, publisher, time, standalone: true }
    }

    pub(crate) fn at(mut self, hours: i64) -> Self {
        self.time = start() + SignedDuration::from_hours(hours);
        self
    }

    pub(crate) fn incoming(&self) -> Incoming<'_> {
        Incoming {
            id: ArticleId(self.id),
            title: &self.title,
            text: &self.text,
            publisher: &self.publisher,
            time: self.time,
            language: None,
            standalone: self.standalone,
        }
    }
}

/// 10 January 2022.
pub(crate) fn start() -> Timestamp {
    Timestamp::from_second(1_641_772_800).expect("in range")
}

pub(crate) struct Desk {
    pub(crate) deduper: Deduper,
    pub(crate) stored: BTreeMap<i64, Article>,
    pub(crate) signatures: BTreeMap<i64, Vec<u8>>,
    /// Texts asked for so far.
    pub(crate) asked: usize,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(DedupConfig::default())
    }

    pub(crate) fn with(config: DedupConfig) -> Self {
        Self { deduper: Deduper::new(config), stored: BTreeMap::new(), signatures: BTreeMap::new(), asked: 0 }
    }

    /// Judges and stores, without settling.
    pub(crate) fn judge(&mut self, article: &Article) -> Judgement {
        loop {
            match self.deduper.judge(&article.incoming(), None) {
                Step::Judged(judgement) => {
                    self.stored.insert(article.id, article.clone());
                    self.signatures.insert(article.id, judgement.signature.clone());
                    return judgement;
                }
                Step::Need(ids) => {
                    self.asked += ids.len();
                    for id in ids {
                        if let Some(stored) = self.stored.get(&id.0) {
                            let (title, text) = (&*stored.title, &*stored.text);
                            let (publisher, time) = (&*stored.publisher, stored.time);
                            self.deduper.provide(id, &StoredText { title, text, publisher, time });
                        }
                    }
                }
            }
        }
    }

    pub(crate) fn verdict(&mut self, article: &Article) -> Verdict {
        let verdict = self.judge(article).verdict;
        self.deduper.settle(ArticleId(article.id));
        verdict
    }

    /// The same stored articles in a new process.
    pub(crate) fn restarted(self, config: DedupConfig) -> Self {
        let mut deduper = Deduper::new(config);
        for (id, article) in &self.stored {
            let signature = &self.signatures[id];
            deduper
                .restore(ArticleId(*id), article.time, &article.publisher, signature)
                .expect("own signature");
        }
        Self { deduper, ..self }
    }
}

#[track_caller]
pub(crate) fn check_copy(verdict: Verdict, original: i64, relations: &[Relation]) {
    match verdict {
        Verdict::ExactCopy { of } => {
            assert_eq!(of, ArticleId(original));
            assert!(relations.contains(&Relation::Exact), "exact copy, expected {relations:?}");
        }
        Verdict::NearCopy { of, relation, similarity } => {
            assert_eq!(of, ArticleId(original));
            assert!(relations.contains(&relation), "{relation:?} ({similarity}), expected {relations:?}");
            assert!((0.0..=1.0).contains(&similarity), "{similarity}");
        }
        other => panic!("{other:?}, expected a copy of {original}"),
    }
}
