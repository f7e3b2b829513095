//! Counts over the whole database.

use super::Reader;
use crate::StoreError;
use serde::Serialize;
use wirewatch_model::{FeedId, Seq};

/// What became of entries. `seen` is always the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EntryCounts {
    /// Announced.
    pub seen: u64,
    /// An attempt is due.
    pub owed: u64,
    /// Stored from the feed, the page still tried.
    pub provisional: u64,
    /// Stored, or met again.
    pub done: u64,
    /// Given up, with the reason.
    pub rejected: u64,
}

impl EntryCounts {
    fn add(&mut self, state: &str, count: u64) {
        self.seen += count;
        match state {
            "owed" => self.owed += count,
            "provisional" => self.provisional += count,
            "done" => self.done += count,
            _ => self.rejected += count,
        }
    }
}

/// The whole database in figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stats {
    /// Feeds that are followed.
    pub feeds: u64,
    /// Feeds that are switched off.
    pub feeds_off: u64,
    /// What became of everything announced.
    pub entries: EntryCounts,
    /// Per feed, in the order of ids.
    pub per_feed: Vec<FeedStats>,
    /// Articles, copies included.
    pub articles: u64,
    /// Of these, relevant ones.
    pub relevant: u64,
    /// Of these, copies.
    pub copies: u64,
    /// Of these, standing in for a page.
    pub provisional: u64,
    /// Earlier texts.
    pub revisions: u64,
    /// Stories.
    pub stories: u64,
    /// The number of the last change.
    pub last_seq: Seq,
    /// Articles per topic, most first.
    pub topics: Vec<TopicCount>,
    /// Articles per publisher, most first, at most 100.
    pub publishers: Vec<TopicCount>,
    /// Why entries were rejected, most frequent first, at most 100.
    pub rejects: Vec<RejectReason>,
}

/// The entries of one feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedStats {
    /// The feed.
    pub feed: FeedId,
    /// Its address.
    pub url: String,
    /// What became of them.
    pub entries: EntryCounts,
}

/// How many articles have something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopicCount {
    /// What: a topic's slug, a publisher's domain.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Articles, copies included.
    pub articles: u64,
    /// Of these, originals.
    pub originals: u64,
}

/// Why entries were given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RejectReason {
    /// Where.
    pub stage: String,
    /// Why.
    pub reason: String,
    /// How many.
    pub entries: u64,
}

impl Reader {
    /// The whole database in figures, from one snapshot.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        self.ask(|| {
            let per_feed = self.count_entries()?;
            let mut entries = EntryCounts::default();
            for feed in &per_feed {
                entries.seen += feed.entries.seen;
                entries.owed += feed.entries.owed;
                entries.provisional += feed.entries.provisional;
                entries.done += feed.entries.done;
                entries.rejected += feed.entries.rejected;
            }
            let [articles, relevant, copies, provisional] = self.count_articles()?;
            Ok(Stats {
                feeds: self.count("SELECT count(*) FROM feed WHERE off IS NULL AND origin <> 'backfill'")?,
                feeds_off: self.count("SELECT count(*) FROM feed WHERE off IS NOT NULL")?,
                entries,
                per_feed,
                articles,
                relevant,
                copies,
                provisional,
                revisions: self.count("SELECT count(*) FROM revision")?,
                stories: self.count("SELECT count(*) FROM story")?,
                last_seq: self.last_seq()?,
                topics: self.count_topics()?,
                publishers: self.count_publishers()?,
                rejects: self.count_rejects()?,
            })
        })
    }

    /// Articles per topic, most first; topics without one included.
    pub fn topic_counts(&self) -> Result<Vec<TopicCount>, StoreError> {
        self.ask(|| self.count_topics())
    }

    fn count(&self, sql: &str) -> Result<u64, StoreError> {
        Ok(self.one(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    fn count_articles(&self) -> Result<[u64; 4], StoreError> {
        let counts: [i64; 4] = self.one(
            "SELECT count(*), coalesce(sum(relevant), 0), count(copy_of), coalesce(sum(provisional), 0) FROM article",
            [],
            |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]),
        )?;
        Ok(counts.map(i64::unsigned_abs))
    }

    fn count_entries(&self) -> Result<Vec<FeedStats>, StoreError> {
        let mut feeds: Vec<FeedStats> = self.rows("SELECT id, url FROM feed ORDER BY id", [], |row| {
            Ok(FeedStats { feed: FeedId(row.get(0)?), url: row.get(1)?, entries: EntryCounts::default() })
        })?;
        let counts =
            self.rows("SELECT feed, state, count(*) FROM entry GROUP BY feed, state", [], |row| {
                Ok((FeedId(row.get(0)?), row.get::<_, String>(1)?, row.get::<_, u32>(2)?))
            })?;
        for (feed, state, count) in counts {
            if let Ok(place) = feeds.binary_search_by_key(&feed, |known| known.feed) {
                feeds[place].entries.add(&state, count.into());
            }
        }
        Ok(feeds)
    }

    fn count_topics(&self) -> Result<Vec<TopicCount>, StoreError> {
        self.named_counts(
            "SELECT t.slug, t.title, count(a.id), count(a.id) - count(a.copy_of)
               FROM topic t LEFT JOIN article_topic x ON x.topic = t.id LEFT JOIN article a ON a.id = x.article
              GROUP BY t.id ORDER BY 3 DESC, 1",
        )
    }

    fn count_publishers(&self) -> Result<Vec<TopicCount>, StoreError> {
        self.named_counts(
            "SELECT p.domain, p.name, count(*), count(*) - count(a.copy_of)
               FROM article a JOIN publisher p ON p.id = a.publisher
              GROUP BY p.id ORDER BY 3 DESC, 1 LIMIT 100",
        )
    }

    fn named_counts(&self, sql: &str) -> Result<Vec<TopicCount>, StoreError> {
        Ok(self.rows(sql, [], |row| {
            Ok(TopicCount {
                name: row.get(0)?,
                title: row.get(1)?,
                articles: row.get::<_, u32>(2)?.into(),
                originals: row.get::<_, u32>(3)?.into(),
            })
        })?)
    }

    fn count_rejects(&self) -> Result<Vec<RejectReason>, StoreError> {
        Ok(self.rows(
            "SELECT coalesce(reject_stage, ''), reject_reason, count(*) FROM entry WHERE state = 'rejected'
              GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 100",
            [],
            |row| {
                Ok(RejectReason {
                    stage: row.get(0)?,
                    reason: row.get(1)?,
                    entries: row.get::<_, u32>(2)?.into(),
                })
            },
        )?)
    }
}
