//! What the deduplicator needs of what is stored.

use super::Reader;
use crate::StoreError;
use crate::column::Micros;
use jiff::Timestamp;
use wirewatch_model::ArticleId;

/// The text of an article, for comparing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredText {
    /// The article.
    pub article: ArticleId,
    /// Its headline.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Registrable domain of its publisher; empty when it has none.
    pub publisher: String,
    /// The time of the article.
    pub time: Timestamp,
}

/// What was stored to know an article again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSignature {
    /// The article.
    pub article: ArticleId,
    /// The time of the article.
    pub time: Timestamp,
    /// Registrable domain of its publisher; empty when it has none.
    pub publisher: String,
    /// The original, when it is a copy.
    pub copy_of: Option<ArticleId>,
    /// As the deduplicator gave it.
    pub signature: Vec<u8>,
}

impl Reader {
    /// The texts of articles; those that are not stored are left out.
    pub fn stored_texts(&self, articles: &[ArticleId]) -> Result<Vec<StoredText>, StoreError> {
        let mut texts = Vec::with_capacity(articles.len());
        for article in articles {
            let text = self.optional(
                "SELECT t.title, t.text, p.domain, a.time
                   FROM article_text t JOIN article a ON a.id = t.id LEFT JOIN publisher p ON p.id = a.publisher
                  WHERE t.id = ?1",
                [article.0],
                |row| {
                    Ok(StoredText {
                        article: *article,
                        title: row.get(0)?,
                        text: row.get(1)?,
                        publisher: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
                        time: row.get::<_, Micros>(3)?.0,
                    })
                },
            )?;
            texts.extend(text);
        }
        Ok(texts)
    }

    /// Hands the signatures of all articles with a time of `since` or later, and before `until`, to
    /// `take`, in the order of ids; ends early when it returns `false`. Memory: one id an article.
    pub fn signatures(
        &self,
        since: Timestamp,
        until: Timestamp,
        mut take: impl FnMut(StoredSignature) -> bool,
    ) -> Result<(), StoreError> {
        let mut ids: Vec<i64> = self.rows(
            "SELECT id FROM article WHERE time >= ?1 AND time < ?2",
            [Micros(since), Micros(until)],
            |row| row.get(0),
        )?;
        ids.sort_unstable();
        for id in ids {
            let signature = self.optional(
                "SELECT a.time, p.domain, a.copy_of, s.signature
                   FROM article a JOIN signature s ON s.article = a.id LEFT JOIN publisher p ON p.id = a.publisher
                  WHERE a.id = ?1",
                [id],
                |row| {
                    Ok(StoredSignature {
                        article: ArticleId(id),
                        time: row.get::<_, Micros>(0)?.0,
                        publisher: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
                        copy_of: row.get::<_, Option<i64>>(2)?.map(ArticleId),
                        signature: row.get(3)?,
                    })
                },
            )?;
            if signature.is_some_and(|signature| !take(signature)) {
                break;
            }
        }
        Ok(())
    }
}
