//! Everything about one article.

use super::Reader;
use crate::StoreError;
use crate::column::{Json, Micros, rfc3339};
use serde::Serialize;
use wirewatch_model::{ArticleId, CopyEvidence, Evidence, Item, Provenance};

/// An article with all that hangs on it.
#[derive(Clone, Debug, Serialize)]
pub struct ItemDetail {
    /// As in listings.
    #[serde(flatten)]
    pub item: Item,
    /// Paragraphs joined by a blank line.
    pub text: String,
    /// When it was published, as written: offset or bare day kept.
    pub published_as: Option<String>,
    /// When it was last changed, by its own word.
    pub modified: Option<String>,
    /// The section or rubric.
    pub section: Option<String>,
    /// The page's own keywords.
    pub keywords: Vec<String>,
    /// The lead picture's address.
    pub image: Option<String>,
    /// The canonical address the page declares.
    pub canonical_url: Option<String>,
    /// The site's name by the page's own word.
    pub site: Option<String>,
    /// 0 to 1.
    pub relevance: f64,
    /// Number of the present text, from 1.
    pub revision: u32,
    /// The text is the feed's and stands in for the page's.
    pub provisional: bool,
    /// Why there is no page, when the text is the feed's.
    pub failure: Option<String>,
    /// Paragraphs (from 0) that are stock background met before.
    pub background: Vec<u32>,
    /// Where the bytes came from; `None` when the text is the feed's.
    pub provenance: Option<Provenance>,
    /// Topics with what earned them, highest score first.
    pub topic_details: Vec<TopicRow>,
    /// Who and what is named.
    pub entities: Vec<EntityRow>,
    /// Why it is a copy, when it is one.
    pub copy: Option<CopyRow>,
    /// Articles that are copies of it.
    pub copies: Vec<CopyRow>,
    /// Its earlier texts, first one first.
    pub revisions: Vec<RevisionRow>,
    /// The addresses it is known by, its identity first.
    pub addresses: Vec<AddressRow>,
    /// The feeds that announced it.
    pub feeds: Vec<String>,
}

/// A topic of an article.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopicRow {
    /// Its slug.
    pub slug: String,
    /// Its title, when the rules were told.
    pub title: Option<String>,
    /// 0 to 1.
    pub score: f64,
    /// `rule`, `head` or `manual`.
    pub source: String,
    /// The passages that earned it; offsets in Unicode code points.
    pub evidence: Vec<Evidence>,
}

/// An entity named in an article.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntityRow {
    /// Its slug.
    pub slug: String,
    /// Its name in English.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// Where it is named: field, first code point, one past the last.
    pub mentions: serde_json::Value,
}

/// Two articles of which one is a copy of the other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CopyRow {
    /// The other one: the original in `copy`, the copy in `copies`.
    pub article: ArticleId,
    /// Its address.
    pub url: String,
    /// Its publisher.
    pub publisher: Option<String>,
    /// How the copy relates to the original: the name of a [`Relation`](wirewatch_model::Relation).
    pub relation: String,
    /// 0 to 1.
    pub similarity: f64,
    /// The figures that decided.
    pub evidence: Option<CopyEvidence>,
}

/// An earlier text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RevisionRow {
    /// Its number, from 1.
    pub number: u32,
    /// Its headline.
    pub title: String,
    /// Its text; `None` where it was given up.
    pub text: Option<String>,
    /// Words of the text.
    pub words: u32,
    /// When the next text took its place, RFC 3339.
    pub replaced: String,
}

/// What an address is to an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressKind {
    /// Its identity.
    Identity,
    /// Another one it is known by.
    Alias,
}

/// An address of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddressRow {
    /// In its normalised form.
    pub identity: String,
    /// What it is.
    pub kind: AddressKind,
}

impl Reader {
    /// Everything about one article; `None` when there is none of the id.
    pub fn item_detail(&self, article: ArticleId) -> Result<Option<ItemDetail>, StoreError> {
        self.ask(|| {
            let Some(item) = self.item(article)? else { return Ok(None) };
            self.detail_of(item).map(Some)
        })
    }

