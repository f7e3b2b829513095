//! Table `publisher`.

use super::rows::Named;
use super::{Context, Failure};
use rusqlite::{Connection, params};
use wirewatch_model::Publisher;

/// The publisher of a feed, by the word of the list: what it says stands.
pub(super) fn listed(context: &mut Context<'_>, publisher: &Publisher) -> Result<Option<i64>, Failure> {
    put(context, publisher, true)
}

/// The publisher of an article or of a feed the user added: made when it is not known; one that has
/// no name yet gets it. What the list says never changes.
pub(super) fn met(context: &mut Context<'_>, publisher: &Publisher) -> Result<Option<i64>, Failure> {
    match context.ids.get(&(Named::Publisher, publisher.domain.clone())) {
        Some(id) => Ok(Some(*id)),
        None => put(context, publisher, false),
    }
}

/// What the user says of a publisher that no list names.
pub(super) fn renamed(connection: &Connection, publisher: &Publisher) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "UPDATE publisher SET name = ?2, country = ?3, language = ?4, kind = ?5
              WHERE domain = ?1 AND listed = 0",
        )?
        .execute(params![
            publisher.domain,
            name(publisher),
            publisher.country,
            publisher.language,
            publisher.kind.as_str()
        ])?;
    Ok(())
}

fn put(context: &mut Context<'_>, publisher: &Publisher, listed: bool) -> Result<Option<i64>, Failure> {
    if publisher.domain.is_empty() {
        return Ok(None);
    }
    context
        .connection
        .prepare_cached(
            "INSERT INTO publisher (domain, name, country, language, kind, listed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (domain) DO UPDATE
                SET name = ?2, country = ?3, language = ?4, kind = ?5, listed = ?6
              WHERE ?6 OR (listed = 0 AND name = domain AND ?2 <> domain)",
        )?
        .execute(params![
            publisher.domain,
            name(publisher),
            publisher.country,
            publisher.language,
            publisher.kind.as_str(),
            listed
        ])?;
    id(context, &publisher.domain).map(Some)
}

fn name(publisher: &Publisher) -> &str {
    if publisher.name.is_empty() { &publisher.domain } else { &publisher.name }
}

fn id(context: &mut Context<'_>, domain: &str) -> Result<i64, Failure> {
    let id = context
        .connection
        .prepare_cached("SELECT id FROM publisher WHERE domain = ?1")?
        .query_row([domain], |row| row.get(0))?;
    context.ids.insert((Named::Publisher, domain.to_owned()), id);
    Ok(id)
}
