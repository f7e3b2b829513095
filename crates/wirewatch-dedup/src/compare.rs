//! Two texts laid side by side: what they share, in which runs, and where their facts part.

use crate::features::View;
use crate::fold::{FIGURE, NAME, Word};

/// Words in a window of the coverage: about a sentence.
const WINDOW: usize = 16;
/// Differing passages longer than this are no slots of a template but other text.
const LONGEST_SLOT: usize = 10;
/// Words within which clauses change places.
const SENTENCE: usize = 24;
/// Equal words in a row from which on a run counts as literal copying.
const LITERAL_RUN: usize = 10;

/// The figures of a comparison. Shares are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) words_a: usize,
    pub(crate) words_b: usize,
    /// Share of the shingles of A that stand in B, and the reverse.
    pub(crate) a_in_b: f32,
    pub(crate) b_in_a: f32,
    /// Share of sentence-long windows of A (of B) touched by a common shingle.
    pub(crate) touched_a: f32,
    pub(crate) touched_b: f32,
    /// Words in runs of equal words; the part of them in long runs; the longest run.
    pub(crate) matched: usize,
    pub(crate) literal: usize,
    pub(crate) longest_run: usize,
    /// Share of neighbouring runs that follow each other in both texts, clauses of one sentence in any
    /// order.
    pub(crate) in_order: f32,
    /// Equal and differing figures at places that the text around them aligns.
    pub(crate) figures_agree: usize,
    pub(crate) figures_differ: usize,
    /// The same for capitalised words.
    pub(crate) names_agree: usize,
    pub(crate) names_differ: usize,
    /// Share of the figures (of the names) of the smaller text that the other has anywhere.
    pub(crate) common_figures: Option<f32>,
    pub(crate) common_names: Option<f32>,
    /// Number of figures and names of the smaller text.
    pub(crate) figures_small: usize,
    pub(crate) names_small: usize,
    /// Whether the first words of A (of B) stand in the other.
    pub(crate) lead_of_a_found: bool,
    pub(crate) lead_of_b_found: bool,
    /// Windows of A covered by long runs.
    pub(crate) literal_windows_of_a: Vec<bool>,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    a: usize,
    b: usize,
    len: usize,
}

