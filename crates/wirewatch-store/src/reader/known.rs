//! What is known of an address, a text or a host.

use super::Reader;
use crate::StoreError;
use crate::clock::latest_wait;
use crate::column::{Hash128, Micros};
use crate::writer::{host_memory, latest_robots};
use jiff::Timestamp;
use rusqlite::{Row, params};
use wirewatch_model::{ArticleId, HostMemory, HostPause, RobotsRules, Seq, StoryId};

/// Hosts a new process is told of.
const MOST_HOSTS: u32 = 8_192;
/// Most bytes the rules of one origin may take: a file of 500 KiB with every letter percent-encoded.
const MOST_ROBOTS_BYTES: usize = 2 * 1024 * 1024;

/// When the pause of a row of `host` ends; `?2` is [`latest_wait`]. One that ends later than any host is
/// granted is held to the time that was noted when that was seen, or to the latest there is.
pub(super) const PAUSED_UNTIL: &str = "CASE WHEN paused_until > ?2 THEN coalesce(held_until, ?2)
     ELSE paused_until END";

/// A stored article as far as judging needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownArticle {
    /// The article.
    pub id: ArticleId,
    /// The address that answered when it was stored.
    pub url: String,
    /// Its identity.
    pub identity: String,
    /// The canonical address its page declares, as declared.
    pub canonical_url: Option<String>,
    /// Registrable domain of its publisher.
    pub publisher: Option<String>,
    /// Hash that tells one revision from the next, of the present text.
    pub revision_key: u128,
    /// Hash of the present text; `None` for one without a letter.
    pub text_hash: Option<u128>,
    /// Its text is the feed's and stands in for the page's.
    pub provisional: bool,
    /// Where the text came from: the name of a [`Method`](wirewatch_model::Method).
    pub method: String,
    /// Words of the text.
    pub words: u32,
    /// Number of the present text, from 1.
    pub revision: u32,
    /// Whether it belongs to the story this database follows.
    pub relevant: bool,
    /// The time of the article.
    pub time: Timestamp,
    /// The story it belongs to.
    pub story: StoryId,
    /// The original, when it is a copy.
    pub copy_of: Option<ArticleId>,
}

const SELECT: &str = "SELECT a.id, a.url, i.identity, d.canonical_url, p.domain, a.revision_key, a.text_hash,
        a.provisional, a.method, a.words, a.revision, a.relevant, a.time, a.story, a.copy_of
   FROM article a
   JOIN article_detail d ON d.article = a.id
   JOIN article_address i ON i.article = a.id AND i.kind = 'identity'
   LEFT JOIN publisher p ON p.id = a.publisher";

fn read(row: &Row<'_>) -> rusqlite::Result<KnownArticle> {
    Ok(KnownArticle {
        id: ArticleId(row.get(0)?),
        url: row.get(1)?,
        identity: row.get(2)?,
        canonical_url: row.get(3)?,
        publisher: row.get(4)?,
        revision_key: row.get::<_, Hash128>(5)?.0,
        text_hash: row.get::<_, Option<Hash128>>(6)?.map(|hash| hash.0),
        provisional: row.get(7)?,
        method: row.get(8)?,
        words: row.get(9)?,
        revision: row.get(10)?,
        relevant: row.get(11)?,
        time: row.get::<_, Micros>(12)?.0,
        story: StoryId(row.get(13)?),
        copy_of: row.get::<_, Option<i64>>(14)?.map(ArticleId),
    })
}

impl Reader {
    /// The article known by one of these [identities](wirewatch_model::address::identity), the first
    /// that is known.
    pub fn article_by_identities(&self, identities: &[String]) -> Result<Option<KnownArticle>, StoreError> {
        for identity in identities {
            let known: Option<i64> = self.optional(
                "SELECT article FROM article_address WHERE identity = ?1",
                [identity],
                |row| row.get(0),
            )?;
            if let Some(id) = known {
                return self.known_article(ArticleId(id));
            }
        }
        Ok(None)
    }

