//! The articles known, by id, by text and by shingle.

use crate::config::DedupConfig;
use crate::hashing::HashMap;
use crate::lines::LineCounts;
use crate::postings::Postings;
use crate::sketch::{SPARSE_BIT, SPARSE_SCALE, Signature, Sketch};

/// An article in the index.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: i64,
    /// The group's original; its own id for an original.
    pub(crate) of: i64,
    /// Seconds since 1970.
    pub(crate) time: i64,
    pub(crate) publisher: u32,
    pub(crate) shingles: u32,
    scale: u8,
    sparse: bool,
    figures_bearing: bool,
    dead: bool,
    /// Slot of the record of the first text of a revised article.
    earlier: Option<u32>,
    /// It stands for a text that its article no longer has.
    superseded: bool,
    /// The hash of its words; 0 when it has none.
    text: u64,
    /// Lines it was counted for.
    lines: Box<[u32]>,
}

/// A group that shares shingles with an article.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// The group's original.
    pub(crate) of: i64,
    /// Estimated share of the smaller text in the other.
    pub(crate) containment: f32,
    /// Copies in the group that share more than the original does, best first.
    pub(crate) members: Vec<i64>,
}

/// What is asked of the index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a> {
    pub(crate) id: i64,
    pub(crate) time: i64,
    pub(crate) sketch: &'a Sketch,
    pub(crate) figures_bearing: bool,
}

/// Common hashes below which nothing is compared.
const MIN_HITS: usize = 3;
/// The same in the sparse window, where a text keeps a handful.
const MIN_SPARSE_HITS: usize = 2;
/// Estimated containment below which nothing is compared.
const MIN_CONTAINMENT: f32 = 0.08;
/// Copies of a group offered beside its original.
const MAX_MEMBERS: usize = 3;

#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) lines: LineCounts,
    records: Vec<Record>,
    dead: usize,
    by_id: HashMap<i64, u32>,
    by_text: HashMap<u64, u32>,
    postings: Postings,
    config: DedupConfig,
}

impl Index {
    pub(crate) fn new(config: DedupConfig) -> Self {
        Self {
            lines: LineCounts::default(),
            records: Vec::new(),
            dead: 0,
            by_id: HashMap::default(),
            by_text: HashMap::default(),
            postings: Postings::default(),
            config,
        }
    }

    pub(crate) fn get(&self, id: i64) -> Option<&Record> {
        self.by_id.get(&id).map(|slot| &self.records[*slot as usize])
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        let records: usize = self.records.iter().map(|record| record.lines.len() * 4).sum();
        records
            + self.records.capacity() * size_of::<Record>()
            + self.by_id.capacity() * (size_of::<(i64, u32)>() + 1)
            + self.by_text.capacity() * (size_of::<(u64, u32)>() + 1)
            + self.postings.bytes()
            + self.lines.bytes()
    }

    /// The original of the group that has exactly this text.
    pub(crate) fn original_of_text(&self, text: u64, not: i64) -> Option<i64> {
        let slot = *self.by_text.get(&text)?;
        let record = &self.records[slot as usize];
        (record.id != not).then_some(record.of)
    }

    /// Adds an article. A text that may not be an original is remembered by nothing but its id.
    pub(crate) fn insert(&mut self, id: i64, time: i64, publisher: u32, signature: &Signature) {
        if !signature.standalone {
            self.remove(id);
            return;
        }
        let earlier = self.by_id.get(&id).copied().filter(|slot| self.records[*slot as usize].superseded);
        if earlier.is_some() {
            self.by_id.remove(&id);
        } else {
            self.remove(id);
        }
        let slot = self.records.len() as u32;
        let of = signature.of.unwrap_or(id);
        let original = self.by_id.get(&of).copied();
        for hash in &signature.sketch.hashes {
            // What the original is found by needs no second posting for each of its copies.
            if !original.is_some_and(|original| self.postings.contains(*hash, original)) {
                self.postings.insert(*hash, slot, self.config.max_postings);
            }
        }
        let text = signature.text.unwrap_or(0);
        if signature.text.is_some() {
            self.by_text.entry(text).or_insert(slot);
        }
        self.lines.add(&signature.lines);
        self.by_id.insert(id, slot);
        self.records.push(Record {
            id,
            of,
            time,
            publisher,
            shingles: signature.sketch.shingles,
            scale: signature.sketch.scale as u8,
            sparse: false,
            figures_bearing: signature.figures_bearing,
            dead: false,
            earlier,
            superseded: false,
            text,
            lines: signature.lines.clone().into_boxed_slice(),
        });
    }

