//! Table `entry_alias`: an entry is known again when its publisher gives it a new id.

use super::{Context, Failure};
use crate::column::signed;
use rusqlite::params;
use std::collections::HashSet;
use wirewatch_model::Entry;

/// Aliases kept of one entry. Later ones are not needed: the date it was first announced with is among
/// the early ones.
const MOST: u32 = 16;

/// Of these, keys. A publisher that gives a new id once is known by it from then on; one that gives a
/// new one at every fetch must not fill the table.
const MOST_WITH_KEYS: u32 = 8;

/// Entries with one and the same alias that are looked at.
const MOST_HOLDERS: usize = 64;

/// The entry that one with an unknown key is by its aliases. Those in `taken` stand in the same body
/// and are others, however much they look alike; what is left is given out oldest first, so that twins
/// whose ids change at every fetch stay as many as they are.
pub(super) fn find(
    context: &Context<'_>,
    feed: i64,
    entry: &Entry,
    taken: &HashSet<i64>,
) -> Result<Option<i64>, Failure> {
    if entry.aliases.is_empty() {
        return Ok(None);
    }
    let mut statement = context
        .connection
        .prepare_cached("SELECT entry FROM entry_alias WHERE feed = ?1 AND alias = ?2 ORDER BY entry")?;
    for alias in std::iter::once(entry.key_alias()).chain(entry.aliases.iter().copied()) {
        let mut rows = statement.query(params![feed, signed(alias)])?;
        for _ in 0..MOST_HOLDERS {
            let Some(row) = rows.next()? else { break };
            let id = row.get(0)?;
            if !taken.contains(&id) {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}

/// Keeps the aliases of an entry; with `renamed` the key it has now, which is not the one its row has.
pub(super) fn remember(
    context: &Context<'_>,
    feed: i64,
    id: i64,
    entry: &Entry,
    renamed: bool,
) -> Result<(), Failure> {
    for alias in &entry.aliases {
        keep(context, feed, id, *alias, MOST)?;
    }
    if renamed {
        keep(context, feed, id, entry.key_alias(), MOST_WITH_KEYS)?;
    }
    Ok(())
}

fn keep(context: &Context<'_>, feed: i64, id: i64, alias: u64, most: u32) -> Result<(), Failure> {
    let connection = context.connection;
    let held = connection
        .prepare_cached("SELECT 1 FROM entry_alias WHERE feed = ?1 AND alias = ?2 AND entry = ?3")?
        .exists(params![feed, signed(alias), id])?;
    if !held {
        connection
            .prepare_cached(
                "INSERT INTO entry_alias
                 SELECT ?1, ?2, ?3 WHERE (SELECT count(*) FROM entry_alias WHERE entry = ?3) < ?4",
            )?
            .execute(params![feed, signed(alias), id, most])?;
    }
    Ok(())
}
