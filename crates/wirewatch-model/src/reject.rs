//! What a stage sends on when it gives up on an entry.

use crate::{EntryId, Ordinal};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The stages of the pipeline, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Fetching a feed or a page.
    Fetch,
    /// Reading entries out of a feed.
    Parse,
    /// Cutting the article out of its page.
    Clean,
    /// Judging copies and revisions.
    Dedup,
    /// Giving topics.
    Tag,
    /// Writing to the database.
    Store,
}

impl Stage {
    /// The name as it stands in tables, logs and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Parse => "parse",
            Self::Clean => "clean",
            Self::Dedup => "dedup",
            Self::Tag => "tag",
            Self::Store => "store",
        }
    }
}

/// An entry that a stage could not take further, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The entry that is given up.
    pub entry: EntryId,
    /// Its place in the order of judging, when it had one: the writer waits for every ordinal.
    pub ordinal: Option<Ordinal>,
    /// Where it failed.
    pub stage: Stage,
    /// Why, in words a person can act on.
    pub reason: String,
    /// When to try again; `None` when trying again is pointless.
    pub retry_at: Option<Timestamp>,
}
