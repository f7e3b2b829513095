//! How a run is told to end.

use tokio_util::sync::CancellationToken;

/// Two signals: the first ends the source and lets everything in flight be stored, the second leaves
/// at once (what was in flight is still owed).
#[derive(Clone, Debug, Default)]
pub struct Stop {
    pub(crate) source: CancellationToken,
    pub(crate) at_once: CancellationToken,
}

impl Stop {
    /// No signal yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first call asks the run to end in good order, the second to leave at once.
    pub fn signal(&self) {
        if self.source.is_cancelled() {
            self.at_once.cancel();
        } else {
            self.source.cancel();
        }
    }

    /// Signals of its own that this one's are passed on to.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { source: self.source.child_token(), at_once: self.at_once.child_token() }
    }

    /// Whether the end was asked for.
    pub fn is_signalled(&self) -> bool {
        self.source.is_cancelled()
    }
}
