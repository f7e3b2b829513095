//! A check of a feed: everything it found, in one transaction.

use super::apply::{optional, put_meta};
use super::{CheckCounts, Context, Failure, WriteError, announce, feed_address, host, websub};
use crate::column::{Json, Micros, signed};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use wirewatch_model::{DueFeed, FailureKind, FeedCheck, FeedId, FeedSettings, Outcome, Rhythm, Validators};

/// Checks kept of one feed.
const HISTORY: u32 = 200;

/// Saves the outcome, the validators, the schedule and the entries of a check.
pub(super) fn store(context: &mut Context<'_>, check: &FeedCheck) -> Result<CheckCounts, Failure> {
    let feed = load(context.connection, check.feed)?;
    host::hold(context.connection, check.checked_at)?;
    if let Outcome::Paused { until, reason, .. } = &check.outcome {
        put_off(context.connection, check, &format!("not asked: {reason} until {until:.0}"))?;
        return Ok(CheckCounts::default());
    }
    let announced =
        announce::announce(context, check.feed.0, &check.entries, check.checked_at, feed.fetch_pages)?;
    let connection = context.connection;
    save_outcome(connection, check)?;
    if check.outcome.is_success() {
        save_reading(context, check)?;
    }
    if let Some(validators) = &check.validators {
        save_validators(connection, check, validators)?;
    }
    if !announced.times.is_empty() {
        save_rhythm(connection, check.feed, feed, &announced.times, check.checked_at)?;
        websub::missed(connection, check.feed.0)?;
    }
    if let Some(pause) = &check.host_pause {
        host::pause(connection, pause)?;
    }
    if let Some(target) = &check.moved_to {
        feed_address::move_to(connection, check.feed, target, check.checked_at)?;
    }
    if check.outcome == Outcome::Gone && check.next_due.is_none() {
        connection
            .prepare_cached(
                "UPDATE feed SET off = 'the publisher took it away (410)', off_by = 'gone' WHERE id = ?1",
            )?
            .execute([check.feed.0])?;
    }
    save_history(connection, check, announced.counts)?;
    Ok(announced.counts)
}

/// A feed that was not asked comes later; how its last check ended stands. One that was never asked gets
/// the reason, which has no other place yet. A check that is to come yet was made by a clock that was ahead:
/// from now on it is past, or the feed would be due again at once.
fn put_off(connection: &Connection, check: &FeedCheck, reason: &str) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "UPDATE feed SET next_due = ?2, unpushed_due = NULL,
                    message = CASE WHEN last_checked IS NULL THEN ?3 ELSE message END,
                    last_checked = min(last_checked, ?4), added_at = min(added_at, ?4)
              WHERE id = ?1",
        )?
        .execute(params![check.feed.0, check.next_due.map(Micros), reason, Micros(check.checked_at)])?;
    Ok(())
}

/// What taking entries in needs to know of their feed.
pub(super) struct Feed {
    pub(super) fetch_pages: bool,
    recent: Vec<i64>,
    rhythm: Rhythm,
}

pub(super) fn load(connection: &Connection, feed: FeedId) -> Result<Feed, Failure> {
    let row = optional(
        connection
            .prepare_cached("SELECT settings, recent, rhythm FROM feed WHERE id = ?1")?
            .query_row([feed.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))),
    )?;
    let (Json(settings), Json(recent), rhythm): (Json<FeedSettings>, Json<Vec<i64>>, Option<Json<Rhythm>>) =
        row.ok_or_else(|| WriteError::NotFound { what: format!("feed {feed}") })?;
    let rhythm = rhythm.map(|json| json.0).unwrap_or_default();
    Ok(Feed { fetch_pages: settings.fetch_pages.unwrap_or(true), recent, rhythm })
}

/// The class and the words of a failure.
fn failure_of(outcome: &Outcome) -> (Option<&'static str>, Option<&str>) {
    match outcome {
        Outcome::Failed { failure, message } => (Some(failure.as_str()), Some(message)),
        Outcome::Blocked { by } => (Some("blocked"), Some(by)),
        _ => (None, None),
    }
}

/// A check without a network says nothing of the feed: its failures are not counted on, so that it is not
/// asked more and more seldom, and its health stays.
fn save_outcome(connection: &Connection, check: &FeedCheck) -> Result<(), Failure> {
    let success = check.outcome.is_success();
    let blameless = matches!(check.outcome, Outcome::Failed { failure: FailureKind::Offline, .. });
    let (failure, message) = failure_of(&check.outcome);
    connection
        .prepare_cached(
            "UPDATE feed SET
                last_checked = ?2, next_due = ?3, outcome = ?4, failure = ?5, message = ?6, http_status = ?7,
                redirect = ?8, deaths = 0,
                last_success = CASE WHEN ?9 THEN ?2 ELSE last_success END,
                failures = CASE WHEN ?9 THEN 0 WHEN ?15 THEN failures ELSE failures + 1 END,
                freshness = coalesce(?10, freshness),
                health_since = CASE WHEN (?15 OR health = ?11) AND health_since IS NOT NULL THEN health_since
                                    ELSE ?2 END,
                not_before = ?13, health = CASE WHEN ?15 THEN health ELSE ?11 END,
                unpushed_due = ?16, last_unconditional = CASE WHEN ?14 THEN ?2 ELSE last_unconditional END,
                newest_entry = max(coalesce(newest_entry, ?12), coalesce(?12, newest_entry))
              WHERE id = ?1",
        )?
        .execute(params![
            check.feed.0,
            Micros(check.checked_at),
            check.next_due.map(Micros),
            check.outcome.as_str(),
            failure,
            message,
            check.status,
            check.redirect.as_ref().map(Json),
            success,
            check.freshness.as_ref().map(Json),
            check.health.as_str(),
            check.newest_entry.map(Micros),
            check.not_before.map(Micros),
            check.unconditional,
            blameless,
            check.unpushed_due.map(Micros)
        ])?;
    Ok(())
}

