//! A judged article while its verdict is being made.

use crate::message::Clean;
use jiff::Timestamp;
use wirewatch_dedup::{Incoming, Judgement};
use wirewatch_model::{
    ArticleId, CleanArticle, CopyEvidence, EntryId, HostObservation, JudgedArticle, Ordinal, Provenance,
    Publisher, Verdict, word_count,
};

/// A provisional text with fewer words is never an original (invariant 1).
const STANDALONE_WORDS: u32 = 80;

/// Everything of a [`JudgedArticle`] but the article itself.
pub(crate) struct Draft {
    pub(crate) id: ArticleId,
    pub(crate) ordinal: Ordinal,
    pub(crate) identity: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) revision_key: u128,
    pub(crate) verdict: Verdict,
    pub(crate) signature: Vec<u8>,
    pub(crate) completion: Option<Verdict>,
    evidence: Option<CopyEvidence>,
    background: Vec<u32>,
    publisher: Publisher,
    pub(crate) time: Timestamp,
    entry: EntryId,
    taken_at: Timestamp,
    first_seen: Timestamp,
    provenance: Option<Provenance>,
    provisional_until: Option<Timestamp>,
    failures: u32,
    failure: Option<String>,
}

impl Draft {
    pub(crate) fn new(clean: &Clean, publisher: Publisher, revision_key: u128, time: Timestamp) -> Self {
        Self {
            id: ArticleId::default(),
            ordinal: Ordinal::default(),
            identity: String::new(),
            aliases: Vec::new(),
            revision_key,
            verdict: Verdict::New,
            signature: Vec::new(),
            completion: None,
            evidence: None,
            background: Vec::new(),
            publisher,
            time,
            entry: clean.owed.id,
            taken_at: clean.owed.taken_at,
            first_seen: clean.owed.first_seen,
            provenance: clean.provenance.clone(),
            provisional_until: clean.provisional_until,
            failures: clean.failures,
            failure: clean.failure.clone(),
        }
    }

    /// What the deduplicator looks at.
    pub(crate) fn incoming<'a>(&'a self, article: &'a CleanArticle) -> Incoming<'a> {
        Incoming {
            id: self.id,
            title: &article.title,
            text: &article.text,
            publisher: &self.publisher.domain,
            time: self.time,
            language: article.language.as_deref(),
            standalone: self.provisional_until.is_none() || word_count(&article.text) >= STANDALONE_WORDS,
        }
    }

    pub(crate) fn take(&mut self, judgement: Judgement) {
        self.verdict = judgement.verdict;
        self.evidence = judgement.evidence;
        self.signature = judgement.signature;
        self.background = judgement.background;
    }

    /// It turned out to be no copy but the article itself.
    pub(crate) fn forget_copy(&mut self) {
        self.evidence = None;
        self.background.clear();
    }

    pub(crate) fn complete(
        self,
        article: CleanArticle,
        observation: HostObservation,
        seen_at: Timestamp,
    ) -> JudgedArticle {
        JudgedArticle {
            entry: self.entry,
            taken_at: self.taken_at,
            seen_at,
            first_seen: self.first_seen,
            time: self.time,
            publisher: self.publisher,
            identity: self.identity,
            aliases: self.aliases,
            provenance: self.provenance,
            provisional_until: self.provisional_until,
            failures: self.failures,
            failure: self.failure,
            article,
            observation,
            id: self.id,
            ordinal: self.ordinal,
            revision_key: self.revision_key,
            signature: self.signature,
            verdict: self.verdict,
            completion: self.completion,
            evidence: self.evidence,
            story: None,
            background: self.background,
        }
    }
}
