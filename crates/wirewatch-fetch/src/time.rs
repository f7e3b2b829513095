//! Small arithmetic on instants that saturates instead of failing.

use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// The time of a call and of every moment while it runs: what was passed in as now, and how long ago.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    begun: Timestamp,
    since: Instant,
}

impl Watch {
    pub(crate) fn start(now: Timestamp) -> Self {
        Self { begun: now, since: Instant::now() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        later(self.begun, self.elapsed())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}

/// The instant `secs` seconds later, held to what can be represented.
pub(crate) fn after(at: Timestamp, secs: i64) -> Timestamp {
    let limit = |ts: Timestamp| ts.as_second();
    let second = at.as_second().saturating_add(secs).clamp(limit(Timestamp::MIN), limit(Timestamp::MAX));
    Timestamp::new(second, at.subsec_nanosecond()).unwrap_or(at)
}

/// The instant after a measured duration.
fn later(at: Timestamp, elapsed: Duration) -> Timestamp {
    let micros = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_microsecond(at.as_microsecond().saturating_add(micros)).unwrap_or(at)
}

/// Seconds from `from` to `to`, negative when `to` is earlier.
pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second().saturating_sub(from.as_second())
}

/// A length of time for a person: `40 s`, `15 min`, `3 h`, `12 days`, `2 years`.
pub fn span_in_words(secs: i64) -> String {
    let secs = secs.max(0);
    let (count, unit) = match secs {
        0..100 => (secs, "s"),
        100..5_400 => ((secs + MINUTE / 2) / MINUTE, "min"),
        5_400..129_600 => ((secs + HOUR / 2) / HOUR, "h"),
        129_600..63_072_000 => ((secs + DAY / 2) / DAY, "days"),
        _ => (secs / (365 * DAY), "years"),
    };
    format!("{count} {unit}")
}

/// An HTTP-date as an instant (RFC 9110 §5.6.7): all three forms, and what servers write instead.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    let read = |text: &str| crate::feed::read_date(text).map(|stamp| stamp.instant());
    // The last day of the year 9999, which servers write for "never", is later than an instant can be.
    read(text).or_else(|| read(&text.replacen("9999", "9998", 1)).map(|_| Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_said_in_the_unit_a_person_would_take() {
        for (secs, words) in [
            (-5, "0 s"),
            (99, "99 s"),
            (900, "15 min"),
            (5_399, "90 min"),
            (5_400, "2 h"),
            (DAY, "24 h"),
            (12 * DAY, "12 days"),
            (2000 * DAY, "5 years"),
            (i64::MAX, "292471208677 years"),
        ] {
            assert_eq!(span_in_words(secs), words);
        }
    }
}
