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
        (false, false) if reads_rewritten(c) => Relation::Rewritten,
        (false, false) => Relation::Updated,
    }
}

/// No long passage is left, yet something of every sentence.
fn reads_rewritten(c: &Comparison) -> bool {
    c.literal * 2 < c.matched || c.longest_run < 30 && c.touched_a >= 0.9 && c.touched_b >= 0.9
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

#[cfg(test)]
mod tests {
    use super::*;

    const SAME_TITLE: Pair = Pair { same_publisher: false, titles_alike: Some(1.0) };
    const OTHER_TITLE: Pair = Pair { same_publisher: false, titles_alike: Some(0.1) };

    /// Two texts of 300 words that share nine tenths, literally and in order.
    fn copy() -> Comparison {
        Comparison {
            words_a: 300,
            words_b: 300,
            a_in_b: 0.9,
            b_in_a: 0.9,
            touched_a: 1.0,
            touched_b: 1.0,
            matched: 275,
            literal: 260,
            longest_run: 90,
            in_order: 1.0,
            figures_agree: 8,
            names_agree: 20,
            common_figures: Some(1.0),
            common_names: Some(1.0),
            figures_small: 8,
            names_small: 15,
            lead_of_a_found: true,
            lead_of_b_found: true,
            ..Comparison::default()
        }
    }

    #[track_caller]
    fn check(comparison: &Comparison, pair: Pair, expected: Option<Relation>) {
        assert_eq!(decide(comparison, pair).map(|copied| copied.relation), expected, "{comparison:?}");
    }

    #[test]
    fn nine_tenths_in_common_are_a_copy_under_any_title() {
        check(&copy(), SAME_TITLE, Some(Relation::Syndicated));
        check(&copy(), OTHER_TITLE, Some(Relation::Syndicated));
    }

    #[test]
    fn corrected_figures_in_long_passages_are_an_update() {
        check(
            &Comparison { figures_agree: 2, figures_differ: 6, ..copy() },
            SAME_TITLE,
            Some(Relation::Updated),
        );
    }

    #[test]
    fn differing_facts_all_over_are_another_report() {
        let report =
            Comparison { figures_agree: 2, figures_differ: 12, names_differ: 6, longest_run: 25, ..copy() };
        check(&report, SAME_TITLE, None);
    }

    #[test]
    fn one_differing_fact_parts_short_texts() {
        let short = Comparison { words_a: 40, words_b: 40, matched: 38, literal: 38, ..copy() };
        check(&short, SAME_TITLE, Some(Relation::Syndicated));
        check(&Comparison { figures_differ: 1, ..short.clone() }, SAME_TITLE, None);
        check(&Comparison { names_differ: 1, ..short }, SAME_TITLE, None);
    }

    #[test]
    fn pages_of_one_site_under_other_titles_share_furniture() {
        check(&copy(), Pair { same_publisher: true, ..OTHER_TITLE }, None);
        check(&copy(), Pair { same_publisher: true, ..SAME_TITLE }, Some(Relation::Syndicated));
    }

    #[test]
    fn a_long_quotation_under_another_title_is_no_copy() {
        let quotation = Comparison { a_in_b: 0.6, b_in_a: 0.5, matched: 180, literal: 180, ..copy() };
        check(&quotation, OTHER_TITLE, None);
    }

    #[test]
    fn rewriting_needs_the_names_and_the_order() {
        let rewritten =
            Comparison { a_in_b: 0.3, b_in_a: 0.3, matched: 150, literal: 20, longest_run: 12, ..copy() };
        check(&rewritten, OTHER_TITLE, Some(Relation::Rewritten));
        check(&Comparison { common_names: Some(0.4), ..rewritten.clone() }, OTHER_TITLE, None);
        check(&Comparison { common_figures: Some(0.3), ..rewritten.clone() }, OTHER_TITLE, None);
        check(&Comparison { in_order: 0.5, ..rewritten.clone() }, OTHER_TITLE, None);
        check(&Comparison { touched_a: 0.4, touched_b: 0.4, ..rewritten }, OTHER_TITLE, None);
    }

    #[test]
    fn deep_rewriting_is_found_under_the_same_title_only() {
        let deep = Comparison { a_in_b: 0.1, b_in_a: 0.1, matched: 70, literal: 0, longest_run: 6, ..copy() };
        check(&deep, SAME_TITLE, Some(Relation::Rewritten));
        check(&deep, OTHER_TITLE, None);
    }
}
