//! What a feed announces, and what the store still owes an attempt.

use crate::{ArticleId, EntryId, FeedId, FeedSettings, Publisher, Stamp, Validators};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// One entry as its feed announces it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Our identity of the entry within its feed, stable from one fetch to the next: derived from the
    /// publisher's id, else from the link, else from the title and date.
    pub key: String,
    /// Other marks it may be known by within its feed when its key is new: hashes of its address with
    /// its date and with its title; without an address, of a date to the second or of its text. A publisher
    /// that gives new ids at every fetch does not make new entries.
    #[serde(default)]
    pub aliases: Vec<u64>,
    /// Its address stands for other entries too (alarms that all lead to one page, parts of a live blog):
    /// what is there is not its page, its text is what the feed says.
    #[serde(default)]
    pub shares_address: bool,
    /// The publisher's own id, as written.
    pub id: Option<String>,
    /// The article's address: absolute http(s), as announced; `None` when the entry has none.
    pub url: Option<String>,
    /// Plain text, control characters removed, at most 500 characters.
    pub title: String,
    /// When it was published, as written.
    pub published: Option<Stamp>,
    /// When it was last changed, as written.
    pub updated: Option<Stamp>,
    /// Names, as written.
    pub authors: Vec<String>,
    /// Short description, HTML as announced.
    pub summary: Option<String>,
    /// Full or partial text, HTML as announced.
    pub content: Option<String>,
    /// BCP 47 code the feed declares.
    pub language: Option<String>,
}

impl Entry {
    /// The key as a mark like those in `aliases`: how an entry that was known by one of them is found
    /// under the key it has now.
    pub fn key_alias(&self) -> u64 {
        xxh3_64(self.key.as_bytes())
    }

    /// Hash of title, `updated` and content as announced: another version makes the entry owed again.
    pub fn version(&self) -> u64 {
        let mut hasher = Xxh3::new();
        let updated = self.updated.map(|stamp| stamp.to_string());
        for part in [Some(&self.title), updated.as_ref(), self.content.as_ref(), self.summary.as_ref()] {
            hasher.update(part.map_or("", String::as_str).as_bytes());
            hasher.update(&[0]);
        }
        hasher.digest()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("key", &self.key).field("url", &self.url).finish_non_exhaustive()
    }
}

/// Where the body of an entry is to be had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceRef {
    /// Over HTTP, at the entry's address.
    #[default]
    Http,
    /// In a part of a local file.
    File {
        /// The file.
        path: String,
        /// First byte.
        offset: u64,
        /// Length in bytes.
        length: u64,
    },
    /// In table `entry_body`.
    Inbox,
}

/// How an announced entry relates to what was stored before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Announced {
    /// For the first time.
    First,
    /// Its title, `updated` or content changed since it was last taken: its page is asked for again.
    Changed,
    /// Its article stands in for a page that could not be had yet.
    Provisional,
    /// A relevant article is looked at again for edits.
    Recheck,
}

/// An entry the store owes an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwedEntry {
    /// The row of the inbox.
    pub id: EntryId,
    /// The feed that announced it.
    pub feed: FeedId,
    /// Who publishes the feed, as the feed list says.
    pub publisher: Publisher,
    /// Settings of the feed.
    pub settings: FeedSettings,
    /// What the feed said.
    pub entry: Entry,
    /// Where the body is.
    pub source: SourceRef,
    /// How it was announced.
    pub announced: Announced,
    /// Failed attempts at its page so far.
    pub failures: u32,
    /// When the feed first announced it.
    pub first_seen: Timestamp,
    /// When the store handed it out.
    pub taken_at: Timestamp,
    /// The article it became, when it was taken before.
    pub article: Option<ArticleId>,
    /// ETag and Last-Modified of its page, for a conditional request.
    pub page_validators: Option<Validators>,
}
