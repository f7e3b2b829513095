//! Table `entry`: what becomes of an entry once it was announced.

use super::announce::drop_body;
use super::apply::optional;
use super::{Context, Failure, StrikeTarget, WriteError};
use crate::column::{Micros, after};
use jiff::Timestamp;
use rusqlite::params;
use std::time::Duration;
use wirewatch_model::{ArticleId, EntryId, JudgedArticle, PageFailure, Reject, Stage};

/// When relevant articles are looked at again for edits, after they were first stored.
const RECHECKS: [Duration; 4] = [
    Duration::from_secs(3_600),
    Duration::from_secs(6 * 3_600),
    Duration::from_secs(24 * 3_600),
    Duration::from_secs(7 * 24 * 3_600),
];

/// How long an owed entry waits when its page failed and nobody said when to try again.
const UNTIL_SOMEBODY_DECIDES: Duration = Duration::from_secs(300);

/// Deaths of the process after which an entry or a feed is left alone.
const MOST_DEATHS: u32 = 2;

/// Why an entry is rejected that killed the process.
const SET_ASIDE: &str = "set aside: the process died twice on it";

/// The part of an entry that decides what becomes of it.
pub(super) struct EntryRow {
    pub(super) id: i64,
    pub(super) state: String,
    pub(super) article: Option<i64>,
    changed_at: Option<Timestamp>,
    deaths: u32,
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
    let (state, next_try) = if entry.changed_at.is_some_and(|changed_at| changed_at > judged.taken_at) {
        ("owed", Some(after(at, context.edit_pause)))
    } else if let Some(next_try) = judged.provisional_until {
        ("provisional", Some(next_try))
    } else {
        ("done", next_recheck(context, entry.id, article, at)?)
    };
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
            judged.failures,
            judged.failure,
            judged.provenance.is_some(),
            header("etag"),
            header("last-modified")
        ])?;
    if state == "done" {
        drop_body(context, entry.id)?;
    }
    Ok(())
}

/// The entry announces an article that is stored already.
pub(super) fn linked(
    context: &Context<'_>,
    entry: EntryId,
    article: ArticleId,
    at: Timestamp,
) -> Result<(), Failure> {
    let row = load(context, entry)?;
    if !article_exists(context, article.0)? {
        return Err(WriteError::MissingOriginal(article).into());
    }
    context
        .connection
        .prepare_cached(
            "UPDATE entry SET state = 'done', next_try = NULL, article = ?2, taken_at = ?3, failures = 0,
                    failure = NULL, failure_status = NULL, deaths = 0,
                    reject_stage = NULL, reject_reason = NULL
              WHERE id = ?1",
        )?
        .execute(params![row.id, article.0, Micros(at)])?;
    drop_body(context, row.id)
}

/// One failure more; the entry stays what it is, as long as it is still to be tried.
pub(super) fn page_failed(
    context: &Context<'_>,
    entry: EntryId,
    failure: &PageFailure,
    next_try: Option<Timestamp>,
    at: Timestamp,
) -> Result<(), Failure> {
    let row = load(context, entry)?;
    let (state, next_try) = match (row.state.as_str(), next_try) {
        ("owed", None) => ("owed", Some(after(at, UNTIL_SOMEBODY_DECIDES))),
        ("provisional", None) => ("done", None),
        ("done", None) => ("done", recheck_after(context, &row, at)?),
        (state, next_try) => (state, next_try),
    };
    context
        .connection
        .prepare_cached(
            "UPDATE entry SET state = ?2, next_try = ?3, failures = failures + 1, failure = ?4,
                    failure_status = ?5, taken_at = ?6, deaths = 0
              WHERE id = ?1",
        )?
        .execute(params![row.id, state, next_try.map(Micros), failure.reason, failure.status, Micros(at)])?;
    if state == "done" { drop_body(context, row.id) } else { Ok(()) }
}

/// The page is as it was.
pub(super) fn unchanged(context: &Context<'_>, entry: EntryId, at: Timestamp) -> Result<(), Failure> {
    let row = load(context, entry)?;
    let (state, next_try) = match row.article {
        Some(_) => ("done", recheck_after(context, &row, at)?),
        // "As it was" of a page we never had: it is asked for again, without conditions.
        None => ("owed", Some(after(at, UNTIL_SOMEBODY_DECIDES))),
    };
    context
        .connection
        .prepare_cached(
            "UPDATE entry SET state = ?2, next_try = ?3, taken_at = ?4, failures = 0, failure = NULL,
                    failure_status = NULL, deaths = 0, reject_stage = NULL, reject_reason = NULL,
                    page_etag = CASE WHEN article IS NULL THEN NULL ELSE page_etag END,
                    page_last_modified = CASE WHEN article IS NULL THEN NULL ELSE page_last_modified END
              WHERE id = ?1",
        )?
        .execute(params![row.id, state, next_try.map(Micros), Micros(at)])?;
    if state == "done" { drop_body(context, row.id) } else { Ok(()) }
}

