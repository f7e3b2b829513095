//! How many workers a run has and how long it may take to end.

use std::time::Duration;

/// Settings of a run. The defaults suit two cores and some hundred feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineConfig {
    /// Feeds asked at the same time, each of another host.
    pub feed_workers: usize,
    /// Pages asked for at the same time, each of another host.
    pub page_workers: usize,
    /// Threads that clean pages; at most one parsed tree each.
    pub clean_workers: usize,
    /// Threads that tag.
    pub tag_workers: usize,
    /// How long what is in flight may take to be stored after the stop signal; what misses it is
    /// still owed.
    pub drain_deadline: Duration,
}

impl Default for PipelineConfig {
    fn default() -> Self {
        Self {
            feed_workers: 16,
            page_workers: 24,
            clean_workers: std::thread::available_parallelism().map_or(2, usize::from).min(8),
            tag_workers: 1,
            drain_deadline: Duration::from_secs(20),
        }
    }
}
