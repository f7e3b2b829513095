//! An article laid beside its candidates: whose copy it is, if any.

use crate::compare::{Comparison, compare, titles_alike};
use crate::decide::{Copied, Pair, decide};
use crate::features::View;
use crate::index::Candidate;
use crate::lines::LineCounts;
use crate::texts::{Text, Texts, publisher_hash};
use std::collections::BTreeSet;

/// The group an article joins, and why.
#[derive(Debug)]
pub(crate) struct Found {
    /// The group's original.
    pub(crate) of: i64,
    pub(crate) copied: Copied,
}

/// Ids of texts without which nothing can be said.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) Vec<i64>);

/// What verification reads.
#[derive(Debug)]
pub(crate) struct Verifier<'a> {
    pub(crate) texts: &'a mut Texts,
    pub(crate) lines: &'a LineCounts,
    /// Texts asked for already: what is still missing of them will not come.
    pub(crate) asked: Option<&'a BTreeSet<i64>>,
}

/// A copy that holds so much of the new text needs no further comparison.
const SETTLED: f32 = 0.9;
/// Estimated containment from which on the copies of a group are asked where its original says no.
const MEMBERS_FROM: f32 = 0.2;

impl Verifier<'_> {
    /// The group that explains most of the text.
    pub(crate) fn verify(
        &mut self,
        text: &Text,
        view: &View,
        candidates: &[Candidate],
    ) -> Result<Option<Found>, Missing> {
        self.have(candidates.iter().map(|candidate| candidate.of))?;
        let mut best: Option<(Found, Vec<bool>)> = None;
        let mut others: Vec<(i64, Vec<bool>)> = Vec::new();
        for candidate in candidates {
            let of = candidate.of;
            let Some(side) = self.against(text, view, of) else { continue };
            if side.opens_in_a_under_another_title() {
                others.push((of, side.comparison.literal_windows_of_a.clone()));
            }
            let copied = match side.copied {
                Some(copied) => Some(copied),
                None if best.is_none() => self.against_members(text, view, candidate)?,
                None => None,
            };
            if let Some(copied) = copied
                && best.as_ref().is_none_or(|(found, _)| copied.explains_more_than(&found.copied))
            {
                if copied.evidence.contained_in_original >= SETTLED {
                    return Ok(Some(Found { of, copied }));
                }
                best = Some((Found { of, copied }, side.comparison.literal_windows_of_a));
            }
        }
        Ok(best.filter(|(found, windows)| !is_compilation(found, windows, &others)).map(|(found, _)| found))
    }

    /// A group whose original says no is joined only when two of its copies say yes.
    fn against_members(
        &mut self,
        text: &Text,
        view: &View,
        candidate: &Candidate,
    ) -> Result<Option<Copied>, Missing> {
        if candidate.members.len() < 2 || candidate.containment < MEMBERS_FROM {
            return Ok(None);
        }
        self.have(candidate.members.iter().copied())?;
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
        let side = side_by_side(text, view, stored, self.lines);
        if side.copied.is_none()
            && let Some(earlier) = stored.earlier.as_deref_mut()
        {
            let with_earlier = side_by_side(text, view, earlier, self.lines);
            if with_earlier.copied.is_some() {
                return Some(with_earlier);
            }
        }
        Some(side)
    }

    /// Says which texts are missing that were not asked for yet.
    fn have(&self, ids: impl Iterator<Item = i64>) -> Result<(), Missing> {
        let asked = |id: &i64| self.asked.is_some_and(|asked| asked.contains(id));
        let missing: Vec<i64> = ids.filter(|id| !self.texts.contains(*id) && !asked(id)).collect();
        if missing.is_empty() { Ok(()) } else { Err(Missing(missing)) }
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

/// Whether other articles open in the new text outside what it shares with its original: a digest
/// of several articles is a copy of none.
fn is_compilation(found: &Found, windows: &[bool], others: &[(i64, Vec<bool>)]) -> bool {
    /// What is left of a text that stands nearly whole in its original is no second article.
    const WHOLE: f32 = 0.85;
    if found.copied.evidence.contained_in_original >= WHOLE {
        return false;
    }
    let elsewhere = |window: usize| {
        others
            .iter()
            .any(|(other, windows)| *other != found.of && windows.get(window).copied().unwrap_or(false))
    };
    let foreign = (0..windows.len()).filter(|window| !windows[*window] && elsewhere(*window)).count();
    // One window in seven is an item of a digest of five with greetings and headlines.
    foreign * 7 > windows.len()
}
