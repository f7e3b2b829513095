//! Table `feed`: which feeds there are, and what the user decided about them.

use super::apply::optional;
use super::{AddedFeeds, Context, Failure, FeedOverride, WriteError, feed_address, host, publisher};
use crate::column::{Json, Micros};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::collections::HashSet;
use wirewatch_model::address::publisher_domain;
use wirewatch_model::{FeedId, FeedSpec, Origin, Publisher};

/// Why a feed is not followed that the list no longer names.
const UNLISTED: &str = "no longer in the feed list";

/// When a feed is due that is followed again, `?2` being now: when its last answer said, but not later for
/// failures, and never before the time its server named.
const AGAIN: &str = "max(?2, coalesce(not_before, ?2),
     CASE WHEN failures = 0 THEN coalesce(next_due, ?2) ELSE ?2 END)";

/// Makes the feeds of origin `file` those of the list.
pub(super) fn sync(
    context: &mut Context<'_>,
    specs: &[FeedSpec],
    at: Timestamp,
) -> Result<AddedFeeds, Failure> {
    host::hold(context.connection, at)?;
    let mut counts = AddedFeeds::default();
    let mut seen = HashSet::new();
    // The first feed of a publisher names it, so the list is gone through backwards for the names.
    for spec in specs.iter().rev() {
        publisher::listed(context, &named_publisher(spec))?;
    }
    for spec in specs {
        let publisher = listed_id(context, spec)?;
        match find(context.connection, &spec.url)? {
            // Two lines of the list that lead to one feed: the first counts.
            Some(known) if !seen.insert(known.id) => continue,
            Some(known) => update_listed(context.connection, &known, spec, publisher, at)?,
            None => {
                let id = insert(context.connection, spec, Origin::File, publisher, at)?;
                seen.insert(id);
                counts.added += 1;
            }
        }
        counts.listed += 1;
    }
    counts.switched_off = switch_off_unlisted(context.connection, &seen)?;
    Ok(counts)
}

/// Adds feeds the user names, or switches them on again.
pub(super) fn add(
    context: &mut Context<'_>,
    specs: &[FeedSpec],
    at: Timestamp,
) -> Result<Vec<FeedId>, Failure> {
    let mut ids = Vec::with_capacity(specs.len());
    for spec in specs {
        let known = find(context.connection, &spec.url)?;
        let id = match known {
            Some(known) => {
                override_one(context.connection, FeedId(known.id), &FeedOverride::On, at)?;
                known.id
            }
            None => {
                let publisher = publisher::met(context, &named_publisher(spec))?;
                insert(context.connection, spec, Origin::Added, publisher, at)?
            }
        };
        ids.push(FeedId(id));
    }
    Ok(ids)
}

/// A feed that is not polled, under which a backfill keeps its entries.
pub(super) fn backfill(connection: &Connection, source: &str, at: Timestamp) -> Result<i64, Failure> {
    if let Some(known) = find(connection, source)? {
        return Ok(known.id);
    }
    let spec = FeedSpec { url: source.to_owned(), origin: Origin::Backfill, ..FeedSpec::default() };
    insert(connection, &spec, Origin::Backfill, None, at)
}

/// What the user decides stands against the list.
pub(super) fn override_one(
    connection: &Connection,
    feed: FeedId,
    change: &FeedOverride,
    at: Timestamp,
) -> Result<(), Failure> {
    let changed = match change {
        FeedOverride::Off(reason) => connection
            .prepare_cached("UPDATE feed SET off = ?2, off_by = 'user' WHERE id = ?1")?
            .execute(params![feed.0, reason])?,
        FeedOverride::On => connection
            .prepare_cached(&format!(
                "UPDATE feed SET off = NULL, off_by = 'user', failures = 0,
                        next_due = CASE WHEN off IS NULL AND next_due IS NOT NULL THEN next_due ELSE {AGAIN} END
                  WHERE id = ?1 AND origin <> 'backfill'"
            ))?
            .execute(params![feed.0, Micros(at)])?,
        FeedOverride::Change { title, folder, settings, publisher } => connection
            .prepare_cached(
                "UPDATE feed SET title = CASE WHEN ?2 IS NULL THEN title ELSE nullif(?2, '') END,
                        folder = ?3, settings = ?4, publisher_spec = coalesce(?5, publisher_spec)
                  WHERE id = ?1 AND origin = 'added'",
            )?
            .execute(params![feed.0, title, folder, Json(settings), publisher.as_ref().map(Json)])?,
    };
    if changed == 0 {
        return Err(WriteError::NotFound { what: format!("feed {feed}") }.into());
    }
    if let FeedOverride::Change { publisher, .. } = change {
        if let Some(publisher) = publisher {
            publisher::renamed(connection, publisher)?;
        }
        feed_address::keep_headers_home(connection, feed, at)?;
    }
    Ok(())
}

/// No request for a feed before a time; a later one that is stored stays. One that is never due stays so.
pub(super) fn put_off(connection: &Connection, feed: FeedId, until: Timestamp) -> Result<(), Failure> {
    let changed = connection
        .prepare_cached(
            "UPDATE feed SET not_before = max(coalesce(not_before, ?2), ?2), next_due = max(next_due, ?2)
              WHERE id = ?1",
        )?
        .execute(params![feed.0, Micros(until)])?;
    if changed == 0 {
        return Err(WriteError::NotFound { what: format!("feed {feed}") }.into());
    }
    Ok(())
}

