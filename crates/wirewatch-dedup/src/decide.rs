//! Whether two texts laid side by side are copies of one another, and of which kind.
//!
//! The order of the questions matters: facts that differ at the same places speak against a copy
//! however much text is shared (templated bulletins); text of one's own on both sides speaks
//! against it however literal the shared part is (quotations, background, digests, furniture); and
//! only then does the amount of shared text, or for rewritten texts the shared facts, speak for it.

use crate::compare::Comparison;
use wirewatch_model::{CopyEvidence, Relation};

/// What is known of a pair beside its texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) same_publisher: bool,
    /// Share of the smaller title found in the other, when both have one.
    pub(crate) titles_alike: Option<f32>,
}

/// A pair that is a copy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Copied {
    pub(crate) relation: Relation,
    /// Share of the smaller text found in the other.
    pub(crate) similarity: f32,
    pub(crate) evidence: CopyEvidence,
}

impl Copied {
    /// The same words.
    pub(crate) fn exact() -> Self {
        let evidence = CopyEvidence {
            contained_in_original: 1.0,
            contains_original: 1.0,
            figures_agree: 1.0,
            names_agree: 1.0,
            longest_run_words: 0,
        };
        Self { relation: Relation::Exact, similarity: 1.0, evidence }
    }

    /// Whether more of the new text stands in this original.
    pub(crate) fn explains_more_than(&self, other: &Self) -> bool {
        let shares = |copied: &Self| (copied.evidence.contained_in_original, copied.similarity);
        shares(self) > shares(other)
    }
}

/// Texts below this are judged by every single fact.
const SHORT: usize = 60;
/// No bulletin has so many words in a row without a fact that changes.
const LONG_PASSAGE: usize = 40;

/// A comparison seen from the smaller and the bigger text.
struct Sides {
    small: usize,
    small_in_big: f32,
    big_in_small: f32,
    small_touched: f32,
    big_touched: f32,
    lead_of_small_found: bool,
    lead_of_big_found: bool,
}

impl Sides {
    fn of(c: &Comparison) -> Self {
        if c.words_a <= c.words_b {
            Self {
                small: c.words_a,
                small_in_big: c.a_in_b,
                big_in_small: c.b_in_a,
                small_touched: c.touched_a,
                big_touched: c.touched_b,
                lead_of_small_found: c.lead_of_a_found,
                lead_of_big_found: c.lead_of_b_found,
            }
        } else {
            Self {
                small: c.words_b,
                small_in_big: c.b_in_a,
                big_in_small: c.a_in_b,
                small_touched: c.touched_b,
                big_touched: c.touched_a,
                lead_of_small_found: c.lead_of_b_found,
                lead_of_big_found: c.lead_of_a_found,
            }
        }
    }
}

/// Judges the new text A against the stored text B.
pub(crate) fn decide(c: &Comparison, pair: Pair) -> Option<Copied> {
    let sides = Sides::of(c);
    if sides.small == 0 || is_another_report(c, &sides) || is_other_text(c, &sides, pair) {
        return None;
    }
    let literal = is_literal_copy(&sides, pair);
    if !literal && !is_rewritten(c, &sides, pair) {
        return None;
    }
    Some(Copied { relation: relation(c, literal), similarity: sides.small_in_big, evidence: evidence(c) })
}

/// Another report of the same template: the text around the facts is the same, the facts are not.
///
/// Bulletins hold many facts between little text, and places change with the figures. An updated
/// article keeps its names and long passages even where every figure was corrected.
fn is_another_report(c: &Comparison, sides: &Sides) -> bool {
    let differ = c.figures_differ + c.names_differ;
    if sides.small < SHORT {
        return differ > 0;
    }
    if differ < 2 {
        return false;
    }
    let facts = share(differ, differ + c.figures_agree + c.names_agree);
    let per_hundred_words = differ as f32 * 100.0 / c.matched.max(1) as f32;
    let keeps_passages = c.names_differ == 0 && c.longest_run >= LONG_PASSAGE;
    if keeps_passages {
        per_hundred_words >= 3.5 && facts > 0.4
    } else {
        facts > 0.35 && differ >= 3 || per_hundred_words >= 3.0 && facts > 0.2
    }
}

/// The shared part is furniture of a site, background, a quotation or an item of a digest: what it
/// stands in has another headline.
fn is_other_text(c: &Comparison, sides: &Sides, pair: Pair) -> bool {
    if pair.titles_alike.is_none_or(|alike| alike >= 0.5) {
        return false;
    }
    let literal = c.literal * 10 > c.matched * 6;
    pair.same_publisher && sides.small_in_big < 0.95 || literal && sides.small_in_big < 0.8
}

