//! An article as readers see it: one row of the view `items`.

use crate::{ArticleId, Seq, StoryId};
use serde::{Deserialize, Serialize};

/// What happened to an article that readers must learn of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Stored for the first time.
    New,
    /// The page's text replaced the feed's.
    Completed,
    /// Its text changed.
    Revision,
    /// It became a copy, or another article became its original.
    Regrouped,
    /// Its topics changed.
    Retagged,
    /// It was removed.
    Withdrawn,
}

impl ChangeKind {
    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Completed => "completed",
            Self::Revision => "revision",
            Self::Regrouped => "regrouped",
            Self::Retagged => "retagged",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// One row of the view `items`; times are RFC 3339 in UTC, a missing value is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The article.
    pub id: ArticleId,
    /// Its latest change.
    pub seq: Seq,
    /// The address that answered.
    pub url: String,
    /// The publisher's name.
    pub publisher: Option<String>,
    /// The headline.
    pub title: String,
    /// The people who wrote it.
    pub authors: Vec<String>,
    /// BCP 47 code.
    pub language: Option<String>,
    /// When it was published, by its own word.
    pub published: Option<String>,
    /// When wirewatch first saw it.
    pub first_seen: String,
    /// The time of the article: the earliest plausible of the two.
    pub time: String,
    /// Whether it belongs to the story.
    pub relevant: bool,
    /// Slugs, highest score first.
    pub topics: Vec<String>,
    /// The original, when this is a copy.
    pub copy_of: Option<ArticleId>,
    /// The story it belongs to.
    pub story: Option<StoryId>,
    /// Words of the text.
    pub words: u32,
    /// Where the text came from: see [`Method`](crate::Method).
    pub method: String,
}
