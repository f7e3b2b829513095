//! What is put off to the end of a group.
//!
//! The full-text index writes its buffer out whenever a statement with a journal of its own runs, so
//! its rows come last, one after the other. What pages taught of their hosts is gathered as well: one
//! row a host and group.

use super::{Failure, host};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use wirewatch_model::HostObservation;

/// The columns of one row of the full-text index.
#[derive(Clone, Debug)]
pub(super) struct Indexed {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) stems: String,
}

/// Work of the index, in the order in which it came up.
enum IndexWork {
    Add { article: i64, row: Indexed },
    Remove { article: i64, row: Indexed },
}

#[derive(Default)]
pub(super) struct Pending {
    index: Vec<IndexWork>,
    observations: Vec<HostObservation>,
}

/// How far the work had come at some moment.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    index: usize,
    observations: usize,
}

impl Pending {
    pub(super) fn add(&mut self, article: i64, row: Indexed) {
        self.index.push(IndexWork::Add { article, row });
    }

    /// `row` must be what was added: FTS5 finds the words to remove by it.
    pub(super) fn remove(&mut self, article: i64, row: Indexed) {
        self.index.push(IndexWork::Remove { article, row });
    }

    pub(super) fn observe(&mut self, observation: &HostObservation) {
        if !observation.host.is_empty() {
            self.observations.push(observation.clone());
        }
    }

    pub(super) fn clear(&mut self) {
        self.index.clear();
        self.observations.clear();
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { index: self.index.len(), observations: self.observations.len() }
    }

    pub(super) fn drop_after(&mut self, mark: Mark) {
        self.index.truncate(mark.index);
        self.observations.truncate(mark.observations);
    }

    pub(super) fn flush(&mut self, connection: &Connection) -> Result<(), Failure> {
        let mut by_host: BTreeMap<&str, Vec<&HostObservation>> = BTreeMap::new();
        for observation in &self.observations {
            by_host.entry(&observation.host).or_default().push(observation);
        }
        for (host, observations) in by_host {
            host::observe(connection, host, &observations)?;
        }
        self.flush_index(connection)?;
        self.clear();
        Ok(())
    }

    fn flush_index(&self, connection: &Connection) -> Result<(), Failure> {
        let mut add = connection
            .prepare_cached("INSERT INTO article_fts (rowid, title, text, stems) VALUES (?1, ?2, ?3, ?4)")?;
        let mut remove = connection.prepare_cached(
            "INSERT INTO article_fts (article_fts, rowid, title, text, stems) VALUES ('delete', ?1, ?2, ?3, ?4)",
        )?;
        for work in &self.index {
            let (statement, article, row) = match work {
                IndexWork::Add { article, row } => (&mut add, article, row),
                IndexWork::Remove { article, row } => (&mut remove, article, row),
            };
            statement.execute(params![article, row.title, row.text, row.stems])?;
        }
        Ok(())
    }
}
