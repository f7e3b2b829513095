//! Listings: a filter made SQL.

use super::Reader;
use super::search::{RANKED_MATCHES, fts_query};
use crate::StoreError;
use crate::column::{Json, Micros, rfc3339};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};
use wirewatch_model::{ArticleId, Copies, Item, ItemFilter, ItemOrder, Seq, StoryId};

/// Most items of one page, whatever was asked for.
const MOST_ITEMS: u32 = 10_000;

/// Where the next page of a listing begins: after this item. Serves [`ItemOrder::Stored`] and
/// [`ItemOrder::Time`]; for [`ItemOrder::Seq`] the filter's `after` does, and a ranking has one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemCursor {
    /// Id of the last item shown.
    pub id: ArticleId,
    /// Its time.
    pub time: Timestamp,
}

impl Reader {
    /// The items a filter asks for, in its order: the first page.
    ///
    /// With words, [`ItemOrder::Time`] and [`ItemOrder::Rank`] look at the latest [`RANKED_MATCHES`]
    /// matches only.
    pub fn items(&self, filter: &ItemFilter) -> Result<Vec<Item>, StoreError> {
        self.items_after(filter, None)
    }

    /// The page of a listing that begins after an item.
    pub fn items_after(
        &self,
        filter: &ItemFilter,
        cursor: Option<ItemCursor>,
    ) -> Result<Vec<Item>, StoreError> {
        self.ask(|| self.list(filter, cursor))
    }

    /// [`Reader::items_after`] inside a question that is being answered.
    pub(super) fn list(
        &self,
        filter: &ItemFilter,
        cursor: Option<ItemCursor>,
    ) -> Result<Vec<Item>, StoreError> {
        let Some(query) = self.build(filter, cursor)? else { return Ok(Vec::new()) };
        Ok(self.rows(&query.sql(filter), params_from_iter(&query.params), read_item)?)
    }

    /// One item.
    pub(super) fn item(&self, article: ArticleId) -> Result<Option<Item>, StoreError> {
        let sql = format!("SELECT {ITEM_COLUMNS} FROM article a {JOIN_PUBLISHER} WHERE a.id = ?1");
        Ok(self.optional(&sql, [article.0], read_item)?)
    }

    /// `None` when nothing can match: no word in the words, no such topic, no such publisher.
    fn build(&self, filter: &ItemFilter, cursor: Option<ItemCursor>) -> Result<Option<Query>, StoreError> {
        let mut query = Query::default();
        if !self.add_words(filter, &mut query) || !self.add_topics(filter, &mut query)? {
            return Ok(None);
        }
        if !filter.publishers.is_empty() {
            let ids = self.publisher_ids(&filter.publishers)?;
            if ids.is_empty() {
                return Ok(None);
            }
            query.any_of("a.publisher", ids.into_iter().map(Value::from));
        }
        if let Some(relevant) = filter.relevant {
            query.condition("a.relevant = ", relevant);
        }
        if filter.copies == Copies::Fold {
            query.conditions.push("a.copy_of IS NULL".to_owned());
        }
        if !filter.languages.is_empty() {
            let primary = "substr(a.language, 1, instr(a.language || '-', '-') - 1)";
            query.any_of(primary, filter.languages.iter().map(|code| Value::from(primary_tag(code))));
        }
        if let Some(since) = filter.since {
            query.condition("a.time >= ", since.as_microsecond());
        }
        if let Some(until) = filter.until {
            query.condition("a.time < ", until.as_microsecond());
        }
        if let Some(after) = filter.after {
            query.condition("a.seq > ", after.0);
        }
        if let Some(cursor) = cursor {
            query.begin_after(filter.order, cursor);
        }
        Ok(Some(query))
    }

    /// Whether the words can match at all.
    fn add_words(&self, filter: &ItemFilter, query: &mut Query) -> bool {
        let Some(text) = &filter.text else { return true };
        let Some(words) = fts_query(&self.stems, text) else { return false };
        match filter.order {
            // The index gives its matches last stored first: what is not asked for is not looked at.
            ItemOrder::Stored => {
                query.from = "article_fts CROSS JOIN article a ON a.id = article_fts.rowid".to_owned();
                query.condition("article_fts MATCH ", words);
                query.order = "article_fts.rowid DESC";
            }
            ItemOrder::Seq => {
                let place = query.param(words);
                query
                    .conditions
                    .push(format!("a.id IN (SELECT rowid FROM article_fts WHERE article_fts MATCH {place})"));
            }
            ItemOrder::Time | ItemOrder::Rank => {
                let rank = if filter.order == ItemOrder::Rank { "rank" } else { "0" };
                let place = query.param(words);
                query.from = format!(
                    "(SELECT rowid AS id, {rank} AS score FROM article_fts WHERE article_fts MATCH {place}
                       ORDER BY rowid DESC LIMIT {RANKED_MATCHES}) m CROSS JOIN article a ON a.id = m.id"
                );
                if filter.order == ItemOrder::Rank {
                    query.order = "m.score, a.id DESC";
                }
            }
        }
        true
    }

    /// Whether there is any of the topics.
    fn add_topics(&self, filter: &ItemFilter, query: &mut Query) -> Result<bool, StoreError> {
        if filter.topics.is_empty() {
            return Ok(true);
        }
        let mut ids = Vec::new();
        for slug in &filter.topics {
            ids.extend(
                self.optional("SELECT id FROM topic WHERE slug = ?1", [slug], |row| row.get::<_, i64>(0))?,
            );
        }
        if ids.is_empty() {
            return Ok(false);
        }
        let by_index = matches!(filter.order, ItemOrder::Stored | ItemOrder::Rank) && filter.text.is_none();
        if let ([only], true) = (ids.as_slice(), by_index) {
            // The articles of one topic lie in order of their ids: a rare topic is found as quickly.
            query.from = "article_topic at CROSS JOIN article a ON a.id = at.article".to_owned();
            query.condition("at.topic = ", *only);
            query.order = "at.article DESC";
        } else {
            let list = query.list(ids.into_iter().map(Value::from));
            query.conditions.push(format!(
                "EXISTS (SELECT 1 FROM article_topic at WHERE at.article = a.id AND at.topic IN ({list}))"
            ));
        }
        Ok(true)
    }

    /// Publishers by name, in any case, or by registrable domain.
    fn publisher_ids(&self, names: &[String]) -> Result<Vec<i64>, StoreError> {
        let wanted: Vec<String> = names.iter().map(|name| name.trim().to_lowercase()).collect();
        let known = self.rows("SELECT id, name, domain FROM publisher", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        Ok(known
            .into_iter()
            .filter(|(_, name, domain)| wanted.contains(&name.to_lowercase()) || wanted.contains(domain))
            .map(|(id, _, _)| id)
            .collect())
    }
}

