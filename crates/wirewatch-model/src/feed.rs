//! Feeds: what the user lists, and what is due.

use crate::{FeedId, Health, Publisher, Rhythm};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a feed came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The feed list (the user's file or the compiled-in one).
    #[default]
    File,
    /// `feeds add` or `feeds import`.
    Added,
    /// Not polled: holds what a backfill brought in.
    Backfill,
}

impl Origin {
    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Added => "added",
            Self::Backfill => "backfill",
        }
    }
}

/// What a user may set for one feed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedSettings {
    /// Shortest time between two checks, in seconds; `None` for the rules of the fetcher.
    #[serde(default)]
    pub interval_floor_secs: Option<u32>,
    /// Pause between two requests to the host, in milliseconds; `None` for the configured one.
    #[serde(default)]
    pub host_pause_ms: Option<u32>,
    /// Whether the pages of its entries are fetched; `None` means yes.
    #[serde(default)]
    pub fetch_pages: Option<bool>,
    /// User-Agent for the feed and its pages, for a publisher who wants another one; `None` for ours.
    #[serde(default)]
    pub user_agent: Option<String>,
    /// Headers sent with the feed's own requests and to no other host, by name. `${NAME}` in a value
    /// stands for the environment variable of that name: secrets are in no file and in no table.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Proxy (http, https or socks5h) through which the feed and its pages are asked; `${NAME}` stands
    /// for an environment variable here too.
    #[serde(default)]
    pub proxy: Option<String>,
    /// Whether HTTP/2 is never offered: a known cure for walls that take it for a program's.
    #[serde(default)]
    pub http1_only: Option<bool>,
    /// BCP 47 code of its entries, for a feed that declares none or a wrong one.
    #[serde(default)]
    pub language: Option<String>,
    /// Slugs of topics its articles are likely to have.
    #[serde(default)]
    pub topics: Vec<String>,
}

/// A feed as the feed list or the user names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedSpec {
    /// The feed's address.
    pub url: String,
    /// Who publishes it.
    pub publisher: Publisher,
    /// The user's name for it; `None` for its own.
    #[serde(default)]
    pub title: Option<String>,
    /// The folder it stands in, as a path: `World/Europe`.
    #[serde(default)]
    pub folder: Option<String>,
    /// Why it is switched off; `None` when it is followed.
    #[serde(default)]
    pub off: Option<String>,
    /// Where it came from.
    #[serde(default)]
    pub origin: Origin,
    /// Settings.
    #[serde(default)]
    pub settings: FeedSettings,
}

/// What a server gave to recognise an unchanged feed by; sent back byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// The ETag, quotes and `W/` included.
    pub etag: Option<String>,
    /// Last-Modified as received.
    pub last_modified: Option<String>,
    /// XXH3-64 of the decoded body: the same bytes under a 200 are not parsed twice.
    pub body_hash: Option<u64>,
}

/// A permanent redirect seen but not yet trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermanentRedirect {
    /// Where it leads.
    pub target: String,
    /// When it was first seen.
    pub since: Timestamp,
    /// How many checks saw it.
    pub checks: u32,
}

/// What the last answers said of when to come again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// Lower bound the feed itself asks for (`ttl`, `sy:`), in seconds.
    pub feed_ttl_secs: Option<u32>,
    /// Hours (UTC) in which the feed asks not to be read.
    pub skip_hours: Vec<u8>,
    /// Weekdays (0 = Monday, UTC) on which the feed asks not to be read.
    pub skip_days: Vec<u8>,
    /// What the headers of the last answer grant (`max-age` less `Age`, else `Expires`), in seconds. A
    /// 304 that says nothing leaves it (RFC 9111 §4.3.4).
    #[serde(default)]
    pub lifetime_secs: Option<u32>,
}

/// A feed whose time has come, with everything the fetcher needs to ask politely.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DueFeed {
    /// The row of table `feed`.
    pub id: FeedId,
    /// The address to ask.
    pub url: String,
    /// Who publishes it.
    pub publisher: Publisher,
    /// Settings.
    pub settings: FeedSettings,
    /// What the last whole answer gave.
    pub validators: Validators,
    /// What the last answers said of when to come again.
    pub freshness: Freshness,
    /// Times of its latest entries (published when plausible, else first seen), newest first, at most
    /// [`DueFeed::MOST_RECENT`]: its latest rhythm.
    pub recent_entries: Vec<Timestamp>,
    /// How often it announces entries, by hour and weekday.
    pub rhythm: Rhythm,
    /// Failed checks in a row.
    pub failures: u32,
    /// When it was last checked.
    pub last_checked: Option<Timestamp>,
    /// When it was last asked for the whole of it, without validators.
    pub last_unconditional: Option<Timestamp>,
    /// A permanent redirect that is being watched.
    pub redirect: Option<PermanentRedirect>,
    /// How it was doing after its last check.
    pub health: Health,
    /// Whether the last body that was read held no entry.
    pub empty: bool,
    /// The newest plausible date its body ever showed.
    pub newest_entry: Option<Timestamp>,
    /// Ask without validators once: the parser has become better since the last faulty answer.
    pub reparse: bool,
    /// Its hub pushes what it announces, and is believed: the feed is asked seldom.
    #[serde(default)]
    pub pushed: bool,
}

impl DueFeed {
    /// How many times of entries are kept of one feed.
    pub const MOST_RECENT: usize = 20;
}
