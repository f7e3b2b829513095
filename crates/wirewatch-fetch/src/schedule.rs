//! When to ask a feed again: a plain function of what is known, without a clock and without chance.
//!
//! The interval after a sound answer is the larger of two things. The *floor* is what manners ask:
//! what the feed grants (`max-age`, `Expires`, `ttl`, `sy:`), but never under two minutes; where
//! nothing is granted, a quarter of an hour for a lively feed with validators and an hour for every
//! other; a setting replaces this default and never what the feed asks. The *rhythm* is what the feed
//! earns: half the gap between its latest entries, slower the longer it has been silent. Neither is
//! ever over a day. `skipHours`, `skipDays` and `Retry-After` then only move the time later.

use crate::time::{DAY, HOUR, MINUTE, after, seconds_between};
use jiff::{Timestamp, tz::Offset};
use wirewatch_model::{DueFeed, FeedId, FeedSettings, Freshness};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// No feed is asked more often than this unless its setting says 0.
const SHORTEST_SECS: i64 = 2 * MINUTE;
/// Floor where nothing is granted, for a feed with validators and an entry an hour or more.
const LIVELY_SECS: i64 = 15 * MINUTE;
/// Floor where nothing is granted, for every other feed.
const PLAIN_SECS: i64 = HOUR;
/// Base of the back-off of a feed that is not there (404).
const MISSING_SECS: i64 = 6 * HOUR;

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
    /// First-seen times of the latest entries, newest first.
    pub recent_entries: &'a [Timestamp],
    /// What the feed's body asks for.
    pub freshness: &'a Freshness,
    /// What the answer's headers grant, in seconds.
    pub lifetime_secs: Option<i64>,
    /// The server asked not to be asked before this.
    pub retry_after: Option<Timestamp>,
}

/// When to ask the feed again.
pub fn next_due(schedule: &Schedule<'_>) -> Timestamp {
    let Schedule { now, ending, settings, retry_after, .. } = *schedule;
    let not_before = retry_after.unwrap_or(now);
    if settings.interval_floor_secs == Some(0) && ending == Ending::Answered {
        return not_before.max(now);
    }
    let interval = interval_secs(schedule);
    let secs = match ending {
        Ending::Answered => interval + schedule.jitter(interval / 10),
        Ending::Failed { failures } => schedule.back_off(interval, failures),
        Ending::Missing { failures } => schedule.back_off(interval.max(MISSING_SECS), failures),
    };
    let due = after(now, secs).max(not_before);
    if settings.interval_floor_secs == Some(0) {
        return due;
    }
    skip(due, schedule)
}

/// Whether this check should ask without validators although there are some: the feed has been
/// silent for ten times its own rhythm, and servers exist that repeat an ETag for a feed that
/// changed. At most once a day.
pub(crate) fn wants_probe(due: &DueFeed, now: Timestamp) -> bool {
    let Some(checked) = due.last_checked else { return false };
    let Some(gap) = gap_secs(&due.recent_entries) else { return false };
    let Some(newest) = due.recent_entries.first() else { return false };
    let day = |at: Timestamp| at.as_second().div_euclid(DAY);
    seconds_between(*newest, now) > (10 * gap).max(2 * DAY) && day(checked) != day(now)
}

impl Schedule<'_> {
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

/// The normal interval in seconds.
fn interval_secs(schedule: &Schedule<'_>) -> i64 {
    let silence = schedule.recent_entries.first().map_or(0, |newest| seconds_between(*newest, schedule.now));
    let gap = gap_secs(schedule.recent_entries);
    let rhythm = gap.unwrap_or(0).max(silence / 8);
    let granted = schedule.lifetime_secs.max(schedule.freshness.feed_ttl_secs.map(i64::from));
    let granted = granted.filter(|secs| *secs > 0).map(|secs| secs.min(DAY));
    let setting = schedule.settings.interval_floor_secs.map(i64::from);
    let floor = match (setting, granted) {
        (Some(0), _) => return 0,
        (Some(setting), granted) => setting.max(granted.unwrap_or(0)),
        (None, Some(granted)) => granted,
        (None, None) if schedule.has_validators && gap.is_some() && rhythm <= HOUR => LIVELY_SECS,
        (None, None) => PLAIN_SECS,
    };
    // A lively feed is asked as often as manners allow. A setting longer than a day is the user's wish;
    // the rhythm never asks for more than a day.
    let earned = if rhythm <= HOUR { 0 } else { (rhythm / 2).min(DAY) };
    earned.max(floor).max(SHORTEST_SECS)
}

