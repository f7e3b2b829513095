//! The state machine: an article in, a verdict or a wish for texts out.

use crate::compare::{Comparison, compare, titles_alike};
use crate::config::DedupConfig;
use crate::decide::{Copied, Pair, decide};
use crate::features::{Features, View};
use crate::index::{Candidate, Index, Query};
use crate::lines::LineCounts;
use crate::sketch::{Signature, SignatureError, Sketch};
use crate::texts::{Text, Texts};
use jiff::Timestamp;
use std::collections::BTreeSet;
use wirewatch_model::{ArticleId, CopyEvidence, Relation, Verdict};
use xxhash_rust::xxh3::xxh3_64;

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
        let texts = Texts::new(config.texts_in_memory.max(MIN_TEXTS));
        Self { index: Index::new(config), texts, pending: BTreeSet::new(), asked: None }
    }

    /// Judges an article against everything before it.
    ///
    /// `exact` is the article the store knows with the same
    /// [`text_hash`](wirewatch_model::text_hash), if any: the original of its group, whatever its
    /// age. An article that was judged before is judged anew.
    pub fn judge(&mut self, incoming: &Incoming<'_>, exact: Option<ArticleId>) -> Step {
        let id = incoming.id.0;
        if self.asked.as_ref().is_some_and(|(of, _)| *of != id) {
            self.asked = None;
        }
        let text =
            Text::new(Features::new(incoming.title, incoming.text), publisher_hash(incoming.publisher));
        let view = text.features.view(|line| self.index.lines.is_stock(line, text.publisher));
        if let Some(of) = self.exact_original(id, text.features.key, exact) {
            return self.conclude(incoming, text, &view, Some((of, exact_copy())));
        }
        let sketch = Sketch::of(&view);
        let query = Query {
            id,
            time: incoming.time.as_second(),
            sketch: &sketch,
            figures_bearing: is_figures_bearing(&view),
        };
        let candidates = self.index.candidates(&query);
        match self.verify(id, &text, &view, &candidates) {
            Err(missing) => {
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

    /// Replaces an article's text by its new revision and gives the new signature. Its group stays.
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
        self.index.insert(id, incoming.time.as_second(), &signature);
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
        _publisher: &str,
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let signature = Signature::from_bytes(signature)?;
        self.index.insert(id.0, time.as_second(), &signature);
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

    fn exact_original(&self, id: i64, key: Option<u64>, exact: Option<ArticleId>) -> Option<i64> {
        if let Some(of) = exact.filter(|of| of.0 != id) {
            return Some(self.index.get(of.0).map_or(of.0, |record| record.of));
        }
        self.index.original_of_text(key?, id)
    }

    /// The copy the candidates make of it, or the texts that are missing to say so.
    fn verify(
        &mut self,
        id: i64,
        text: &Text,
        view: &View,
        candidates: &[Candidate],
    ) -> Result<Option<(i64, Found)>, Vec<i64>> {
        let originals = candidates.iter().map(|candidate| candidate.of);
        self.have(id, originals)?;
        let mut best: Option<(i64, Found)> = None;
        let mut others: Vec<(i64, Vec<bool>)> = Vec::new();
        for candidate in candidates {
            let Some(side) = self.against(text, view, candidate.of) else { continue };
            if side.opens_in_a_under_another_title() {
                others.push((candidate.of, side.comparison.literal_windows_of_a.clone()));
            }
            let copied = match side.copied {
                Some(copied) => Some(copied),
                None if best.is_none() => self.against_members(id, text, view, candidate)?,
                None => None,
            };
            if let Some(copied) = copied
                && best.as_ref().is_none_or(|(_, found)| copied.explains_more_than(&found.copied))
            {
                let settled = copied.evidence.contained_in_original >= SETTLED;
                best = Some((candidate.of, Found { windows: side.comparison.literal_windows_of_a, copied }));
                if settled {
                    return Ok(best);
                }
            }
        }
        Ok(best.filter(|(of, found)| !is_compilation(*of, found, &others)))
    }

    /// A group whose original says no is joined only when two of its copies say yes.
    fn against_members(
        &mut self,
        id: i64,
        text: &Text,
        view: &View,
        candidate: &Candidate,
    ) -> Result<Option<Copied>, Vec<i64>> {
        if candidate.members.len() < 2 || candidate.containment < MEMBERS_FROM {
            return Ok(None);
        }
        self.have(id, candidate.members.iter().copied())?;
        let mut verdicts: Vec<Copied> = Vec::new();
        for member in &candidate.members {
            verdicts.extend(self.against(text, view, *member).and_then(|side| side.copied));
        }
        if verdicts.len() < 2 {
            return Ok(None);
        }
        verdicts.sort_by(|one, other| other.similarity.total_cmp(&one.similarity));
        Ok(verdicts.into_iter().next())
    }

    /// Lays the text beside a stored one; when they are no copies, beside its earlier revision.
    fn against(&mut self, text: &Text, view: &View, other: i64) -> Option<Side> {
        let stored = self.texts.get(other)?;
        let lines = &self.index.lines;
        let side = side_by_side(text, view, stored, lines);
        if side.copied.is_none()
            && let Some(earlier) = stored.earlier.as_deref_mut()
        {
            let with_earlier = side_by_side(text, view, earlier, lines);
            if with_earlier.copied.is_some() {
                return Some(with_earlier);
            }
        }
        Some(side)
    }

    /// Says which texts are missing that were not asked for yet.
    fn have(&self, id: i64, ids: impl Iterator<Item = i64>) -> Result<(), Vec<i64>> {
        let asked =
            |other: &i64| self.asked.as_ref().is_some_and(|(of, ids)| *of == id && ids.contains(other));
        let missing: Vec<i64> = ids.filter(|other| !self.texts.contains(*other) && !asked(other)).collect();
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }

    fn conclude(
        &mut self,
        incoming: &Incoming<'_>,
        text: Text,
        view: &View,
        copied: Option<(i64, Found)>,
    ) -> Step {
        let id = incoming.id.0;
        self.asked = None;
        let of = copied.as_ref().map(|(of, _)| *of);
        let original = of.and_then(|of| self.texts.get(of)).map(|original| &original.features);
        let background = self.index.lines.background(&text.features, text.publisher, original);
        let exact = copied.as_ref().is_some_and(|(_, found)| found.copied.relation == Relation::Exact);
        let signature = self.signature(incoming, &text, view, of, exact);
        self.index.insert(id, incoming.time.as_second(), &signature);
        self.texts.insert(id, text);
        self.pending.insert(id);
        let (verdict, evidence) = match copied {
            None => (Verdict::New, None),
            Some((of, Found { copied, .. })) => (verdict(of, &copied), Some(copied.evidence)),
        };
        Step::Judged(Judgement { verdict, evidence, signature: signature.to_bytes(), background })
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

/// A text beside a stored one.
#[derive(Debug)]
struct Side {
    comparison: Comparison,
    pair: Pair,
    copied: Option<Copied>,
}

impl Side {
    /// What a digest does with each of its items. (Articles of one site may open with its menu.)
    fn opens_in_a_under_another_title(&self) -> bool {
        !self.pair.same_publisher
            && self.comparison.lead_of_b_found
            && self.pair.titles_alike.is_none_or(|alike| alike < 0.5)
    }
}

fn side_by_side(text: &Text, view: &View, stored: &mut Text, lines: &LineCounts) -> Side {
    let titles_alike = titles_alike(&text.features.title, &stored.features.title);
    let same_publisher = stored.publisher == text.publisher && text.publisher != publisher_hash("");
    let pair = Pair { same_publisher, titles_alike };
    let comparison = compare(view, stored.view(lines));
    let copied = decide(&comparison, pair);
    Side { comparison, pair, copied }
}

/// A copy that holds so much of the new text needs no further comparison.
const SETTLED: f32 = 0.9;
/// Estimated containment from which on the copies of a group are asked where its original says no.
const MEMBERS_FROM: f32 = 0.2;
/// Fewer texts in memory could not hold the candidates of one article.
const MIN_TEXTS: usize = 64;

/// A copy, and which windows of the new text stand literally in its original.
#[derive(Debug)]
struct Found {
    copied: Copied,
    windows: Vec<bool>,
}

fn exact_copy() -> Found {
    let evidence = CopyEvidence {
        contained_in_original: 1.0,
        contains_original: 1.0,
        figures_agree: 1.0,
        names_agree: 1.0,
        longest_run_words: 0,
    };
    Found { copied: Copied { relation: Relation::Exact, similarity: 1.0, evidence }, windows: Vec::new() }
}

fn verdict(of: i64, copied: &Copied) -> Verdict {
    let of = ArticleId(of);
    match copied.relation {
        Relation::Exact => Verdict::ExactCopy { of },
        relation => Verdict::NearCopy { of, similarity: copied.similarity, relation },
    }
}

/// Whether other articles open in the new text outside what it shares with its original: a digest
/// of several articles is a copy of none.
fn is_compilation(of: i64, found: &Found, others: &[(i64, Vec<bool>)]) -> bool {
    if found.copied.evidence.contained_in_original >= 0.85 {
        return false;
    }
    let elsewhere = |window: usize| {
        others.iter().any(|(other, windows)| *other != of && windows.get(window).copied().unwrap_or(false))
    };
    let foreign =
        (0..found.windows.len()).filter(|window| !found.windows[*window] && elsewhere(*window)).count();
    foreign * 7 > found.windows.len()
}

/// Bulletins of figures: one word in twelve has a digit.
fn is_figures_bearing(view: &View) -> bool {
    view.figures.len() * 12 >= view.len() && view.figures.len() >= 3
}

fn publisher_hash(publisher: &str) -> u32 {
    xxh3_64(publisher.as_bytes()) as u32
}
