//! Subscriptions at WebSub hubs, and which feeds offer one.

use super::Reader;
use crate::StoreError;
use crate::column::{Json, Micros, rfc3339};
use crate::writer::MOST_DEATHS;
use rusqlite::Row;
use serde::Serialize;
use wirewatch_model::{FeedId, HubOffer, NewSubscription, Subscription, SubscriptionState};

/// What a feed gets from its hub, for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PushRow {
    /// The name of a [`SubscriptionState`].
    pub state: String,
    /// Whether its pushes are believed, so that the feed is asked seldom.
    pub trusted: bool,
    /// The hub's address.
    pub hub: String,
    /// RFC 3339; `None` when the hub never verified it.
    pub lease_until: Option<String>,
    /// When the last push came, RFC 3339.
    pub last_push: Option<String>,
    /// Why it failed or was denied.
    pub message: Option<String>,
}

impl PushRow {
    /// Its state in one word: `pushing` while its pushes are believed.
    pub fn word(&self) -> &str {
        if self.trusted { "pushing" } else { &self.state }
    }
}

impl Reader {
    /// The feeds that are followed and offer a hub, in the order of ids.
    pub fn hub_offers(&self) -> Result<Vec<HubOffer>, StoreError> {
        Ok(self.rows(
            "SELECT id, coalesce(self_url, url), hubs FROM feed
              WHERE off IS NULL AND origin <> 'backfill' AND hubs <> '[]' ORDER BY id",
            [],
            |row| {
                Ok(HubOffer {
                    feed: FeedId(row.get(0)?),
                    topic: row.get(1)?,
                    hubs: row.get::<_, Json<Vec<String>>>(2)?.0,
                })
            },
        )?)
    }

    /// All subscriptions, those that are ending included, in the order of ids.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        let sql =
            "SELECT s.id, s.feed, s.hub, s.topic, s.callback, s.token, s.secret, s.state, s.lease_until,
                          s.next_try, s.failures, f.deaths
                     FROM websub s JOIN feed f ON f.id = s.feed ORDER BY s.id";
        Ok(self.rows(sql, [], read)?)
    }

    /// What the subscription of a feed is, the one that is not ending first.
    pub(super) fn push_of(&self, feed: FeedId) -> Result<Option<PushRow>, StoreError> {
        let sql = "SELECT state, last_push IS NOT NULL AND missed = 0 AND state IN ('pending', 'verified'),
                          hub, lease_until, last_push, message
                     FROM websub WHERE feed = ?1 ORDER BY state = 'ending', id DESC LIMIT 1";
        Ok(self.optional(sql, [feed.0], |row| {
            let text = |at: Option<Micros>| at.map(|at| rfc3339(at.0));
            Ok(PushRow {
                state: row.get(0)?,
                trusted: row.get(1)?,
                hub: row.get(2)?,
                lease_until: text(row.get(3)?),
                last_push: text(row.get(4)?),
                message: row.get(5)?,
            })
        })?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    let state: String = row.get(7)?;
    Ok(Subscription {
        id: row.get(0)?,
        what: NewSubscription {
            feed: FeedId(row.get(1)?),
            hub: row.get(2)?,
            topic: row.get(3)?,
            callback: row.get(4)?,
            token: row.get(5)?,
            secret: row.get(6)?,
        },
        // The table lets no other name in.
        state: SubscriptionState::ALL.into_iter().find(|known| known.as_str() == state).unwrap_or_default(),
        lease_until: row.get::<_, Option<Micros>>(8)?.map(|at| at.0),
        next_try: row.get::<_, Micros>(9)?.0,
        failures: row.get(10)?,
        set_aside: row.get::<_, u32>(11)? >= MOST_DEATHS,
    })
}
