//! What a reader asks for, as a parsed value; the store turns it into SQL.

use crate::Seq;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What to do with copies in a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Copies {
    /// Only originals; a copy is counted at its original.
    #[default]
    Fold,
    /// Every article.
    Show,
}

/// The order of a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemOrder {
    /// Last stored first.
    #[default]
    Stored,
    /// Latest [time of the article](crate::Item::time) first.
    Time,
    /// Best full-text match first, over a bounded number of matches.
    Rank,
    /// Lowest `seq` first: for readers that follow changes.
    Seq,
}

/// Which items a reader wants. `Default` is everything relevant with copies folded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFilter {
    /// Full-text words; every word must match.
    pub text: Option<String>,
    /// `Some(true)`: only relevant articles.
    pub relevant: Option<bool>,
    /// Whether copies are shown.
    pub copies: Copies,
    /// Any of these topics; empty for all.
    pub topics: Vec<String>,
    /// Any of these publishers, by name or registrable domain; empty for all.
    pub publishers: Vec<String>,
    /// Any of these languages (BCP 47 primary tag); empty for all.
    pub languages: Vec<String>,
    /// Time of the article, inclusive.
    pub since: Option<Timestamp>,
    /// Time of the article, exclusive.
    pub until: Option<Timestamp>,
    /// Only items whose latest change came after this.
    pub after: Option<Seq>,
    /// The order.
    pub order: ItemOrder,
    /// At most this many.
    pub limit: u32,
}

impl Default for ItemFilter {
    fn default() -> Self {
        Self {
            text: None,
            relevant: Some(true),
            copies: Copies::Fold,
            topics: Vec::new(),
            publishers: Vec::new(),
            languages: Vec::new(),
            since: None,
            until: None,
            after: None,
            order: ItemOrder::Stored,
            limit: 50,
        }
    }
}
