//! When to ask a feed again: a plain function of what is known, without a clock and without chance.
//!
//! The interval after a sound answer is the larger of two things. The *floor* is what manners ask:
//! what the feed grants (`max-age`, `Expires`, `ttl`, `sy:`), but never under two minutes; where
//! nothing is granted, a quarter of an hour for a lively feed with validators and an hour for every
//! other; a setting replaces this default and never what the feed asks. The *rhythm* is what the feed
//! earns: it is asked when the next entry has probably come ([`Outlook`]), the more seldom the longer it
//! has been silent against its habit. Neither is ever over a day. `skipHours`, `skipDays` and
//! `Retry-After` then only move the time later.

use crate::{
    outlook::Outlook,
    time::{DAY, HOUR, MINUTE, after, seconds_between},
};
use jiff::{Timestamp, tz::Offset};
use wirewatch_model::{DueFeed, FeedId, FeedSettings, Freshness, Rhythm};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// No feed is asked more often than this, but for the simulated press, whose setting is 0.
pub(crate) const SHORTEST_SECS: i64 = 2 * MINUTE;
/// Floor where nothing is granted, for a feed with validators and an entry an hour or more.
const LIVELY_SECS: i64 = 15 * MINUTE;
/// Floor where nothing is granted, for every other feed.
const PLAIN_SECS: i64 = HOUR;
/// Base of the back-off of a feed that is not there (404).
const MISSING_SECS: i64 = 6 * HOUR;
/// A feed is asked when this part of an entry is expected. Simulated (see the simulated week): a smaller
/// part costs requests that find nothing, a larger one lets entries wait.
const EXPECTED: f64 = 0.4;
/// A lively feed that grants five minutes is asked this often while it is awake, in seconds, so that
/// its entries are known within five minutes.
const PROMPT_SECS: i64 = 260;
/// A feed whose hub pushes is asked this seldom: only to see that the hub leaves nothing out.
const PUSHED_SECS: i64 = 6 * HOUR;
/// So many entries that did not come are no chance: the feed has stopped for a while.
const MISSED: f64 = 20.0;

/// How the check ended, as far as the schedule cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The feed was read or is unchanged.
    Answered,
    /// It was not had; `failures` counts checks in a row, this one included.
    Failed {
        /// Failed checks in a row.
        failures: u32,
    },
    /// 404: as [`Ending::Failed`], and backed off faster.
    Missing {
        /// Failed checks in a row.
        failures: u32,
    },
}

/// Everything the next time depends on.
#[derive(Clone, Copy, Debug)]
pub struct Schedule<'a> {
    /// The feed: spreads feeds that are asked at the same moment.
    pub feed: FeedId,
    /// When the answer came.
    pub now: Timestamp,
    /// How the check ended.
    pub ending: Ending,
    /// The feed's settings.
    pub settings: &'a FeedSettings,
    /// Whether the next request can be conditional.
    pub has_validators: bool,
    /// Times of the latest entries, newest first.
    pub recent_entries: &'a [Timestamp],
    /// When it announces entries.
    pub rhythm: &'a Rhythm,
    /// What the feed's body asks for.
    pub freshness: &'a Freshness,
    /// What the answer's headers grant, in seconds.
    pub lifetime_secs: Option<i64>,
    /// The server asked not to be asked before this.
    pub retry_after: Option<Timestamp>,
    /// A hub pushes what the feed announces, and is believed.
    pub pushed: bool,
}

/// Where the floor of an interval comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// The feed's setting.
    Setting,
    /// What the answer's headers or the feed's body grant.
    Granted,
    /// Nothing is granted; the feed has validators and an entry an hour or more.
    Lively,
    /// Nothing is granted.
    Plain,
    /// Less was granted than is ever used.
    Shortest,
}

/// What decided when the feed is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The shortest time manners allow.
    Floor,
    /// The feed's own rhythm: sooner there is probably nothing.
    Rhythm,
    /// It has been silent against its habit.
    Silence,
    /// Its hub pushes what it announces.
    Pushed,
    /// It was not had.
    BackOff,
    /// Its server asked for it.
    RetryAfter,
    /// The feed asks not to be read in these hours or on these days.
    Skipped,
}

/// When to ask again, and why then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The time.
    pub due: Timestamp,
    /// What decided it.
    pub because: Because,
    /// The shortest interval manners allow, in seconds.
    pub floor_secs: i64,
    /// Where that comes from.
    pub floor: Floor,
}

/// When to ask the feed again.
pub fn plan(schedule: &Schedule<'_>) -> Plan {
    let Schedule { now, ending, settings, .. } = *schedule;
    let outlook = Outlook::new(schedule.rhythm, schedule.recent_entries, now);
    let (floor_secs, floor) = schedule.floor(&outlook);
    let (interval, because) = schedule.interval(&outlook, floor_secs);
    let (secs, because) = match ending {
        Ending::Answered => (interval + schedule.spread(interval, because), because),
        Ending::Failed { failures } => (schedule.back_off(interval, failures), Because::BackOff),
        Ending::Missing { failures } => {
            (schedule.back_off(interval.max(MISSING_SECS), failures), Because::BackOff)
        }
    };
    let mut plan = Plan { due: after(now, secs), because, floor_secs, floor };
    if let Some(asked) = schedule.retry_after.filter(|asked| *asked > plan.due) {
        // Servers name round times, many the same one.
        let due = after(asked, schedule.jitter(MINUTE));
        plan = Plan { due, because: Because::RetryAfter, ..plan };
    }
    match skip(plan.due, schedule) {
        // Tests and the press are asked at once, whatever the hour.
        _ if settings.interval_floor_secs == Some(0) => plan,
        due if due == plan.due => plan,
        due => Plan { due, because: Because::Skipped, ..plan },
    }
}

