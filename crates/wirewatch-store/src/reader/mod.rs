//! Read-only questions, one function each.
//!
//! A [`Reader`] sees a consistent snapshot for each question and never waits for the writer. What a
//! person asks is stopped after five seconds; what the pipeline asks is quick by its indexes.

mod changes;
mod checks;
mod dedup;
mod detail;
mod due;
mod feeds;
mod items;
mod jobs;
mod known;
mod owed;
mod search;
mod stats;
mod websub;

pub use changes::{ChangeRow, Changes};
pub use checks::FeedCheckRow;
pub use dedup::{StoredSignature, StoredText};
pub use detail::{AddressKind, AddressRow, CopyRow, EntityRow, ItemDetail, RevisionRow, TopicRow};
pub use feeds::FeedRow;
pub use items::ItemCursor;
pub use jobs::{Job, JobState, ReaderRow};
pub use known::KnownArticle;
pub use search::RANKED_MATCHES;
pub use stats::{EntryCounts, FeedStats, RejectReason, Stats, TopicCount};
pub use websub::PushRow;

use crate::StoreError;
use crate::stems::Stems;
use rusqlite::Connection;
use std::cell::RefCell;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use wirewatch_model::EntryId;

/// Instructions of SQLite's machine between two looks at the clock. Few, because one step of the
/// full-text index may take as long as thousands of others.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;

/// A read-only connection. Not shared between threads: open one for each.
pub struct Reader {
    connection: Connection,
    stems: Stems,
    limit: Duration,
    /// The host that had the last turn, so that the next one begins after it.
    turn: RefCell<String>,
    /// Entries that could not be read, each logged once.
    unreadable: RefCell<HashSet<EntryId>>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            stems: Stems::new(),
            limit: Duration::from_secs(5),
            turn: RefCell::new(String::new()),
            unreadable: RefCell::default(),
        }
    }

    /// A fact about the database itself.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.optional("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))?)
    }

    /// Answers a person's question from one snapshot, within the limit.
    fn ask<T>(&self, question: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let end = Instant::now() + self.limit;
        self.connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || Instant::now() >= end))?;
        let snapshot = self.connection.unchecked_transaction()?;
        let answer = question();
        // Nothing was written: however the transaction ends, the answer stands.
        drop(snapshot);
        self.connection.progress_handler(STEPS_BETWEEN_LOOKS, None::<fn() -> bool>)?;
        answer
    }

    /// All rows of a query.
    fn rows<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.connection.prepare_cached(sql)?.query_map(params, read)?.collect()
    }

    /// The one row of a query, if there is one.
    fn optional<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        rusqlite::OptionalExtension::optional(self.connection.prepare_cached(sql)?.query_row(params, read))
    }

    /// The one row of a query.
    fn one<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.connection.prepare_cached(sql)?.query_row(params, read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Database;

    const COUNTING: &str = "WITH RECURSIVE counted (n) AS
            (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 100000)
         SELECT count(*) FROM counted";

    #[test]
    fn inv10_a_question_that_takes_too_long_is_stopped() {
        let folder = tempfile::tempdir().expect("folder");
        let mut reader = Database::open(folder.path().join("a.db")).expect("made").reader().expect("reader");
        let count = |reader: &Reader| Ok(reader.one(COUNTING, [], |row| row.get::<_, i64>(0))?);
        reader.limit = Duration::ZERO;
        assert!(matches!(reader.ask(|| count(&reader)), Err(StoreError::TooSlow)));
        assert_eq!(count(&reader).expect("nobody waits for it"), 100_000);
        reader.limit = Duration::from_secs(60);
        assert_eq!(reader.ask(|| count(&reader)).expect("in time"), 100_000);
    }
}
