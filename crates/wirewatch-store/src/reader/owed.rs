//! What is owed an attempt, and whose turn it is.
//!
//! Hosts take turns: each gives a few entries, beginning after the one that had the last turn, so that
//! a site with a hundred thousand owed pages holds nobody up. What was never stored comes before what
//! stands in for a page, and that before a look for edits.

use super::{Reader, known::PAUSED_UNTIL};
use crate::StoreError;
use crate::clock::latest_wait;
use crate::column::{Json, Micros};
use crate::writer::{AnnouncedBody, Said};
use jiff::Timestamp;
use rusqlite::{Row, params};
use std::collections::HashSet;
use wirewatch_model::{
    Announced, ArticleId, Entry, EntryId, FeedId, FeedSettings, OwedEntry, Publisher, SourceRef, Validators,
};

/// Entries one host gives in one turn: one is asked for, the others are at hand when it is through.
const A_TURN: usize = 3;

/// Most bytes the texts of one entry may take unpacked; a feed is held to 10 MiB.
const MOST_BODY_BYTES: usize = 64 * 1024 * 1024;

/// The states with something to do, in order of urgency.
const STATES: [&str; 3] = ["owed", "provisional", "done"];

/// From one time, exclusive, to another.
#[derive(Clone, Copy)]
struct Span {
    after: Timestamp,
    until: Timestamp,
}

/// What is asked for.
struct Due<'s> {
    state: &'s str,
    span: Span,
    now: Timestamp,
}

impl Reader {
    /// Entries that may be tried now, at most `limit`, fair over the hosts, without those of
    /// `busy_hosts` and without `excluding` (in work). Entries that ask no host do not take turns. One that
    /// was put off for longer than anything is, by a clock that was ahead, may be tried now.
    pub fn owed_entries(
        &self,
        now: Timestamp,
        limit: usize,
        busy_hosts: &HashSet<String>,
        excluding: &HashSet<EntryId>,
    ) -> Result<Vec<OwedEntry>, StoreError> {
        let mut owed = Vec::new();
        for state in STATES {
            for span in self.due_spans(state, now)? {
                if owed.len() < limit {
                    let due = Due { state, span, now };
                    self.take_turns(&due, limit, busy_hosts, excluding, &mut owed)?;
                }
            }
        }
        Ok(owed)
    }

    /// How many owed entries may be tried now, those of paused hosts left out: of one feed, or of all;
    /// with `since` only those that were first seen or announced anew from then on.
    pub fn entries_due(
        &self,
        feed: Option<FeedId>,
        since: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT count(*) FROM entry e
              WHERE e.state = 'owed' AND (e.next_try <= ?1 OR e.next_try > ?2) AND (?3 IS NULL OR e.feed = ?3)
                AND (?4 IS NULL OR e.first_seen >= ?4 OR e.changed_at >= ?4)
                AND NOT EXISTS (SELECT 1 FROM host h WHERE h.host = e.host AND {PAUSED_UNTIL} > ?1)"
        );
        Ok(self.one(
            &sql,
            params![Micros(now), Micros(latest_wait(now)), feed.map(|feed| feed.0), since.map(Micros)],
            |row| row.get(0).map(i64::unsigned_abs),
        )?)
    }

    /// Where the entries of a state lie that may be tried now: up to now, and beyond what anything is put
    /// off for.
    fn due_spans(&self, state: &str, now: Timestamp) -> Result<Vec<Span>, StoreError> {
        let (first, last): (Option<Micros>, Option<Micros>) =
            (self.next_try(state, "min")?, self.next_try(state, "max")?);
        let ahead = Span { after: latest_wait(now), until: Timestamp::MAX };
        let due = Span { after: Timestamp::MIN, until: now };
        Ok([
            first.is_some_and(|first| first.0 <= due.until).then_some(due),
            last.is_some_and(|last| last.0 > ahead.after).then_some(ahead),
        ]
        .into_iter()
        .flatten()
        .collect())
    }

    /// The `min` or the `max` of a state: one step in the index.
    fn next_try(&self, state: &str, end: &str) -> Result<Option<Micros>, StoreError> {
        let sql = format!("SELECT {end}(next_try) FROM entry WHERE state = ?1 AND next_try IS NOT NULL");
        Ok(self.one(&sql, [state], |row| row.get(0))?)
    }

    fn take_turns(
        &self,
        due: &Due<'_>,
        limit: usize,
        busy_hosts: &HashSet<String>,
        excluding: &HashSet<EntryId>,
        owed: &mut Vec<OwedEntry>,
    ) -> Result<(), StoreError> {
        // Those that ask nobody first: they cost no request.
        let room = limit - owed.len();
        self.take(due, "", room, excluding, owed)?;
        let start = self.turn.borrow().clone();
        let mut host = self.host_after(due.state, &start)?;
        let mut wrapped = false;
        loop {
            let Some(current) = host else {
                if wrapped {
                    return Ok(());
                }
                wrapped = true;
                host = self.host_after(due.state, "")?;
                continue;
            };
            if owed.len() >= limit || (wrapped && current > start) {
                return Ok(());
            }
            if !busy_hosts.contains(&current) {
                let before = owed.len();
                let room = A_TURN.min(limit - before);
                self.take(due, &current, room, excluding, owed)?;
                if owed.len() > before {
                    self.turn.replace(current.clone());
                }
            }
            host = self.host_after(due.state, &current)?;
        }
    }

    /// The next host in alphabetical order with anything to do: one step in the index.
    fn host_after(&self, state: &str, host: &str) -> Result<Option<String>, StoreError> {
        Ok(self.one(
            "SELECT min(host) FROM entry WHERE state = ?1 AND next_try IS NOT NULL AND host > ?2",
            [state, host],
            |row| row.get(0),
        )?)
    }

    fn take(
        &self,
        due: &Due<'_>,
        host: &str,
        room: usize,
        excluding: &HashSet<EntryId>,
        owed: &mut Vec<OwedEntry>,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.id, e.feed, f.publisher_spec, e.key, e.url, e.title, e.said, b.announced, e.source_ref,
                    e.state, e.failures, e.first_seen, e.article, e.page_etag, e.page_last_modified,
                    f.settings
               FROM entry e JOIN feed f ON f.id = e.feed LEFT JOIN entry_body b ON b.entry = e.id
              WHERE e.state = ?1 AND e.host = ?2 AND e.next_try > ?3 AND e.next_try <= ?4
              ORDER BY e.next_try",
        )?;
        let mut rows =
            statement.query(params![due.state, host, Micros(due.span.after), Micros(due.span.until)])?;
        let end = owed.len() + room;
        while owed.len() < end {
            let Some(row) = rows.next()? else { break };
            let id = EntryId(row.get(0)?);
            if excluding.contains(&id) {
                continue;
            }
            match read(row, due.now) {
                Ok(entry) => owed.push(entry),
                // One row must not hold up all the others.
                Err(error) => self.note_unreadable(id, &error),
            }
        }
        Ok(())
    }

    /// Says so once: the row comes up at every look.
    fn note_unreadable(&self, entry: EntryId, error: &StoreError) {
        if self.unreadable.borrow_mut().insert(entry) {
            tracing::error!(%entry, %error, "an owed entry cannot be read and is passed over");
        }
    }
}

