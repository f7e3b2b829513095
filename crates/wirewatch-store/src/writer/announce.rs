//! What a feed or another source announces comes into the inbox: once, and again when it changed.

use super::apply::optional;
use super::{CheckCounts, Context, Failure, alias, feed};
use crate::column::{Json, Micros, after, signed, unsigned};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use wirewatch_model::{Entry, Stamp, address, article_time};

/// How often one article is looked at again because its feed announces it anew.
const MOST_EDITS: u32 = 20;

/// An entry under a new id with a date this much later is the next edition of what it looks like.
const NEXT_EDITION: SignedDuration = SignedDuration::from_hours(6);

/// Compression of what feeds say: the quickest level, it is kept for minutes.
pub(super) const BODY_LEVEL: i32 = 1;

/// What an entry says of itself beside its address, title and text.
#[derive(Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) id: Option<String>,
    pub(crate) published: Option<Stamp>,
    pub(crate) updated: Option<Stamp>,
    pub(crate) authors: Vec<String>,
    pub(crate) language: Option<String>,
    #[serde(default)]
    pub(crate) shares_address: bool,
}

/// The texts of an entry.
#[derive(Serialize, Deserialize)]
pub(crate) struct Body {
    pub(crate) summary: Option<String>,
    pub(crate) content: Option<String>,
}

/// What became of the entries of one check.
pub(super) struct Announcement {
    pub(super) counts: CheckCounts,
    /// The time of each new entry: published when plausible, else now.
    pub(super) times: Vec<Timestamp>,
}

/// Takes the entries of a feed into the inbox.
pub(super) fn announce(
    context: &mut Context<'_>,
    feed: i64,
    entries: &[Entry],
    at: Timestamp,
    fetch_pages: bool,
) -> Result<Announcement, Failure> {
    let mut announcement = Announcement { counts: CheckCounts::default(), times: Vec::new() };
    let known = recognise(context, feed, entries)?;
    for (entry, known) in entries.iter().zip(known) {
        match known {
            None => {
                // A key that stands twice among the entries is taken once.
                let Some(id) = insert(context, feed, entry, at, fetch_pages)? else { continue };
                alias::remember(context, feed, id, entry, false)?;
                announcement.counts.new += 1;
                announcement.times.push(article_time(entry.published, at));
                continue;
            }
            Some(known) => {
                match news(context, &known, entry)? {
                    News::Nothing => {
                        seen_again(context, &known, entry, at)?;
                        announcement.counts.known += 1;
                    }
                    news => {
                        owe_again(context, &known, entry, &news, at, fetch_pages)?;
                        announcement.counts.changed += 1;
                    }
                }
                alias::remember(context, feed, known.id, entry, known.renamed)?;
            }
        }
    }
    Ok(announcement)
}

/// Which entry of the inbox each one is. A key is the surest mark, so all keys are looked up first: an
/// entry whose key is new may be one whose publisher renamed it, but never one that stands beside it. Where
/// an address stood for several entries and one of them is left, that has the bare address for its key, as
/// another may have had before: which one it is, its marks say.
fn recognise(context: &Context<'_>, feed: i64, entries: &[Entry]) -> Result<Vec<Option<Known>>, Failure> {
    let by_key = |entry: &Entry| find(context, feed, &entry.key);
    let mut known = entries.iter().map(by_key).collect::<Result<Vec<_>, _>>()?;
    let mut taken: HashSet<i64> = known.iter().flatten().map(|known| known.id).collect();
    let is_unsure = |entry: &Entry, known: &Option<Known>| match known {
        None => true,
        Some(known) => known.version != entry.version() && has_bare_key(entry),
    };
    for (entry, known) in entries.iter().zip(&mut known).filter(|(entry, known)| is_unsure(entry, known)) {
        if let Some(id) = alias::find(context, feed, entry, &taken)? {
            taken.insert(id);
            *known = find_renamed(context, id)?;
        }
    }
    Ok(known)
}

