//! Tables `job` and `reader`.

use super::Reader;
use crate::StoreError;
use crate::column::{Json, Micros, rfc3339};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use serde::Serialize;
use std::collections::BTreeMap;
use wirewatch_model::{JobId, Seq};

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waits for an owner.
    Queued,
    /// An owner works on it; after a crash, the next one goes on from its checkpoint.
    Running,
    /// Ended as it should.
    Done,
    /// Ended with an error.
    Failed,
    /// Ended because a person asked.
    Cancelled,
}

impl FromSql for JobState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "queued" => Ok(Self::Queued),
            "running" => Ok(Self::Running),
            "done" => Ok(Self::Done),
            "failed" => Ok(Self::Failed),
            "cancelled" => Ok(Self::Cancelled),
            other => Err(FromSqlError::other(StoreError::Data(format!("job state '{other}'")))),
        }
    }
}

/// A piece of long work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What kind.
    pub kind: String,
    /// What it was given.
    pub arguments: serde_json::Value,
    /// Where it stands.
    pub state: JobState,
    /// A person asked that it ends.
    pub cancel_requested: bool,
    /// Where to go on.
    pub checkpoint: Option<String>,
    /// Counts by name.
    pub counts: BTreeMap<String, u64>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was asked for, RFC 3339.
    pub created: String,
    /// When it last moved on, RFC 3339.
    pub updated: String,
    /// When it ended, RFC 3339.
    pub finished: Option<String>,
}

/// A named consumer and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReaderRow {
    /// Its name.
    pub name: String,
    /// It has seen everything up to here.
    pub acked: Seq,
    /// Changes it has not seen.
    pub behind: u64,
    /// When it was made, RFC 3339.
    pub created: String,
    /// When it last moved on, RFC 3339.
    pub updated: String,
}

const SELECT_JOB: &str =
    "SELECT id, kind, arguments, state, cancel_requested, checkpoint, counts, error, created_at,
        updated_at, finished_at FROM job";

fn read_job(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: JobId(row.get(0)?),
        kind: row.get(1)?,
        arguments: row.get::<_, Json<serde_json::Value>>(2)?.0,
        state: row.get(3)?,
        cancel_requested: row.get(4)?,
        checkpoint: row.get(5)?,
        counts: row.get::<_, Json<BTreeMap<String, u64>>>(6)?.0,
        error: row.get(7)?,
        created: rfc3339(row.get::<_, Micros>(8)?.0),
        updated: rfc3339(row.get::<_, Micros>(9)?.0),
        finished: row.get::<_, Option<Micros>>(10)?.map(|at| rfc3339(at.0)),
    })
}

// The changes a reader has not seen are those of articles, each counted once: its latest.
const SELECT_READER: &str =
    "SELECT name, acked, (SELECT count(*) FROM article WHERE seq > acked), created_at,
        updated_at FROM reader";

fn read_reader(row: &Row<'_>) -> rusqlite::Result<ReaderRow> {
    Ok(ReaderRow {
        name: row.get(0)?,
        acked: Seq(row.get(1)?),
        behind: row.get::<_, u32>(2)?.into(),
        created: rfc3339(row.get::<_, Micros>(3)?.0),
        updated: rfc3339(row.get::<_, Micros>(4)?.0),
    })
}

impl Reader {
    /// One job.
    pub fn job(&self, job: JobId) -> Result<Option<Job>, StoreError> {
        Ok(self.optional(&format!("{SELECT_JOB} WHERE id = ?1"), [job.0], read_job)?)
    }

    /// Jobs that wait for the owner or that it works on, oldest first.
    pub fn open_jobs(&self) -> Result<Vec<Job>, StoreError> {
        let sql = format!("{SELECT_JOB} WHERE state IN ('queued', 'running') ORDER BY id");
        Ok(self.rows(&sql, [], read_job)?)
    }

    /// The latest jobs, newest first.
    pub fn jobs(&self, limit: u32) -> Result<Vec<Job>, StoreError> {
        Ok(self.rows(&format!("{SELECT_JOB} ORDER BY id DESC LIMIT ?1"), [limit], read_job)?)
    }

    /// One reader.
    pub fn reader_row(&self, name: &str) -> Result<Option<ReaderRow>, StoreError> {
        self.ask(|| Ok(self.optional(&format!("{SELECT_READER} WHERE name = ?1"), [name], read_reader)?))
    }

    /// All readers, by name.
    pub fn readers(&self) -> Result<Vec<ReaderRow>, StoreError> {
        self.ask(|| Ok(self.rows(&format!("{SELECT_READER} ORDER BY name"), [], read_reader)?))
    }
}
