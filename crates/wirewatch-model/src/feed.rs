//! Feeds: what the user lists, what is due, and what a check of one found.

use crate::{Entry, FeedId, Rhythm, Stamp};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// What kind of house a publisher is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublisherKind {
    /// News agency.
    Wire,
    /// Newspaper or magazine, printed or not.
    #[default]
    Newspaper,
    /// Radio or television.
    Broadcaster,
    /// A government, an army, an international organisation.
    Government,
    /// Research institute or think tank.
    ThinkTank,
    /// A medium controlled by a state.
    StateControlled,
    /// Repeats what others publish.
    Aggregator,
}

impl PublisherKind {
    /// The name as it stands in configuration, tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Newspaper => "newspaper",
            Self::Broadcaster => "broadcaster",
            Self::Government => "government",
            Self::ThinkTank => "think-tank",
            Self::StateControlled => "state-controlled",
            Self::Aggregator => "aggregator",
        }
    }
}

/// Who publishes a feed, by the word of the feed list; a page never overrides it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publisher {
    /// Registrable domain of its articles: the publisher's identity.
    pub domain: String,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    pub country: Option<String>,
    /// BCP 47 code of its main language.
    #[serde(default)]
    pub language: Option<String>,
    /// What it is.
    #[serde(default)]
    pub kind: PublisherKind,
}

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
    /// 20: its latest rhythm.
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

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// A feed was read; the store says which of its entries are new.
    Read,
    /// 304, or the same bytes as last time.
    Unchanged,
    /// The server asked us to wait.
    Busy,
    /// Not asked: the host had asked for a pause, by the answer for another address.
    Paused {
        /// The host.
        host: String,
        /// No request to it before this.
        until: Timestamp,
    },
    /// 410: the publisher took the feed away.
    Gone,
    /// A wall against programs (the name of the wall, when known).
    Blocked {
        /// Who blocks.
        by: String,
    },
    /// Anything else that went wrong.
    Failed {
        /// The class of the failure.
        failure: FailureKind,
        /// What happened, in words a person can act on.
        message: String,
    },
}

impl Outcome {
    /// The name as it stands in tables and JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Unchanged => "unchanged",
            Self::Busy => "busy",
            Self::Paused { .. } => "paused",
            Self::Gone => "gone",
            Self::Blocked { .. } => "blocked",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether the feed answered as it should.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Read | Self::Unchanged)
    }
}

/// The class of a failure: it decides what a person should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The name does not resolve.
    Dns,
    /// No connection, or it broke.
    Network,
    /// Too slow.
    Timeout,
    /// The certificate or handshake failed.
    Tls,
    /// A status that is no success (the message names it).
    Status,
    /// Redirects loop, are too many, or lead where we do not go.
    Redirect,
    /// The address is not public or not http(s).
    Address,
    /// The body is too large, cut, or cannot be decoded.
    Body,
    /// The body is no feed (the message says what it is).
    NotAFeed,
    /// The feed's own settings cannot be used (the message names the setting).
    Settings,
    /// A fault of our own.
    Internal,
}

impl FailureKind {
    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Address => "address",
            Self::Body => "body",
            Self::NotAFeed => "not-a-feed",
            Self::Settings => "settings",
            Self::Internal => "internal",
        }
    }
}

/// How a feed is doing, by its history: what a person who looks after the list wants to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It answers and announces entries in its own rhythm.
    #[default]
    Ok,
    /// It answers, and has been silent for much longer than its own rhythm.
    Quiet,
    /// It answers with a sound feed without entries.
    Empty,
    /// Its newest entry is old, whatever it says of itself.
    Stale,
    /// A wall against programs answers for it.
    Blocked,
    /// It redirects for good; the new address is being learnt.
    Moved,
    /// The publisher took it away (410).
    Gone,
    /// Its server asked to be left alone for a while.
    Busy,
    /// It cannot be had or read.
    Failing,
}

impl Health {
    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Quiet => "quiet",
            Self::Empty => "empty",
            Self::Stale => "stale",
            Self::Blocked => "blocked",
            Self::Moved => "moved",
            Self::Gone => "gone",
            Self::Busy => "busy",
            Self::Failing => "failing",
        }
    }
}

/// A pause a whole host asked for; survives a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPause {
    /// The host.
    pub host: String,
    /// No request before this.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// How many answers in a row asked for a pause: the next one is longer. 0 when the host has answered
    /// as it should since.
    #[serde(default)]
    pub strikes: u32,
}

/// One thing the parser had to mend to read a feed (`bare-ampersand`, `cut-body`, …).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Repair(pub String);

/// What a feed says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedHead {
    /// `rss-2.0`, `rss-1.0`, `rss-0.9`, `atom-1.0`, `atom-0.3`, `json-feed`, ….
    pub format: String,
    /// Its title, plain text.
    pub title: Option<String>,
    /// The site it belongs to.
    pub link: Option<String>,
    /// BCP 47 code.
    pub language: Option<String>,
    /// When it says it was last changed.
    pub updated: Option<Stamp>,
    /// Its own address by its own word (`rel="self"`): the topic of a WebSub subscription.
    #[serde(default)]
    pub self_url: Option<String>,
    /// Its WebSub hubs (`rel="hub"`), in its order.
    #[serde(default)]
    pub hubs: Vec<String>,
}

/// One poll of a feed and its outcome; the store saves it in one transaction with its entries.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedCheck {
    /// The feed that was asked.
    pub feed: FeedId,
    /// When.
    pub checked_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// HTTP status of the last answer.
    pub status: Option<u16>,
    /// Size of the decoded body.
    pub body_bytes: u64,
    /// Whether the whole of it was asked for, without validators.
    pub unconditional: bool,
    /// What to store: `None` leaves what is stored untouched (a failure, or a body that was cut,
    /// capped or recovered); `Some` replaces all of it, absent fields included.
    pub validators: Option<Validators>,
    /// What the answer said of when to come again; `None` leaves what is stored.
    pub freshness: Option<Freshness>,
    /// When to ask again; `None` when the feed is gone.
    pub next_due: Option<Timestamp>,
    /// The server asked not to be asked before this, whatever the status.
    pub not_before: Option<Timestamp>,
    /// How the feed is doing, this check included.
    pub health: Health,
    /// The newest plausible date among the entries of the body, when one was read.
    pub newest_entry: Option<Timestamp>,
    /// A pause for the whole host.
    pub host_pause: Option<HostPause>,
    /// The address to store from now on, once a permanent redirect is trusted.
    pub moved_to: Option<String>,
    /// A permanent redirect that is being watched.
    pub redirect: Option<PermanentRedirect>,
    /// What the feed says of itself, when it was read.
    pub head: Option<FeedHead>,
    /// The entries, in the feed's order; each key once.
    pub entries: Vec<Entry>,
    /// Entries that could not be taken, with the reason.
    pub rejects: Vec<String>,
    /// What had to be mended.
    pub repairs: Vec<Repair>,
}

impl fmt::Debug for FeedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedCheck")
            .field("feed", &self.feed)
            .field("outcome", &self.outcome)
            .field("entries", &self.entries.len())
            .field("next_due", &self.next_due)
            .finish_non_exhaustive()
    }
}