/// What only a whole reading tells: the head of the feed, and whether the parser had trouble.
fn save_reading(context: &mut Context<'_>, check: &FeedCheck) -> Result<(), Failure> {
    if let Some(head) = &check.head {
        context
            .connection
            .prepare_cached(
                "UPDATE feed SET format = ?2, own_title = ?3, link = ?4, language = ?5, self_url = ?6, hubs = ?7
                  WHERE id = ?1",
            )?
            .execute(params![
                check.feed.0,
                head.format,
                head.title,
                head.link,
                head.language,
                head.self_url,
                Json(&head.hubs)
            ])?;
    }
    if check.outcome == Outcome::Read {
        note_parser(context, check)?;
        let faulty = check.entries.is_empty() || !check.rejects.is_empty() || !check.repairs.is_empty();
        context
            .connection
            .prepare_cached("UPDATE feed SET parser_version = ?2, faulty = ?3, empty = ?4 WHERE id = ?1")?
            .execute(params![check.feed.0, context.parser_version, faulty, check.entries.is_empty()])?;
    }
    Ok(())
}

/// Remembers since when this version of the parser reads: from then on, feeds that gave an earlier one
/// trouble are read once more, spread over a day.
fn note_parser(context: &mut Context<'_>, check: &FeedCheck) -> Result<(), Failure> {
    if context.parser_noted {
        return Ok(());
    }
    let version = context.parser_version.to_string();
    let noted: Option<String> = optional(
        context
            .connection
            .prepare_cached("SELECT value FROM meta WHERE key = 'parser_version'")?
            .query_row([], |row| row.get(0)),
    )?;
    if noted.as_ref() != Some(&version) {
        let since = check.checked_at.as_microsecond().to_string();
        put_meta(context.connection, "parser_version", Some(&version))?;
        put_meta(context.connection, "parser_since", Some(&since))?;
    }
    context.parser_noted = true;
    Ok(())
}

/// Replaces all of them, absent ones included: a validator of an earlier body must not linger.
fn save_validators(
    connection: &Connection,
    check: &FeedCheck,
    validators: &Validators,
) -> Result<(), Failure> {
    connection
        .prepare_cached("UPDATE feed SET etag = ?2, last_modified = ?3, body_hash = ?4 WHERE id = ?1")?
        .execute(params![
            check.feed.0,
            validators.etag,
            validators.last_modified,
            validators.body_hash.map(signed)
        ])?;
    Ok(())
}

/// Keeps the times of the latest entries, newest first, and counts them in the feed's rhythm.
pub(super) fn save_rhythm(
    connection: &Connection,
    feed: FeedId,
    known: Feed,
    times: &[Timestamp],
    at: Timestamp,
) -> Result<(), Failure> {
    let Feed { mut recent, mut rhythm, .. } = known;
    recent.extend(times.iter().map(|at| at.as_microsecond()));
    recent.sort_unstable_by(|one, other| other.cmp(one));
    recent.truncate(DueFeed::MOST_RECENT);
    rhythm.observe(times, at);
    connection.prepare_cached("UPDATE feed SET recent = ?2, rhythm = ?3 WHERE id = ?1")?.execute(params![
        feed.0,
        Json(recent),
        Json(rhythm)
    ])?;
    Ok(())
}

fn save_history(connection: &Connection, check: &FeedCheck, counts: CheckCounts) -> Result<(), Failure> {
    let (failure, message) = failure_of(&check.outcome);
    connection
        .prepare_cached(
            "INSERT INTO feed_check (feed, at, duration_ms, outcome, failure, message, http_status, body_bytes,
                                     new, changed, known, rejects, repairs)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            check.feed.0,
            Micros(check.checked_at),
            check.duration_ms,
            check.outcome.as_str(),
            failure,
            message,
            check.status,
            i64::try_from(check.body_bytes).unwrap_or(i64::MAX),
            counts.new,
            counts.changed,
            counts.known,
            Json(&check.rejects),
            Json(&check.repairs)
        ])?;
    connection
        .prepare_cached(
            "DELETE FROM feed_check WHERE feed = ?1 AND id <=
                (SELECT id FROM feed_check WHERE feed = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![check.feed.0, HISTORY])?;
    Ok(())
}
