//! Which lines recur: in how many different articles of one publisher (copies of one another count
//! once) each line stands. Furniture of a site, stock background and the fixed lines of bulletins
//! show by this. Counted over all publishers, the opening of an article would become stock by the
//! digests that quote it.

use crate::features::{Features, Line, mix};
use crate::hashing::HashMap;

/// A line of this many articles of its publisher is stock: no evidence for a copy.
const STOCK: u16 = 3;
/// A paragraph of this many articles of its publisher is background.
const BACKGROUND: u16 = 2;
/// Shorter lines say nothing, longer ones hardly recur.
const COUNTED_WORDS: std::ops::RangeInclusive<usize> = 3..=200;
/// Lines counted of one article at most.
const MAX_LINES: usize = 400;

/// Which lines of an article were counted for its group already.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Own<'a> {
    None,
    Of(&'a Features),
    Every,
}

#[derive(Debug, Default)]
pub(crate) struct LineCounts(HashMap<u32, u16>);

impl LineCounts {
    pub(crate) fn is_stock(&self, line: &Line, publisher: u32) -> bool {
        self.0.get(&key(line.hash, publisher)).is_some_and(|count| *count >= STOCK)
    }

    /// The lines of an article to count: those its original, if any, does not have.
    pub(crate) fn to_count(features: &Features, publisher: u32, original: Option<&Features>) -> Vec<u32> {
        let mut hashes: Vec<u32> = features
            .lines
            .iter()
            .filter(|line| COUNTED_WORDS.contains(&line.words()))
            .map(|line| line.hash)
            .filter(|hash| {
                !original.is_some_and(|original| original.lines.iter().any(|line| line.hash == *hash))
            })
            .map(|hash| key(hash, publisher))
            .take(MAX_LINES)
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }

    pub(crate) fn add(&mut self, lines: &[u32]) {
        for line in lines {
            let count = self.0.entry(*line).or_default();
            *count = count.saturating_add(1);
        }
    }

    pub(crate) fn remove(&mut self, lines: &[u32]) {
        for line in lines {
            if let Some(count) = self.0.get_mut(line) {
                *count -= 1;
                if *count == 0 {
                    self.0.remove(line);
                }
            }
        }
    }

    /// Paragraphs all of whose lines stand in at least two articles of the publisher, its own group
    /// left out.
    pub(crate) fn background(&self, features: &Features, publisher: u32, own: Own<'_>) -> Vec<u32> {
        let recurs = |line: &Line| {
            let own = match own {
                Own::None => false,
                Own::Every => true,
                Own::Of(original) => original.lines.iter().any(|own| own.hash == line.hash),
            };
            let least = BACKGROUND + u16::from(own);
            self.0.get(&key(line.hash, publisher)).is_some_and(|count| *count >= least)
        };
        let mut paragraphs = Vec::new();
        for lines in features.lines.chunk_by(|one, next| one.paragraph == next.paragraph) {
            if lines.iter().all(recurs) {
                paragraphs.push(lines[0].paragraph);
            }
        }
        paragraphs
    }

    pub(crate) fn bytes(&self) -> usize {
        self.0.capacity() * (size_of::<(u32, u16)>() + 1)
    }
}

fn key(line: u32, publisher: u32) -> u32 {
    mix(u64::from(line) << 32 | u64::from(publisher)) as u32
}
