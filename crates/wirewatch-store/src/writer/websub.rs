//! Table `websub`: subscriptions at hubs, and what hubs push.

use super::apply::optional;
use super::feed_check::{load, save_rhythm};
use super::{CheckCounts, Context, Failure, WriteError, announce};
use crate::column::Micros;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use wirewatch_model::{FeedPush, NewSubscription};

/// A check that finds what the hub did not push counts this often against one push: a hub that leaves
/// entries out is not believed, one that was a moment slower than a check soon is again.
const MISS_WEIGHT: u32 = 2;

/// More misses are not remembered.
const MOST_MISSED: u32 = 6;

/// How a subscription at a WebSub hub moves on.
#[derive(Clone, Debug)]
pub enum SubscriptionWrite {
    /// A new one, wanted at once.
    New {
        /// What is asked for.
        what: NewSubscription,
        /// Now.
        at: Timestamp,
    },
    /// The hub is about to be asked: it may verify before it answers.
    Asked {
        /// The subscription.
        id: i64,
        /// By when the hub must have verified.
        next_try: Timestamp,
    },
    /// The hub could not be asked, or has not verified in time. One that was verified meanwhile stays so.
    Failed {
        /// The subscription.
        id: i64,
        /// What happened.
        message: String,
        /// When to ask again.
        next_try: Timestamp,
    },
    /// A hub named a time before which it wants no request, whatever the subscription.
    HubRests {
        /// The hub's address.
        hub: String,
        /// The time.
        until: Timestamp,
    },
    /// The hub has verified.
    Verified {
        /// The subscription.
        id: i64,
        /// Until when the hub pushes.
        lease_until: Timestamp,
        /// When to ask for more.
        next_try: Timestamp,
    },
    /// A push was not taken, and whoever sent it may not send it again.
    Lost {
        /// The subscription.
        id: i64,
    },
    /// Pushes may have been missed of any, for nobody was there to take them.
    Away,
    /// The hub will not push.
    Denied {
        /// The subscription.
        id: i64,
        /// Why, by the hub's word.
        message: String,
        /// When to ask again.
        next_try: Timestamp,
    },
    /// The hub is to stop.
    End {
        /// The subscription.
        id: i64,
        /// Now.
        at: Timestamp,
    },
    /// It is over.
    Forget {
        /// The subscription.
        id: i64,
    },
    /// All are over: nobody takes pushes any more.
    ForgetAll,
}

/// Takes the entries of a push in. It leaves what only a check may change: the validators, the outcome,
/// and when the feed is asked again.
pub(super) fn pushed(context: &mut Context<'_>, push: &FeedPush) -> Result<CheckCounts, Failure> {
    let feed = load(context.connection, push.feed)?;
    let announced =
        announce::announce(context, push.feed.0, &push.entries, push.pushed_at, feed.fetch_pages)?;
    let connection = context.connection;
    if !announced.times.is_empty() {
        save_rhythm(connection, push.feed, feed, &announced.times, push.pushed_at)?;
    }
    connection
        .prepare_cached(
            "UPDATE feed SET deaths = 0, newest_entry = max(coalesce(newest_entry, ?2), coalesce(?2, newest_entry))
              WHERE id = ?1",
        )?
        .execute(params![push.feed.0, push.newest_entry.map(Micros)])?;
    connection
        .prepare_cached("UPDATE websub SET last_push = ?2, missed = max(missed - 1, 0) WHERE id = ?1")?
        .execute(params![push.subscription, Micros(push.pushed_at)])?;
    Ok(announced.counts)
}

/// A check found entries that no push had brought, or a push was lost: the feed is asked as others are.
pub(super) fn missed(connection: &Connection, feed: i64) -> Result<(), Failure> {
    let believed = connection
        .prepare_cached(
            "UPDATE websub SET missed = min(missed + ?2, ?3) WHERE feed = ?1 AND last_push IS NOT NULL",
        )?
        .execute(params![feed, MISS_WEIGHT, MOST_MISSED])?;
    if believed > 0 { ask_unpushed(connection, Some(feed)) } else { Ok(()) }
}

