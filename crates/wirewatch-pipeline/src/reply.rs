//! Answers of the writer, in the order they were asked for.

use std::collections::VecDeque;
use tokio::sync::oneshot;
use wirewatch_store::{WriteError, Written};

type Reply = oneshot::Receiver<Result<Written, WriteError>>;

/// Requests handed to the writer and not yet answered. The writer answers in commit order, which is
/// the order of asking, so waiting for the first is waiting for all.
pub(crate) struct Replies<T> {
    waiting: VecDeque<(T, Reply)>,
}

impl<T> Default for Replies<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new() }
    }
}

impl<T> Replies<T> {
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn push(&mut self, asked_for: T, reply: Reply) {
        self.waiting.push_back((asked_for, reply));
    }

    /// The next answer; `None` when nothing was asked. Safe to drop half-way: an answer is only taken
    /// out together with what it was asked for.
    pub(crate) async fn next(&mut self) -> Option<(T, Result<Written, WriteError>)> {
        let (_, reply) = self.waiting.front_mut()?;
        let result = reply.await.unwrap_or(Err(WriteError::Ended));
        let (asked_for, _) = self.waiting.pop_front()?;
        Some((asked_for, result))
    }
}

/// Whether the writer will answer nothing more.
pub(crate) fn fatal(error: &WriteError) -> bool {
    matches!(error, WriteError::Ended | WriteError::Stopped { .. } | WriteError::Fatal { .. })
}
