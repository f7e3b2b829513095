//! The inverted index: fingerprint → slots of articles, in one flat table.

/// An open-addressing multimap of two 32-bit numbers with linear probing: eight bytes a posting,
/// no allocation per key, the same layout for the same history.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    cells: Vec<Cell>,
    used: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    hash: u32,
    /// [`EMPTY`] for a free cell.
    slot: u32,
}

const EMPTY: u32 = u32::MAX;
const SMALLEST: usize = 1 << 10;

impl Postings {
    /// Adds a posting unless the hash has `cap` of them already.
    pub(crate) fn insert(&mut self, hash: u32, slot: u32, cap: usize) {
        // At most 85 % full: beyond, linear probing gets slow.
        if (self.used + 1) * 100 > self.cells.len() * 85 {
            let bigger = (self.cells.len() * 5 / 4).max(SMALLEST);
            self.rebuild(bigger, |_, slot| Some(slot));
        }
        let mut place = self.home(hash);
        let mut same = 0;
        while self.cells[place].slot != EMPTY {
            same += usize::from(self.cells[place].hash == hash);
            if same >= cap {
                return;
            }
            place = self.next(place);
        }
        self.cells[place] = Cell { hash, slot };
        self.used += 1;
    }

    /// Whether the article has a posting of the hash.
    pub(crate) fn contains(&self, hash: u32, slot: u32) -> bool {
        if self.cells.is_empty() {
            return false;
        }
        let mut place = self.home(hash);
        while self.cells[place].slot != EMPTY {
            if self.cells[place].hash == hash && self.cells[place].slot == slot {
                return true;
            }
            place = self.next(place);
        }
        false
    }

    /// Appends the slots of a hash to `out`; none when the hash has reached `cap`, because what so
    /// many texts share tells them not apart.
    pub(crate) fn lookup(&self, hash: u32, cap: usize, out: &mut Vec<u32>) {
        if self.cells.is_empty() {
            return;
        }
        let before = out.len();
        let mut place = self.home(hash);
        while self.cells[place].slot != EMPTY {
            if self.cells[place].hash == hash {
                out.push(self.cells[place].slot);
            }
            place = self.next(place);
        }
        if out.len() - before >= cap {
            out.truncate(before);
        }
    }

    /// Gives every posting the slot `moved(hash, slot)` says, and drops it where that is `None`.
    pub(crate) fn retain(&mut self, moved: impl Fn(u32, u32) -> Option<u32>) {
        let kept = self
            .cells
            .iter()
            .filter(|cell| cell.slot != EMPTY && moved(cell.hash, cell.slot).is_some())
            .count();
        self.rebuild((kept * 4 / 3).max(SMALLEST), moved);
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>()
    }

    fn rebuild(&mut self, capacity: usize, moved: impl Fn(u32, u32) -> Option<u32>) {
        let old = std::mem::replace(&mut self.cells, vec![Cell { hash: 0, slot: EMPTY }; capacity]);
        self.used = 0;
        for cell in old {
            if cell.slot == EMPTY {
                continue;
            }
            let Some(slot) = moved(cell.hash, cell.slot) else { continue };
            let mut place = self.home(cell.hash);
            while self.cells[place].slot != EMPTY {
                place = self.next(place);
            }
            self.cells[place] = Cell { slot, ..cell };
            self.used += 1;
        }
    }

    /// Multiply-shift onto the table's length, which need not be a power of two.
    fn home(&self, hash: u32) -> usize {
        let spread = u64::from(hash.wrapping_mul(0x9E37_79B1));
        ((spread * self.cells.len() as u64) >> 32) as usize
    }

    fn next(&self, place: usize) -> usize {
        if place + 1 == self.cells.len() { 0 } else { place + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const NO_CAP: usize = usize::MAX;

    #[test]
    fn a_hash_of_too_many_texts_finds_nothing() {
        let mut postings = Postings::default();
        for slot in 0..20 {
            postings.insert(7, slot, 10);
        }
        let mut found = Vec::new();
        postings.lookup(7, 10, &mut found);
        assert!(found.is_empty());
    }

    proptest! {
        #[test]
        fn behaves_like_a_set_of_pairs(steps in proptest::collection::vec((0u8..4, 0u32..40, 0u32..12), 0..600)) {
            let mut postings = Postings::default();
            let mut model = BTreeSet::new();
            for (step, hash, slot) in steps {
                match step {
                    0 | 1 if model.insert((hash, slot)) => postings.insert(hash, slot, NO_CAP),
                    2 if slot == 0 => {
                        model.retain(|pair| pair.0 % 3 != 0);
                        postings.retain(|hash, slot| (hash % 3 != 0).then_some(slot));
                    }
                    3 if slot == 1 => {
                        model = model.iter().map(|pair| (pair.0, pair.1 + 1)).collect();
                        postings.retain(|_, slot| Some(slot + 1));
                    }
                    _ => {}
                }
            }
            for hash in 0..40 {
                let mut found = Vec::new();
                postings.lookup(hash, NO_CAP, &mut found);
                found.sort_unstable();
                let want: Vec<u32> = model.iter().filter(|pair| pair.0 == hash).map(|pair| pair.1).collect();
                for slot in 0..40 {
                    prop_assert_eq!(postings.contains(hash, slot), want.contains(&slot));
                }
                prop_assert_eq!(found, want);
            }
        }
    }
}
