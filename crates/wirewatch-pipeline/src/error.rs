//! Why a run ended before its time.

use std::{io, path::PathBuf};
use wirewatch_store::{LockError, StoreError, WriteError};

/// A fault that ends the run. What was in flight is still owed.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The database cannot be read or opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer ended.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The owner's lock cannot be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The stage journal beside the database cannot be used.
    #[error("cannot use the stage journal of {}", database.display())]
    Journal {
        /// The database it belongs to.
        database: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A worker died. This is a fault of wirewatch: please report it.
    #[error("the {worker} worker died ({reason}); nothing is lost, what was in flight is still owed")]
    Worker {
        /// Which worker.
        worker: &'static str,
        /// What it said.
        reason: String,
    },
}
