//! WebSub: a hub pushes what a feed announces, so that it need not be asked.

use crate::{Entry, FeedId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How far a subscription at a hub has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubscriptionState {
    /// The hub is to be asked.
    #[default]
    Wanted,
    /// The hub was asked and has not verified yet that it was us.
    Pending,
    /// The hub pushes.
    Verified,
    /// The hub will not push.
    Denied,
    /// The hub is to stop.
    Ending,
}

impl SubscriptionState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Wanted, Self::Pending, Self::Verified, Self::Denied, Self::Ending];

    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Denied => "denied",
            Self::Ending => "ending",
        }
    }
}

/// A feed that can be had from a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubOffer {
    /// The feed.
    pub feed: FeedId,
    /// What the hub knows it by: its address by its own word, else the one it is asked at.
    pub topic: String,
    /// Its hubs, in its order; never empty.
    pub hubs: Vec<String>,
}

/// A subscription that does not exist yet.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSubscription {
    /// The feed.
    pub feed: FeedId,
    /// The hub's address.
    pub hub: String,
    /// What the hub knows the feed by.
    pub topic: String,
    /// Where the hub reaches us: the public address and the token.
    pub callback: String,
    /// Cannot be guessed: who knows it is the hub.
    pub token: String,
    /// The hub signs with it.
    pub secret: String,
}

impl fmt::Debug for NewSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSubscription")
            .field("feed", &self.feed)
            .field("hub", &self.hub)
            .finish_non_exhaustive()
    }
}

/// A subscription at a hub. `Debug` shows neither token nor secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The row of table `websub`.
    pub id: i64,
    /// What was asked for.
    pub what: NewSubscription,
    /// How far it has come.
    pub state: SubscriptionState,
    /// Its pushes are taken until then; `None` when the hub never verified it.
    pub lease_until: Option<Timestamp>,
    /// When the hub is asked, or asked again.
    pub next_try: Timestamp,
    /// Failed attempts in a row.
    pub failures: u32,
    /// Bodies of its feed killed the process: its pushes are not read.
    pub set_aside: bool,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("id", &self.id)
            .field("what", &self.what)
            .field("state", &self.state)
            .field("lease_until", &self.lease_until)
            .finish_non_exhaustive()
    }
}

/// What a hub pushed; the store saves it in one transaction with its entries. A push is no check: it says
/// nothing of the validators, of the outcome or of when to ask the feed again.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedPush {
    /// The row of table `websub`.
    pub subscription: i64,
    /// The feed.
    pub feed: FeedId,
    /// When.
    pub pushed_at: Timestamp,
    /// The newest plausible date among the entries.
    pub newest_entry: Option<Timestamp>,
    /// The entries, in the order of the body; each key once.
    pub entries: Vec<Entry>,
}

impl fmt::Debug for FeedPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedPush")
            .field("feed", &self.feed)
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}
