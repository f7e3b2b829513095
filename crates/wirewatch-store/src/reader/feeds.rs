//! The feeds with their health, for a person.

use super::{PushRow, Reader, stats::EntryCounts};
use crate::StoreError;
use crate::column::Json;
use jiff::Timestamp;
use rusqlite::Row;
use serde::Serialize;
use wirewatch_model::{FeedId, FeedSettings, Publisher};

/// A feed as the view `feed_health` shows it, with its settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeedRow {
    /// Its id.
    pub id: FeedId,
    /// The address that is asked.
    pub url: String,
    /// The list's or the user's name for it, else its own.
    pub title: Option<String>,
    /// The folder it stands in, as a path.
    pub folder: Option<String>,
    /// Who publishes it, as the list says.
    pub publisher: Publisher,
    /// `file`, `added` or `backfill`.
    pub origin: String,
    /// The name of a [`wirewatch_model::Health`], or `never-checked`, `off`, `backfill`.
    pub health: String,
    /// When it came to that, RFC 3339.
    pub health_since: Option<String>,
    /// Whether its last reading had repairs, rejects or no entries.
    pub faulty: bool,
    /// Why it is switched off.
    pub off: Option<String>,
    /// The settings in force.
    pub settings: FeedSettings,
    /// How the last check ended.
    pub outcome: Option<String>,
    /// The class of its failure.
    pub failure: Option<String>,
    /// What happened.
    pub message: Option<String>,
    /// HTTP status of the last answer.
    pub http_status: Option<u16>,
    /// Failed checks in a row.
    pub failures: u32,
    /// RFC 3339.
    pub last_checked: Option<String>,
    /// RFC 3339.
    pub last_success: Option<String>,
    /// When its latest entry was first seen, RFC 3339.
    pub last_entry: Option<String>,
    /// The newest plausible date its body ever showed, RFC 3339.
    pub newest_entry: Option<String>,
    /// Times of its latest entries, newest first, at most [`wirewatch_model::DueFeed::MOST_RECENT`]: its
    /// latest rhythm.
    #[serde(skip)]
    pub recent_entries: Vec<Timestamp>,
    /// RFC 3339; `None` when it is switched off.
    pub next_due: Option<String>,
    /// What became of its entries.
    pub entries: EntryCounts,
    /// Its subscription at a WebSub hub.
    pub push: Option<PushRow>,
}

const SELECT: &str = "SELECT h.id, h.url, h.title, f.publisher_spec, h.origin, h.health, h.off, f.settings,
        h.outcome, h.failure, h.message, h.http_status, h.failures, h.last_checked, h.last_success,
        h.last_entry, h.next_due, h.seen, h.owed, h.provisional, h.done, h.rejected, h.folder,
        h.health_since, h.newest_entry, h.faulty, f.recent
   FROM feed_health h JOIN feed f ON f.id = h.id";

fn read(row: &Row<'_>) -> rusqlite::Result<FeedRow> {
    let Json(recent): Json<Vec<i64>> = row.get(26)?;
    Ok(FeedRow {
        id: FeedId(row.get(0)?),
        url: row.get(1)?,
        title: row.get(2)?,
        publisher: row.get::<_, Json<Publisher>>(3)?.0,
        origin: row.get(4)?,
        health: row.get(5)?,
        off: row.get(6)?,
        settings: row.get::<_, Json<FeedSettings>>(7)?.0,
        outcome: row.get(8)?,
        failure: row.get(9)?,
        message: row.get(10)?,
        http_status: row.get(11)?,
        failures: row.get(12)?,
        last_checked: row.get(13)?,
        last_success: row.get(14)?,
        last_entry: row.get(15)?,
        next_due: row.get(16)?,
        entries: EntryCounts {
            seen: row.get::<_, u32>(17)?.into(),
            owed: row.get::<_, u32>(18)?.into(),
            provisional: row.get::<_, u32>(19)?.into(),
            done: row.get::<_, u32>(20)?.into(),
            rejected: row.get::<_, u32>(21)?.into(),
        },
        folder: row.get(22)?,
        health_since: row.get(23)?,
        newest_entry: row.get(24)?,
        faulty: row.get(25)?,
        push: None,
        recent_entries: recent.into_iter().filter_map(|at| Timestamp::from_microsecond(at).ok()).collect(),
    })
}

impl Reader {
    /// All feeds, in the order in which they were added.
    pub fn feeds(&self) -> Result<Vec<FeedRow>, StoreError> {
        self.ask(|| {
            let mut feeds = self.rows(&format!("{SELECT} ORDER BY h.id"), [], read)?;
            for feed in &mut feeds {
                feed.push = self.push_of(feed.id)?;
            }
            Ok(feeds)
        })
    }

    /// A feed by its address, the one it was listed under included, or by its id as text.
    pub fn find_feed(&self, name: &str) -> Result<Option<FeedRow>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE h.id = (SELECT id FROM feed WHERE url = ?1 OR listed_url = ?1 OR id = ?2
                                     ORDER BY url = ?1 DESC, listed_url = ?1 DESC LIMIT 1)"
        );
        let id: Option<i64> = name.parse().ok();
        self.ask(|| {
            let mut feed = self.optional(&sql, rusqlite::params![name, id], read)?;
            if let Some(feed) = &mut feed {
                feed.push = self.push_of(feed.id)?;
            }
            Ok(feed)
        })
    }
}