/// Whether the key is an address and nothing more.
fn has_bare_key(entry: &Entry) -> bool {
    entry.key.starts_with("u:") && !entry.key.contains('#')
}

/// Takes entries of another source in, under a feed that is not polled.
pub(super) fn add_entries(
    context: &mut Context<'_>,
    source: &str,
    entries: &[Entry],
    at: Timestamp,
) -> Result<CheckCounts, Failure> {
    let feed = feed::backfill(context.connection, source, at)?;
    Ok(announce(context, feed, entries, at, true)?.counts)
}

/// An entry that is in the inbox already.
struct Known {
    id: i64,
    version: u64,
    state: String,
    taken_at: Option<Timestamp>,
    edits: u32,
    /// Known by an alias, not by its key.
    renamed: bool,
}

/// What is new about an entry that is known.
enum News {
    /// Nothing, or it was edited too often.
    Nothing,
    /// Its publisher edited it.
    Edit,
    /// It is the next edition of a column: the address and the title of the one before, another id or text
    /// and a much later date. Its page is another, however many there were before.
    NextEdition,
}

fn news(context: &Context<'_>, known: &Known, entry: &Entry) -> Result<News, Failure> {
    let changed = known.version != entry.version();
    if (changed || known.renamed) && is_next_edition(context, known.id, entry)? {
        return Ok(News::NextEdition);
    }
    Ok(if changed && known.edits < MOST_EDITS { News::Edit } else { News::Nothing })
}

/// Whether it has a much later date than the one it was last taken with.
fn is_next_edition(context: &Context<'_>, id: i64, entry: &Entry) -> Result<bool, Failure> {
    let Some(now) = entry.published else { return Ok(false) };
    Ok(said_of(context, id)?
        .published
        .is_some_and(|before| now.instant().duration_since(before.instant()) > NEXT_EDITION))
}

fn said_of(context: &Context<'_>, id: i64) -> Result<Said, Failure> {
    let mut statement = context.connection.prepare_cached("SELECT said FROM entry WHERE id = ?1")?;
    let Json(said) = statement.query_row([id], |row| row.get(0))?;
    Ok(said)
}

// The limit on edits counts the article, which several feeds may announce.
const SELECT_KNOWN: &str = "SELECT id, version, state, taken_at,
        CASE WHEN article IS NULL THEN edits
             ELSE (SELECT sum(other.edits) FROM entry other WHERE other.article = entry.article)
         END
   FROM entry";

fn find(context: &Context<'_>, feed: i64, key: &str) -> Result<Option<Known>, Failure> {
    optional(
        context
            .connection
            .prepare_cached(&format!("{SELECT_KNOWN} WHERE feed = ?1 AND key = ?2"))?
            .query_row(params![feed, key], |row| known(row, false)),
    )
}

fn find_renamed(context: &Context<'_>, id: i64) -> Result<Option<Known>, Failure> {
    let found = context
        .connection
        .prepare_cached(&format!("{SELECT_KNOWN} WHERE id = ?1"))?
        .query_row([id], |row| known(row, true));
    optional(found)
}

fn known(row: &Row<'_>, renamed: bool) -> rusqlite::Result<Known> {
    Ok(Known {
        id: row.get(0)?,
        version: unsigned(row.get(1)?),
        state: row.get(2)?,
        taken_at: row.get::<_, Option<Micros>>(3)?.map(|at| at.0),
        edits: row.get(4)?,
        renamed,
    })
}