fn primary_tag(code: &str) -> String {
    code.split('-').next().unwrap_or(code).to_lowercase()
}

/// A query in the making.
#[derive(Default)]
struct Query {
    /// What the rows come from; empty for the articles.
    from: String,
    conditions: Vec<String>,
    params: Vec<Value>,
    /// Empty for the order of the filter.
    order: &'static str,
}

impl Query {
    /// Adds a value; gives its place in the text.
    fn param(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("?{}", self.params.len())
    }

    fn condition(&mut self, left: &str, value: impl Into<Value>) {
        let place = self.param(value);
        self.conditions.push(format!("{left}{place}"));
    }

    fn list(&mut self, values: impl Iterator<Item = Value>) -> String {
        values.map(|value| self.param(value)).collect::<Vec<_>>().join(", ")
    }

    fn any_of(&mut self, left: &str, values: impl Iterator<Item = Value>) {
        let list = self.list(values);
        self.conditions.push(format!("{left} IN ({list})"));
    }

    fn begin_after(&mut self, order: ItemOrder, cursor: ItemCursor) {
        match order {
            ItemOrder::Stored => self.condition("a.id < ", cursor.id.0),
            ItemOrder::Time => {
                let (time, id) = (self.param(cursor.time.as_microsecond()), self.param(cursor.id.0));
                self.conditions.push(format!("(a.time, a.id) < ({time}, {id})"));
            }
            ItemOrder::Rank | ItemOrder::Seq => {}
        }
    }

    fn sql(&self, filter: &ItemFilter) -> String {
        let from = if self.from.is_empty() { "article a" } else { &self.from };
        let order = match (self.order, filter.order) {
            ("", ItemOrder::Stored | ItemOrder::Rank) => "a.id DESC",
            ("", ItemOrder::Time) => "a.time DESC, a.id DESC",
            ("", ItemOrder::Seq) => "a.seq",
            (order, _) => order,
        };
        let conditions =
            if self.conditions.is_empty() { "1".to_owned() } else { self.conditions.join(" AND ") };
        let limit = filter.limit.min(MOST_ITEMS);
        format!(
            "SELECT {ITEM_COLUMNS} FROM {from} {JOIN_PUBLISHER} WHERE {conditions} ORDER BY {order} LIMIT {limit}"
        )
    }
}

/// The same as the view `items` gives, with times as they are stored.
const ITEM_COLUMNS: &str =
    "a.id, a.seq, a.url, p.name, a.title, a.authors, a.language, a.published, a.first_seen,
    a.time, a.relevant,
    (SELECT json_group_array(slug)
       FROM (SELECT t.slug FROM article_topic x JOIN topic t ON t.id = x.topic
              WHERE x.article = a.id ORDER BY x.score DESC, t.slug)),
    a.copy_of, a.story, a.words, a.method";

const JOIN_PUBLISHER: &str = "LEFT JOIN publisher p ON p.id = a.publisher";

fn read_item(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        id: ArticleId(row.get(0)?),
        seq: Seq(row.get(1)?),
        url: row.get(2)?,
        publisher: row.get(3)?,
        title: row.get(4)?,
        authors: row.get::<_, Json<Vec<String>>>(5)?.0,
        language: row.get(6)?,
        published: row.get::<_, Option<Micros>>(7)?.map(|at| rfc3339(at.0)),
        first_seen: rfc3339(row.get::<_, Micros>(8)?.0),
        time: rfc3339(row.get::<_, Micros>(9)?.0),
        relevant: row.get(10)?,
        topics: row.get::<_, Json<Vec<String>>>(11)?.0,
        copy_of: row.get::<_, Option<i64>>(12)?.map(ArticleId),
        story: row.get::<_, Option<i64>>(13)?.map(StoryId),
        words: row.get(14)?,
        method: row.get(15)?,
    })
}
