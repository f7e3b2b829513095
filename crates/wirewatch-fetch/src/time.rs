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

/// An HTTP-date as an instant (RFC 9110 §5.6.7): all three forms, and what servers write instead.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    crate::feed::read_date(text).map(|stamp| stamp.instant())
}
