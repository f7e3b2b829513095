//! Where a feed is asked: at the address it was listed under, or at one it has moved to.
//!
//! A feed with headers of its own is never asked at another origin than the one it was listed at: they are
//! secrets between the user and that server.

use super::Failure;
use super::apply::optional;
use crate::column::{Json, Micros};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use wirewatch_model::{FeedId, FeedSettings, address};

/// A feed as far as its address goes.
struct Place {
    id: i64,
    listed_url: String,
    url: String,
    followed: bool,
    has_headers: bool,
}

impl Place {
    /// Whether it may be asked at an address with the headers it has.
    fn may_be_at(&self, url: &str) -> bool {
        !self.has_headers || address::headers_may_go(&self.listed_url, url)
    }
}

const SELECT: &str = "SELECT id, listed_url, url, off IS NULL, settings FROM feed";

fn read(row: &Row<'_>) -> rusqlite::Result<Place> {
    let Json(settings): Json<FeedSettings> = row.get(4)?;
    Ok(Place {
        id: row.get(0)?,
        listed_url: row.get(1)?,
        url: row.get(2)?,
        followed: row.get(3)?,
        has_headers: !settings.headers.is_empty(),
    })
}

/// Follows a permanent redirect. When another feed is followed there already, this one ends. One that has
/// the address and is switched off takes this one's instead: nobody would ask at the new one otherwise.
/// Where headers would come to another server, the feed stays where it is and follows its redirect.
pub(super) fn move_to(
    connection: &Connection,
    feed: FeedId,
    target: &str,
    at: Timestamp,
) -> Result<(), Failure> {
    let feed = place(connection, feed)?;
    let holder = optional(
        connection
            .prepare_cached(&format!(
                "{SELECT} WHERE (url = ?1 OR listed_url = ?1) AND id <> ?2
                  ORDER BY off IS NULL DESC, url = ?1 DESC LIMIT 1"
            ))?
            .query_row(params![target, feed.id], read),
    )?;
    match holder {
        Some(holder) if holder.followed => {
            connection
                .prepare_cached("UPDATE feed SET off = ?2, off_by = 'moved' WHERE id = ?1")?
                .execute(params![feed.id, format!("moved to the address of feed {}", holder.id)])?;
            Ok(())
        }
        _ if !feed.may_be_at(target) => Ok(()),
        Some(holder) if holder.url == target => {
            if holder.may_be_at(&feed.url) {
                swap(connection, &feed, &holder, at)?;
                forget_validators(connection, &holder)?;
            }
            Ok(())
        }
        _ => ask_at(connection, feed.id, target, at),
    }
}

/// Asks a feed that has headers where it was listed again, when it had moved to another origin before it
/// got them. Whoever has that address since then gets this one's, unless it has headers itself.
pub(super) fn keep_headers_home(connection: &Connection, feed: FeedId, at: Timestamp) -> Result<(), Failure> {
    let feed = place(connection, feed)?;
    if feed.may_be_at(&feed.url) {
        return Ok(());
    }
    let holder = optional(
        connection.prepare_cached(&format!("{SELECT} WHERE url = ?1"))?.query_row([&feed.listed_url], read),
    )?;
    match holder {
        // Then the headers go nowhere: the reader of due feeds sees to that.
        Some(holder) if !holder.may_be_at(&feed.url) => return Ok(()),
        Some(holder) => {
            swap(connection, &feed, &holder, at)?;
            forget_validators(connection, &holder)?;
        }
        None => ask_at(connection, feed.id, &feed.listed_url, at)?,
    }
    forget_validators(connection, &feed)
}

fn place(connection: &Connection, feed: FeedId) -> Result<Place, Failure> {
    Ok(connection.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?.query_row([feed.0], read)?)
}

/// Each gets the other's address.
fn swap(connection: &Connection, one: &Place, other: &Place, at: Timestamp) -> Result<(), Failure> {
    // No two feeds have one address, not even between two statements.
    set_url(connection, other.id, &format!("moving:{}", other.id))?;
    ask_at(connection, one.id, &other.url, at)?;
    ask_at(connection, other.id, &one.url, at)
}

/// Gives a feed another address, and its history the change.
fn ask_at(connection: &Connection, feed: i64, url: &str, at: Timestamp) -> Result<(), Failure> {
    connection
        .prepare_cached("UPDATE feed_address SET until = ?2 WHERE feed = ?1 AND until IS NULL")?
        .execute(params![feed, Micros(at)])?;
    connection
        .prepare_cached(
            "INSERT INTO feed_address VALUES (?1, ?2, ?3, NULL)
             ON CONFLICT (feed, since, url) DO UPDATE SET until = NULL",
        )?
        .execute(params![feed, url, Micros(at)])?;
    set_url(connection, feed, url)
}

fn set_url(connection: &Connection, feed: i64, url: &str) -> Result<(), Failure> {
    connection.prepare_cached("UPDATE feed SET url = ?2 WHERE id = ?1")?.execute(params![feed, url])?;
    Ok(())
}

/// What another server said of its body says nothing to the one that is asked now.
fn forget_validators(connection: &Connection, feed: &Place) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "UPDATE feed SET etag = NULL, last_modified = NULL, body_hash = NULL, redirect = NULL
              WHERE id = ?1",
        )?
        .execute([feed.id])?;
    Ok(())
}
