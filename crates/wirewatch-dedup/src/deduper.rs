//! The state machine: an article in, a verdict or a wish for texts out.

use crate::config::DedupConfig;
use crate::decide::Copied;
use crate::features::{Features, View};
use crate::index::{Index, Query};
use crate::lines::{LineCounts, Own};
use crate::sketch::{Signature, SignatureError, Sketch};
use crate::texts::{Text, Texts, publisher_hash};
use crate::verify::{Found, Missing, Verifier};
use jiff::Timestamp;
use std::collections::BTreeSet;
use wirewatch_model::{ArticleId, CopyEvidence, Relation, Verdict};

/// An article to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Its id, higher than those of all articles judged before.
    pub id: ArticleId,
    /// The headline.
    pub title: &'a str,
    /// Paragraphs joined by blank lines.
    pub text: &'a str,
    /// The publisher's registrable domain, or "".
    pub publisher: &'a str,
    /// The time of the article.
    pub time: Timestamp,
    /// Its language, when known. Evidence is lexical, so no rule leans on it.
    pub language: Option<&'a str>,
    /// Whether it may be the original of copies: false for stand-ins under 80 words.
    pub standalone: bool,
}

/// A stored article's current text, as [`Deduper::provide`] takes it.
#[derive(Clone, Copy, Debug)]
pub struct StoredText<'a> {
    /// The headline.
    pub title: &'a str,
    /// Paragraphs joined by blank lines.
    pub text: &'a str,
    /// The publisher's registrable domain, or "".
    pub publisher: &'a str,
    /// The time of the article.
    pub time: Timestamp,
}

/// What judging came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// These articles' texts are needed: [`Deduper::provide`] those that are stored, then judge
    /// again. What is not provided is left out of account.
    Need(Vec<ArticleId>),
    /// The verdict. The article is in the index from now on, pending until settled or withdrawn.
    Judged(Judgement),
}

/// A verdict with all that is to be stored beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// [`Verdict::New`], [`Verdict::ExactCopy`] or [`Verdict::NearCopy`]; `of` is the original of
    /// the group, never itself a copy.
    pub verdict: Verdict,
    /// The figures that decided, for copies.
    pub evidence: Option<CopyEvidence>,
    /// For [`Deduper::restore`] after a restart.
    pub signature: Vec<u8>,
    /// Paragraphs (counted from 0) that stand in at least two other articles.
    pub background: Vec<u32>,
}

/// Finds copies among articles that come one after the other.
#[derive(Debug)]
pub struct Deduper {
    index: Index,
    texts: Texts,
    /// Judged, not yet known to be stored.
    pending: BTreeSet<i64>,
    /// The article whose texts were asked for, and for which.
    asked: Option<(i64, BTreeSet<i64>)>,
}

impl Deduper {
    /// An empty index.
    pub fn new(config: DedupConfig) -> Self {
        let texts = Texts::new(config.texts_in_memory.max(MIN_TEXTS + config.max_candidates * 4));
        Self { index: Index::new(config), texts, pending: BTreeSet::new(), asked: None }
    }

    /// Judges an article against everything before it.
    ///
    /// `exact` is the article the store knows with the same
    /// [`text_hash`](wirewatch_model::text_hash), if any: the original of its group, whatever its
    /// age. An article that was judged before is judged anew, unless it has copies: the original of
    /// a group stays one.
    pub fn judge(&mut self, incoming: &Incoming<'_>, exact: Option<ArticleId>) -> Step {
        let id = incoming.id.0;
        if self.asked.as_ref().is_some_and(|(of, _)| *of != id) {
            self.asked = None;
        }
        let text =
            Text::new(Features::new(incoming.title, incoming.text), publisher_hash(incoming.publisher));
        let view = text.features.view(|line| self.index.lines.is_stock(line, text.publisher));
        if self.has_copies(id) {
            return self.conclude(incoming, text, &view, None);
        }
        if let Some(of) = self.exact_original(id, text.features.key, exact) {
            return self.conclude(incoming, text, &view, Some(Found { of, copied: Copied::exact() }));
        }
        let sketch = Sketch::of(&view);
        let query = Query {
            id,
            time: incoming.time.as_second(),
            sketch: &sketch,
            figures_bearing: is_figures_bearing(&view),
        };
        let candidates = self.index.candidates(&query);
        let asked = self.asked.as_ref().map(|(_, ids)| ids);
        let mut verifier = Verifier { texts: &mut self.texts, lines: &self.index.lines, asked };
        match verifier.verify(&text, &view, &candidates) {
            Err(Missing(missing)) => {
                self.asked.get_or_insert_with(|| (id, BTreeSet::new())).1.extend(&missing);
                Step::Need(missing.into_iter().map(ArticleId).collect())
            }
            Ok(copied) => self.conclude(incoming, text, &view, copied),
        }
    }

    /// Takes a stored article's text into memory, for verification.
    pub fn provide(&mut self, id: ArticleId, stored: &StoredText<'_>) {
        let text = Text::new(Features::new(stored.title, stored.text), publisher_hash(stored.publisher));
        self.texts.insert(id.0, text);
    }

