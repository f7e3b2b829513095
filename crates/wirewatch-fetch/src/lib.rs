//! HTTP with manners, and feeds read whatever shape they are in.
//!
//! ```text
//!              fetch_feed (network)            read_feed (pure)
//! DueFeed ──► gate ► guard ► GET ► FeedAnswer ──► decode ► repair ► parse ──► FeedCheck
//!                                                        └► plan (pure)
//! PageRequest ──► robots.txt ► gate ► guard ► GET ──► PageAnswer
//!                     └◄── redirect ──┘
//! ```
//!
//! Everything on the network goes through one guarded client: only http(s) to public addresses, also
//! after a redirect and after DNS; no proxy but one set for a feed, no cookies, no Referer; one connection
//! at a time and a pause between starts per host; timeouts, a cap on decoded bytes, and one budget of body
//! bytes for the whole process ([`BytesHeld`]). A failure of the network is part of the answer, never an error:
//! only [`Fetcher::new`] can fail.
//!
//! Reading is split off as plain functions: [`parse_feed`] makes entries of bytes, [`plan`] plans
//! the next check, [`read_feed`] does both for an answer, [`explain()`] says all of it in words, and
//! [`candidates`] names the addresses of a page that may be feeds. They know no socket and no clock.

mod discover;
mod explain;
mod feed;
mod feed_check;
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod http;
mod hub;
mod learnt;
mod memory;
mod moved;
mod outlook;
mod page;
mod permission;
mod schedule;
mod time;

pub use discover::{Candidate, Discovery, Found, FoundFeed, Report, SeenPage, candidates, usual_places};
pub use explain::{Explanation, Line, ShownEntry, explain, repair_in_words};
pub use feed::{
    NotAFeed, NotAFeedKind, PARSER_VERSION, ParsedFeed, decode_text, parse_feed, read_date, rfc3339,
};
pub use feed_check::{Asked, FeedAnswer, FeedResult, body_hash, read_feed};
pub use health::usual_gap_secs;
pub use http::{
    budget::BytesHeld,
    client::Hop,
    gate::PutOff,
    guard::{AddressError, Lookup},
    headers::Headers,
    settings::{SettingsError, check_settings},
};
pub use hub::{HubError, HubMode, HubRequest, is_signed};
pub use learnt::Learnt;
pub use page::{PageAnswer, PageRequest, PageResult};
pub use schedule::{Because, Ending, Floor, Plan, Schedule, plan};
pub use time::span_in_words;

use http::{client::Client, robots::product, settings::LONGEST_HOST_PAUSE_MS};
use jiff::Timestamp;
use permission::RobotsMemory;
use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};
use wirewatch_model::{HostPause, RobotsRules};

/// How to fetch.
#[derive(Clone, Debug)]
pub struct FetchConfig {
    /// Sent with every request: the product token first, a contact address in it.
    pub user_agent: String,
    /// Longest time to connect, TLS included.
    pub connect_timeout: Duration,
    /// Longest time from the request to the headers, and between two pieces of a body.
    pub header_timeout: Duration,
    /// Longest time for one request with its redirects and body, waits for a turn not counted.
    pub total_timeout: Duration,
    /// Longest wait for those who ask the same host earlier; who waited longer is put off a little.
    pub turn_timeout: Duration,
    /// The same for the target of a redirect.
    pub redirect_turn_timeout: Duration,
    /// Cap on the decoded body of a feed, in bytes.
    pub feed_body_limit: usize,
    /// Cap on the decoded body of a page, in bytes.
    pub page_body_limit: usize,
    /// Redirects that are followed.
    pub max_redirects: usize,
    /// Pause between the starts of two requests to one host.
    pub host_pause: Duration,
    /// Body bytes that may be in memory at once, for all requests together; raised to one body.
    pub bytes_in_flight: usize,
    /// Sockets the address guard lets through although they are not public (tests, the press).
    pub allow_sockets: Vec<SocketAddr>,
    /// Fixed names. The port counts too, unless the address carries one. A socket that is not public
    /// must also stand in `allow_sockets`.
    pub resolve: HashMap<String, SocketAddr>,
    /// How other names are resolved.
    pub lookup: Lookup,
    /// Gives the environment variables that feed settings name.
    pub variables: fn(&str) -> Option<String>,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            user_agent: concat!(
                "wirewatch/",
                env!("CARGO_PKG_VERSION"),
                " (news reader; contact: see configuration)"
            )
            .to_owned(),
            connect_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            // As long as three of the slowest answers take.
            turn_timeout: Duration::from_secs(90),
            redirect_turn_timeout: Duration::from_secs(10),
            feed_body_limit: 10 * 1024 * 1024,
            page_body_limit: 5 * 1024 * 1024,
            max_redirects: 10,
            host_pause: Duration::from_secs(1),
            bytes_in_flight: 64 * 1024 * 1024,
            allow_sockets: Vec::new(),
            resolve: HashMap::new(),
            lookup: Lookup::default(),
            variables: |name| std::env::var(name).ok(),
        }
    }
}

/// Why there is no fetcher.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchSetupError {
    /// The User-Agent cannot be sent.
    #[error("user_agent holds characters that cannot stand in a header")]
    UserAgent,
    /// The TLS or HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
}

/// The fetcher; clones share connections, gates, budget and memory of robots.txt.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

struct Inner {
    client: Client,
    robots: RobotsMemory,
}

impl Fetcher {
    /// A fetcher. Must be called within a tokio runtime only when it is used, not to be made.
    pub fn new(config: FetchConfig) -> Result<Self, FetchSetupError> {
        Ok(Self(Arc::new(Inner { client: Client::new(config)?, robots: RobotsMemory::default() })))
    }

    /// Restores a pause a host asked for before a restart.
    pub fn pause_host(&self, pause: &HostPause) {
        self.0.client.gates().restore(pause);
    }

    /// Restores the robots.txt that an earlier process had; what is over at `now` is passed over.
    pub fn restore_robots(&self, kept: &[RobotsRules], now: Timestamp) {
        for rules in kept {
            self.0.robots.restore(rules, now);
        }
    }

    /// What was learnt of hosts since the last call and should be kept for a restart. Bounded: what
    /// nobody takes is learnt again some day.
    pub fn take_learnt(&self) -> Vec<Learnt> {
        self.client().lessons().take()
    }

    /// Room for a body that comes without being asked for (a push); `None` when there is none now.
    pub fn hold(&self, bytes: usize) -> Option<BytesHeld> {
        self.client().budget().try_hold(bytes)
    }

    fn client(&self) -> &Client {
        &self.0.client
    }

    fn robots_memory(&self) -> &RobotsMemory {
        &self.0.robots
    }

    /// The pause between two starts at a host: the caller's, else the configured one. What was stored
    /// before there was a longest one is held to it.
    fn pause(&self, own_ms: Option<u32>) -> Duration {
        let own = own_ms.map(|ms| Duration::from_millis(ms.min(LONGEST_HOST_PAUSE_MS).into()));
        own.unwrap_or(self.client().config().host_pause)
    }

    /// The name robots.txt knows us by: the product token of the User-Agent.
    fn product_token(&self) -> &str {
        product(&self.client().config().user_agent)
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("config", self.client().config()).finish_non_exhaustive()
    }
}
