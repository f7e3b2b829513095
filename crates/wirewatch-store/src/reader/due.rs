//! Which feeds are due.

use super::Reader;
use crate::StoreError;
use crate::clock::{latest_past, latest_wait};
use crate::column::{Json, Micros, unsigned};
use jiff::Timestamp;
use rusqlite::{Row, params_from_iter};
use std::collections::HashSet;
use std::time::Duration;
use wirewatch_model::{
    DueFeed, FeedId, FeedSettings, Freshness, Health, PermanentRedirect, Publisher, Rhythm, Validators,
    address,
};

/// Feeds that a better parser should read once more are spread over this time.
const REPARSE_SPREAD: Duration = Duration::from_secs(24 * 3_600);

impl Reader {
    /// Feeds whose time has come, longest overdue first, without those in `excluding` (in work). The time of
    /// one that was last asked by a clock that was ahead has come, unless its server wishes otherwise.
    pub fn due_feeds(
        &self,
        now: Timestamp,
        limit: usize,
        excluding: &HashSet<FeedId>,
    ) -> Result<Vec<DueFeed>, StoreError> {
        let parser = self.parser()?;
        let mut due = Vec::new();
        let times = times(now);
        // Two statements, each along an index: nothing is sorted that is not handed out.
        for (which, order, times) in [(DUE, "f.next_due, f.id", &times[..1]), (AHEAD, ASKED, &times[..])] {
            let sql = format!("{SELECT} WHERE {which} ORDER BY {order}");
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(times))?;
            while due.len() < limit {
                let Some(row) = rows.next()? else { break };
                let feed = read(row, parser, now)?;
                if !excluding.contains(&feed.id) {
                    due.push(feed);
                }
            }
        }
        Ok(due)
    }

    /// One feed as if it were due; `None` when it is switched off or unknown.
    pub fn due_feed(&self, feed: FeedId, now: Timestamp) -> Result<Option<DueFeed>, StoreError> {
        let parser = self.parser()?;
        let sql = format!("{SELECT} WHERE f.id = ?1 AND f.off IS NULL AND f.origin <> 'backfill'");
        Ok(self.optional(&sql, [feed.0], |row| read(row, parser, now))?)
    }

    /// One feed as if it were due, also when it is switched off: for a check by hand.
    pub fn feed_as_due(&self, feed: FeedId, now: Timestamp) -> Result<Option<DueFeed>, StoreError> {
        let parser = self.parser()?;
        let sql = format!("{SELECT} WHERE f.id = ?1 AND f.origin <> 'backfill'");
        Ok(self.optional(&sql, [feed.0], |row| read(row, parser, now))?)
    }

    /// How many of the followed feeds were not asked since a moment and may be: one whose server named
    /// a later time is not waited for.
    pub fn feeds_unasked_since(&self, since: Timestamp) -> Result<u64, StoreError> {
        Ok(self.one(
            "SELECT count(*) FROM feed
              WHERE off IS NULL AND next_due IS NOT NULL AND coalesce(last_checked, 0) < ?1
                AND coalesce(not_before, 0) <= ?1",
            [Micros(since)],
            |row| row.get(0).map(i64::unsigned_abs),
        )?)
    }

    /// When the next feed is due, `now` when one is by the clock (see [`Reader::due_feeds`]); `None` when no
    /// feed is followed.
    pub fn next_feed_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM feed f WHERE {AHEAD})");
        if self.one(&sql, times(now), |row| row.get(0))? {
            return Ok(Some(now));
        }
        let due: Option<Micros> = self.one(
            "SELECT min(next_due) FROM feed WHERE off IS NULL AND next_due IS NOT NULL",
            [],
            |row| row.get(0),
        )?;
        Ok(due.map(|at| at.0))
    }

    /// The version of the parser in use, and since when.
    fn parser(&self) -> Result<Parser, StoreError> {
        let number = |key| -> Result<Option<i64>, StoreError> {
            Ok(self.meta(key)?.and_then(|value| value.parse().ok()))
        };
        Ok(Parser {
            version: number("parser_version")?.unwrap_or(0),
            since: number("parser_since")?.and_then(|at| Timestamp::from_microsecond(at).ok()),
        })
    }
}

#[derive(Clone, Copy)]
struct Parser {
    version: i64,
    since: Option<Timestamp>,
}