    /// Replaces an article's text by its new revision and gives the new signature. Its group stays;
    /// a stand-in that its page completes is [judged](Self::judge) instead.
    ///
    /// Copies of the first text are still found as long as that is in memory; after a restart the
    /// article is known by its latest text alone.
    pub fn revise(&mut self, incoming: &Incoming<'_>) -> Vec<u8> {
        let id = incoming.id.0;
        let of = self.index.get(id).map(|record| record.of).filter(|of| *of != id);
        let mut text =
            Text::new(Features::new(incoming.title, incoming.text), publisher_hash(incoming.publisher));
        text.earlier = self.texts.remove(id).map(Text::first);
        self.index.supersede(id);
        let view = text.features.view(|line| self.index.lines.is_stock(line, text.publisher));
        let signature = self.signature(incoming, &text, &view, of, false);
        self.index.insert(id, incoming.time.as_second(), text.publisher, &signature);
        self.texts.insert(id, text);
        signature.to_bytes()
    }

    /// The article is stored: it can no longer be withdrawn.
    pub fn settle(&mut self, id: ArticleId) {
        self.pending.remove(&id.0);
    }

    /// The article was rejected after judging: nothing will refer to it.
    ///
    /// Gives the articles judged copies of it, which are withdrawn with it and must be judged
    /// again. Nothing happens to an article that is not pending.
    pub fn withdraw(&mut self, id: ArticleId) -> Vec<ArticleId> {
        if !self.pending.remove(&id.0) {
            return Vec::new();
        }
        let copies = self.index.copies_of(id.0);
        for gone in copies.iter().chain([&id.0]) {
            self.pending.remove(gone);
            self.index.remove(*gone);
            let _ = self.texts.remove(*gone);
        }
        copies.into_iter().map(ArticleId).collect()
    }

    /// Puts a stored article back into the index, at the start of the process and in order of ids.
    ///
    /// # Errors
    /// When the signature was written by another version or is damaged: the article is then left
    /// out, and found by the hash of its text in the store alone.
    pub fn restore(
        &mut self,
        id: ArticleId,
        time: Timestamp,
        publisher: &str,
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let signature = Signature::from_bytes(signature)?;
        self.index.insert(id.0, time.as_second(), publisher_hash(publisher), &signature);
        Ok(())
    }

    /// Thins out what left the windows before `now` and forgets what left the last one.
    pub fn evict(&mut self, now: Timestamp) {
        self.index.evict(now.as_second());
    }

    /// Articles in the index.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether no article is in the index.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes the index holds, without the texts in memory.
    pub fn index_bytes(&self) -> usize {
        self.index.bytes()
    }

    fn has_copies(&self, id: i64) -> bool {
        self.index.get(id).is_some() && !self.index.copies_of(id).is_empty()
    }

    fn exact_original(&self, id: i64, key: Option<u64>, exact: Option<ArticleId>) -> Option<i64> {
        if let Some(of) = exact.filter(|of| of.0 != id) {
            return Some(self.index.get(of.0).map_or(of.0, |record| record.of));
        }
        self.index.original_of_text(key?, id)
    }

    fn conclude(&mut self, incoming: &Incoming<'_>, text: Text, view: &View, found: Option<Found>) -> Step {
        let id = incoming.id.0;
        self.asked = None;
        let of = found.as_ref().map(|found| found.of);
        let exact = found.as_ref().is_some_and(|found| found.copied.relation == Relation::Exact);
        let background = self.background(&text, of, exact);
        let signature = self.signature(incoming, &text, view, of, exact);
        self.index.insert(id, incoming.time.as_second(), text.publisher, &signature);
        self.texts.insert(id, text);
        self.pending.insert(id);
        let (verdict, evidence) = match found {
            None => (Verdict::New, None),
            Some(found) => (verdict(found.of, &found.copied), Some(found.copied.evidence)),
        };
        Step::Judged(Judgement { verdict, evidence, signature: signature.to_bytes(), background })
    }

    /// Paragraphs met in other articles of the publisher. What the original of the same publisher
    /// has was counted once for it.
    fn background(&mut self, text: &Text, of: Option<i64>, exact: bool) -> Vec<u32> {
        let own_publisher = |of| self.index.get(of).is_some_and(|record| record.publisher == text.publisher);
        let own = match of {
            Some(of) if own_publisher(of) && exact => Own::Every,
            Some(of) if own_publisher(of) => {
                self.texts.get(of).map_or(Own::None, |original| Own::Of(&original.features))
            }
            _ => Own::None,
        };
        self.index.lines.background(&text.features, text.publisher, own)
    }

    fn signature(
        &mut self,
        incoming: &Incoming<'_>,
        text: &Text,
        view: &View,
        of: Option<i64>,
        exact: bool,
    ) -> Signature {
        let figures_bearing = is_figures_bearing(view);
        if !incoming.standalone || exact {
            // Nothing is found by it: an exact copy has the shingles of its original.
            return Signature {
                standalone: incoming.standalone,
                figures_bearing,
                text: text.features.key,
                of,
                ..Signature::default()
            };
        }
        let original = of.and_then(|of| self.texts.get(of)).map(|original| &original.features);
        let lines = LineCounts::to_count(&text.features, text.publisher, original);
        Signature {
            sketch: Sketch::of(view),
            text: text.features.key,
            of,
            standalone: true,
            figures_bearing,
            lines,
        }
    }
}

/// Fewer texts in memory could not hold the candidates of one article and their copies.
const MIN_TEXTS: usize = 64;

fn verdict(of: i64, copied: &Copied) -> Verdict {
    let of = ArticleId(of);
    match copied.relation {
        Relation::Exact => Verdict::ExactCopy { of },
        relation => Verdict::NearCopy { of, similarity: copied.similarity, relation },
    }
}

/// Bulletins of figures: one word in twelve has a digit.
fn is_figures_bearing(view: &View) -> bool {
    view.figures.len() * 12 >= view.len() && view.figures.len() >= 3
}