/// Takes a new entry in; `None` when its key is in the inbox already.
fn insert(
    context: &mut Context<'_>,
    feed: i64,
    entry: &Entry,
    at: Timestamp,
    fetch_pages: bool,
) -> Result<Option<i64>, Failure> {
    let inserted = context
        .connection
        .prepare_cached(
            "INSERT INTO entry (feed, key, version, state, next_try, host, url, title, said,
                                first_seen, last_seen)
             VALUES (?1, ?2, ?3, 'owed', ?4, ?5, ?6, ?7, ?8, ?4, ?4)
             ON CONFLICT (feed, key) DO NOTHING",
        )?
        .execute(params![
            feed,
            entry.key,
            signed(entry.version()),
            Micros(at),
            host(entry, fetch_pages && !entry.shares_address),
            entry.url,
            entry.title,
            Json(said(entry, entry.shares_address))
        ])?;
    if inserted == 0 {
        return Ok(None);
    }
    let id = context.connection.last_insert_rowid();
    put_body(context, id, entry)?;
    Ok(Some(id))
}

fn seen_again(context: &Context<'_>, known: &Known, entry: &Entry, at: Timestamp) -> Result<(), Failure> {
    context
        .connection
        .prepare_cached("UPDATE entry SET last_seen = ?2, version = ?3 WHERE id = ?1")?
        .execute(params![known.id, Micros(at), signed(entry.version())])?;
    Ok(())
}

/// Another version: owed again with all its tries, unless it is owed still. A page looked at a moment
/// ago waits for the end of the pause. A next edition is no edit.
fn owe_again(
    context: &mut Context<'_>,
    known: &Known,
    entry: &Entry,
    news: &News,
    at: Timestamp,
    fetch_pages: bool,
) -> Result<(), Failure> {
    // Whether it has a page of its own was settled when it was first met: its article stands by that.
    let shares_address = said_of(context, known.id)?.shares_address;
    let due = known.taken_at.map_or(at, |taken_at| after(taken_at, context.edit_pause).max(at));
    context
        .connection
        .prepare_cached(
            "UPDATE entry SET version = ?2, host = ?3, url = ?4, title = ?5, said = ?6,
                    last_seen = ?7, changed_at = ?7
              WHERE id = ?1",
        )?
        .execute(params![
            known.id,
            signed(entry.version()),
            host(entry, fetch_pages && !shares_address),
            entry.url,
            entry.title,
            Json(said(entry, shares_address)),
            Micros(at)
        ])?;
    if known.state != "owed" {
        context
            .connection
            .prepare_cached(
                "UPDATE entry SET state = 'owed', next_try = ?2, edits = edits + ?3, failures = 0,
                        reject_stage = NULL, reject_reason = NULL
                  WHERE id = ?1",
            )?
            .execute(params![known.id, Micros(due), matches!(news, News::Edit)])?;
    }
    put_body(context, known.id, entry)
}

/// The host that will be asked for the page, by which turns are taken.
fn host(entry: &Entry, fetch_pages: bool) -> String {
    entry.url.as_deref().filter(|_| fetch_pages).and_then(address::host).unwrap_or_default()
}

fn said(entry: &Entry, shares_address: bool) -> Said {
    Said {
        shares_address,
        id: entry.id.clone(),
        published: entry.published,
        updated: entry.updated,
        authors: entry.authors.clone(),
        language: entry.language.clone(),
    }
}

fn put_body(context: &mut Context<'_>, id: i64, entry: &Entry) -> Result<(), Failure> {
    if entry.summary.is_none() && entry.content.is_none() {
        return drop_body(context, id);
    }
    let body = Body { summary: entry.summary.clone(), content: entry.content.clone() };
    let packed = context
        .compressor
        .compress(&serde_json::to_vec(&body)?)
        .map_err(|error| super::WriteError::Refused { message: error.to_string() })?;
    context
        .connection
        .prepare_cached(
            "INSERT INTO entry_body VALUES (?1, ?2) ON CONFLICT (entry) DO UPDATE SET announced = ?2",
        )?
        .execute(params![id, packed])?;
    Ok(())
}

/// Gives up the feed's text of an entry that is through.
pub(super) fn drop_body(context: &Context<'_>, id: i64) -> Result<(), Failure> {
    context.connection.prepare_cached("DELETE FROM entry_body WHERE entry = ?1")?.execute([id])?;
    Ok(())
}