/// A stage gave the entry up, for now or for good.
pub(super) fn rejected(context: &Context<'_>, reject: &Reject, at: Timestamp) -> Result<(), Failure> {
    let row = load(context, reject.entry)?;
    if let Some(retry_at) = reject.retry_at {
        context
            .connection
            .prepare_cached(
                "UPDATE entry SET next_try = ?2, failures = failures + 1, failure = ?3, taken_at = ?4,
                        state = CASE state WHEN 'rejected' THEN 'owed' ELSE state END,
                        reject_stage = NULL, reject_reason = NULL
                  WHERE id = ?1",
            )?
            .execute(params![row.id, Micros(retry_at), reject.reason, Micros(at)])?;
        return Ok(());
    }
    give_up(context, &row, reject.stage, &reject.reason, at)
}

/// Rejects an entry; one that has an article from before is done with that one.
fn give_up(
    context: &Context<'_>,
    row: &EntryRow,
    stage: Stage,
    reason: &str,
    at: Timestamp,
) -> Result<(), Failure> {
    if row.article.is_some() {
        context
            .connection
            .prepare_cached(
                "UPDATE entry SET state = 'done', next_try = ?2, failure = ?3, taken_at = ?4 WHERE id = ?1",
            )?
            .execute(params![row.id, recheck_after(context, row, at)?.map(Micros), reason, Micros(at)])?;
    } else {
        context
            .connection
            .prepare_cached(
                "UPDATE entry SET state = 'rejected', next_try = NULL, reject_stage = ?2, reject_reason = ?3,
                        taken_at = ?4
                  WHERE id = ?1",
            )?
            .execute(params![row.id, stage.as_str(), reason, Micros(at)])?;
    }
    drop_body(context, row.id)
}

/// The process died while this was in work.
pub(super) fn strike(context: &Context<'_>, target: StrikeTarget, at: Timestamp) -> Result<(), Failure> {
    let entry = match target {
        StrikeTarget::Entry(entry) => entry,
        StrikeTarget::Feed(feed) => {
            let tomorrow = after(at, Duration::from_secs(24 * 3_600));
            let changed = context
                .connection
                .prepare_cached(
                    "UPDATE feed SET deaths = deaths + 1,
                            next_due = CASE WHEN deaths + 1 >= ?2 THEN ?3 ELSE next_due END,
                            message = CASE WHEN deaths + 1 >= ?2 THEN ?4 ELSE message END
                      WHERE id = ?1",
                )?
                .execute(params![feed.0, MOST_DEATHS, Micros(tomorrow), SET_ASIDE])?;
            return match changed {
                0 => Err(WriteError::NotFound { what: format!("feed {feed}") }.into()),
                _ => Ok(()),
            };
        }
    };
    let row = load(context, entry)?;
    context
        .connection
        .prepare_cached("UPDATE entry SET deaths = deaths + 1 WHERE id = ?1")?
        .execute([row.id])?;
    if row.deaths + 1 < MOST_DEATHS {
        return Ok(());
    }
    give_up(context, &row, Stage::Fetch, SET_ASIDE, at)?;
    // Not even for edits: whatever it holds kills us.
    context.connection.prepare_cached("UPDATE entry SET next_try = NULL WHERE id = ?1")?.execute([row.id])?;
    Ok(())
}

pub(super) fn article_exists(context: &Context<'_>, article: i64) -> Result<bool, Failure> {
    Ok(context.connection.prepare_cached("SELECT 1 FROM article WHERE id = ?1")?.exists([article])?)
}

fn recheck_after(context: &Context<'_>, row: &EntryRow, at: Timestamp) -> Result<Option<Timestamp>, Failure> {
    row.article.map_or(Ok(None), |article| next_recheck(context, row.id, article, at))
}

/// When the page of an article is to be looked at again for edits: only when it is relevant, has a
/// page, and no other entry looks at it already.
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
    Ok(stored_at
        .and_then(|stored_at| RECHECKS.iter().map(|step| after(stored_at.0, *step)).find(|due| *due > at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_for_edits_lie_further_and_further_apart() {
        assert!(RECHECKS.is_sorted());
    }
}