/// Makes feeds due now; all that are followed when none are named. One whose server said when to come
/// again waits for that.
pub(super) fn make_due(connection: &Connection, feeds: &[FeedId], at: Timestamp) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached(
        "UPDATE feed SET next_due = max(?2, coalesce(not_before, ?2))
          WHERE (?1 IS NULL OR id = ?1) AND off IS NULL AND origin <> 'backfill'",
    )?;
    if feeds.is_empty() {
        statement.execute(params![None::<i64>, Micros(at)])?;
    }
    for feed in feeds {
        statement.execute(params![feed.0, Micros(at)])?;
    }
    Ok(())
}

/// A feed that is stored already.
struct Known {
    id: i64,
    origin: String,
    off_by: Option<String>,
}

/// By the address it was listed under, else by the one it has moved to.
fn find(connection: &Connection, url: &str) -> Result<Option<Known>, Failure> {
    optional(
        connection
            .prepare_cached(
                "SELECT id, origin, off_by FROM feed WHERE listed_url = ?1 OR url = ?1
                  ORDER BY listed_url = ?1 DESC LIMIT 1",
            )?
            .query_row([url], |row| Ok(Known { id: row.get(0)?, origin: row.get(1)?, off_by: row.get(2)? })),
    )
}

fn insert(
    connection: &Connection,
    spec: &FeedSpec,
    origin: Origin,
    publisher: Option<i64>,
    at: Timestamp,
) -> Result<i64, Failure> {
    let off_by = spec.off.as_ref().map(|_| if origin == Origin::File { "file" } else { "user" });
    let next_due = (origin != Origin::Backfill).then_some(Micros(at));
    connection
        .prepare_cached(
            "INSERT INTO feed (listed_url, url, origin, publisher, publisher_spec, title, off, off_by,
                               settings, added_at, next_due, folder)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            spec.url,
            origin.as_str(),
            publisher,
            Json(named_publisher(spec)),
            spec.title,
            spec.off,
            off_by,
            Json(&spec.settings),
            Micros(at),
            next_due,
            spec.folder
        ])?;
    let id = connection.last_insert_rowid();
    if origin != Origin::Backfill {
        connection.prepare_cached("INSERT INTO feed_address VALUES (?1, ?2, ?3, NULL)")?.execute(params![
            id,
            spec.url,
            Micros(at)
        ])?;
    }
    Ok(id)
}

fn update_listed(
    connection: &Connection,
    known: &Known,
    spec: &FeedSpec,
    publisher: Option<i64>,
    at: Timestamp,
) -> Result<(), Failure> {
    // A feed the user added is the user's, also when the list comes to name it.
    if known.origin != Origin::File.as_str() {
        return Ok(());
    }
    connection
        .prepare_cached(
            "UPDATE feed SET listed_url = ?2, publisher = ?3, publisher_spec = ?4,
                    title = coalesce(?5, title), settings = ?6, folder = ?7
              WHERE id = ?1",
        )?
        .execute(params![
            known.id,
            spec.url,
            publisher,
            Json(named_publisher(spec)),
            spec.title,
            Json(&spec.settings),
            spec.folder
        ])?;
    feed_address::keep_headers_home(connection, FeedId(known.id), at)?;
    // What the user or the publisher decided is not the list's to change.
    if matches!(known.off_by.as_deref(), None | Some("file" | "unlisted")) {
        connection
            .prepare_cached(&format!(
                "UPDATE feed SET off = ?3, off_by = CASE WHEN ?3 IS NULL THEN NULL ELSE 'file' END,
                        next_due = CASE WHEN ?3 IS NULL AND off IS NOT NULL THEN {AGAIN} ELSE next_due END
                  WHERE id = ?1"
            ))?
            .execute(params![known.id, Micros(at), spec.off])?;
    }
    Ok(())
}

fn switch_off_unlisted(connection: &Connection, listed: &HashSet<i64>) -> Result<u32, Failure> {
    let known: Vec<i64> = connection
        .prepare_cached("SELECT id FROM feed WHERE origin = 'file' AND (off_by IS NULL OR off_by = 'file')")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut switched_off = 0;
    for id in known.into_iter().filter(|id| !listed.contains(id)) {
        connection
            .prepare_cached("UPDATE feed SET off = ?2, off_by = 'unlisted' WHERE id = ?1")?
            .execute(params![id, UNLISTED])?;
        switched_off += 1;
    }
    Ok(switched_off)
}

/// The publisher of the list, or the domain of the feed when it names none.
fn named_publisher(spec: &FeedSpec) -> Publisher {
    let mut publisher = spec.publisher.clone();
    if publisher.domain.is_empty() && spec.origin != Origin::Backfill {
        publisher.domain = publisher_domain(&spec.url).unwrap_or_default();
    }
    publisher
}

fn listed_id(context: &Context<'_>, spec: &FeedSpec) -> Result<Option<i64>, Failure> {
    optional(
        context
            .connection
            .prepare_cached("SELECT id FROM publisher WHERE domain = ?1")?
            .query_row([named_publisher(spec).domain], |row| row.get(0)),
    )
}
