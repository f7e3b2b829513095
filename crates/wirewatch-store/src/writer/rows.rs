//! The rows that hang on an article: addresses, text, tags, signature.

use super::pending::Indexed;
use super::{Context, Failure, WriteError};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use wirewatch_model::{ArticleId, Field, JudgedArticle, Tags};

use crate::column::{Json, signed};

/// Tables whose rows are found by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Named {
    Publisher,
    Topic,
    Entity,
}

/// Gives the topics their titles.
pub(super) fn sync_topics(context: &mut Context<'_>, topics: &[(String, String)]) -> Result<(), Failure> {
    let mut statement = context.connection.prepare_cached(
        "INSERT INTO topic (slug, title) VALUES (?1, ?2) ON CONFLICT (slug) DO UPDATE SET title = ?2",
    )?;
    for (slug, title) in topics {
        statement.execute([slug, title])?;
    }
    Ok(())
}

/// Gives the article its identity, taking it over where it was another's alias, and adds the others
/// it is known by. An alias that is known already stays whose it is.
pub(super) fn add_addresses(
    connection: &Connection,
    article: i64,
    judged: &JudgedArticle,
) -> Result<(), Failure> {
    let owner: Option<(i64, String)> = connection
        .prepare_cached("SELECT article, kind FROM article_address WHERE identity = ?1")?
        .query_row([&judged.identity], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match owner {
        Some((owner, kind)) if owner != article && kind == "identity" => {
            return Err(WriteError::IdentityTaken { article: ArticleId(owner) }.into());
        }
        _ => connection
            .prepare_cached(
                "INSERT INTO article_address VALUES (?1, ?2, 'identity')
                 ON CONFLICT (identity) DO UPDATE SET article = ?2, kind = 'identity'",
            )?
            .execute(params![judged.identity, article])?,
    };
    add_aliases(connection, article, &judged.aliases)
}

/// Makes an address the identity of an article that has another, which becomes an alias. Nothing happens
/// when it is somebody else's.
pub(super) fn take_identity(connection: &Connection, article: i64, identity: &str) -> Result<(), Failure> {
    let owner: Option<i64> = connection
        .prepare_cached("SELECT article FROM article_address WHERE identity = ?1")?
        .query_row([identity], |row| row.get(0))
        .optional()?;
    if owner.is_some_and(|owner| owner != article) {
        return Ok(());
    }
    connection
        .prepare_cached("UPDATE article_address SET kind = 'alias' WHERE article = ?1 AND kind = 'identity'")?
        .execute([article])?;
    connection
        .prepare_cached(
            "INSERT INTO article_address VALUES (?1, ?2, 'identity')
             ON CONFLICT (identity) DO UPDATE SET kind = 'identity'",
        )?
        .execute(params![identity, article])?;
    Ok(())
}

/// Adds addresses that nobody has yet.
pub(super) fn add_aliases(connection: &Connection, article: i64, aliases: &[String]) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO article_address VALUES (?1, ?2, 'alias') ON CONFLICT (identity) DO NOTHING",
    )?;
    for alias in aliases {
        statement.execute(params![alias, article])?;
    }
    Ok(())
}

/// Stores the text, and its row in the index at the end of the group.
pub(super) fn add_text(
    context: &mut Context<'_>,
    article: i64,
    judged: &JudgedArticle,
) -> Result<(), Failure> {
    let row = indexed(context, judged);
    context
        .connection
        .prepare_cached("INSERT INTO article_text VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![article, row.title, row.text, row.stems])?;
    context.pending.add(article, row);
    Ok(())
}

/// Replaces the text; gives the earlier one.
pub(super) fn replace_text(
    context: &mut Context<'_>,
    article: i64,
    judged: &JudgedArticle,
) -> Result<Indexed, Failure> {
    let earlier = context
        .connection
        .prepare_cached("SELECT title, text, stems FROM article_text WHERE id = ?1")?
        .query_row([article], |row| {
            Ok(Indexed { title: row.get(0)?, text: row.get(1)?, stems: row.get(2)? })
        })?;
    let row = indexed(context, judged);
    context
        .connection
        .prepare_cached("UPDATE article_text SET title = ?2, text = ?3, stems = ?4 WHERE id = ?1")?
        .execute(params![article, row.title, row.text, row.stems])?;
    context.pending.remove(article, earlier.clone());
    context.pending.add(article, row);
    Ok(earlier)
}

fn indexed(context: &mut Context<'_>, judged: &JudgedArticle) -> Indexed {
    let article = &judged.article;
    Indexed {
        title: article.title.clone(),
        text: article.text.clone(),
        stems: context.stems.of_article(&article.title, &article.text, article.language.as_deref()),
    }
}

/// Stores what the index of copies needs after a restart.
pub(super) fn put_signature(connection: &Connection, article: i64, signature: &[u8]) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "INSERT INTO signature VALUES (?1, ?2) ON CONFLICT (article) DO UPDATE SET signature = ?2",
        )?
        .execute(params![article, signature])?;
    Ok(())
}

