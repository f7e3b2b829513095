//! Tables `job` and `reader`.

use super::{Failure, JobUpdate, WriteError};
use crate::column::{Json, Micros};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use wirewatch_model::{JobId, Seq};

pub(super) fn create(
    connection: &Connection,
    kind: &str,
    arguments: &serde_json::Value,
    at: Timestamp,
) -> Result<JobId, Failure> {
    connection
        .prepare_cached(
            "INSERT INTO job (kind, arguments, state, created_at, updated_at)
             VALUES (?1, ?2, 'queued', ?3, ?3)",
        )?
        .execute(params![kind, Json(arguments), Micros(at)])?;
    Ok(JobId(connection.last_insert_rowid()))
}

pub(super) fn update(
    connection: &Connection,
    job: JobId,
    update: &JobUpdate,
    at: Timestamp,
) -> Result<(), Failure> {
    let (id, at) = (job.0, Micros(at));
    let changed = match update {
        JobUpdate::Claim => connection
            .prepare_cached(
                "UPDATE job SET state = 'running', updated_at = ?2
                  WHERE id = ?1 AND state IN ('queued', 'running')",
            )?
            .execute(params![id, at])?,
        JobUpdate::Progress { counts, checkpoint } => {
            let counts: serde_json::Map<_, _> =
                counts.iter().map(|(name, count)| (name.clone(), (*count).into())).collect();
            connection
                .prepare_cached(
                    "UPDATE job SET counts = ?3, checkpoint = coalesce(?4, checkpoint), updated_at = ?2
                      WHERE id = ?1 AND state = 'running'",
                )?
                .execute(params![id, at, Json(counts), checkpoint])?
        }
        JobUpdate::RequestCancel => connection
            .prepare_cached(
                "UPDATE job SET cancel_requested = 1, updated_at = ?2
                  WHERE id = ?1 AND state IN ('queued', 'running')",
            )?
            .execute(params![id, at])?,
        JobUpdate::Done => finish(connection, id, "done", None, at)?,
        JobUpdate::Failed(error) => finish(connection, id, "failed", Some(error), at)?,
        JobUpdate::Cancelled => finish(connection, id, "cancelled", None, at)?,
    };
    found(changed, || format!("open job {job}"))
}

fn finish(
    connection: &Connection,
    id: i64,
    state: &str,
    error: Option<&str>,
    at: Micros,
) -> Result<usize, Failure> {
    Ok(connection
        .prepare_cached(
            "UPDATE job SET state = ?2, error = ?3, updated_at = ?4, finished_at = ?4
              WHERE id = ?1 AND state IN ('queued', 'running')",
        )?
        .execute(params![id, state, error, at])?)
}

pub(super) fn ensure_reader(
    connection: &Connection,
    name: &str,
    from: Seq,
    at: Timestamp,
) -> Result<(), Failure> {
    connection
        .prepare_cached("INSERT INTO reader VALUES (?1, ?2, ?3, ?3) ON CONFLICT (name) DO NOTHING")?
        .execute(params![name, from.0.max(0), Micros(at)])?;
    Ok(())
}

pub(super) fn ack_reader(
    connection: &Connection,
    name: &str,
    seq: Seq,
    at: Timestamp,
) -> Result<(), Failure> {
    let changed = connection
        .prepare_cached(
            "UPDATE reader SET updated_at = ?3,
                    acked = max(acked, min(?2, (SELECT coalesce(max(seq), 0) FROM change)))
              WHERE name = ?1",
        )?
        .execute(params![name, seq.0, Micros(at)])?;
    found(changed, || format!("reader '{name}'"))
}

fn found(changed: usize, what: impl Fn() -> String) -> Result<(), Failure> {
    match changed {
        0 => Err(WriteError::NotFound { what: what() }.into()),
        _ => Ok(()),
    }
}