/// Mean gap between the moments at which entries came, in seconds; `None` for fewer than three
/// moments. Entries seen within a minute came at one moment.
pub(crate) fn gap_secs(recent: &[Timestamp]) -> Option<i64> {
    let mut moments: Vec<Timestamp> = Vec::with_capacity(recent.len());
    for at in recent {
        if moments.last().is_none_or(|last| seconds_between(*at, *last) >= MINUTE) {
            moments.push(*at);
        }
    }
    let (newest, oldest) = (moments.first()?, moments.last()?);
    let gaps = i64::try_from(moments.len()).ok()? - 1;
    (gaps >= 2).then(|| seconds_between(*oldest, *newest) / gaps)
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: &str = "2022-01-10T08:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// Entries every `gap` seconds, the newest `silence` seconds ago.
    fn entries(gap: i64, silence: i64) -> Vec<Timestamp> {
        (0..20).map(|nth| after(at(NOW), -silence - nth * gap)).collect()
    }

    #[derive(Default)]
    struct Case {
        settings: FeedSettings,
        validators: bool,
        recent: Vec<Timestamp>,
        freshness: Freshness,
        lifetime: Option<i64>,
        retry_after: Option<Timestamp>,
        ending: Option<Ending>,
    }

    impl Case {
        fn schedule(&self) -> Schedule<'_> {
            Schedule {
                feed: FeedId(7),
                now: at(NOW),
                ending: self.ending.unwrap_or(Ending::Answered),
                settings: &self.settings,
                has_validators: self.validators,
                recent_entries: &self.recent,
                freshness: &self.freshness,
                lifetime_secs: self.lifetime,
                retry_after: self.retry_after,
            }
        }

        fn wait(&self) -> i64 {
            seconds_between(at(NOW), next_due(&self.schedule()))
        }

        /// The wait lies between `least` and a tenth more.
        #[track_caller]
        fn check(&self, least: i64) {
            let wait = self.wait();
            assert!((least..=least + least / 10).contains(&wait), "{wait} is not about {least}");
        }
    }

    fn lively() -> Case {
        Case { validators: true, recent: entries(600, 300), ..Case::default() }
    }

    #[test]
    fn rule_8_a_lively_feed_with_validators_is_asked_every_quarter_of_an_hour() {
        lively().check(15 * MINUTE);
        Case { validators: false, ..lively() }.check(HOUR);
        Case { recent: Vec::new(), ..lively() }.check(HOUR);
    }

    #[test]
    fn rule_8_what_is_granted_counts_but_never_under_two_minutes() {
        Case { lifetime: Some(300), ..lively() }.check(300);
        Case { lifetime: Some(5), ..lively() }.check(120);
    }

    #[test]
    fn rule_8_a_setting_lengthens_or_shortens_down_to_two_minutes() {
        let set = |secs| FeedSettings { interval_floor_secs: Some(secs), ..FeedSettings::default() };
        Case { settings: set(7200), ..lively() }.check(7200);
        Case { settings: set(30), ..lively() }.check(120);
        Case { settings: set(180), lifetime: Some(900), ..lively() }.check(900);
    }

    #[test]
    fn a_setting_of_nought_means_at_once() {
        let settings = FeedSettings { interval_floor_secs: Some(0), ..FeedSettings::default() };
        assert_eq!(Case { settings: settings.clone(), lifetime: Some(900), ..lively() }.wait(), 0);
        let failed = Case { settings, ending: Some(Ending::Failed { failures: 1 }), ..lively() };
        assert!(failed.wait() >= 30);
    }

    #[test]
    fn rule_9_the_longest_lower_bound_wins_and_none_is_over_a_day() {
        let freshness = Freshness { feed_ttl_secs: Some(1800), ..Freshness::default() };
        Case { lifetime: Some(600), freshness: freshness.clone(), ..lively() }.check(1800);
        Case { lifetime: Some(2400), freshness, ..lively() }.check(2400);
        Case { lifetime: Some(315_360_000), ..lively() }.check(DAY);
    }

    #[test]
    fn rule_10_nothing_granted_keeps_the_floor() {
        Case { lifetime: Some(0), ..lively() }.check(15 * MINUTE);
    }

    #[test]
    fn rule_12_skipped_hours_and_days_are_kept() {
        let hours = Freshness { skip_hours: vec![8, 9], ..Freshness::default() };
        let due = next_due(&Case { freshness: hours, ..lively() }.schedule());
        assert!((at("2022-01-10T10:00:00Z")..at("2022-01-10T10:05:00Z")).contains(&due), "{due}");
        // 10 January 2022 was a Monday.
        let days = Freshness { skip_days: vec![0], ..Freshness::default() };
        let due = next_due(&Case { freshness: days, ..lively() }.schedule());
        assert!((at("2022-01-11T00:00:00Z")..at("2022-01-11T00:05:00Z")).contains(&due), "{due}");
        let all = Freshness { skip_hours: (0..24).collect(), ..Freshness::default() };
        Case { freshness: all, ..lively() }.check(15 * MINUTE);
    }

    #[test]
    fn rule_14_retry_after_is_never_shortened() {
        let week = after(at(NOW), 7 * DAY);
        assert_eq!(next_due(&Case { retry_after: Some(week), ..lively() }.schedule()), week);
        Case { retry_after: Some(at(NOW)), ..lively() }.check(15 * MINUTE);
    }

    #[test]
    fn rule_15_failures_back_off_exponentially_up_to_a_day() {
        let wait = |failures| Case { ending: Some(Ending::Failed { failures }), ..lively() }.wait();
        for (failures, least) in [(1, 900), (2, 1800), (3, 3600), (4, 7200)] {
            assert!((least..=least * 5 / 4).contains(&wait(failures)), "{failures}: {}", wait(failures));
        }
        for failures in [8, 20, 1000, u32::MAX] {
            assert!((DAY - HOUR..=DAY).contains(&wait(failures)), "{failures}: {}", wait(failures));
        }
    }

    #[test]
    fn rule_17_a_missing_feed_is_soon_asked_once_a_day() {
        let wait = |failures| Case { ending: Some(Ending::Missing { failures }), ..lively() }.wait();
        assert!(wait(1) >= 6 * HOUR);
        assert!(wait(3) >= DAY - HOUR);
    }

    #[test]
    fn rule_25_feeds_asked_at_one_moment_come_back_spread() {
        let case = lively();
        let due = |feed| next_due(&Schedule { feed: FeedId(feed), ..case.schedule() });
        let moments: std::collections::HashSet<Timestamp> = (0..1000).map(due).collect();
        assert!(moments.len() > 80, "{} moments in 90 seconds of spread", moments.len());
    }

    #[test]
    fn a_slow_feed_is_asked_seldom() {
        Case { validators: true, recent: entries(8 * HOUR, HOUR), ..Case::default() }.check(4 * HOUR);
        Case { validators: true, recent: entries(30 * DAY, DAY), ..Case::default() }.check(DAY);
        // A lively feed that has been silent for four days.
        Case { validators: true, recent: entries(600, 4 * DAY), ..Case::default() }.check(6 * HOUR);
    }

    #[test]
    fn rule_3_a_feed_silent_for_ten_times_its_rhythm_is_probed_once_a_day() {
        let due = |silence, checked: &str| DueFeed {
            recent_entries: entries(600, silence),
            last_checked: Some(at(checked)),
            ..DueFeed::default()
        };
        assert!(wants_probe(&due(3 * DAY, "2022-01-09T23:00:00Z"), at(NOW)));
        assert!(!wants_probe(&due(3 * DAY, "2022-01-10T01:00:00Z"), at(NOW)));
        assert!(!wants_probe(&due(DAY, "2022-01-09T23:00:00Z"), at(NOW)));
        assert!(!wants_probe(&DueFeed::default(), at(NOW)));
    }

    proptest! {
        #[test]
        fn never_given_up_and_never_at_once(
            failures in any::<u32>(),
            lifetime in proptest::option::of(any::<i64>()),
            ttl in proptest::option::of(any::<u32>()),
            gaps in proptest::collection::vec(-100_000i64..10_000_000, 0..20),
            skip_hours in proptest::collection::vec(0u8..30, 0..30),
            ended in 0..3,
        ) {
            let ending = match ended {
                0 => Ending::Answered,
                1 => Ending::Failed { failures },
                _ => Ending::Missing { failures },
            };
            let recent = gaps.iter().map(|gap| after(at(NOW), -gap)).collect();
            let freshness = Freshness { feed_ttl_secs: ttl, skip_hours, skip_days: vec![] };
            let case = Case { recent, lifetime, freshness, ending: Some(ending), ..lively() };
            let wait = case.wait();
            prop_assert!((SHORTEST_SECS..=2 * DAY + HOUR + DAY / 10).contains(&wait), "{}", wait);
        }
    }
}
