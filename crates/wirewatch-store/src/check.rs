//! Whether the file is whole.

use crate::{Database, StoreError};

impl Database {
    /// Checks the whole file: its pages, its references, the full-text index against the texts, and
    /// that every article has what belongs to it. Gives what is wrong, nothing when all is well. Takes
    /// as long as reading the file.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let connection = self.connect_to_write()?;
        let mut wrong: Vec<String> = connection
            .prepare("PRAGMA integrity_check")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        wrong.retain(|line| line != "ok");
        let references = connection
            .prepare("PRAGMA foreign_key_check")?
            .query_map([], |row| {
                let (table, row, parent): (String, Option<i64>, String) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(format!("row {} of {table} refers to a missing row of {parent}", row.unwrap_or_default()))
            })?
            .collect::<rusqlite::Result<Vec<String>>>()?;
        wrong.extend(references);
        // With a rank of 1 the index is compared with the texts it stands for.
        let index = connection
            .execute("INSERT INTO article_fts (article_fts, rank) VALUES ('integrity-check', 1)", []);
        if let Err(error) = index {
            wrong.push(format!("the full-text index: {error}"));
        }
        for (sql, what) in BELONGS {
            let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
            if count > 0 {
                wrong.push(format!("{count} {what}"));
            }
        }
        Ok(wrong)
    }
}

/// What the references of the schema cannot say.
const BELONGS: [(&str, &str); 4] = [
    ("SELECT count(*) FROM article WHERE id NOT IN (SELECT id FROM article_text)", "articles without a text"),
    (
        "SELECT count(*) FROM article WHERE id NOT IN
            (SELECT article FROM article_address WHERE kind = 'identity')",
        "articles without an identity",
    ),
    (
        "SELECT count(*) - count(DISTINCT article) FROM article_address WHERE kind = 'identity'",
        "articles with two identities",
    ),
    (
        "SELECT count(*) FROM article a WHERE seq <> (SELECT max(seq) FROM change c WHERE c.article = a.id)",
        "articles that do not stand at their latest change",
    ),
];
