//! What the latest checks of one feed found, for a person.

use super::Reader;
use crate::StoreError;
use crate::column::Json;
use rusqlite::params;
use serde::Serialize;
use wirewatch_model::FeedId;

/// One check of a feed, as table `feed_check` keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedCheckRow {
    /// When, RFC 3339.
    pub at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// How it ended.
    pub outcome: String,
    /// The class of its failure.
    pub failure: Option<String>,
    /// What happened.
    pub message: Option<String>,
    /// HTTP status.
    pub http_status: Option<u16>,
    /// Size of the decoded body.
    pub body_bytes: u64,
    /// Entries that were new.
    pub new: u32,
    /// Entries that were changed.
    pub changed: u32,
    /// Entries that were known.
    pub known: u32,
    /// Entries that could not be taken, with the reason.
    pub rejects: Vec<String>,
    /// What had to be mended.
    pub repairs: Vec<String>,
}

impl Reader {
    /// The latest checks of a feed, latest first.
    pub fn feed_checks(&self, feed: FeedId, limit: u32) -> Result<Vec<FeedCheckRow>, StoreError> {
        const SQL: &str =
            "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', at / 1000000, 'unixepoch'), duration_ms, outcome,
                failure, message, http_status, body_bytes, new, changed, known, rejects, repairs
           FROM feed_check WHERE feed = ?1 ORDER BY id DESC LIMIT ?2";
        self.ask(|| {
            Ok(self.rows(SQL, params![feed.0, limit], |row| {
                Ok(FeedCheckRow {
                    at: row.get(0)?,
                    duration_ms: row.get(1)?,
                    outcome: row.get(2)?,
                    failure: row.get(3)?,
                    message: row.get(4)?,
                    http_status: row.get(5)?,
                    body_bytes: row.get::<_, i64>(6)?.unsigned_abs(),
                    new: row.get(7)?,
                    changed: row.get(8)?,
                    known: row.get(9)?,
                    rejects: row.get::<_, Json<Vec<String>>>(10)?.0,
                    repairs: row.get::<_, Json<Vec<String>>>(11)?.0,
                })
            })?)
        })
    }
}