fn read(row: &Row<'_>, now: Timestamp) -> Result<OwedEntry, StoreError> {
    let Json(publisher): Json<Publisher> = row.get(2)?;
    let Json(said): Json<Said> = row.get(6)?;
    let Json(settings): Json<FeedSettings> = row.get(15)?;
    let body: Option<Vec<u8>> = row.get(7)?;
    let body = body.map(|packed| unpack(&packed)).transpose()?;
    let (summary, content) = body.map_or((None, None), |body| (body.summary, body.content));
    let state: String = row.get(9)?;
    let article: Option<i64> = row.get(12)?;
    let (etag, last_modified): (Option<String>, Option<String>) = (row.get(13)?, row.get(14)?);
    Ok(OwedEntry {
        id: EntryId(row.get(0)?),
        feed: FeedId(row.get(1)?),
        publisher,
        settings,
        entry: Entry {
            aliases: Vec::new(),
            shares_address: said.shares_address,
            key: row.get(3)?,
            id: said.id,
            url: row.get(4)?,
            title: row.get(5)?,
            published: said.published,
            updated: said.updated,
            authors: said.authors,
            summary,
            content,
            language: said.language,
        },
        source: source(&row.get::<_, String>(8)?)?,
        announced: match (state.as_str(), article) {
            ("provisional", _) => Announced::Provisional,
            ("done", _) => Announced::Recheck,
            (_, Some(_)) => Announced::Changed,
            (_, None) => Announced::First,
        },
        failures: row.get(10)?,
        first_seen: row.get::<_, Micros>(11)?.0,
        taken_at: now,
        article: article.map(ArticleId),
        page_validators: (etag.is_some() || last_modified.is_some()).then_some(Validators {
            etag,
            last_modified,
            body_hash: None,
        }),
    })
}

fn unpack(packed: &[u8]) -> Result<AnnouncedBody, StoreError> {
    let wrong = |error: &dyn std::fmt::Display| StoreError::Data(format!("entry_body: {error}"));
    let json = zstd::bulk::decompress(packed, MOST_BODY_BYTES.min(zstd_bound(packed)))
        .map_err(|error| wrong(&error))?;
    serde_json::from_slice(&json).map_err(|error| wrong(&error))
}

/// What the frame says it unpacks to; our own frames always say.
fn zstd_bound(packed: &[u8]) -> usize {
    zstd::bulk::Decompressor::upper_bound(packed).unwrap_or(MOST_BODY_BYTES)
}

/// `http`, `inbox`, or `file:PATH#OFFSET+LENGTH`.
fn source(stored: &str) -> Result<SourceRef, StoreError> {
    let wrong = || StoreError::Data(format!("source_ref '{stored}'"));
    match stored {
        "http" => Ok(SourceRef::Http),
        "inbox" => Ok(SourceRef::Inbox),
        _ => {
            let (path, place) =
                stored.strip_prefix("file:").and_then(|rest| rest.rsplit_once('#')).ok_or_else(wrong)?;
            let (offset, length) = place.split_once('+').ok_or_else(wrong)?;
            Ok(SourceRef::File {
                path: path.to_owned(),
                offset: offset.parse().map_err(|_| wrong())?,
                length: length.parse().map_err(|_| wrong())?,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_a_body_is() {
        assert_eq!(source("http").expect("known"), SourceRef::Http);
        let want = SourceRef::File { path: "a#b.warc".to_owned(), offset: 12, length: 345 };
        assert_eq!(source("file:a#b.warc#12+345").expect("known"), want);
        for wrong in ["", "ftp", "file:a", "file:a#1", "file:a#x+y"] {
            assert!(source(wrong).is_err(), "{wrong}");
        }
    }
}
