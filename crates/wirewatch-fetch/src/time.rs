//! Small arithmetic on instants that saturates instead of failing.

use jiff::Timestamp;
use std::time::Duration;

/// The instant `secs` seconds later, held to what can be represented.
pub(crate) fn after(at: Timestamp, secs: i64) -> Timestamp {
    let limit = |ts: Timestamp| ts.as_second();
    let second = at.as_second().saturating_add(secs).clamp(limit(Timestamp::MIN), limit(Timestamp::MAX));
    Timestamp::new(second, at.subsec_nanosecond()).unwrap_or(at)
}

/// The instant after a measured duration.
pub(crate) fn later(at: Timestamp, elapsed: Duration) -> Timestamp {
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
