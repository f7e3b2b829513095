//! What the rhythm of a feed lets expect: when its next entries will probably come.
//!
//! The rate is the mean over the time the feed was watched, bent by the hour of the day and the weekday
//! as far as they were seen, and for the next hours by what came just now. All of it is counted in
//! *moments*: entries that come together count once, as one request gets them all.

use crate::time::{DAY, HOUR, MINUTE, after, seconds_between};
use jiff::{Timestamp, tz::Offset};
use wirewatch_model::Rhythm;

/// The look ahead goes in steps of this many seconds.
const STEP_SECS: i64 = 5 * MINUTE;
/// What came in this time, in seconds, bends the rate of the next hours.
const LATELY_SECS: i64 = 2 * HOUR;
/// How many moments the long rhythm weighs against those that came lately.
const LATELY_WEIGHT: f64 = 2.0;
/// A feed of which nothing is known is taken to have an entry an hour, with the weight of one hour.
const UNKNOWN_SECS: f64 = 3600.0;

/// Rates of one feed, seen from one moment.
pub(crate) struct Outlook {
    now: Timestamp,
    /// Moments a second, whatever the hour.
    mean: f64,
    /// What the mean is at least, almost surely.
    surely: f64,
    hours: [f64; 24],
    days: [f64; 7],
    /// How many times more than usual came lately.
    lately: f64,
}

impl Outlook {
    /// `recent` are the times of the latest entries, newest first.
    pub(crate) fn new(rhythm: &Rhythm, recent: &[Timestamp], now: Timestamp) -> Self {
        let (moments, watched) = (rhythm.moments(now), rhythm.watched_secs(now));
        let mut outlook = Self {
            now,
            mean: (moments + 1.0) / (watched + UNKNOWN_SECS),
            // Counts scatter by their root.
            surely: (moments - 2.0 * moments.sqrt()) / (watched + UNKNOWN_SECS),
            hours: factors(&smooth(&rhythm.hours), watched / DAY as f64),
            days: factors(&rhythm.days, watched / (7 * DAY) as f64),
            lately: 1.0,
        };
        outlook.lately = outlook.lately(recent);
        outlook
    }

    /// Whether the feed surely has an entry an hour or more, nights included.
    pub(crate) fn is_lively(&self) -> bool {
        self.surely * HOUR as f64 >= 1.0
    }

    /// Whether this is a time of the day at which the feed usually announces entries.
    pub(crate) fn is_awake(&self) -> bool {
        self.rate(self.now) > self.mean / 5.0
    }

    /// Seconds until so many moments are expected, at most `most`.
    pub(crate) fn wait_for(&self, moments: f64, most: i64) -> i64 {
        let (mut waited, mut expected) = (0, 0.0);
        while waited < most {
            // What is unusual now will be less so in two hours.
            let lately = 1.0 + (self.lately - 1.0) * (-(waited as f64) / LATELY_SECS as f64).exp();
            let rate = self.rate(after(self.now, waited)) * lately;
            let next = expected + rate * STEP_SECS as f64;
            if next >= moments {
                // Both are finite and the quotient lies within the step.
                return waited + ((moments - expected) / rate) as i64;
            }
            (waited, expected) = (waited + STEP_SECS, next);
        }
        most
    }

    /// How many moments the long rhythm would have had since `from`.
    pub(crate) fn expected_since(&self, from: Timestamp) -> f64 {
        let silent = seconds_between(from, self.now).max(0);
        // Whole weeks have the mean rate.
        let (weeks, rest) = (silent / (7 * DAY), silent % (7 * DAY));
        let whole = self.mean * (weeks * 7 * DAY) as f64;
        let steps = (0..rest / HOUR).map(|hour| self.rate(after(self.now, -hour * HOUR)) * HOUR as f64);
        whole + steps.sum::<f64>() + self.rate(from) * (rest % HOUR) as f64
    }

    fn rate(&self, at: Timestamp) -> f64 {
        let civil = Offset::UTC.to_datetime(at);
        // Both are within their small ranges.
        let hour = usize::from(civil.hour().unsigned_abs()) % 24;
        let day = usize::from(civil.weekday().to_monday_zero_offset().unsigned_abs()) % 7;
        self.mean * self.hours[hour] * self.days[day]
    }

    /// What came lately against what usually comes, drawn towards the usual while it is little.
    fn lately(&self, recent: &[Timestamp]) -> f64 {
        let Some(oldest) = recent.last() else { return 1.0 };
        // A busy feed has more entries in two hours than are remembered.
        let looked = seconds_between(*oldest, self.now).clamp(STEP_SECS, LATELY_SECS);
        let mut moments: Vec<i64> = recent
            .iter()
            .map(|at| seconds_between(*at, self.now))
            .filter(|ago| (0..looked).contains(ago))
            .collect();
        moments.dedup_by(|later, earlier| *later - *earlier < MINUTE);
        let usual = self.expected_since(after(self.now, -looked));
        (LATELY_WEIGHT + moments.len() as f64) / (LATELY_WEIGHT + usual)
    }
}

