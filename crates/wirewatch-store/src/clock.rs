//! What was noted while the machine's clock was ahead. It shows by lying further in the future than anything
//! honest does.

use crate::column::after;
use jiff::Timestamp;
use std::time::Duration;

/// Nothing is put off for longer: a server is granted a week, edits are looked for up to a week later. An
/// hour more, because those who put something off and those who look need not have looked at one moment.
const LONGEST_WAIT: Duration = Duration::from_secs((7 * 24 + 1) * 3_600);

/// Clocks are put right by less than this, and the writer may hear of something later than of the next.
const SLACK: Duration = Duration::from_secs(600);

/// What is put off beyond this was put off by a clock that was ahead.
pub(crate) fn latest_wait(now: Timestamp) -> Timestamp {
    after(now, LONGEST_WAIT)
}

/// What happened later than this happened by a clock that was ahead.
pub(crate) fn latest_past(now: Timestamp) -> Timestamp {
    after(now, SLACK)
}
