//! An article comes in: the row and all that hangs on it, in one transaction with its entry.

use super::apply::{change, next_seq, optional};
use super::copies::{self, Original};
use super::entry::{self, EntryRow};
use super::{ArticleStored, Context, Failure, StoredAs, WriteError, publisher, revise, rows};
use crate::column::{Hash128, Json, Micros, as_written, signed};
use rusqlite::{Connection, params};
use wirewatch_model::{
    ChangeKind, JudgedArticle, Seq, TaggedArticle, Verdict, address, text_hash, word_count,
};

/// Stores a tagged article by its verdict.
pub(super) fn store(context: &mut Context<'_>, tagged: &TaggedArticle) -> Result<ArticleStored, Failure> {
    let judged = &tagged.judged;
    let entry = entry::load(context, judged.entry)?;
    match judged.verdict {
        Verdict::New | Verdict::ExactCopy { .. } | Verdict::NearCopy { .. } => {
            if let Some(replayed) = replayed(context, &entry, judged)? {
                return Ok(replayed);
            }
            store_new(context, tagged, &entry)
        }
        Verdict::Revision { of } => revise::revise(context, tagged, &entry, of),
        Verdict::Same { of } => revise::same(context, tagged, &entry, of),
    }
}

/// The same request once more, as after an answer that was lost; anything else under a known id is a
/// fault of the caller.
fn replayed(
    context: &Context<'_>,
    entry: &EntryRow,
    judged: &JudgedArticle,
) -> Result<Option<ArticleStored>, Failure> {
    let seq: Option<i64> = optional(
        context
            .connection
            .prepare_cached("SELECT seq FROM article WHERE id = ?1")?
            .query_row([judged.id.0], |row| row.get(0)),
    )?;
    match seq {
        None => Ok(None),
        Some(seq) if entry.article == Some(judged.id.0) => {
            Ok(Some(ArticleStored { article: judged.id, seq: Some(Seq(seq)), outcome: StoredAs::Replayed }))
        }
        Some(_) => Err(WriteError::Refused {
            message: format!("article {} is stored already, of another entry", judged.id),
        }
        .into()),
    }
}

fn store_new(
    context: &mut Context<'_>,
    tagged: &TaggedArticle,
    entry: &EntryRow,
) -> Result<ArticleStored, Failure> {
    let judged = &tagged.judged;
    let id = judged.id.0;
    let original = judged.verdict.of().map(|of| copies::load_original(context.connection, of)).transpose()?;
    let publisher = publisher::met(context, &judged.publisher)?;
    let story = join_story(context.connection, judged, original.as_ref())?;
    let seq = next_seq(context.connection)?;
    insert_article(context.connection, tagged, publisher, story, original.as_ref(), seq)?;
    change(context.connection, seq, ChangeKind::New, id, story, judged.seen_at)?;
    put_detail(context.connection, tagged)?;
    rows::add_addresses(context.connection, id, judged)?;
    rows::add_text(context, id, judged)?;
    rows::put_signature(context.connection, id, &judged.signature)?;
    rows::put_tags(context, id, &tagged.tags)?;
    context.connection.prepare_cached("INSERT INTO story_article VALUES (?1, ?2)")?.execute([story, id])?;
    copies::put(context.connection, judged.id, judged.verdict, judged.evidence.as_ref())?;
    if judged.provenance.is_some() {
        context.pending.observe(&judged.observation);
    }
    entry::settle(context, entry, judged, id)?;
    Ok(ArticleStored { article: judged.id, seq: Some(Seq(seq)), outcome: StoredAs::New })
}

/// The story of the original, the one that was given, or a new one.
fn join_story(
    connection: &Connection,
    judged: &JudgedArticle,
    original: Option<&Original>,
) -> Result<i64, Failure> {
    let time = Micros(judged.time);
    let known = original.map(|original| original.story).or(judged.story.map(|story| story.0));
    if let Some(story) = known {
        let found = connection
            .prepare_cached(
                "UPDATE story SET first_at = min(first_at, ?2), last_at = max(last_at, ?2) WHERE id = ?1",
            )?
            .execute(params![story, time])?;
        return match found {
            0 => Err(WriteError::NotFound { what: format!("story {story}") }.into()),
            _ => Ok(story),
        };
    }
    connection
        .prepare_cached("INSERT INTO story (lead, first_at, last_at) VALUES (?1, ?2, ?2)")?
        .execute(params![judged.id.0, time])?;
    Ok(connection.last_insert_rowid())
}

fn insert_article(
    connection: &Connection,
    tagged: &TaggedArticle,
    publisher: Option<i64>,
    story: i64,
    original: Option<&Original>,
    seq: i64,
) -> Result<(), Failure> {
    let (judged, article) = (&tagged.judged, &tagged.judged.article);
    connection
        .prepare_cached(
            "INSERT INTO article (id, seq, url, publisher, title, authors, language, published, published_as,
                                  first_seen, time, stored_at, relevant, relevance, words, method, provisional,
                                  revision, revision_key, text_hash, story, copy_of)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, 1, ?18, ?19, ?20,
                     ?21)",
        )?
        .execute(params![
            judged.id.0,
            seq,
            article.url,
            publisher,
            article.title,
            Json(&article.authors),
            language(tagged),
            article.published.map(|stamp| Micros(stamp.instant())),
            as_written(article.published),
            Micros(judged.first_seen),
            Micros(judged.time),
            Micros(judged.seen_at),
            tagged.tags.relevant,
            f64::from(tagged.tags.relevance),
            word_count(&article.text),
            article.method.as_str(),
            judged.provisional_until.is_some(),
            Hash128(judged.revision_key),
            text_hash(&article.text).map(Hash128),
            story,
            original.map(|original| original.root)
        ])?;
    Ok(())
}

/// The language by the page's word, else as the tagger read it.
pub(super) fn language(tagged: &TaggedArticle) -> Option<&str> {
    tagged.judged.article.language.as_deref().or(tagged.tags.language.as_deref())
}

/// What is shown of one article and never listed; replaces what was there.
pub(super) fn put_detail(connection: &Connection, tagged: &TaggedArticle) -> Result<(), Failure> {
    let (judged, article) = (&tagged.judged, &tagged.judged.article);
    let declared = article.canonical_url.as_deref().and_then(address::identity);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO article_detail
                (article, modified_as, section, keywords, image, canonical_url, declared, site, background,
                 rules_version, failure, provenance)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            judged.verdict.of().filter(|_| !judged.verdict.is_copy()).unwrap_or(judged.id).0,
            as_written(article.modified),
            article.section,
            Json(&article.keywords),
            article.image,
            article.canonical_url,
            declared.filter(|declared| *declared != judged.identity),
            article.publisher,
            Json(&judged.background),
            signed(tagged.tags.rules_version),
            judged.failure,
            judged.provenance.as_ref().map(Json)
        ])?;
    Ok(())
}
