//! What is kept of hosts: the pauses they asked for, their robots.txt, and what recurs on their pages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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

impl HostPause {
    /// Whether it is no pause but the end of strikes: the host has answered as it should.
    pub fn is_relief(&self) -> bool {
        self.strikes == 0 && self.until <= Timestamp::UNIX_EPOCH
    }
}

/// The robots.txt of an origin as it was had; survives a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotsRules {
    /// Scheme, host and port, as in an address without its path.
    pub origin: String,
    /// Believed until then.
    pub until: Timestamp,
    /// The lines that count for us, as the fetcher writes and reads them.
    pub rules: String,
}

/// Hash of the normalised text of one block (a paragraph, a list, a line of furniture).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlockHash(pub u64);

/// What is known of a host before one of its pages is cleaned: table `host_block` as a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostMemory {
    /// How many distinct pages of the host have been seen, capped by ageing.
    pub pages: u32,
    /// On how many of those pages each block stood. Bounded by the store.
    pub blocks: HashMap<BlockHash, u32>,
}

impl HostMemory {
    /// Whether a block is furniture: it stood on at least three other pages of the host.
    pub fn is_furniture(&self, block: BlockHash) -> bool {
        self.blocks.get(&block).is_some_and(|pages| *pages >= 3)
    }
}

/// What one page teaches of its host; stored with the article in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostObservation {
    /// The host of the page, as in its address; empty when the page had none.
    pub host: String,
    /// The blocks that stood in or next to the article's text, each once.
    pub blocks: Vec<BlockHash>,
}
