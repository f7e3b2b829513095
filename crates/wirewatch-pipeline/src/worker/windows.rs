//! Which stored articles are in the index of copies: those around the times of the articles judged.
//!
//! The daemon's articles are of today, so the latest half year is loaded at the start. A backfill
//! brings articles of any time; the weeks around each are loaded when it is first met. Exact texts and
//! addresses are asked of the store and know no window.

use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use wirewatch_dedup::Deduper;
use wirewatch_model::ArticleId;
use wirewatch_store::{Reader, StoreError};

/// What is loaded at the start.
const RECENT: SignedDuration = SignedDuration::from_hours(180 * 24);
/// Older articles are loaded by weeks, two on each side: the deduplicator compares no further.
const WEEK_SECS: i64 = 7 * 24 * 3600;
const WEEKS_AROUND: i64 = 2;
/// How often the index is thinned out: a pass over all of it.
const EVICT_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// The loaded stretches of time.
pub(crate) struct Windows {
    recent_since: Timestamp,
    /// Weeks since 1970 loaded beside that.
    weeks: HashSet<i64>,
    evicted_at: Timestamp,
}

impl Windows {
    /// Loads the latest articles.
    pub(crate) fn load(reader: &Reader, deduper: &mut Deduper, now: Timestamp) -> Result<Self, StoreError> {
        let recent_since = now.checked_sub(RECENT).unwrap_or(Timestamp::MIN);
        restore(reader, deduper, recent_since, Timestamp::MAX, |_| false)?;
        Ok(Self { recent_since, weeks: HashSet::new(), evicted_at: now })
    }

    /// Loads the weeks around a time, unless they are. What is judged and not yet durable is in the
    /// index in a newer state than in the store.
    pub(crate) fn reach(
        &mut self,
        time: Timestamp,
        reader: &Reader,
        deduper: &mut Deduper,
        unsettled: impl Fn(ArticleId) -> bool,
    ) -> Result<(), StoreError> {
        let week = time.as_second().div_euclid(WEEK_SECS);
        for week in week - WEEKS_AROUND..=week + WEEKS_AROUND {
            let (since, until) = (at(week * WEEK_SECS), at((week + 1) * WEEK_SECS).min(self.recent_since));
            if since < until && self.weeks.insert(week) {
                restore(reader, deduper, since, until, &unsettled)?;
            }
        }
        Ok(())
    }

    /// Thins the index out once in a while; what of the old weeks is dropped is loaded again when it
    /// is needed.
    pub(crate) fn evict(&mut self, deduper: &mut Deduper, now: Timestamp) {
        if now.duration_since(self.evicted_at) >= EVICT_EVERY {
            deduper.evict(now);
            self.weeks.clear();
            self.evicted_at = now;
        }
    }
}

fn restore(
    reader: &Reader,
    deduper: &mut Deduper,
    since: Timestamp,
    until: Timestamp,
    skip: impl Fn(ArticleId) -> bool,
) -> Result<(), StoreError> {
    reader.signatures(since, until, |stored| {
        if skip(stored.article) {
            return true;
        }
        let restored = deduper.restore(stored.article, stored.time, &stored.publisher, &stored.signature);
        if let Err(error) = restored {
            tracing::warn!(article.id = %stored.article, %error, "a stored signature cannot be read: only exact copies of the article are found");
        }
        true
    })
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}
