//! An article that is stored is met again: with another text, or with the one it has.

use super::apply::{change, next_seq, optional};
use super::article::{language, put_detail};
use super::entry::{self, EntryRow};
use super::pending::Indexed;
use super::{ArticleStored, Context, Failure, StoredAs, WriteError, copies, publisher, rows};
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
    /// A text of the feed stands in for the page's, which is here now.
    fn is_completed_by(&self, judged: &JudgedArticle) -> bool {
        self.method.starts_with("feed-") && !judged.article.method.is_from_feed()
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
    if stored.is_completed_by(judged) {
        return complete(context, tagged, entry, of, &stored);
    }
    if stored.revision_key == judged.revision_key {
        return settle_same(context, judged, entry, of);
    }
    let number = stored.revision + 1;
    let provenance = provenance(context.connection, of)?;
    let earlier = rows::replace_text(context, of.0, judged)?;
    keep_earlier(context.connection, of, &stored, &earlier, provenance.as_deref(), judged)?;
    let seq = next_seq(context.connection)?;
    change(context.connection, seq, ChangeKind::Revision, of.0, stored.story, judged.seen_at)?;
    put_present(context, tagged, of, number, seq)?;
    add_known_addresses(context.connection, of, judged)?;
    entry::settle(context, entry, judged, of.0)?;
    Ok(ArticleStored { article: of, seq: Some(Seq(seq)), outcome: StoredAs::Revision(number) })
}

/// The text it has: nothing changes for readers, unless the page now stands where the feed stood in.
pub(super) fn same(
    context: &mut Context<'_>,
    tagged: &TaggedArticle,
    entry: &EntryRow,
    of: ArticleId,
) -> Result<ArticleStored, Failure> {
    let stored = load(context.connection, of)?;
    if stored.is_completed_by(&tagged.judged) {
        return complete(context, tagged, entry, of, &stored);
    }
    settle_same(context, &tagged.judged, entry, of)
}

/// The page came: its text, its address and its publisher in place of what the feed said, and what that
/// text is by itself.
fn complete(
    context: &mut Context<'_>,
    tagged: &TaggedArticle,
    entry: &EntryRow,
    of: ArticleId,
    stored: &Stored,
) -> Result<ArticleStored, Failure> {
    let judged = &tagged.judged;
    rows::replace_text(context, of.0, judged)?;
    let publisher = publisher::met(context, &judged.publisher)?;
    let connection = context.connection;
    connection
        .prepare_cached("UPDATE article SET url = ?2, publisher = coalesce(?3, publisher) WHERE id = ?1")?
        .execute(params![of.0, judged.article.url, publisher])?;
    rows::take_identity(connection, of.0, &judged.identity)?;
    add_known_addresses(connection, of, judged)?;
    let original = match judged.completion {
        Some(verdict) => copies::original_of(connection, of, verdict)?,
        None => None,
    };
    let story = original.as_ref().map_or(stored.story, |original| original.story);
    let seq = next_seq(connection)?;
    change(connection, seq, ChangeKind::Completed, of.0, story, judged.seen_at)?;
    put_present(context, tagged, of, stored.revision, seq)?;
    if let Some(verdict) = judged.completion {
        copies::rejudge(context.connection, judged, verdict, original.as_ref(), of, stored.story)?;
    }
    context.pending.observe(&judged.observation);
    entry::settle(context, entry, judged, of.0)?;
    Ok(ArticleStored { article: of, seq: Some(Seq(seq)), outcome: StoredAs::Completed })
}

/// The row of the article, and all that hangs on its present text.
fn put_present(
    context: &mut Context<'_>,
    tagged: &TaggedArticle,
    of: ArticleId,
    revision: u32,
    seq: i64,
) -> Result<(), Failure> {
    update_article(context.connection, tagged, of, revision, seq)?;
    put_detail(context.connection, tagged)?;
    rows::put_signature(context.connection, of.0, &tagged.judged.signature)?;
    rows::put_tags(context, of.0, &tagged.tags)
}

fn settle_same(
    context: &Context<'_>,
    judged: &JudgedArticle,
    entry: &EntryRow,
    of: ArticleId,
) -> Result<ArticleStored, Failure> {
    add_known_addresses(context.connection, of, judged)?;
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
