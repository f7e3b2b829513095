//! Brings the schema of a file up to date, and tells our files from others.

use crate::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use rusqlite_migration::{M, Migrations};
use std::path::Path;

/// "WIRW": what migration 1 writes into the header of the file.
pub(crate) const APPLICATION_ID: i64 = 0x5749_5257;

/// The files of `migrations/`, in order.
const FILES: &[M<'static>] = &[
    M::up(include_str!("../../../migrations/0001_initial.sql")),
    M::up(include_str!("../../../migrations/0002_feeds.sql")),
    M::up(include_str!("../../../migrations/0003_websub.sql")),
    M::up(include_str!("../../../migrations/0004_probe.sql")),
    M::up(include_str!("../../../migrations/0005_unpushed.sql")),
    M::up(include_str!("../../../migrations/0006_clock.sql")),
];

/// The schema this program works with.
pub(crate) const LATEST: i64 = FILES.len() as i64;

/// Runs the migrations a file lacks, each in one transaction: a process that dies half-way leaves the
/// old schema or the new one, never something between.
pub(crate) fn to_latest(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    if let Err(error) = Migrations::from_slice(FILES).to_latest(connection) {
        // Two programs that find an old file at once both begin; the second may come too late.
        if user_version(connection)? != LATEST {
            return Err(StoreError::Migration { path: path.to_owned(), message: error.to_string() });
        }
    }
    Ok(())
}

/// Refuses files of other programs and of later versions; gives the schema of the file.
pub(crate) fn recognise(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let application_id: i64 = connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(|error| StoreError::opening(path, &error))?;
    let found = user_version(connection)?;
    if application_id != APPLICATION_ID {
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let found = match tables {
            0 => "a SQLite file without tables".to_owned(),
            _ => format!("a SQLite file of another program, application id {application_id}"),
        };
        return Err(StoreError::Foreign { path: path.to_owned(), found });
    }
    if found > LATEST {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: LATEST });
    }
    Ok(found)
}

fn user_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_run_in_order_on_an_empty_database() {
        Migrations::from_slice(FILES).validate().expect("valid");
    }
}
