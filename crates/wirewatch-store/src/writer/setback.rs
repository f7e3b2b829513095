//! Table `entry`: attempts that brought no article.

use super::entry::{EntryRow, Taken, finish, load, recheck_after};
use super::{Context, Failure, StrikeTarget, WriteError};
use crate::column::{Micros, after};
use jiff::Timestamp;
use rusqlite::params;
use std::time::Duration;
use wirewatch_model::{EntryId, FeedId, PageFailure, Reject, Stage};

/// How long an owed entry waits when its page failed and nobody said when to try again.
const UNTIL_SOMEBODY_DECIDES: Duration = Duration::from_secs(300);

/// Deaths of the process after which an entry or a feed is left alone.
pub(crate) const MOST_DEATHS: u32 = 2;

/// How long such a feed is left alone.
const A_DAY: Duration = Duration::from_secs(24 * 3_600);

/// Why an entry is rejected that killed the process.
const SET_ASIDE: &str = "set aside: the process died twice on it";

/// One failure more; the entry stays what it is, as long as it is still to be tried.
pub(super) fn page_failed(
    context: &Context<'_>,
    entry: EntryId,
    failure: &PageFailure,
    next_try: Option<Timestamp>,
    taken: Taken,
) -> Result<(), Failure> {
    let row = load(context, entry)?;
    let ends = next_try.is_none() && matches!(row.state.as_str(), "provisional" | "done");
    let (state, next_try) = if ends {
        let recheck = if row.state == "done" { recheck_after(context, &row, taken.at)? } else { None };
        row.or_owed_anew(context, taken, ("done", recheck))
    } else if row.state == "owed" && next_try.is_none() {
        ("owed", Some(after(taken.at, UNTIL_SOMEBODY_DECIDES)))
    } else {
        (row.state.as_str(), next_try)
    };
    context
        .connection
        .prepare_cached(
            "UPDATE entry SET state = ?2, next_try = ?3, failures = CASE WHEN ?7 THEN 0 ELSE failures + 1 END,
                    failure = ?4, failure_status = ?5, taken_at = ?6, deaths = 0
              WHERE id = ?1",
        )?
        .execute(params![
            row.id,
            state,
            next_try.map(Micros),
            failure.reason,
            failure.status,
            Micros(taken.at),
            ends
        ])?;
    if ends && state == "done" { finish(context, row.id, row.article) } else { Ok(()) }
}

/// Nothing was learnt of the page: the entry waits until it may be asked for. `taken_at` of the row stays, it tells when the page
/// was last looked at.
pub(super) fn postponed(
    context: &Context<'_>,
    entry: EntryId,
    until: Timestamp,
    reason: &str,
    taken: Taken,
) -> Result<(), Failure> {
    let row = load(context, entry)?;
    let until = until.max(taken.at);
    context
        .connection
        .prepare_cached(
            "UPDATE entry SET next_try = CASE WHEN ?4 THEN max(coalesce(next_try, ?2), ?2) ELSE ?2 END,
                    failure = ?3, failure_status = NULL, deaths = 0
              WHERE id = ?1 AND state <> 'rejected'",
        )?
        // A version that came meanwhile has a pause of its own: the later of the two.
        .execute(params![row.id, Micros(until), reason, row.announced_since(taken)])?;
    Ok(())
}

/// The page is as it was.
pub(super) fn unchanged(context: &Context<'_>, entry: EntryId, taken: Taken) -> Result<(), Failure> {
    let row = load(context, entry)?;
    let found = match row.article {
        Some(_) => ("done", recheck_after(context, &row, taken.at)?),
        // "As it was" of a page we never had: it is asked for again, without conditions.
        None => ("owed", Some(after(taken.at, UNTIL_SOMEBODY_DECIDES))),
    };
    let (state, next_try) = row.or_owed_anew(context, taken, found);
    context
        .connection
        .prepare_cached(
            "UPDATE entry SET state = ?2, next_try = ?3, taken_at = ?4, failures = 0, failure = NULL,
                    failure_status = NULL, deaths = 0, reject_stage = NULL, reject_reason = NULL,
                    page_etag = CASE WHEN article IS NULL THEN NULL ELSE page_etag END,
                    page_last_modified = CASE WHEN article IS NULL THEN NULL ELSE page_last_modified END
              WHERE id = ?1",
        )?
        .execute(params![row.id, state, next_try.map(Micros), Micros(taken.at)])?;
    if state == "done" { finish(context, row.id, row.article) } else { Ok(()) }
}

/// A stage gave the entry up, for now or for good.
pub(super) fn rejected(context: &Context<'_>, reject: &Reject, taken: Taken) -> Result<(), Failure> {
    let row = load(context, reject.entry)?;
    let retry_at = match reject.retry_at {
        None if row.announced_since(taken) => Some(after(taken.at, context.edit_pause)),
        retry_at => retry_at,
    };
    let Some(retry_at) = retry_at else {
        return give_up(context, &row, reject.stage, &reject.reason, taken.at);
    };
    context
        .connection
        .prepare_cached(
            "UPDATE entry SET next_try = ?2, failures = failures + 1, failure = ?3, taken_at = ?4,
                    state = CASE state WHEN 'rejected' THEN 'owed' ELSE state END,
                    reject_stage = NULL, reject_reason = NULL
              WHERE id = ?1",
        )?
        .execute(params![row.id, Micros(retry_at), reject.reason, Micros(taken.at)])?;
    Ok(())
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
                "UPDATE entry SET state = 'done', next_try = ?2, failure = ?3, failures = 0, taken_at = ?4
                  WHERE id = ?1",
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
    finish(context, row.id, row.article)
}

/// The process died while this was in work. What is not there any more is passed over: the journal that
/// names it is older than the file.
pub(super) fn strike(context: &Context<'_>, target: StrikeTarget, at: Timestamp) -> Result<(), Failure> {
    match target {
        StrikeTarget::Feed(feed) => strike_feed(context, feed, at),
        StrikeTarget::Entry(entry) => match load(context, entry) {
            Ok(row) => strike_entry(context, &row, at),
            Err(Failure::Request(WriteError::NotFound { .. })) => Ok(()),
            Err(failure) => Err(failure),
        },
    }
}

fn strike_feed(context: &Context<'_>, feed: FeedId, at: Timestamp) -> Result<(), Failure> {
    context
        .connection
        .prepare_cached(
            "UPDATE feed SET deaths = deaths + 1,
                    next_due = CASE WHEN deaths + 1 >= ?2 THEN ?3 ELSE next_due END,
                    message = CASE WHEN deaths + 1 >= ?2 THEN ?4 ELSE message END,
                    last_checked = min(last_checked, ?5), added_at = min(added_at, ?5)
              WHERE id = ?1",
        )?
        // A check by a clock that was ahead would make it due again at once.
        .execute(params![feed.0, MOST_DEATHS, Micros(after(at, A_DAY)), SET_ASIDE, Micros(at)])?;
    Ok(())
}

fn strike_entry(context: &Context<'_>, row: &EntryRow, at: Timestamp) -> Result<(), Failure> {
    context
        .connection
        .prepare_cached("UPDATE entry SET deaths = deaths + 1 WHERE id = ?1")?
        .execute([row.id])?;
    if row.deaths + 1 < MOST_DEATHS {
        return Ok(());
    }
    give_up(context, row, Stage::Fetch, SET_ASIDE, at)?;
    // Not even for edits: whatever it holds kills us.
    context.connection.prepare_cached("UPDATE entry SET next_try = NULL WHERE id = ?1")?.execute([row.id])?;
    Ok(())
}
