//! Tables `copy` and `story`: what an article copies, and where that puts it.

use super::apply::{change, next_seq, optional};
use super::{Failure, WriteError};
use crate::column::{Json, Micros};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use wirewatch_model::{ArticleId, ChangeKind, CopyEvidence, JudgedArticle, Relation, Verdict};

/// The article a copy leans on.
pub(super) struct Original {
    /// Itself, or what it is itself a copy of: listings fold one level.
    pub(super) root: i64,
    pub(super) story: i64,
}

pub(super) fn load_original(connection: &Connection, of: ArticleId) -> Result<Original, Failure> {
    optional(
        connection
            .prepare_cached("SELECT coalesce(copy_of, id), story FROM article WHERE id = ?1")?
            .query_row([of.0], |row| Ok(Original { root: row.get(0)?, story: row.get(1)? })),
    )?
    .ok_or_else(|| WriteError::MissingOriginal(of).into())
}

/// What the article copies, and why, in place of what stood there.
pub(super) fn put(
    connection: &Connection,
    article: ArticleId,
    verdict: Verdict,
    evidence: Option<&CopyEvidence>,
) -> Result<(), Failure> {
    let (of, relation, similarity) = match verdict {
        Verdict::ExactCopy { of } => (of, Relation::Exact, 1.0),
        Verdict::NearCopy { of, similarity, relation } => (of, relation, similarity),
        Verdict::New | Verdict::Revision { .. } | Verdict::Same { .. } => return Ok(()),
    };
    connection
        .prepare_cached("INSERT OR REPLACE INTO copy VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![article.0, of.0, relation.as_str(), f64::from(similarity), evidence.map(Json)])?;
    Ok(())
}

/// What a stored article is a copy of by a new verdict; its own copies are none.
pub(super) fn original_of(
    connection: &Connection,
    article: ArticleId,
    verdict: Verdict,
) -> Result<Option<Original>, Failure> {
    let Some(of) = verdict.of().filter(|_| verdict.is_copy()) else { return Ok(None) };
    Ok(Some(load_original(connection, of)?).filter(|original| original.root != article.0))
}

/// A stored article becomes the copy that its new text is, or none.
pub(super) fn rejudge(
    connection: &Connection,
    judged: &JudgedArticle,
    verdict: Verdict,
    original: Option<&Original>,
    article: ArticleId,
    story: i64,
) -> Result<(), Failure> {
    if let Some(original) = original {
        join(connection, article.0, original, story, judged.seen_at)?;
        return put(connection, article, verdict, judged.evidence.as_ref());
    }
    connection.prepare_cached("DELETE FROM copy WHERE article = ?1")?.execute([article.0])?;
    connection.prepare_cached("UPDATE article SET copy_of = NULL WHERE id = ?1")?.execute([article.0])?;
    Ok(())
}

/// The article goes to its original, and with it those that copy it: listings fold one level.
fn join(
    connection: &Connection,
    article: i64,
    original: &Original,
    story: i64,
    at: Timestamp,
) -> Result<(), Failure> {
    let copies: Vec<i64> = connection
        .prepare_cached(
            "SELECT a.id FROM story_article sa JOIN article a ON a.id = sa.article
              WHERE sa.story = ?1 AND a.copy_of = ?2 ORDER BY a.id",
        )?
        .query_map([story, article], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    place(connection, article, original)?;
    for copy in copies {
        let seq = next_seq(connection)?;
        place(connection, copy, original)?;
        connection.prepare_cached("UPDATE article SET seq = ?2 WHERE id = ?1")?.execute([copy, seq])?;
        change(connection, seq, ChangeKind::Regrouped, copy, original.story, at)?;
    }
    if story != original.story {
        refresh(connection, original.story)?;
        leave(connection, story, original.story)?;
    }
    Ok(())
}

fn place(connection: &Connection, article: i64, original: &Original) -> Result<(), Failure> {
    connection.prepare_cached("UPDATE article SET copy_of = ?2, story = ?3 WHERE id = ?1")?.execute([
        article,
        original.root,
        original.story,
    ])?;
    connection
        .prepare_cached("DELETE FROM story_article WHERE article = ?1 AND story <> ?2")?
        .execute([article, original.story])?;
    connection
        .prepare_cached("INSERT INTO story_article VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute([original.story, article])?;
    Ok(())
}

/// A story that lost articles: it goes when it is empty, and its changes are told of the other.
fn leave(connection: &Connection, story: i64, other: i64) -> Result<(), Failure> {
    if connection.prepare_cached("SELECT 1 FROM story_article WHERE story = ?1")?.exists([story])? {
        return refresh(connection, story);
    }
    connection.prepare_cached("UPDATE change SET story = ?2 WHERE story = ?1")?.execute([story, other])?;
    connection.prepare_cached("DELETE FROM story WHERE id = ?1")?.execute([story])?;
    Ok(())
}

/// The lead and the times of a story by the articles that are in it.
fn refresh(connection: &Connection, story: i64) -> Result<(), Failure> {
    let (first_at, last_at): (Micros, Micros) = connection
        .prepare_cached(
            "SELECT min(a.time), max(a.time) FROM story_article sa JOIN article a ON a.id = sa.article
              WHERE sa.story = ?1",
        )?
        .query_row([story], |row| Ok((row.get(0)?, row.get(1)?)))?;
    connection
        .prepare_cached(
            "UPDATE story SET first_at = ?2, last_at = ?3,
                    lead = CASE WHEN EXISTS (SELECT 1 FROM story_article WHERE story = ?1 AND article = lead)
                                THEN lead
                                ELSE (SELECT a.id FROM story_article sa JOIN article a ON a.id = sa.article
                                       WHERE sa.story = ?1
                                       ORDER BY a.copy_of IS NOT NULL, a.time, a.id LIMIT 1) END
              WHERE id = ?1",
        )?
        .execute(params![story, first_at, last_at])?;
    Ok(())
}