/// Whether this check should ask without validators although there are some: the feed has been
/// silent for ten times its own rhythm, and servers exist that repeat an ETag for a feed that
/// changed. At most once a day.
pub(crate) fn wants_probe(due: &DueFeed, now: Timestamp) -> bool {
    let Some(newest) = due.recent_entries.first() else { return false };
    let rested = due.last_unconditional.is_none_or(|last| after(last, DAY) <= now);
    rested && Outlook::new(&due.rhythm, &[], now).expected_since(*newest) > 10.0
}

impl Schedule<'_> {
    /// The shortest interval manners allow, in seconds.
    fn floor(&self, outlook: &Outlook) -> (i64, Floor) {
        let granted = self.lifetime_secs.max(self.freshness.feed_ttl_secs.map(i64::from));
        let granted = granted.filter(|secs| *secs > 0).map(|secs| secs.min(DAY));
        let setting = self.settings.interval_floor_secs.map(i64::from);
        let (secs, floor) = match (setting, granted) {
            (Some(0), _) => return (0, Floor::Setting),
            (Some(setting), granted) if Some(setting) >= granted => (setting, Floor::Setting),
            (_, Some(granted)) => (granted, Floor::Granted),
            (_, None) if self.has_validators && outlook.is_lively() => (LIVELY_SECS, Floor::Lively),
            (_, None) => (PLAIN_SECS, Floor::Plain),
        };
        if secs < SHORTEST_SECS { (SHORTEST_SECS, Floor::Shortest) } else { (secs, floor) }
    }

    /// The normal interval in seconds, and what decided it. A setting longer than a day is the user's
    /// wish; the rhythm never asks for more than a day.
    fn interval(&self, outlook: &Outlook, floor: i64) -> (i64, Because) {
        if floor == 0 {
            return (0, Because::Floor);
        }
        let mut earned = outlook.wait_for(EXPECTED, DAY);
        if floor < PROMPT_SECS && outlook.is_lively() && outlook.is_awake() {
            earned = earned.min(PROMPT_SECS);
        }
        let silence = self.recent_entries.first().map_or(0, |newest| {
            let missed = outlook.expected_since(*newest) > MISSED;
            if missed { seconds_between(*newest, self.now) / 8 } else { 0 }
        });
        if self.pushed && earned.max(silence).max(floor) < PUSHED_SECS {
            return (PUSHED_SECS, Because::Pushed);
        }
        match (earned.max(silence).min(DAY), silence > earned) {
            (earned, _) if earned <= floor => (floor, Because::Floor),
            (earned, true) => (earned, Because::Silence),
            (earned, false) => (earned, Because::Rhythm),
        }
    }

    /// A little later than planned, so that feeds drift apart: by up to a tenth, and where the floor
    /// decided by no more than a minute, because there an entry may be waiting.
    fn spread(&self, interval: i64, because: Because) -> i64 {
        let most = interval / 10;
        self.jitter(if because == Because::Floor { most.min(MINUTE) } else { most })
    }

    /// 0 to `most` seconds, by a hash of feed and time.
    fn jitter(&self, most: i64) -> i64 {
        if most <= 0 {
            return 0;
        }
        let bytes = self.now.as_microsecond().to_le_bytes();
        let hash = xxh3_64_with_seed(&bytes, self.feed.0.unsigned_abs());
        // The remainder is smaller than `most`, which is an i64.
        (hash % most.unsigned_abs()) as i64
    }

    /// Exponential back-off: at least the normal interval, at most a day (or what the feed's own
    /// setting or grant says beyond that), spread by up to a quarter.
    fn back_off(&self, interval: i64, failures: u32) -> i64 {
        let base = interval.max(30);
        let secs = base.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(DAY.max(interval));
        // At the ceiling the spread goes down: after long failure one probe a day, not less.
        if secs >= DAY { secs - self.jitter(HOUR).min(secs - interval) } else { secs + self.jitter(secs / 4) }
    }
}

/// Moves a time out of the hours and days in which the feed asks not to be read.
fn skip(due: Timestamp, schedule: &Schedule<'_>) -> Timestamp {
    let Freshness { skip_hours, skip_days, .. } = schedule.freshness;
    let allowed = |at: Timestamp| {
        let civil = Offset::UTC.to_datetime(at);
        // Both are within their small ranges.
        let hour = civil.hour() as u8;
        let day = civil.weekday().to_monday_zero_offset() as u8;
        !skip_hours.contains(&hour) && !skip_days.contains(&day)
    };
    if allowed(due) {
        return due;
    }
    let hour_start = due.as_second().div_euclid(HOUR) * HOUR;
    let starts = (1..=8 * 24).map(|hours| after(due, hour_start + hours * HOUR - due.as_second()));
    // A feed that forbids every hour has not meant it.
    let start = starts.into_iter().find(|at| allowed(*at));
    start.map_or(due, |start| after(start, schedule.jitter(5 * MINUTE)))
}

#[cfg(test)]
mod tests;