/// Makes a feed, or every one, due when it would have been without pushes, never before its server wants.
fn ask_unpushed(connection: &Connection, feed: Option<i64>) -> Result<(), Failure> {
    const SOONER: &str = "UPDATE feed SET next_due = max(unpushed_due, coalesce(not_before, unpushed_due))
          WHERE max(unpushed_due, coalesce(not_before, unpushed_due)) < next_due";
    match feed {
        Some(feed) => connection.prepare_cached(&format!("{SOONER} AND id = ?1"))?.execute([feed])?,
        None => connection.prepare_cached(SOONER)?.execute([])?,
    };
    Ok(())
}

fn feed_of(connection: &Connection, id: i64) -> Result<Option<i64>, Failure> {
    let mut statement = connection.prepare_cached("SELECT feed FROM websub WHERE id = ?1")?;
    optional(statement.query_row([id], |row| row.get(0)))
}

/// Moves a subscription on, from the states from which it can come there.
pub(super) fn apply(connection: &Connection, write: &SubscriptionWrite) -> Result<(), Failure> {
    let over = match write {
        SubscriptionWrite::Denied { id, .. }
        | SubscriptionWrite::End { id, .. }
        | SubscriptionWrite::Forget { id } => feed_of(connection, *id)?,
        _ => None,
    };
    let moved = match write {
        SubscriptionWrite::New { what, at } => insert(connection, what, Micros(*at))?,
        SubscriptionWrite::Asked { id, next_try } => connection
            .prepare_cached(
                "UPDATE websub SET next_try = ?2,
                        state = CASE state WHEN 'ending' THEN state ELSE 'pending' END,
                        failures = failures + (state = 'ending')
                  WHERE id = ?1",
            )?
            .execute(params![id, Micros(*next_try)])?,
        SubscriptionWrite::Failed { id, message, next_try } => connection
            .prepare_cached(
                "UPDATE websub SET
                        failures = failures + (state IN ('wanted', 'pending')),
                        message = CASE WHEN state = 'verified' THEN message ELSE ?2 END,
                        next_try = CASE WHEN state = 'verified' THEN next_try ELSE ?3 END,
                        state = CASE state WHEN 'pending' THEN 'wanted' ELSE state END
                  WHERE id = ?1",
            )?
            .execute(params![id, message, Micros(*next_try)])?,
        SubscriptionWrite::HubRests { hub, until } => connection
            .prepare_cached("UPDATE websub SET next_try = max(next_try, ?2) WHERE hub = ?1")?
            .execute(params![hub, Micros(*until)])?,
        SubscriptionWrite::Verified { id, lease_until, next_try } => connection
            .prepare_cached(
                "UPDATE websub SET state = 'verified', lease_until = ?2, next_try = ?3, failures = 0,
                        message = NULL
                  WHERE id = ?1 AND state <> 'ending'",
            )?
            .execute(params![id, Micros(*lease_until), Micros(*next_try)])?,
        SubscriptionWrite::Denied { id, message, next_try } => connection
            .prepare_cached(
                "UPDATE websub SET state = 'denied', lease_until = NULL, next_try = ?3, message = ?2,
                        failures = failures + 1
                  WHERE id = ?1 AND state <> 'ending'",
            )?
            .execute(params![id, message, Micros(*next_try)])?,
        SubscriptionWrite::End { id, at } => connection
            .prepare_cached(
                "UPDATE websub SET state = 'ending', next_try = ?2, failures = 0, message = NULL WHERE id = ?1",
            )?
            .execute(params![id, Micros(*at)])?,
        SubscriptionWrite::Forget { id } => {
            connection.prepare_cached("DELETE FROM websub WHERE id = ?1")?.execute([id])?
        }
        SubscriptionWrite::Lost { id } => {
            return feed_of(connection, *id)?.map_or(Ok(()), |feed| missed(connection, feed));
        }
        SubscriptionWrite::Away => return ask_unpushed(connection, None),
        SubscriptionWrite::ForgetAll => {
            connection.execute_batch("DELETE FROM websub")?;
            return ask_unpushed(connection, None);
        }
    };
    if moved == 0 {
        return Err(WriteError::NotFound { what: "subscription that could come to that".to_owned() }.into());
    }
    over.map_or(Ok(()), |feed| ask_unpushed(connection, Some(feed)))
}

fn insert(connection: &Connection, what: &NewSubscription, at: Micros) -> Result<usize, Failure> {
    Ok(connection
        .prepare_cached(
            "INSERT INTO websub (feed, hub, topic, callback, token, secret, state, next_try)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'wanted', ?7)",
        )?
        .execute(params![what.feed.0, what.hub, what.topic, what.callback, what.token, what.secret, at])?)
}
