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
mod losses;
mod plan;
mod push;
mod rate;
mod subscriber;

pub use callback::{Admission, Delivery, Intent, Refusal, WebSub};

use crate::{PipelineError, journal::Slot, shared::Shared};
use subscriber::Desk;
use tokio::sync::mpsc;

/// Pushes that wait to be read; beyond that hubs are asked to come again.
const PUSHES: usize = 8;

type Ended = Result<(), PipelineError>;

/// The two workers: the reader of pushes, for a thread, and the subscriber, for a task.
pub(crate) fn workers(
    shared: Shared,
    websub: WebSub,
    slot: Slot,
) -> Result<(impl FnOnce() -> Ended + Send, impl Future<Output = Ended> + Send), PipelineError> {
    let (pushes, pushes_in) = mpsc::channel(PUSHES);
    let reader = shared.database.reader()?;
    let desk = Desk::new(shared.clone(), shared.look()?, pushes);
    let push_reader = move || push::read(&shared, &reader, &slot, pushes_in);
    Ok((push_reader, subscriber::subscribe(desk, websub)))
}
