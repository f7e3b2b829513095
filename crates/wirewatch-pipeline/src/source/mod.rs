//! The source: scheduler and dispatcher. Only they hear the stop signal; everything after them ends
//! when its queue closes (invariant 6).

mod dispatch;
mod lookahead;
mod schedule;

pub(crate) use dispatch::dispatch;
pub(crate) use schedule::schedule;
