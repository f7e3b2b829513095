//! WebSub: hubs push what feeds announce, so that the feeds need not be asked often.
//! <https://www.w3.org/TR/websub/>
//!
//! ```text
//! subscriber ──► hub ──► GET the callback: is it you? ──► WebSub::answer ──► writer
//!                  └───► POST the callback: news ──► WebSub::admit ─► push reader ──► writer
//! ```
//!
//! The subscriber is a source: it hears the stop signal and takes the callback away from the run, so that
//! the push reader ends when its queue is empty. What hubs send comes in through [`WebSub`], which the
//! HTTP server and the run share. A push goes the way of a body a feed answered, and nobody waits for it.

mod callback;
mod plan;
mod push;
mod subscriber;

pub use callback::{Admission, Delivery, Intent, Refusal, WebSub};
pub(crate) use push::read as read_pushes;
pub(crate) use subscriber::{Desk, subscribe};

/// Pushes that wait to be read; beyond that hubs are asked to come again.
pub(crate) const PUSHES: usize = 8;