    /// Marks the text of an article as one it no longer has, before its revision is inserted. Of
    /// several texts the first is kept, as copies are made early.
    pub(crate) fn supersede(&mut self, id: i64) {
        let Some(slot) = self.by_id.get(&id).copied() else { return };
        let first = match self.records[slot as usize].earlier.take() {
            Some(first) => {
                self.kill(slot);
                first
            }
            None => slot,
        };
        let record = &mut self.records[first as usize];
        record.superseded = true;
        self.lines.remove(&std::mem::take(&mut record.lines));
        self.by_id.insert(id, first);
    }

    /// Forgets an article. Its postings go with the next sweep.
    pub(crate) fn remove(&mut self, id: i64) {
        let Some(slot) = self.by_id.remove(&id) else { return };
        if let Some(earlier) = self.records[slot as usize].earlier.take() {
            self.kill(earlier);
        }
        self.kill(slot);
        if self.dead > SWEEP_AT && self.dead * 4 > self.records.len() {
            self.sweep();
        }
    }

    fn kill(&mut self, slot: u32) {
        let record = &mut self.records[slot as usize];
        record.dead = true;
        self.lines.remove(&std::mem::take(&mut record.lines));
        if self.by_text.get(&record.text) == Some(&slot) {
            self.by_text.remove(&record.text);
        }
        self.dead += 1;
    }

    /// The ids of the copies of `original` in the index, in order.
    pub(crate) fn copies_of(&self, original: i64) -> Vec<i64> {
        let copies = self
            .records
            .iter()
            .filter(|record| !record.dead && record.of == original && record.id != original);
        copies.map(|record| record.id).collect()
    }

    /// Groups that share enough with the article to be compared, likeliest first.
    pub(crate) fn candidates(&self, query: &Query<'_>) -> Vec<Candidate> {
        let mut slots = Vec::new();
        for hash in &query.sketch.hashes {
            self.postings.lookup(*hash, self.config.max_postings, &mut slots);
        }
        slots.sort_unstable();
        let mut groups: HashMap<i64, Group> = HashMap::default();
        for same in slots.chunk_by(|one, next| one == next) {
            let record = &self.records[same[0] as usize];
            if !record.dead && record.id != query.id && self.within_window(record, query) {
                groups.entry(record.of).or_default().add(record, same.len());
            }
        }
        let mut found: Vec<Candidate> =
            groups.into_iter().filter_map(|(of, group)| group.into_candidate(of, query)).collect();
        found.sort_by(|one, other| other.containment.total_cmp(&one.containment).then(one.of.cmp(&other.of)));
        found.truncate(self.config.max_candidates);
        found
    }

    fn within_window(&self, record: &Record, query: &Query<'_>) -> bool {
        let apart = (record.time - query.time).abs();
        let config = &self.config;
        let window = if record.figures_bearing && query.figures_bearing {
            config.figures_window
        } else if record.sparse {
            config.sparse_window
        } else {
            config.full_window.max(config.sparse_window)
        };
        apart <= window.as_secs()
    }

