//! One automaton over every term of every language, and what it finds in a folded text.

use crate::fold::Folded;
use crate::rules::Rules;
use crate::term::Term;
use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use std::collections::HashMap;
use std::ops::Range;

/// What a term counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A topic, by its index.
    Topic(u16),
    /// The article belongs to the story.
    Relevant,
    /// The article is about something else.
    Negative,
    /// Lets the terms count that need it beside them.
    Context(u16),
    /// The sentence recalls the past.
    Background,
    /// Names an entity, by its index.
    Entity(u16),
}

/// A term with what it counts.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) term: Term,
    pub(crate) target: Target,
    pub(crate) weight: f32,
    pub(crate) near: Option<u16>,
    only_in: Option<&'static str>,
    /// Found with a capital only: a name that would be a word without it (`Песков`, `Grant`).
    capital: bool,
    /// Place among all entries, heavier ones first.
    rank: u32,
}

/// A term found in a folded text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    /// Index of its entry.
    pub(crate) entry: u32,
    pub(crate) target: Target,
    /// Bytes of the folded text.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Hits of one group compete for a place, see [`group`].
    group: u32,
    /// Of equal spans the lowest counts.
    rank: u32,
}

impl Hit {
    /// By group and place; of those that begin together the longest first, then by rank.
    fn order(&self) -> (u64, u64) {
        let pair = |high: u32, low: u32| (u64::from(high) << 32) | u64::from(low);
        (pair(self.group, self.start), pair(!self.end, self.rank))
    }
}

/// How far, in bytes of folded text on either side, a term looks for the context it needs: about two
/// sentences in Latin letters, one in Cyrillic.
const NEAR_BYTES: u32 = 220;

/// All terms, ready to be searched for at once.
#[derive(Debug)]
pub(crate) struct Matcher {
    automaton: NFA,
    /// Where every word begins.
    start: StateID,
    /// Grouped by the pattern of their anchor.
    entries: Vec<Entry>,
    of_pattern: Vec<Range<u32>>,
}

impl Matcher {
    pub(crate) fn new(rules: &Rules) -> Self {
        let mut by_anchor: HashMap<String, Vec<Entry>> = HashMap::new();
        for entry in entries(rules) {
            by_anchor.entry(entry.term.anchor.clone()).or_default().push(entry);
        }
        let mut anchors: Vec<(String, Vec<Entry>)> = by_anchor.into_iter().collect();
        anchors.sort_by(|a, b| a.0.cmp(&b.0));
        let patterns: Vec<String> = anchors.iter().map(|(anchor, _)| anchor.clone()).collect();
        let (mut entries, mut of_pattern) = (Vec::new(), Vec::new());
        for (_, group) in anchors {
            let first = entries.len() as u32;
            entries.extend(group);
            of_pattern.push(first..entries.len() as u32);
        }
        rank(&mut entries);
        #[allow(
            clippy::expect_used,
            reason = "building fails only beyond 2^31 states, a thousand times what a rules file of a megabyte gives"
        )]
        let automaton = NFA::builder()
            .prefilter(false)
            .build(&patterns)
            .expect("fewer states than the automaton can number");
        #[allow(clippy::expect_used, reason = "an NFA of this crate always has an anchored start")]
        let start = automaton.start_state(Anchored::Yes).expect("an anchored start");
        Self { automaton, start, entries, of_pattern }
    }

    pub(crate) fn entry(&self, hit: &Hit) -> &Entry {
        &self.entries[hit.entry as usize]
    }

    /// How many terms a topic has.
    pub(crate) fn terms_of(&self, topic: u16) -> usize {
        self.entries.iter().filter(|entry| entry.target == Target::Topic(topic)).count()
    }

    /// Heap memory of the automaton, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.automaton.memory_usage()
    }

    /// Finds every term, by target and place. Of terms that overlap for one target the first counts,
    /// of those that begin together the longest.
    pub(crate) fn find(&self, folded: &Folded, original: &str, language: Option<&str>) -> Vec<Hit> {
        let mut hits = Vec::with_capacity(64 + folded.text.len() / 40);
        // Terms begin where words begin, so the automaton is walked from each of those places for as
        // long as some term goes on: a few letters for most words.
        for &start in &folded.word_starts {
            let mut state = self.start;
            for (at, &byte) in folded.text.as_bytes()[start as usize..].iter().enumerate() {
                state = self.automaton.next_state(Anchored::Yes, state, byte);
                if !self.automaton.is_special(state) {
                    continue;
                }
                if self.automaton.is_dead(state) {
                    break;
                }
                if self.automaton.is_match(state) {
                    self.take(
                        state,
                        start as usize..start as usize + at + 1,
                        folded,
                        original,
                        language,
                        &mut hits,
                    );
                }
            }
        }
        hits.sort_unstable_by_key(Hit::order);
        // First the context: a term that lacks it must not stand in another's place.
        self.drop_without_context(&mut hits);
        let mut last: Option<(u32, u32)> = None;
        hits.retain(|hit| {
            let free = last.is_none_or(|(before, end)| before != hit.group || hit.start >= end);
            if free {
                last = Some((hit.group, hit.end));
            }
            free
        });
        hits
    }

    /// Takes the entries whose anchor is exactly this range and whose rest follows.
    fn take(
        &self,
        state: StateID,
        anchor: Range<usize>,
        folded: &Folded,
        original: &str,
        language: Option<&str>,
        hits: &mut Vec<Hit>,
    ) {
        for index in 0..self.automaton.match_len(state) {
            let pattern = self.automaton.match_pattern(state, index);
            // A state also knows the patterns that end here and began later.
            if self.automaton.pattern_len(pattern) != anchor.len() {
                continue;
            }
            for index in self.of_pattern[pattern.as_usize()].clone() {
                let entry = &self.entries[index as usize];
                if entry.only_in.is_some_and(|only| language != Some(only)) {
                    continue;
                }
                if let Some(end) = entry.term.end_in(folded, original, anchor.start, anchor.end)
                    && (!entry.capital || starts_with_capital(folded, original, anchor.start))
                {
                    let (start, end) = (anchor.start as u32, end as u32);
                    let (target, rank) = (entry.target, entry.rank);
                    hits.push(Hit { entry: index, target, start, end, group: group(target), rank });
                }
            }
        }
    }

    fn drop_without_context(&self, hits: &mut Vec<Hit>) {
        let first = hits.partition_point(|hit| hit.target < Target::Context(0));
        let last = hits.partition_point(|hit| hit.target <= Target::Context(u16::MAX));
        let contexts: Vec<(u32, u32)> = hits[first..last].iter().map(|hit| (hit.group, hit.start)).collect();
        hits.retain(|hit| {
            let Some(near) = self.entry(hit).near else { return true };
            let near = group(Target::Context(near));
            let from = (near, hit.start.saturating_sub(NEAR_BYTES));
            let at = contexts.partition_point(|&context| context < from);
            let next = contexts.get(at);
            next.is_some_and(|&(context, start)| context == near && start <= hit.end + NEAR_BYTES)
        });
    }
}

