//! Topics, relevance and entities, each with the passage that earned it.

use crate::JudgedArticle;
use serde::{Deserialize, Serialize};

/// The part of an article a span counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The headline.
    Title,
    /// The body, paragraphs joined by blank lines.
    Text,
}

/// A passage that earned a topic. Offsets count Unicode code points of the field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where the passage stands.
    pub field: Field,
    /// First code point.
    pub start: u32,
    /// One past the last code point.
    pub end: u32,
    /// The term of the rule that matched.
    pub term: String,
    /// How much it counted.
    pub weight: f32,
}

/// Who gave a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TagSource {
    /// The terms of `topics.toml`.
    Rule,
    /// The trained head.
    Head,
    /// A person.
    Manual,
}

impl TagSource {
    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Head => "head",
            Self::Manual => "manual",
        }
    }
}

/// A topic of an article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicTag {
    /// The topic's slug in `topics.toml`.
    pub slug: String,
    /// 0 to 1.
    pub score: f32,
    /// Who gave it.
    pub source: TagSource,
    /// The strongest passages, strongest first; never empty for a rule.
    pub evidence: Vec<Evidence>,
}

/// What kind of thing an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntityKind {
    /// A human being.
    Person,
    /// A country, city, region or sea.
    Place,
    /// An organisation.
    Organisation,
    /// A medium.
    Media,
    /// A treaty or another document.
    Document,
    /// An event.
    Event,
}

impl EntityKind {
    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Place => "place",
            Self::Organisation => "organisation",
            Self::Media => "media",
            Self::Document => "document",
            Self::Event => "event",
        }
    }
}

/// One mention of an entity. Offsets count Unicode code points of the field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityMention {
    /// The entity's slug in `entities.toml`.
    pub id: String,
    /// Its name in English.
    pub name: String,
    /// What it is.
    pub kind: EntityKind,
    /// Where the mention stands.
    pub field: Field,
    /// First code point.
    pub start: u32,
    /// One past the last code point.
    pub end: u32,
}

/// Everything the tagger says of one article.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tags {
    /// BCP 47 code the tagger read the text as; `None` when it could not tell.
    pub language: Option<String>,
    /// Whether the article belongs to the story this database follows.
    pub relevant: bool,
    /// 0 to 1.
    pub relevance: f32,
    /// Highest score first.
    pub topics: Vec<TopicTag>,
    /// In order of their place, bounded.
    pub entities: Vec<EntityMention>,
    /// Hash of the rules that gave the tags: other rules, other tags.
    pub rules_version: u64,
}

/// An article with everything the store needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaggedArticle {
    /// The article and its verdict.
    pub judged: JudgedArticle,
    /// Its tags.
    pub tags: Tags,
}