    fn detail_of(&self, item: Item) -> Result<ItemDetail, StoreError> {
        let article = item.id.0;
        let detail = self.one(
            "SELECT t.text, a.published_as, d.modified_as, d.section, d.keywords, d.image, d.canonical_url, d.site,
                    a.relevance, a.revision, a.provisional, d.failure, d.background, d.provenance
               FROM article a JOIN article_detail d ON d.article = a.id JOIN article_text t ON t.id = a.id
              WHERE a.id = ?1",
            [article],
            |row| {
                Ok(ItemDetail {
                    item,
                    text: row.get(0)?,
                    published_as: row.get(1)?,
                    modified: row.get(2)?,
                    section: row.get(3)?,
                    keywords: row.get::<_, Json<Vec<String>>>(4)?.0,
                    image: row.get(5)?,
                    canonical_url: row.get(6)?,
                    site: row.get(7)?,
                    relevance: row.get(8)?,
                    revision: row.get(9)?,
                    provisional: row.get(10)?,
                    failure: row.get(11)?,
                    background: row.get::<_, Json<Vec<u32>>>(12)?.0,
                    provenance: row.get::<_, Option<Json<Provenance>>>(13)?.map(|json| json.0),
                    topic_details: Vec::new(),
                    entities: Vec::new(),
                    copy: None,
                    copies: Vec::new(),
                    revisions: Vec::new(),
                    addresses: Vec::new(),
                    feeds: Vec::new(),
                })
            },
        )?;
        Ok(ItemDetail {
            topic_details: self.topics_of(article)?,
            entities: self.entities_of(article)?,
            copy: self.copy_rows("c.article = ?1", "c.of", article)?.pop(),
            copies: self.copy_rows("c.of = ?1", "c.article", article)?,
            revisions: self.revisions_of(article)?,
            addresses: self.addresses_of(article)?,
            feeds: self.rows(
                "SELECT DISTINCT f.url FROM entry e JOIN feed f ON f.id = e.feed WHERE e.article = ?1 ORDER BY f.id",
                [article],
                |row| row.get(0),
            )?,
            ..detail
        })
    }

    fn topics_of(&self, article: i64) -> Result<Vec<TopicRow>, StoreError> {
        Ok(self.rows(
            "SELECT t.slug, t.title, x.score, x.source, x.evidence
               FROM article_topic x JOIN topic t ON t.id = x.topic
              WHERE x.article = ?1 ORDER BY x.score DESC, t.slug",
            [article],
            |row| {
                Ok(TopicRow {
                    slug: row.get(0)?,
                    title: row.get(1)?,
                    score: row.get(2)?,
                    source: row.get(3)?,
                    evidence: row.get::<_, Json<Vec<Evidence>>>(4)?.0,
                })
            },
        )?)
    }

    fn entities_of(&self, article: i64) -> Result<Vec<EntityRow>, StoreError> {
        Ok(self.rows(
            "SELECT e.slug, e.name, e.kind, x.mentions
               FROM article_entity x JOIN entity e ON e.id = x.entity
              WHERE x.article = ?1 ORDER BY json_array_length(x.mentions) DESC, e.slug",
            [article],
            |row| {
                Ok(EntityRow {
                    slug: row.get(0)?,
                    name: row.get(1)?,
                    kind: row.get(2)?,
                    mentions: row.get::<_, Json<serde_json::Value>>(3)?.0,
                })
            },
        )?)
    }

    fn copy_rows(&self, condition: &str, other: &str, article: i64) -> Result<Vec<CopyRow>, StoreError> {
        let sql = format!(
            "SELECT a.id, a.url, p.name, c.relation, c.similarity, c.evidence
               FROM copy c JOIN article a ON a.id = {other} LEFT JOIN publisher p ON p.id = a.publisher
              WHERE {condition} ORDER BY a.id"
        );
        Ok(self.rows(&sql, [article], |row| {
            Ok(CopyRow {
                article: ArticleId(row.get(0)?),
                url: row.get(1)?,
                publisher: row.get(2)?,
                relation: row.get(3)?,
                similarity: row.get(4)?,
                evidence: row.get::<_, Option<Json<CopyEvidence>>>(5)?.map(|json| json.0),
            })
        })?)
    }

    fn revisions_of(&self, article: i64) -> Result<Vec<RevisionRow>, StoreError> {
        Ok(self.rows(
            "SELECT number, title, text, words, replaced_at FROM revision WHERE article = ?1 ORDER BY number",
            [article],
            |row| {
                Ok(RevisionRow {
                    number: row.get(0)?,
                    title: row.get(1)?,
                    text: row.get(2)?,
                    words: row.get(3)?,
                    replaced: rfc3339(row.get::<_, Micros>(4)?.0),
                })
            },
        )?)
    }

    fn addresses_of(&self, article: i64) -> Result<Vec<AddressRow>, StoreError> {
        Ok(self.rows(
            "SELECT identity, kind = 'identity' FROM article_address WHERE article = ?1 ORDER BY 2 DESC, 1",
            [article],
            |row| {
                let kind = if row.get(1)? { AddressKind::Identity } else { AddressKind::Alias };
                Ok(AddressRow { identity: row.get(0)?, kind })
            },
        )?)
    }
}
