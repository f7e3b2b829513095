//! Feed checks: how a poll of a feed ended, and what it found.

use crate::{Entry, FeedId, Freshness, HostPause, PermanentRedirect, Stamp, Validators};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// Not asked: the host had asked for a pause, by the answer for another address, or others took its time.
    Paused {
        /// The host.
        host: String,
        /// No request to it before this.
        until: Timestamp,
        /// Why, in words that `until` and the time may follow.
        reason: String,
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
    /// No connection, not even in time, or it broke.
    Network,
    /// Connected, and too slow.
    Timeout,
    /// No connection to any host: the network of this machine is gone, and the feed is not to blame.
    Offline,
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
            Self::Offline => "offline",
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
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::Quiet,
        Self::Empty,
        Self::Stale,
        Self::Blocked,
        Self::Moved,
        Self::Gone,
        Self::Busy,
        Self::Failing,
    ];

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
    /// When to ask again should its hub be believed no more; `None` when nothing is pushed.
    pub unpushed_due: Option<Timestamp>,
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

impl FeedCheck {
    /// A check of which only this much is known: nothing was read, and nothing is to be stored but how it
    /// ended.
    pub fn new(feed: FeedId, checked_at: Timestamp, outcome: Outcome, health: Health) -> Self {
        Self {
            feed,
            checked_at,
            duration_ms: 0,
            outcome,
            status: None,
            body_bytes: 0,
            unconditional: false,
            validators: None,
            freshness: None,
            next_due: None,
            unpushed_due: None,
            not_before: None,
            health,
            newest_entry: None,
            host_pause: None,
            moved_to: None,
            redirect: None,
            head: None,
            entries: Vec::new(),
            rejects: Vec::new(),
            repairs: Vec::new(),
        }
    }
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
