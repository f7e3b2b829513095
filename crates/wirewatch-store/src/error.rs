//! What can go wrong when the database is opened or asked.

use std::path::{Path, PathBuf};

/// Why a database cannot be opened or a question not be answered.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no file.
    #[error("there is no database at {path}; `wirewatch run` makes one")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is empty: made by something else, or what a full disk left.
    #[error("{path} is an empty file, not a wirewatch database; remove it or name another path")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database of another program, or no database at all.
    #[error("{path} is not a wirewatch database ({found})")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// A later version of wirewatch wrote the file.
    #[error("{path} has schema {found}, this program knows schemas up to {known}; use a newer wirewatch")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Schema of the file.
        found: i64,
        /// Latest schema of this program.
        known: i64,
    },
    /// The schema of the file is older than the program's, and the file was opened for reading only.
    #[error(
        "{path} has schema {found}, this program needs schema {known}; `wirewatch run` brings it up to date"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Schema of the file.
        found: i64,
        /// Schema this program needs.
        known: i64,
    },
    /// The SQLite that was linked has a known fault in the write-ahead log.
    #[error(
        "SQLite {found} can lose writes (fault of the write-ahead log, mended in 3.51.3); build with the bundled one"
    )]
    OldSqlite {
        /// Version found.
        found: String,
    },
    /// The schema could not be brought up to date; the file is as it was.
    #[error("the schema of {path} could not be brought up to date: {message}")]
    Migration {
        /// The file.
        path: PathBuf,
        /// What happened.
        message: String,
    },
    /// The file cannot be opened.
    #[error("cannot open {path}: {cause}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why, in words a person can act on.
        cause: String,
    },
    /// The query took longer than its limit.
    #[error("the query took too long and was stopped; narrow it")]
    TooSlow,
    /// A stored value cannot be read back: the file was changed by something else.
    #[error("a stored value cannot be read: {0}")]
    Data(String),
    /// Anything else SQLite reports.
    #[error("the database reports an error")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, _)
                if failure.code == rusqlite::ErrorCode::OperationInterrupted =>
            {
                Self::TooSlow
            }
            rusqlite::Error::FromSqlConversionFailure(_, _, cause) => Self::Data(cause.to_string()),
            other => Self::Sqlite(other),
        }
    }
}

impl StoreError {
    /// Puts the path, and the cause where SQLite hides it, to a failure to open a file.
    pub(crate) fn opening(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        if let rusqlite::Error::SqliteFailure(failure, _) = error {
            match failure.code {
                rusqlite::ErrorCode::NotADatabase => {
                    return Self::Foreign { path, found: "the file is not SQLite".to_owned() };
                }
                rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly => {
                    let cause = why_not_opened(&path);
                    return Self::Open { path, cause };
                }
                rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked => {
                    return Self::Open { path, cause: "another process holds it locked".to_owned() };
                }
                _ => {}
            }
        }
        Self::Open { path, cause: error.to_string() }
    }
}

/// SQLite says "unable to open" for a folder, a missing folder and a lack of rights alike.
fn why_not_opened(path: &Path) -> String {
    if path.is_dir() {
        return "it is a folder".to_owned();
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return format!("the folder {} does not exist", folder.display());
    }
    match std::fs::File::open(path) {
        Err(error) => error.to_string(),
        Ok(_) => format!(
            "the folder {} must be writable: SQLite keeps its -wal and -shm files there",
            folder.display()
        ),
    }
}
