//! Short transactions beside the owner's writer.

use super::apply::{Context, apply_short};
use super::{Failure, ShortWrite, WriteError, WriterOptions, Written};
use rusqlite::Connection;

/// Writes from a process that does not run the pipeline. Each call is one transaction that takes the
/// lock at once (`BEGIN IMMEDIATE`), waiting at most five seconds for the owner's group to end.
#[derive(Debug)]
pub struct ShortWriter {
    connection: Connection,
}

impl ShortWriter {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Stores a request; durable when it returns.
    ///
    /// # Errors
    /// [`WriteError::Unavailable`] when the file cannot be written now; nothing is tried again.
    pub fn write(&mut self, write: &ShortWrite) -> Result<Written, WriteError> {
        let written = self.attempt(write).map_err(|failure| match failure {
            Failure::Request(error) => error,
            Failure::Passing(reason) => WriteError::Unavailable { reason },
            Failure::Fatal(message) => WriteError::Fatal { message },
        });
        if written.is_err() && !self.connection.is_autocommit() {
            // The error that led here tells more than one of undoing it; a transaction that cannot
            // be rolled back ends with the connection.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        written
    }

    fn attempt(&self, write: &ShortWrite) -> Result<Written, Failure> {
        let mut context = Context::new(&self.connection, &WriterOptions::default())?;
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let written = apply_short(&mut context, write)?;
        context.flush_pending()?;
        self.connection.execute_batch("COMMIT")?;
        Ok(written)
    }
}
