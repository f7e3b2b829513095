//! An article that is stored is met again: with another text, or with the one it has.

use super::apply::{change, next_seq, optional};
use super::article::{language, put_detail};
use super::entry::{self, EntryRow};
use super::pending::Indexed;
use super::{ArticleStored, Context, Failure, StoredAs, WriteError, rows};
use crate::column::{Hash128, Json, Micros, as_written};
use rusqlite::{Connection, params};
use wirewatch_model::{ArticleId, ChangeKind, JudgedArticle, Seq, TaggedArticle, text_hash, word_count};

/// Earlier texts kept in full of one article: the first and the latest ones.
const MOST_TEXTS: u32 = 50;

/// What is stored of the article that is met again.
struct Stored {
    story: i64,
    revision: u32,
    revision_key: u128,
    method: String,
}

impl Stored {
    /// A text of the feed stands in for the page's.
    fn is_from_feed(&self) -> bool {
        self.method.starts_with("feed-")
    }
}

/// Another text: the next revision, or the page's text in place of the feed's.
pub(super) fn revise(
    context: &mut Context<'_>,
    tagged: &TaggedArticle,
    entry: &EntryRow,
    of: ArticleId,
) -> Result<ArticleStored, Failure> {
    let judged = &tagged.judged;
    let stored = load(context.connection, of)?;
    if stored.revision_key == judged.revision_key {
        return settle_same(context, tagged, entry, of, &stored);
    }
    let completes = stored.is_from_feed() && !judged.article.method.is_from_feed();
    let (kind, number) = if completes {
        (ChangeKind::Completed, stored.revision)
    } else {
        (ChangeKind::Revision, stored.revision + 1)
    };
    let provenance = provenance(context.connection, of)?;
    let earlier = rows::replace_text(context, of.0, judged)?;
    if !completes {
        keep_earlier(context.connection, of, &stored, &earlier, provenance.as_deref(), judged)?;
    }
    let seq = next_seq(context.connection)?;
    update_article(context.connection, tagged, of, number, seq)?;
    change(context.connection, seq, kind, of.0, stored.story, judged.seen_at)?;
    put_detail(context.connection, tagged)?;
    rows::put_signature(context.connection, of.0, &judged.signature)?;
    rows::put_tags(context, of.0, &tagged.tags)?;
    add_known_addresses(context.connection, of, judged)?;
    if completes {
        context.pending.observe(&judged.observation);
    }
    entry::settle(context, entry, judged, of.0)?;
    let outcome = if completes { StoredAs::Completed } else { StoredAs::Revision(number) };
    Ok(ArticleStored { article: of, seq: Some(Seq(seq)), outcome })
}

/// The text it has: nothing changes for readers.
pub(super) fn same(
    context: &mut Context<'_>,
    tagged: &TaggedArticle,
    entry: &EntryRow,
    of: ArticleId,
) -> Result<ArticleStored, Failure> {
    let stored = load(context.connection, of)?;
    settle_same(context, tagged, entry, of, &stored)
}

fn settle_same(
    context: &mut Context<'_>,
    tagged: &TaggedArticle,
    entry: &EntryRow,
    of: ArticleId,
    stored: &Stored,
) -> Result<ArticleStored, Failure> {
    let judged = &tagged.judged;
    add_known_addresses(context.connection, of, judged)?;
    if stored.is_from_feed() && !judged.article.method.is_from_feed() {
        // The page says what the feed said: its text stands in for nothing any more.
        context
            .connection
            .prepare_cached("UPDATE article SET provisional = 0, method = ?2 WHERE id = ?1")?
            .execute(params![of.0, judged.article.method.as_str()])?;
        context
            .connection
            .prepare_cached("UPDATE article_detail SET provenance = ?2, failure = NULL WHERE article = ?1")?
            .execute(params![of.0, judged.provenance.as_ref().map(Json)])?;
        context.pending.observe(&judged.observation);
    }
    entry::settle(context, entry, judged, of.0)?;
    Ok(ArticleStored { article: of, seq: None, outcome: StoredAs::Same })
}

fn load(connection: &Connection, of: ArticleId) -> Result<Stored, Failure> {
    optional(
        connection
            .prepare_cached("SELECT story, revision, revision_key, method FROM article WHERE id = ?1")?
            .query_row([of.0], |row| {
                Ok(Stored {
                    story: row.get(0)?,
                    revision: row.get(1)?,
                    revision_key: row.get::<_, Hash128>(2)?.0,
                    method: row.get(3)?,
                })
            }),
    )?
    .ok_or_else(|| WriteError::MissingOriginal(of).into())
}

fn provenance(connection: &Connection, of: ArticleId) -> Result<Option<String>, Failure> {
    Ok(connection
        .prepare_cached("SELECT provenance FROM article_detail WHERE article = ?1")?
        .query_row([of.0], |row| row.get(0))?)
}

/// The address it was met at is one of its addresses now; whose identity it is does not change.
fn add_known_addresses(
    connection: &Connection,
    of: ArticleId,
    judged: &JudgedArticle,
) -> Result<(), Failure> {
    rows::add_aliases(connection, of.0, std::slice::from_ref(&judged.identity))?;
    rows::add_aliases(connection, of.0, &judged.aliases)
}

fn keep_earlier(
    connection: &Connection,
    of: ArticleId,
    stored: &Stored,
    earlier: &Indexed,
    provenance: Option<&str>,
    judged: &JudgedArticle,
) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "INSERT INTO revision (article, number, title, text, words, method, revision_key, text_hash,
                                   replaced_at, provenance)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            of.0,
            stored.revision,
            earlier.title,
            earlier.text,
            word_count(&earlier.text),
            stored.method,
            Hash128(stored.revision_key),
            text_hash(&earlier.text).map(Hash128),
            Micros(judged.seen_at),
            provenance
        ])?;
    if stored.revision > MOST_TEXTS {
        connection
            .prepare_cached(
                "UPDATE revision SET text = NULL
                  WHERE article = ?1 AND number > 1 AND number <= ?2 AND text IS NOT NULL",
            )?
            .execute(params![of.0, stored.revision - MOST_TEXTS + 1])?;
    }
    Ok(())
}

fn update_article(
    connection: &Connection,
    tagged: &TaggedArticle,
    of: ArticleId,
    revision: u32,
    seq: i64,
) -> Result<(), Failure> {
    let (judged, article) = (&tagged.judged, &tagged.judged.article);
    connection
        .prepare_cached(
            "UPDATE article SET
                seq = ?2, title = ?3, authors = ?4, language = ?5,
                published = coalesce(?6, published),
                published_as = CASE WHEN ?6 IS NULL THEN published_as ELSE ?7 END,
                time = min(time, ?8), relevant = ?9, relevance = ?10, words = ?11, method = ?12,
                provisional = ?13, revision = ?14, revision_key = ?15, text_hash = ?16
              WHERE id = ?1",
        )?
        .execute(params![
            of.0,
            seq,
            article.title,
            Json(&article.authors),
            language(tagged),
            article.published.map(|stamp| Micros(stamp.instant())),
            as_written(article.published),
            Micros(judged.time),
            tagged.tags.relevant,
            f64::from(tagged.tags.relevance),
            word_count(&article.text),
            article.method.as_str(),
            judged.provisional_until.is_some(),
            revision,
            Hash128(judged.revision_key),
            text_hash(&article.text).map(Hash128)
        ])?;
    Ok(())
}