/// Ranks the entries by weight, then by their own order.
fn rank(entries: &mut [Entry]) {
    let mut by_weight: Vec<&mut Entry> = entries.iter_mut().collect();
    by_weight.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    by_weight.into_iter().zip(0..).for_each(|(entry, rank)| entry.rank = rank);
}

fn starts_with_capital(folded: &Folded, original: &str, start: usize) -> bool {
    original[folded.original(&(start..start)).start..].starts_with(char::is_uppercase)
}

/// Entities compete for a place among each other, everything else within its own target. Groups stand
/// in the order of their targets.
fn group(target: Target) -> u32 {
    const KINDS: u32 = 1 << 16;
    match target {
        Target::Topic(at) => u32::from(at),
        Target::Relevant => KINDS,
        Target::Negative => KINDS + 1,
        Target::Context(at) => 2 * KINDS + u32::from(at),
        Target::Background => 3 * KINDS,
        Target::Entity(_) => 3 * KINDS + 1,
    }
}

fn entries(rules: &Rules) -> impl Iterator<Item = Entry> + '_ {
    let weighted = |target: Target| {
        move |term: &crate::rules::WeightedTerm| Entry {
            term: term.term.clone(),
            target,
            weight: term.weight,
            near: term.near,
            only_in: None,
            capital: false,
            rank: 0,
        }
    };
    let plain = |target: Target| {
        move |term: &Term| Entry {
            term: term.clone(),
            target,
            weight: 1.0,
            near: None,
            only_in: None,
            capital: false,
            rank: 0,
        }
    };
    // Indices fit: a file of 65,536 topics, contexts or entities is refused when it is read.
    let topics = (0_u16..).zip(&rules.topics);
    let topics = topics.flat_map(move |(at, topic)| topic.terms.iter().map(weighted(Target::Topic(at))));
    let contexts = (0_u16..).zip(&rules.contexts);
    let contexts =
        contexts.flat_map(move |(at, context)| context.terms.iter().map(plain(Target::Context(at))));
    let entities = (0_u16..).zip(&rules.entities).flat_map(|(at, entity)| {
        entity.spellings.iter().map(move |spelling| Entry {
            term: spelling.term.clone(),
            target: Target::Entity(at),
            weight: 1.0,
            near: None,
            only_in: spelling.only_in,
            capital: spelling.term.written.starts_with(char::is_uppercase),
            rank: 0,
        })
    });
    topics
        .chain(rules.relevance.terms.iter().map(weighted(Target::Relevant)))
        .chain(rules.relevance.negative.iter().map(weighted(Target::Negative)))
        .chain(contexts)
        .chain(rules.background.cues.iter().map(plain(Target::Background)))
        .chain(entities)
}