    /// One article.
    pub fn known_article(&self, article: ArticleId) -> Result<Option<KnownArticle>, StoreError> {
        Ok(self.optional(&format!("{SELECT} WHERE a.id = ?1"), [article.0], read)?)
    }

    /// The article with this [text hash](wirewatch_model::text_hash): an original before a copy, then
    /// the earliest.
    pub fn article_by_text_hash(&self, hash: u128) -> Result<Option<ArticleId>, StoreError> {
        Ok(self.optional(
            "SELECT id FROM article WHERE text_hash = ?1 ORDER BY copy_of IS NOT NULL, time, id LIMIT 1",
            [Hash128(hash)],
            |row| row.get(0).map(ArticleId),
        )?)
    }

    /// The highest id given to an article, 0 when there is none.
    pub fn max_article_id(&self) -> Result<ArticleId, StoreError> {
        Ok(self.one("SELECT coalesce(max(id), 0) FROM article", [], |row| row.get(0).map(ArticleId))?)
    }

    /// The number of the last change, 0 when there is none.
    pub fn last_seq(&self) -> Result<Seq, StoreError> {
        Ok(self.one("SELECT coalesce(max(seq), 0) FROM change", [], |row| row.get(0).map(Seq))?)
    }

    /// What recurs on the pages of a host; empty for one that is not known.
    pub fn host_memory(&self, host: &str) -> Result<HostMemory, StoreError> {
        let memory =
            self.optional("SELECT pages, blocks FROM host_block WHERE host = ?1", [host], |row| {
                Ok(host_memory(row.get(0)?, row.get_ref(1)?.as_blob()?))
            })?;
        Ok(memory.unwrap_or_default())
    }

    /// The pauses that hosts asked for and that are not over.
    pub fn host_pauses(&self, now: Timestamp) -> Result<Vec<HostPause>, StoreError> {
        let sql = format!(
            "SELECT host, {PAUSED_UNTIL}, pause_reason, strikes FROM host
              WHERE paused_until > ?1 AND {PAUSED_UNTIL} > ?1 ORDER BY +host"
        );
        Ok(self.rows(&sql, params![Micros(now), Micros(latest_wait(now))], host_pause)?)
    }

    /// [`Reader::host_pauses`] with those of hosts that have not answered as they should since, over or
    /// not: what a new process must know to go on doubling.
    pub fn host_strikes(&self, now: Timestamp) -> Result<Vec<HostPause>, StoreError> {
        let sql = format!(
            "SELECT host, {PAUSED_UNTIL}, pause_reason, strikes FROM host
              WHERE {PAUSED_UNTIL} > ?1 OR (strikes > 0 AND paused_until IS NOT NULL)
              ORDER BY 2 DESC LIMIT ?3"
        );
        Ok(self.rows(&sql, params![Micros(now), Micros(latest_wait(now)), MOST_HOSTS], host_pause)?)
    }

    /// What is known of robots.txt and still believed.
    pub fn robots(&self, now: Timestamp) -> Result<Vec<RobotsRules>, StoreError> {
        let packed: Vec<(RobotsRules, Vec<u8>)> = self.rows(
            "SELECT origin, until, rules FROM robots WHERE until > ?1 AND until <= ?2 ORDER BY origin",
            [Micros(now), Micros(latest_robots(now))],
            |row| {
                let (origin, until) = (row.get(0)?, row.get::<_, Micros>(1)?.0);
                Ok((RobotsRules { origin, until, rules: String::new() }, row.get(2)?))
            },
        )?;
        // One that cannot be unpacked is asked for again.
        let unpacked = packed.into_iter().filter_map(|(rules, packed)| {
            let bytes = zstd::bulk::decompress(&packed, MOST_ROBOTS_BYTES).ok()?;
            Some(RobotsRules { rules: String::from_utf8(bytes).ok()?, ..rules })
        });
        Ok(unpacked.collect())
    }
}

fn host_pause(row: &Row<'_>) -> rusqlite::Result<HostPause> {
    Ok(HostPause {
        host: row.get(0)?,
        until: row.get::<_, Micros>(1)?.0,
        reason: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
        strikes: row.get(3)?,
    })
}
