//! Table `entry`: what an entry becomes that led to an article.

use super::announce::drop_body;
use super::apply::optional;
use super::{Context, Failure, WriteError};
use crate::clock;
use crate::column::{Micros, after};
use jiff::Timestamp;
use rusqlite::params;
use std::time::Duration;
use wirewatch_model::{ArticleId, EntryId, JudgedArticle};

/// When relevant articles are looked at again for edits, after they were first stored.
const RECHECKS: [Duration; 4] = [
    Duration::from_secs(3_600),
    Duration::from_secs(6 * 3_600),
    Duration::from_secs(24 * 3_600),
    Duration::from_secs(7 * 24 * 3_600),
];

/// The part of an entry that decides what becomes of it.
pub(super) struct EntryRow {
    pub(super) id: i64,
    pub(super) state: String,
    pub(super) article: Option<i64>,
    changed_at: Option<Timestamp>,
    pub(super) deaths: u32,
}

/// When the attempt that a request reports began, and when it ended.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub(super) taken_at: Timestamp,
    pub(super) at: Timestamp,
}

/// What an entry moves to: its state and when it is tried next.
pub(super) type Move = (&'static str, Option<Timestamp>);

impl EntryRow {
    /// Announced anew while it was in work: what was found is of an earlier version. Not when that is to
    /// come yet: the clock was ahead when it was announced.
    pub(super) fn announced_since(&self, taken: Taken) -> bool {
        let during = |at: Timestamp| at > taken.taken_at && at <= clock::latest_past(taken.at);
        self.changed_at.is_some_and(during)
    }

    /// Where an attempt leads: to what it found, or back to owed when there is a version it knew
    /// nothing of.
    pub(super) fn or_owed_anew(&self, context: &Context<'_>, taken: Taken, found: Move) -> Move {
        if self.announced_since(taken) { ("owed", Some(after(taken.at, context.edit_pause))) } else { found }
    }
}

pub(super) fn load(context: &Context<'_>, entry: EntryId) -> Result<EntryRow, Failure> {
    optional(
        context
            .connection
            .prepare_cached("SELECT state, article, changed_at, deaths FROM entry WHERE id = ?1")?
            .query_row([entry.0], |row| {
                Ok(EntryRow {
                    id: entry.0,
                    state: row.get(0)?,
                    article: row.get(1)?,
                    changed_at: row.get::<_, Option<Micros>>(2)?.map(|at| at.0),
                    deaths: row.get(3)?,
                })
            }),
    )?
    .ok_or_else(|| WriteError::NotFound { what: format!("entry {entry}") }.into())
}

/// The entry has become `article`: done, provisional, or owed again when it was announced anew while
/// it was in work.
pub(super) fn settle(
    context: &Context<'_>,
    entry: &EntryRow,
    judged: &JudgedArticle,
    article: i64,
) -> Result<(), Failure> {
    let at = judged.seen_at;
    let found = match judged.provisional_until {
        Some(next_try) => ("provisional", Some(next_try)),
        None => ("done", next_recheck(context, entry.id, article, at)?),
    };
    let (state, next_try) = entry.or_owed_anew(context, Taken { taken_at: judged.taken_at, at }, found);
    let header = |name: &str| {
        let headers = judged.provenance.iter().flat_map(|provenance| &provenance.headers);
        headers.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    };
    context
        .connection
        .prepare_cached(
            "UPDATE entry SET state = ?2, next_try = ?3, article = ?4, taken_at = ?5, failures = ?6,
                    failure = ?7, deaths = 0, reject_stage = NULL, reject_reason = NULL,
                    failure_status = CASE WHEN ?7 IS NULL THEN NULL ELSE failure_status END,
                    page_etag = CASE WHEN ?8 THEN ?9 ELSE page_etag END,
                    page_last_modified = CASE WHEN ?8 THEN ?10 ELSE page_last_modified END
              WHERE id = ?1",
        )?
        .execute(params![
            entry.id,
            state,
            next_try.map(Micros),
            article,
            Micros(at),
            if state == "provisional" { judged.failures } else { 0 },
            judged.failure,
            judged.provenance.is_some(),
            header("etag"),
            header("last-modified")
        ])?;
    leave_earlier(context, entry, article)?;
    if state == "done" { finish(context, entry.id, Some(article)) } else { Ok(()) }
}

/// An entry is done: the feed's text is not needed any more, and an article that only this entry would
/// have completed stands as it is.
pub(super) fn finish(context: &Context<'_>, entry: i64, article: Option<i64>) -> Result<(), Failure> {
    if let Some(article) = article {
        end_tries(context, entry, article)?;
    }
    drop_body(context, entry)
}

/// This entry tries the page of an article no more.
fn end_tries(context: &Context<'_>, entry: i64, article: i64) -> Result<(), Failure> {
    context
        .connection
        .prepare_cached(
            "UPDATE article SET provisional = 0
              WHERE id = ?1 AND provisional
                AND NOT EXISTS (SELECT 1 FROM entry other
                                 WHERE other.article = ?1 AND other.id <> ?2
                                   AND +other.state IN ('owed', 'provisional'))",
        )?
        .execute([article, entry])?;
    Ok(())
}

/// An entry that leads to another article than before leaves the earlier one as it is.
fn leave_earlier(context: &Context<'_>, entry: &EntryRow, article: i64) -> Result<(), Failure> {
    match entry.article {
        Some(earlier) if earlier != article => end_tries(context, entry.id, earlier),
        _ => Ok(()),
    }
}

/// The entry announces an article that is stored already.
pub(super) fn linked(
    context: &Context<'_>,
    entry: EntryId,
    article: ArticleId,
    taken: Taken,
) -> Result<(), Failure> {
    let row = load(context, entry)?;
    if !article_exists(context, article.0)? {
        return Err(WriteError::MissingOriginal(article).into());
    }
    let (state, next_try) = row.or_owed_anew(context, taken, ("done", None));
    context
        .connection
        .prepare_cached(
            "UPDATE entry SET state = ?2, next_try = ?3, article = ?4, taken_at = ?5, failures = 0,
                    failure = NULL, failure_status = NULL, deaths = 0,
                    reject_stage = NULL, reject_reason = NULL
              WHERE id = ?1",
        )?
        .execute(params![row.id, state, next_try.map(Micros), article.0, Micros(taken.at)])?;
    leave_earlier(context, &row, article.0)?;
    if state == "done" { finish(context, row.id, Some(article.0)) } else { Ok(()) }
}

fn article_exists(context: &Context<'_>, article: i64) -> Result<bool, Failure> {
    Ok(context.connection.prepare_cached("SELECT 1 FROM article WHERE id = ?1")?.exists([article])?)
}

pub(super) fn recheck_after(
    context: &Context<'_>,
    row: &EntryRow,
    at: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    row.article.map_or(Ok(None), |article| next_recheck(context, row.id, article, at))
}

/// When the page of an article is to be looked at again for edits: only when it is relevant, has a
/// page, and no other entry looks at it already. One that was stored by a clock that was ahead is not.
fn next_recheck(
    context: &Context<'_>,
    entry: i64,
    article: i64,
    at: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    if !context.recheck {
        return Ok(None);
    }
    // The plus keeps SQLite from going through all that is done in search of the one article.
    let stored_at: Option<Micros> = optional(
        context
            .connection
            .prepare_cached(
                "SELECT a.stored_at FROM article a JOIN entry e ON e.id = ?1
                  WHERE a.id = ?2 AND a.relevant AND e.host <> '' AND a.method NOT LIKE 'feed-%'
                    AND NOT EXISTS (SELECT 1 FROM entry other
                                     WHERE other.article = ?2 AND other.id <> ?1
                                       AND +other.state = 'done' AND other.next_try IS NOT NULL)",
            )?
            .query_row([entry, article], |row| row.get(0)),
    )?;
    let Some(stored_at) = stored_at.filter(|stored_at| stored_at.0 <= clock::latest_past(at)) else {
        return Ok(None);
    };
    Ok(RECHECKS.iter().map(|step| after(stored_at.0, *step)).find(|due| *due > at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_for_edits_lie_further_and_further_apart() {
        assert!(RECHECKS.is_sorted());
    }
}
