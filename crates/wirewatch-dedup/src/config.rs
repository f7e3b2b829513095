//! Bounds and windows of the deduplicator.

use jiff::SignedDuration;

/// Bounds and windows. The defaults suit a newsroom's volume on one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DedupConfig {
    /// How far apart in time two articles may be to be compared with their full sketches.
    pub full_window: SignedDuration,
    /// The same with the sparse sketches (one shingle in 64) that older articles keep.
    pub sparse_window: SignedDuration,
    /// The same when both texts consist largely of figures: daily bulletins.
    pub figures_window: SignedDuration,
    /// Texts whose words are held in memory for verification; others are asked for by
    /// [`Step::Need`](crate::Step::Need).
    pub texts_in_memory: usize,
    /// Articles in the index at most; beyond, the oldest leave first.
    pub max_articles: usize,
    /// The latest judged articles stay fully indexed whatever their time, so that a backfill of old
    /// articles finds copies among them.
    pub keep_latest: usize,
    /// A shingle of this many articles is no longer looked up.
    pub max_postings: usize,
    /// Groups compared for one article at most.
    pub max_candidates: usize,
}

impl Default for DedupConfig {
    fn default() -> Self {
        const DAY: i64 = 24;
        Self {
            full_window: SignedDuration::from_hours(14 * DAY),
            sparse_window: SignedDuration::from_hours(180 * DAY),
            figures_window: SignedDuration::from_hours(3 * DAY),
            texts_in_memory: 2_048,
            max_articles: 2_000_000,
            keep_latest: 20_000,
            max_postings: 200,
            max_candidates: 12,
        }
    }
}
