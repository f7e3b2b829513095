//! The source: scheduler and dispatcher. Only they hear the stop signal; everything after them ends
//! when its queue closes (invariant 6).

mod dispatch;
mod lookahead;
mod schedule;
#[cfg(test)]
#[allow(clippy::expect_used, clippy::print_stdout, reason = "a test: a failure is a failed test")]
mod simulation;

pub(crate) use dispatch::dispatch;
pub(crate) use schedule::schedule;