impl Parser {
    /// Whether a feed that gave an older parser trouble should be read without validators now.
    fn should_reread(&self, feed: i64, version: i64, now: Timestamp) -> bool {
        let Some(since) = self.since.filter(|_| version < self.version) else { return false };
        // Multiplying by an odd constant spreads neighbouring ids over the day.
        let place = feed.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let wait = REPARSE_SPREAD.mul_f64(place as f64 / f64::from(u32::MAX));
        crate::column::after(since, wait) <= now
    }
}

/// Due by its row; the parameter is now.
const DUE: &str = "f.off IS NULL AND f.next_due <= ?1";

/// When it was last asked, or else added: the index `feed_asked`.
const ASKED: &str = "coalesce(f.last_checked, f.added_at)";

/// Not due by its row, but last asked (or added) by a clock that was ahead. The parameters are [`times`].
/// The plus keeps SQLite from going through all that are not due.
const AHEAD: &str = "f.off IS NULL AND +f.next_due > ?1
     AND coalesce(f.last_checked, f.added_at) > ?2
     AND NOT (coalesce(f.not_before, 0) > ?1 AND f.not_before <= ?3)";

/// Now, the latest moment that is past, and the latest that anything is put off to.
fn times(now: Timestamp) -> [Micros; 3] {
    [Micros(now), Micros(latest_past(now)), Micros(latest_wait(now))]
}

const SELECT: &str = "SELECT f.id, f.url, f.publisher_spec, f.settings, f.etag, f.last_modified,
        f.body_hash, f.freshness, f.recent, f.failures, f.last_checked, f.redirect, f.faulty, f.parser_version,
        f.health, f.newest_entry, f.rhythm,
        (SELECT max(s.lease_until) FROM websub s
          WHERE s.feed = f.id AND s.state NOT IN ('denied', 'ending')
            AND s.last_push IS NOT NULL AND s.missed = 0),
        f.empty, f.last_unconditional, f.listed_url
   FROM feed f";

fn read(row: &Row<'_>, parser: Parser, now: Timestamp) -> rusqlite::Result<DueFeed> {
    let Json(publisher): Json<Publisher> = row.get(2)?;
    let (url, listed_url): (String, String) = (row.get(1)?, row.get(20)?);
    let Json(mut settings): Json<FeedSettings> = row.get(3)?;
    // The writer keeps such a feed at home; what it cannot is asked without.
    if !settings.headers.is_empty() && !address::headers_may_go(&listed_url, &url) {
        settings.headers.clear();
    }
    let freshness: Option<Json<Freshness>> = row.get(7)?;
    let Json(recent): Json<Vec<i64>> = row.get(8)?;
    let redirect: Option<Json<PermanentRedirect>> = row.get(11)?;
    let (id, faulty, version): (i64, bool, i64) = (row.get(0)?, row.get(12)?, row.get(13)?);
    Ok(DueFeed {
        id: FeedId(id),
        url,
        publisher,
        settings,
        validators: Validators {
            etag: row.get(4)?,
            last_modified: row.get(5)?,
            body_hash: row.get::<_, Option<i64>>(6)?.map(unsigned),
        },
        freshness: freshness.map(|json| json.0).unwrap_or_default(),
        recent_entries: recent.into_iter().filter_map(|at| Timestamp::from_microsecond(at).ok()).collect(),
        rhythm: row.get::<_, Option<Json<Rhythm>>>(16)?.map(|json| json.0).unwrap_or_default(),
        failures: row.get(9)?,
        last_checked: row.get::<_, Option<Micros>>(10)?.map(|at| at.0.min(now)),
        last_unconditional: row
            .get::<_, Option<Micros>>(19)?
            .map(|at| at.0)
            .filter(|at| *at <= latest_past(now)),
        redirect: redirect.map(|json| json.0),
        health: health(&row.get::<_, String>(14)?),
        newest_entry: row.get::<_, Option<Micros>>(15)?.map(|at| at.0),
        reparse: faulty && parser.should_reread(id, version, now),
        empty: row.get(18)?,
        pushed: row.get::<_, Option<Micros>>(17)?.is_some_and(|until| until.0 > now),
    })
}

/// The health a row names; what a later version wrote is taken as sound.
fn health(name: &str) -> Health {
    Health::ALL.into_iter().find(|health| health.as_str() == name).unwrap_or_default()
}
