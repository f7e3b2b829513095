//! Table `robots`: what was had of robots.txt, so that a restart does not ask again.

use super::{Context, Failure};
use crate::clock::latest_past;
use crate::column::{Micros, after};
use jiff::Timestamp;
use rusqlite::params;
use std::time::Duration;
use wirewatch_model::RobotsRules;

/// How long robots.txt is believed at most (RFC 9309 §2.4).
const BELIEVED: Duration = Duration::from_secs(24 * 3_600);

/// Origins kept; those whose rules end soonest go first.
const MOST_ORIGINS: u32 = 2_048;

/// Keeps the rules of an origin in place of older ones, and forgets what is over or was kept by a clock that
/// was ahead.
pub(super) fn keep(context: &mut Context<'_>, rules: &RobotsRules, now: Timestamp) -> Result<(), Failure> {
    let packed = context
        .compressor
        .compress(rules.rules.as_bytes())
        .map_err(|error| Failure::Passing(format!("robots.txt cannot be compressed: {error}")))?;
    let connection = context.connection;
    connection
        .prepare_cached("DELETE FROM robots WHERE until <= ?1 OR until > ?2")?
        .execute([Micros(now), Micros(latest_robots(now))])?;
    connection.prepare_cached("INSERT OR REPLACE INTO robots VALUES (?1, ?2, ?3)")?.execute(params![
        rules.origin,
        Micros(rules.until),
        packed
    ])?;
    connection
        .prepare_cached(
            "DELETE FROM robots WHERE origin IN
                (SELECT origin FROM robots ORDER BY until DESC, origin LIMIT -1 OFFSET ?1)",
        )?
        .execute([MOST_ORIGINS])?;
    Ok(())
}

/// What is to be believed beyond this was kept by a clock that was ahead.
pub(crate) fn latest_robots(now: Timestamp) -> Timestamp {
    after(latest_past(now), BELIEVED)
}
