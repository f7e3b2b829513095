//! The files under `press/` as they are written.

use serde::Deserialize;
use std::collections::BTreeMap;
use wirewatch_model::{PublisherKind, Relation};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutletFile {
    pub(crate) outlet: Vec<RawOutlet>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawOutlet {
    /// First label of its host: `ID.example`.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) tagline: String,
    pub(crate) country: String,
    pub(crate) language: String,
    pub(crate) kind: PublisherKind,
    /// A file of `press/layouts`.
    pub(crate) layout: String,
    /// Path of an article, with `{section}`, `{year}`, `{month}`, `{day}` and `{slug}`.
    pub(crate) article_path: String,
    /// Charset of feeds and pages, `utf-8` unless said otherwise.
    #[serde(default)]
    pub(crate) charset: Charset,
    /// Path prefixes its robots.txt closes.
    #[serde(default)]
    pub(crate) disallow: Vec<String>,
    pub(crate) feed: Vec<RawFeed>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Charset {
    #[default]
    Utf8,
    Windows1251,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFeed {
    pub(crate) path: String,
    pub(crate) title: String,
    pub(crate) format: FeedFormat,
    #[serde(default)]
    pub(crate) text: FeedText,
    #[serde(default)]
    pub(crate) validators: FeedValidators,
    /// Only this section's articles; all when absent.
    pub(crate) section: Option<String>,
    /// Query appended to every link, as campaign tools do.
    pub(crate) tracking: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(crate) enum FeedFormat {
    #[serde(rename = "rss-2.0")]
    Rss2,
    #[serde(rename = "rss-1.0")]
    Rss1,
    #[serde(rename = "atom-1.0")]
    Atom,
    #[serde(rename = "json-feed")]
    Json,
}

/// What an entry carries besides its title.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FeedText {
    #[default]
    Summary,
    Full,
}

/// Which validators a feed's answers carry.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FeedValidators {
    #[default]
    Both,
    Etag,
    LastModified,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArticleFile {
    #[serde(default)]
    pub(crate) article: Vec<RawArticle>,
    #[serde(default)]
    pub(crate) copy: Vec<RawCopy>,
    #[serde(default)]
    pub(crate) bulletin: Vec<RawBulletin>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawArticle {
    pub(crate) id: String,
    pub(crate) outlet: String,
    pub(crate) section: String,
    pub(crate) title: String,
    /// The first sentence when absent.
    pub(crate) summary: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) published: String,
    #[serde(default = "first_edition")]
    pub(crate) edition: u8,
    pub(crate) relevant: bool,
    #[serde(default)]
    pub(crate) topics: Vec<String>,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) edit: Vec<RawEdit>,
    #[serde(default)]
    pub(crate) quirks: Quirks,
}

/// What is unusual about how an article is announced or served.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quirks {
    /// The entry has no id of its own.
    #[serde(default)]
    pub(crate) without_id: bool,
    /// The entry has no link.
    #[serde(default)]
    pub(crate) without_link: bool,
    /// The page answers 404.
    #[serde(default)]
    pub(crate) page_missing: bool,
    /// The feed links to an address that redirects to the article.
    #[serde(default)]
    pub(crate) redirected: bool,
    /// Id of the article whose address the page declares as canonical.
    pub(crate) canonical: Option<String>,
}

/// A later version of an article; what is absent stays as it was.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEdit {
    pub(crate) edition: u8,
    pub(crate) at: String,
    pub(crate) title: Option<String>,
    pub(crate) summary: Option<String>,
    /// The whole text anew.
    pub(crate) text: Option<String>,
    /// Passages replaced; each must stand in the text before.
    #[serde(default)]
    pub(crate) replace: Vec<(String, String)>,
    /// Paragraphs added at the end.
    pub(crate) append: Option<String>,
}

/// An article at another outlet made from one above.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCopy {
    pub(crate) id: String,
    pub(crate) of: String,
    pub(crate) outlet: String,
    pub(crate) section: String,
    pub(crate) relation: Relation,
    /// The original's when absent.
    pub(crate) title: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) published: String,
    #[serde(default = "first_edition")]
    pub(crate) edition: u8,
    /// For a rewritten copy: its words.
    pub(crate) text: Option<String>,
    /// For a truncated copy: how many words of the original stay.
    pub(crate) keep_words: Option<usize>,
    /// For a syndicated copy: put before the first paragraph.
    pub(crate) dateline: Option<String>,
    /// For a syndicated copy: put after the last paragraph.
    pub(crate) credit: Option<String>,
    #[serde(default)]
    pub(crate) quirks: Quirks,
}

/// A report that repeats its wording every day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBulletin {
    pub(crate) family: String,
    pub(crate) outlet: String,
    pub(crate) section: String,
    pub(crate) author: Option<String>,
    pub(crate) relevant: bool,
    pub(crate) topics: Vec<String>,
    /// With `{name}` for each value of a day, as are summary and text.
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) text: String,
    pub(crate) day: Vec<RawBulletinDay>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBulletinDay {
    pub(crate) id: String,
    pub(crate) published: String,
    #[serde(default = "first_edition")]
    pub(crate) edition: u8,
    pub(crate) values: BTreeMap<String, String>,
}

fn first_edition() -> u8 {
    1
}
