//! What a failure of SQLite means for the writer.

use super::WriteError;
use rusqlite::{Error, ErrorCode};

/// Why a request could not be applied.
#[derive(Debug)]
pub(crate) enum Failure {
    /// This request alone: its neighbours go on.
    Request(WriteError),
    /// The whole group, for now: full disk, lock, I/O.
    Passing(String),
    /// The database is damaged.
    Fatal(String),
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::Request(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Passing("the disk is full".to_owned()),
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                    Self::Passing("another process holds the database locked".to_owned())
                }
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OutOfMemory => Self::Passing(error.to_string()),
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Fatal(error.to_string()),
                _ => Self::Request(WriteError::Refused { message: error.to_string() }),
            },
            // A row that must be there is not.
            Error::QueryReturnedNoRows => Self::Request(WriteError::NotFound { what: "such row".to_owned() }),
            _ => Self::Request(WriteError::Refused { message: error.to_string() }),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Request(WriteError::Refused { message: error.to_string() })
    }
}