pub(crate) fn compare(a: &View, b: &View) -> Comparison {
    let mut found = Comparison { words_a: a.len(), words_b: b.len(), in_order: 1.0, ..Comparison::default() };
    if a.shingles.is_empty() || b.shingles.is_empty() || a.width != b.width {
        return found;
    }
    let (places, in_b, in_a) = common_places(a, b);
    found.a_in_b = share(in_b.iter().filter(|hit| **hit).count(), in_b.len());
    found.b_in_a = share(in_a.iter().filter(|hit| **hit).count(), in_a.len());
    found.touched_a = touched(&in_b);
    found.touched_b = touched(&in_a);
    found.lead_of_a_found = lead_found(&in_b, a.width);
    found.lead_of_b_found = lead_found(&in_a, b.width);
    let runs = runs(&places, b, a.width);
    measure_runs(&mut found, &runs, a.len());
    for run in &runs {
        count_agreement(&mut found, &a.words[run.a..run.a + run.len]);
    }
    measure_slots(&mut found, &runs, a, b);
    let (small, big) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    found.figures_small = small.figures.len();
    found.names_small = small.names.len();
    found.common_figures = share_found(&small.figures, &big.vocabulary);
    found.common_names = share_found(&small.names, &big.vocabulary);
    found
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// For every place of A the range of `b.shingles` with its shingle; which places of A stand in B;
/// which of B in A.
fn common_places(a: &View, b: &View) -> (Vec<(u32, u32)>, Vec<bool>, Vec<bool>) {
    let mut places = vec![(0, 0); a.shingles.len()];
    let mut in_b = vec![false; a.shingles.len()];
    let mut in_a = vec![false; b.shingles.len()];
    let (mut i, mut j) = (0, 0);
    while i < a.shingles.len() && j < b.shingles.len() {
        let (hash, other) = (a.shingles[i].0, b.shingles[j].0);
        if hash < other {
            i += 1;
        } else if other < hash {
            j += 1;
        } else {
            let end = j + b.shingles[j..].iter().take_while(|shingle| shingle.0 == hash).count();
            for shingle in &b.shingles[j..end] {
                in_a[shingle.1 as usize] = true;
            }
            while i < a.shingles.len() && a.shingles[i].0 == hash {
                let place = a.shingles[i].1 as usize;
                places[place] = (j as u32, end as u32);
                in_b[place] = true;
                i += 1;
            }
            j = end;
        }
    }
    (places, in_b, in_a)
}

fn touched(hits: &[bool]) -> f32 {
    let windows = hits.chunks(WINDOW);
    let all = windows.len();
    share(windows.filter(|window| window.contains(&true)).count(), all)
}

/// Whether at least half of the first 24 shingles stand in the other text.
fn lead_found(hits: &[bool], width: usize) -> bool {
    let lead = &hits[..hits.len().min(27 - width)];
    lead.iter().filter(|hit| **hit).count() * 2 >= lead.len()
}

/// Runs of equal words along A: each goes on where it was, else begins at the nearest place after
/// the last one, else at the first place.
fn runs(places: &[(u32, u32)], b: &View, width: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open = false;
    for (a, range) in places.iter().enumerate() {
        let options = &b.shingles[range.0 as usize..range.1 as usize];
        if options.is_empty() {
            open = false;
            continue;
        }
        if open && let Some(last) = runs.last_mut() {
            let next = (last.b + last.len + 1 - width) as u32;
            if options.iter().any(|option| option.1 == next) {
                last.len += 1;
                continue;
            }
        }
        let after = runs.last().map_or(0, |last| (last.b + last.len) as u32);
        let place = options.iter().find(|option| option.1 >= after).unwrap_or(&options[0]).1;
        runs.push(Run { a, b: place as usize, len: width });
        open = true;
    }
    runs
}

fn measure_runs(found: &mut Comparison, runs: &[Run], words_a: usize) {
    found.literal_windows_of_a = vec![false; words_a.div_ceil(WINDOW)];
    let mut matched_to = 0;
    for run in runs {
        found.longest_run = found.longest_run.max(run.len);
        // Runs may overlap by the words of a shingle.
        let fresh = (run.a + run.len).saturating_sub(matched_to.max(run.a));
        matched_to = matched_to.max(run.a + run.len);
        found.matched += fresh;
        if run.len >= LITERAL_RUN {
            found.literal += fresh;
            for window in &mut found.literal_windows_of_a[run.a / WINDOW..(run.a + run.len).div_ceil(WINDOW)]
            {
                *window = true;
            }
        }
    }
    let steps = runs.windows(2);
    let count = steps.len();
    if count > 0 {
        found.in_order = share(steps.filter(|pair| pair[1].b + SENTENCE > pair[0].b).count(), count);
    }
}

fn count_agreement(found: &mut Comparison, words: &[Word]) {
    for word in words {
        if word.kind & FIGURE != 0 {
            found.figures_agree += 1;
        } else if word.kind & NAME != 0 {
            found.names_agree += 1;
        }
    }
}

/// Facts in the short differing passages between runs that continue each other, and before the
/// first and after the last run.
fn measure_slots(found: &mut Comparison, runs: &[Run], a: &View, b: &View) {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return };
    compare_slot(found, &a.words[..first.a], &b.words[..first.b]);
    for pair in runs.windows(2) {
        let (end_a, end_b) = (pair[0].a + pair[0].len, pair[0].b + pair[0].len);
        if pair[1].a >= end_a && pair[1].b >= end_b {
            compare_slot(found, &a.words[end_a..pair[1].a], &b.words[end_b..pair[1].b]);
        }
    }
    compare_slot(found, &a.words[last.a + last.len..], &b.words[last.b + last.len..]);
}

fn compare_slot(found: &mut Comparison, a: &[Word], b: &[Word]) {
    if a.len() > LONGEST_SLOT || b.len() > LONGEST_SLOT || a.is_empty() || b.is_empty() {
        return;
    }
    let (agree, differ) = compare_facts(a, b, |word| word.kind & FIGURE != 0);
    found.figures_agree += agree;
    found.figures_differ += differ;
    let (agree, differ) = compare_facts(a, b, |word| word.kind & (NAME | FIGURE) == NAME);
    found.names_agree += agree;
    found.names_differ += differ;
}