/// Much of the same wording.
fn is_literal_copy(sides: &Sides, pair: Pair) -> bool {
    let same_title = pair.titles_alike.is_some_and(|alike| alike >= 0.5);
    if sides.small < SHORT {
        return sides.small_in_big >= 0.75 && (sides.big_in_small >= 0.3 || same_title);
    }
    if sides.big_in_small < 0.2 && !(sides.lead_of_small_found && sides.lead_of_big_found) {
        return false;
    }
    let opens_alike = sides.lead_of_small_found || sides.lead_of_big_found;
    sides.small_in_big >= 0.8 || sides.small_in_big >= 0.55 && (opens_alike || sides.big_touched >= 0.6)
}

/// Other words over the same sentences: nearly every sentence keeps something, in the same order,
/// and names and figures are the same.
fn is_rewritten(c: &Comparison, sides: &Sides, pair: Pair) -> bool {
    if c.in_order < 0.7 || !nearly_all(c.common_figures, c.figures_small, 1) {
        return false;
    }
    let same_title = pair.titles_alike.is_some_and(|alike| alike >= 0.5);
    let names_differ = share(c.names_differ, c.names_agree + c.names_differ);
    if sides.small < SHORT {
        return same_title && is_rewritten_short(c, sides);
    }
    if !nearly_all(c.common_names, c.names_small, 2) {
        return false;
    }
    // Rewriting by machine replaces names too, but not under another headline.
    let names = names_differ <= 0.1 || same_title && names_differ <= 0.25 && c.figures_differ == 0;
    let lightly = sides.small_in_big >= 0.15 && sides.small_touched >= 0.7 && names;
    lightly || same_title && is_rewritten_deeply(c, sides)
}

/// A few sentences under the same headline that agree in every name and figure.
fn is_rewritten_short(c: &Comparison, sides: &Sides) -> bool {
    let whole = |common: Option<f32>| common.is_none_or(|common| common == 1.0);
    sides.small_in_big >= 0.45
        && sides.big_in_small >= 0.4
        && c.names_small + c.figures_small >= 3
        && whole(c.common_names)
        && whole(c.common_figures)
}

/// Hardly a run of words is left, yet what is left is spread over the whole text in its order, and
/// the names stand.
fn is_rewritten_deeply(c: &Comparison, sides: &Sides) -> bool {
    const ENOUGH_WORDS: usize = 150;
    const ENOUGH_NAMES: usize = 6;
    sides.small >= ENOUGH_WORDS
        && sides.small_in_big >= 0.08
        && sides.small_touched >= 0.6
        && c.in_order >= 0.8
        && c.literal * 4 <= c.matched
        && c.names_small >= ENOUGH_NAMES
        && c.names_differ * 10 <= c.names_agree + c.names_differ
        && c.common_names.is_some_and(|common| common >= 0.75)
}

/// Whether most facts of the smaller text stand in the other, or all but a few.
fn nearly_all(common: Option<f32>, count: usize, few: usize) -> bool {
    common.is_none_or(|common| common >= 0.6 || (1.0 - common) * count as f32 <= few as f32 + 0.5)
}

fn relation(c: &Comparison, literal: bool) -> Relation {
    const WHOLE: f32 = 0.85;
    if !literal {
        return Relation::Rewritten;
    }
    match (c.a_in_b >= WHOLE, c.b_in_a >= WHOLE) {
        (true, true) if c.figures_differ > 0 => Relation::Updated,
        (true, true) => Relation::Syndicated,
        (true, false) if c.b_in_a < 0.25 => Relation::Excerpt,
        (true, false) => Relation::Truncated,
        (false, true) => Relation::Extended,
        (false, false) if c.matched > 0 && c.literal * 2 < c.matched => Relation::Rewritten,
        (false, false) => Relation::Updated,
    }
}

fn evidence(c: &Comparison) -> CopyEvidence {
    CopyEvidence {
        contained_in_original: c.a_in_b,
        contains_original: c.b_in_a,
        figures_agree: agreement(c.figures_agree, c.figures_differ),
        names_agree: c.common_names.unwrap_or(1.0),
        longest_run_words: u32::try_from(c.longest_run).unwrap_or(u32::MAX),
    }
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

fn agreement(agree: usize, differ: usize) -> f32 {
    if agree + differ == 0 { 1.0 } else { share(agree, agree + differ) }
}