/// Replaces the tags of an article; what a person gave stays.
pub(super) fn put_tags(context: &mut Context<'_>, article: i64, tags: &Tags) -> Result<(), Failure> {
    let connection = context.connection;
    connection
        .prepare_cached("DELETE FROM article_topic WHERE article = ?1 AND source <> 'manual'")?
        .execute([article])?;
    connection.prepare_cached("DELETE FROM article_entity WHERE article = ?1")?.execute([article])?;
    for tag in &tags.topics {
        let topic = named(context, Named::Topic, &tag.slug, |connection| {
            connection.prepare_cached("INSERT INTO topic (slug) VALUES (?1)")?.execute([&tag.slug]).map(drop)
        })?;
        connection
            .prepare_cached(
                "INSERT INTO article_topic (article, topic, score, source, rules_version, evidence)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (article, topic) DO NOTHING",
            )?
            .execute(params![
                article,
                topic,
                f64::from(tag.score),
                tag.source.as_str(),
                signed(tags.rules_version),
                Json(&tag.evidence)
            ])?;
    }
    put_entities(context, article, tags)
}

/// Where one mention stands.
#[derive(Serialize)]
struct Mention {
    field: Field,
    start: u32,
    end: u32,
}

fn put_entities(context: &mut Context<'_>, article: i64, tags: &Tags) -> Result<(), Failure> {
    let mut ordered: Vec<(&str, Vec<Mention>)> = Vec::new();
    for mention in &tags.entities {
        let place = Mention { field: mention.field, start: mention.start, end: mention.end };
        match ordered.iter_mut().find(|(slug, _)| *slug == mention.id) {
            Some((_, places)) => places.push(place),
            None => {
                named(context, Named::Entity, &mention.id, |connection| {
                    connection
                        .prepare_cached("INSERT INTO entity (slug, name, kind) VALUES (?1, ?2, ?3)")?
                        .execute([&mention.id, &mention.name, mention.kind.as_str()])
                        .map(drop)
                })?;
                ordered.push((&mention.id, vec![place]));
            }
        }
    }
    for (slug, places) in ordered {
        let entity = context.ids[&(Named::Entity, slug.to_owned())];
        context
            .connection
            .prepare_cached("INSERT INTO article_entity VALUES (?1, ?2, ?3)")?
            .execute(params![article, entity, Json(places)])?;
    }
    Ok(())
}

/// The id of a row found by its slug; `make` makes it when there is none.
fn named(
    context: &mut Context<'_>,
    table: Named,
    slug: &str,
    make: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<i64, Failure> {
    let key = (table, slug.to_owned());
    if let Some(id) = context.ids.get(&key) {
        return Ok(*id);
    }
    let find = match table {
        Named::Topic => "SELECT id FROM topic WHERE slug = ?1",
        Named::Entity => "SELECT id FROM entity WHERE slug = ?1",
        Named::Publisher => "SELECT id FROM publisher WHERE domain = ?1",
    };
    let known = context.connection.prepare_cached(find)?.query_row([slug], |row| row.get(0)).optional()?;
    let id = match known {
        Some(id) => id,
        None => {
            make(context.connection)?;
            context.connection.last_insert_rowid()
        }
    };
    context.ids.insert(key, id);
    Ok(id)
}
