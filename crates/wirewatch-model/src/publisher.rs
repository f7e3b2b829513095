//! Who publishes feeds.

use serde::{Deserialize, Serialize};

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
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Wire,
        Self::Newspaper,
        Self::Broadcaster,
        Self::Government,
        Self::ThinkTank,
        Self::StateControlled,
        Self::Aggregator,
    ];

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