    /// Thins out what left the full window and drops what left the sparse one.
    pub(crate) fn evict(&mut self, now: i64) {
        let full = now.saturating_sub(self.config.full_window.as_secs());
        let sparse = now.saturating_sub(self.config.sparse_window.as_secs());
        let latest = self.records.len().saturating_sub(self.config.keep_latest);
        let mut gone = Vec::new();
        let mut thinned = false;
        for record in self.records[..latest].iter_mut().filter(|record| !record.dead) {
            if record.time < sparse {
                gone.push(record.id);
            } else if record.time < full && !record.sparse {
                record.sparse = true;
                record.scale = SPARSE_SCALE as u8;
                self.lines.remove(&std::mem::take(&mut record.lines));
                thinned = true;
            }
        }
        let excess = (self.by_id.len() - gone.len()).saturating_sub(self.config.max_articles);
        if excess > 0 {
            let mut oldest: Vec<(i64, i64)> = self
                .records
                .iter()
                .filter(|record| !record.dead && record.time >= sparse)
                .map(|record| (record.time, record.id))
                .collect();
            oldest.sort_unstable();
            gone.extend(oldest.iter().take(excess).map(|oldest| oldest.1));
        }
        for id in &gone {
            self.remove(*id);
        }
        if thinned {
            self.sweep();
        }
    }

    /// Gives back the room of forgotten articles and of hashes the sparse window does not keep.
    fn sweep(&mut self) {
        let mut moved = Vec::with_capacity(self.records.len());
        let mut next = 0;
        for record in &self.records {
            moved.push(if record.dead { None } else { Some((next, record.sparse)) });
            next += u32::from(!record.dead);
        }
        self.postings.retain(|hash, slot| match moved[slot as usize] {
            Some((to, sparse)) if !sparse || hash & SPARSE_BIT != 0 => Some(to),
            _ => None,
        });
        self.records.retain(|record| !record.dead);
        self.dead = 0;
        let to = |slot: u32| moved[slot as usize].map_or(slot, |(to, _)| to);
        for record in &mut self.records {
            record.earlier = record.earlier.and_then(|slot| moved[slot as usize]).map(|(slot, _)| slot);
        }
        for slot in self.by_id.values_mut().chain(self.by_text.values_mut()) {
            *slot = to(*slot);
        }
    }
}

/// Fewer forgotten articles than this are not worth a sweep.
const SWEEP_AT: usize = 1_000;

/// The common hashes of one group.
#[derive(Debug, Default)]
struct Group {
    original: usize,
    /// Hits, id of copies.
    members: Vec<(usize, i64)>,
    /// The best estimate of its members.
    containment: f32,
    hits: usize,
    sparse: bool,
    best: Option<(u32, u8)>,
}

impl Group {
    fn add(&mut self, record: &Record, hits: usize) {
        if record.id == record.of {
            self.original = self.original.max(hits);
        } else {
            match self.members.iter_mut().find(|member| member.1 == record.id) {
                Some(member) => member.0 = member.0.max(hits),
                None => self.members.push((hits, record.id)),
            }
        }
        self.sparse |= record.sparse;
        if self.best.is_none_or(|_| hits > self.hits) {
            self.best = Some((record.shingles, record.scale));
            self.hits = hits;
        }
    }

    fn into_candidate(mut self, of: i64, query: &Query<'_>) -> Option<Candidate> {
        let (shingles, scale) = self.best?;
        // A copy's hashes come on top of those it shares with its original.
        self.members.sort_unstable_by(|one, other| other.cmp(one));
        let hits = self.original + self.members.first().map_or(0, |member| member.0);
        let least = if self.sparse { MIN_SPARSE_HITS } else { MIN_HITS };
        let scale = u64::from(scale).max(query.sketch.scale) as f32;
        let smaller = shingles.min(query.sketch.shingles).max(1) as f32;
        self.containment = hits as f32 * scale / smaller;
        if hits < least || self.containment < MIN_CONTAINMENT {
            return None;
        }
        let members = self.members.iter().take(MAX_MEMBERS).map(|member| member.1).collect();
        Some(Candidate { of, containment: self.containment.min(1.0), members })
    }
}