/// Facts of one kind that stand in both passages, and pairs of facts that stand in one only.
fn compare_facts(a: &[Word], b: &[Word], is_fact: impl Fn(&Word) -> bool) -> (usize, usize) {
    let has = |words: &[Word], fact: &Word| words.iter().any(|word| word.hash == fact.hash);
    let agree = a.iter().filter(|word| is_fact(word) && has(b, word)).count();
    let only_a = a.iter().filter(|word| is_fact(word) && !has(b, word)).count();
    let only_b = b.iter().filter(|word| is_fact(word) && !has(a, word)).count();
    (agree, only_a.min(only_b))
}

/// Share of `part` found in `whole`; both sorted. `None` when there is nothing to find.
fn share_found(part: &[u32], whole: &[u32]) -> Option<f32> {
    let hits = part.iter().filter(|fact| whole.binary_search(fact).is_ok()).count();
    (!part.is_empty()).then(|| share(hits, part.len()))
}

/// Share of the smaller title's words that stand in the other; `None` when one has under two words.
pub(crate) fn titles_alike(a: &[u32], b: &[u32]) -> Option<f32> {
    let (small, big) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if small.len() < 2 { None } else { share_found(small, big) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Features;
    use proptest::prelude::*;

    fn compared(a: &str, b: &str) -> Comparison {
        let view = |text| Features::new("", text).view(|_| false);
        compare(&view(a), &view(b))
    }

    #[test]
    fn a_part_is_contained_in_its_whole_and_not_the_reverse() {
        let whole = "one two three four five six seven eight nine ten eleven twelve";
        let found = compared("four five six seven", whole);
        assert_eq!(found.a_in_b, 1.0);
        assert!((0.15..0.25).contains(&found.b_in_a), "{found:?}");
        assert_eq!(found.longest_run, 4);
    }

    #[test]
    fn facts_at_the_same_place_are_compared() {
        let found = compared(
            "the army of the north lost 21 tanks and 4 ships near Kherson on the first day of the year",
            "the army of the north lost 35 tanks and 4 ships near Odesa on the first day of the year",
        );
        assert_eq!((found.figures_differ, found.names_differ), (1, 1), "{found:?}");
        assert_eq!(found.figures_agree, 1);
    }

    #[test]
    fn an_inserted_figure_differs_from_nothing() {
        let found = compared(
            "they met in the old town hall for a talk",
            "they met in the old 300 town hall for a talk",
        );
        assert_eq!(found.figures_differ, 0);
    }

    #[test]
    fn paragraphs_that_changed_places_are_out_of_order_but_found() {
        let text = |words: std::ops::Range<u32>| words.map(|word| format!("w{word} ")).collect::<String>();
        let swapped = format!("{}{}", text(60..120), text(0..60));
        let found = compared(&text(0..120), &swapped);
        assert!(found.a_in_b > 0.95 && found.matched == 120, "{found:?}");
        assert_eq!(found.in_order, 0.0);
    }

    #[test]
    fn texts_too_short_for_a_shingle_share_nothing() {
        assert_eq!(compared("one two", "one two").a_in_b, 0.0);
        assert_eq!(compared("", "one two three four").b_in_a, 0.0);
    }

    proptest! {
        #[test]
        fn shares_are_shares_and_seen_from_both_sides(a in "[abc ,.1A\n]{0,120}", b in "[abc ,.1A\n]{0,120}") {
            let (one, other) = (compared(&a, &b), compared(&b, &a));
            prop_assert_eq!((one.a_in_b, one.b_in_a), (other.b_in_a, other.a_in_b));
            prop_assert_eq!((one.touched_a, one.touched_b), (other.touched_b, other.touched_a));
            for share in [one.a_in_b, one.b_in_a, one.touched_a, one.touched_b, one.in_order] {
                prop_assert!((0.0..=1.0).contains(&share));
            }
            prop_assert!(one.matched <= one.words_a && one.literal <= one.matched);
        }
    }
}
