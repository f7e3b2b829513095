//! The rhythm of a feed: how often it announces entries, by hour and by weekday.

use jiff::{Timestamp, tz::Offset};
use serde::{Deserialize, Serialize};

/// What was seen fades to 1/e in this time: three weeks, so that a feed's new habits are soon its rhythm.
const FADING_SECS: f64 = 21.0 * 86_400.0;
/// Entries that come within this time, in seconds, come at one moment.
const MOMENT_SECS: i64 = 60;

/// Counts of the moments at which a feed announced entries, faded with time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rhythm {
    /// Moments by hour of the day (UTC), faded to `at`.
    pub hours: [f32; 24],
    /// Moments by weekday (0 = Monday, UTC), faded to `at`.
    pub days: [f32; 7],
    /// Since when moments are counted; `None` before the first.
    pub since: Option<Timestamp>,
    /// The time to which the counts are faded.
    pub at: Option<Timestamp>,
}

impl Rhythm {
    /// Counts the times of new entries, in any order, seen at `now`.
    ///
    /// The first call also settles since when it counts: a body lists the latest entries, and some that
    /// stay for years, so the oldest third of the first ones is left out.
    pub fn observe(&mut self, times: &[Timestamp], now: Timestamp) {
        let moments = moments(times, now);
        let Some(newest) = moments.first() else { return };
        let since = *self.since.get_or_insert(match moments.len() {
            0..3 => *newest,
            count => moments[count * 2 / 3],
        });
        let fading = self.at.map_or(0.0, |at| faded(at, now));
        self.hours.iter_mut().chain(&mut self.days).for_each(|count| *count *= fading);
        self.at = Some(now);
        for moment in moments.into_iter().filter(|moment| *moment >= since) {
            let civil = Offset::UTC.to_datetime(moment);
            let weight = faded(moment, now);
            // Both are within their small ranges.
            self.hours[civil.hour().unsigned_abs() as usize % 24] += weight;
            self.days[civil.weekday().to_monday_zero_offset().unsigned_abs() as usize % 7] += weight;
        }
    }

    /// All moments, faded to `now`.
    pub fn moments(&self, now: Timestamp) -> f64 {
        self.at.map_or(0.0, |at| f64::from(self.hours.iter().sum::<f32>() * faded(at, now)))
    }

    /// How long moments were counted until `now`, faded like them, in seconds.
    pub fn watched_secs(&self, now: Timestamp) -> f64 {
        self.since.map_or(0.0, |since| FADING_SECS * (1.0 - f64::from(faded(since, now))))
    }
}

/// The moments of entries, newest first, none after `now`.
fn moments(times: &[Timestamp], now: Timestamp) -> Vec<Timestamp> {
    let mut moments: Vec<Timestamp> = times.iter().map(|at| (*at).min(now)).collect();
    moments.sort_unstable_by(|one, other| other.cmp(one));
    moments.dedup_by(|older, newer| newer.as_second() - older.as_second() < MOMENT_SECS);
    moments
}

/// What is left of a count of 1 after the time between.
fn faded(from: Timestamp, to: Timestamp) -> f32 {
    let secs = to.duration_since(from).as_secs_f64().max(0.0);
    (-secs / FADING_SECS).exp() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        // A Monday.
        "2022-01-10T08:30:00Z".parse().expect("a time")
    }

    fn ago(hours: i64) -> Timestamp {
        now() - SignedDuration::from_hours(hours)
    }

    #[test]
    fn moments_are_counted_by_hour_and_weekday() {
        let mut rhythm = Rhythm { since: Some(ago(100)), ..Rhythm::default() };
        rhythm.observe(&[now(), ago(1), ago(25)], now());
        assert!(rhythm.hours[8] > 0.9 && rhythm.hours[7] > 1.8 && rhythm.hours[0] == 0.0);
        assert!(rhythm.days[0] > 1.9 && rhythm.days[6] > 0.9);
    }

    #[test]
    fn entries_that_come_together_are_one_moment() {
        let mut rhythm = Rhythm::default();
        rhythm.observe(&[now(); 50], now());
        assert_eq!((rhythm.moments(now()), rhythm.since), (1.0, Some(now())));
    }

    #[test]
    fn old_entries_that_a_body_keeps_do_not_slow_its_rhythm() {
        let mut rhythm = Rhythm::default();
        let times: Vec<Timestamp> = (0..20).map(ago).chain((1..8).map(|year| ago(year * 8760))).collect();
        rhythm.observe(&times, now());
        assert_eq!(rhythm.since, Some(ago(18)));
    }

    #[test]
    fn what_was_seen_fades() {
        let mut rhythm = Rhythm::default();
        rhythm.observe(&[ago(2), ago(1), now()], now());
        let later = now() + SignedDuration::from_hours(21 * 24);
        assert!((rhythm.moments(later) / rhythm.moments(now()) - (-1.0f64).exp()).abs() < 1e-3);
        assert!(rhythm.watched_secs(later) < FADING_SECS);
    }

    proptest! {
        #[test]
        fn counts_stay_sound_whatever_the_times(times in prop::collection::vec(any::<i32>(), 0..40)) {
            let times: Vec<Timestamp> =
                times.iter().map(|secs| Timestamp::from_second(i64::from(*secs)).expect("in range")).collect();
            let mut rhythm = Rhythm::default();
            rhythm.observe(&times, now());
            rhythm.observe(&times, ago(-5));
            prop_assert!(rhythm.hours.iter().chain(&rhythm.days).all(|count| count.is_finite() && *count >= 0.0));
            prop_assert!(rhythm.watched_secs(ago(-6)).is_finite());
        }
    }
}