/// Each hour with a part of its neighbours: entries do not keep to the clock.
fn smooth(hours: &[f32; 24]) -> [f32; 24] {
    std::array::from_fn(|hour| (hours[(hour + 23) % 24] + 2.0 * hours[hour] + hours[(hour + 1) % 24]) / 4.0)
}

/// How much each part of a cycle differs from the mean, trusted the more the more cycles were watched.
fn factors<const N: usize>(counts: &[f32; N], cycles: f64) -> [f64; N] {
    let sum: f64 = counts.iter().map(|count| f64::from(*count)).sum();
    if sum <= 0.0 {
        return [1.0; N];
    }
    let trust = cycles / (cycles + 1.0);
    counts.map(|count| 1.0 - trust + trust * f64::from(count) * N as f64 / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A Monday.
    const NOON: &str = "2022-01-10T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// A feed watched for three weeks that announces an entry every `gap` seconds in some hours.
    fn feed(gap: i64, hours: std::ops::Range<i64>) -> (Rhythm, Vec<Timestamp>) {
        let noon = at(NOON);
        let times: Vec<Timestamp> = (0..21 * DAY / gap)
            .map(|nth| after(noon, -nth * gap))
            .filter(|at| hours.contains(&(at.as_second().rem_euclid(DAY) / HOUR)))
            .collect();
        let mut rhythm = Rhythm { since: Some(after(noon, -21 * DAY)), ..Rhythm::default() };
        rhythm.observe(&times, noon);
        (rhythm, times.into_iter().take(20).collect())
    }

    fn wait(feed: &(Rhythm, Vec<Timestamp>), now: &str) -> i64 {
        Outlook::new(&feed.0, &feed.1, at(now)).wait_for(0.5, DAY)
    }

    #[test]
    fn half_an_entry_is_expected_in_half_its_gap() {
        let wait = wait(&feed(4 * HOUR, 0..24), NOON);
        assert!((HOUR / 2..3 * HOUR).contains(&wait), "{wait}");
    }

    #[test]
    fn in_the_hours_without_entries_the_wait_reaches_to_the_morning() {
        let feed = feed(600, 6..22);
        assert!(wait(&feed, NOON) <= 15 * MINUTE);
        let night = wait(&feed, "2022-01-10T23:30:00Z");
        assert!((2 * HOUR..8 * HOUR).contains(&night), "{night}");
    }

    #[test]
    fn what_comes_lately_shortens_the_wait() {
        let (rhythm, recent) = feed(6 * HOUR, 0..24);
        let burst: Vec<Timestamp> = (0..8).map(|nth| after(at(NOON), -nth * 10 * MINUTE)).collect();
        let usual = Outlook::new(&rhythm, &recent, at(NOON)).wait_for(0.5, DAY);
        assert!(Outlook::new(&rhythm, &burst, at(NOON)).wait_for(0.5, DAY) < usual / 2);
    }

    #[test]
    fn a_feed_is_lively_by_its_whole_day() {
        let lively = |feed: (Rhythm, Vec<Timestamp>)| Outlook::new(&feed.0, &feed.1, at(NOON)).is_lively();
        assert!(lively(feed(1800, 0..24)));
        assert!(!lively(feed(3600, 6..22)));
        assert!(!lively((Rhythm::default(), Vec::new())), "nothing is known yet");
    }

    #[test]
    fn silence_is_counted_in_the_entries_that_did_not_come() {
        let (rhythm, recent) = feed(1800, 0..24);
        let outlook = Outlook::new(&rhythm, &recent, at(NOON));
        let missed = outlook.expected_since(after(at(NOON), -10 * DAY));
        assert!((400.0..560.0).contains(&missed), "{missed}");
    }

    proptest! {
        #[test]
        fn every_wait_lies_between_nothing_and_the_most(
            times in prop::collection::vec(-2_000_000i64..100_000, 0..30),
            later in -100_000i64..10_000_000,
        ) {
            let mut recent: Vec<Timestamp> = times.iter().map(|secs| after(at(NOON), *secs)).collect();
            recent.sort_unstable_by(|one, other| other.cmp(one));
            let mut rhythm = Rhythm::default();
            rhythm.observe(&recent, at(NOON));
            let outlook = Outlook::new(&rhythm, &recent, after(at(NOON), later));
            prop_assert!((0..=DAY).contains(&outlook.wait_for(0.5, DAY)));
            prop_assert!(outlook.expected_since(after(at(NOON), -DAY)) >= 0.0);
        }
    }
}
