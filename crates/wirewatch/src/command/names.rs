//! Names in filters: a name that nothing bears is told, not answered with nothing.

use super::topics::tagger;
use crate::{app::App, config::unknown, exit::UsageError};
use wirewatch_model::{Copies, ItemFilter};
use wirewatch_store::{Reader, StoreError};

/// Refuses a topic that neither the rules nor the database know.
pub(super) fn check_topics(app: &App, reader: &Reader, slugs: &[String]) -> anyhow::Result<()> {
    if slugs.is_empty() {
        return Ok(());
    }
    let tagger = tagger(&app.config)?;
    let mut known: Vec<String> = tagger.topics().map(|topic| topic.slug.to_owned()).collect();
    if slugs.iter().all(|slug| known.contains(slug)) {
        return Ok(());
    }
    // Articles keep topics that were taken out of the rules since.
    known.extend(reader.topic_counts()?.into_iter().map(|topic| topic.name));
    match slugs.iter().find(|slug| !known.contains(slug)) {
        None => Ok(()),
        Some(slug) => {
            let unknown = unknown("topic", slug, known.iter().map(String::as_str));
            Err(UsageError(format!("{unknown} (`wirewatch topics list` shows them)")).into())
        }
    }
}

/// Refuses a publisher or language that nothing in the database has.
pub(super) fn check_known(reader: &Reader, filter: &ItemFilter) -> anyhow::Result<()> {
    match strangers(reader, filter)?.into_iter().next() {
        None => Ok(()),
        Some(stranger) => Err(UsageError(stranger).into()),
    }
}

/// Says on the error stream which publishers and languages nothing in the database has.
pub(super) fn warn_of_unknown(reader: &Reader, filter: &ItemFilter) -> Result<(), StoreError> {
    for stranger in strangers(reader, filter)? {
        tracing::warn!("{stranger}");
    }
    Ok(())
}

/// What is wrong with each name that neither a feed nor an article bears.
fn strangers(reader: &Reader, filter: &ItemFilter) -> Result<Vec<String>, StoreError> {
    let mut strangers = Vec::new();
    if filter.publishers.is_empty() && filter.languages.is_empty() {
        return Ok(strangers);
    }
    let publishers: Vec<_> = reader.feeds()?.into_iter().map(|feed| feed.publisher).collect();
    for name in &filter.publishers {
        let wanted = name.trim().to_lowercase();
        let has_feed =
            publishers.iter().any(|known| known.name.to_lowercase() == wanted || known.domain == wanted);
        let any = ItemFilter { publishers: vec![name.clone()], ..any_article() };
        if !has_feed && reader.items(&any)?.is_empty() {
            let names = publishers.iter().flat_map(|known| [known.name.as_str(), known.domain.as_str()]);
            strangers.push(format!(
                "{} (the database has nothing of that name)",
                unknown("publisher", name, names)
            ));
        }
    }
    for code in &filter.languages {
        let primary = |code: &str| code.split('-').next().unwrap_or_default().to_lowercase();
        let wanted = primary(code);
        let has_feed = publishers.iter().filter_map(|known| known.language.as_deref());
        let any = ItemFilter { languages: vec![code.clone()], ..any_article() };
        if !has_feed.map(primary).any(|known| known == wanted) && reader.items(&any)?.is_empty() {
            strangers.push(format!(
                "no article in the database is in the language {code}: write a code such as en or uk"
            ));
        }
    }
    Ok(strangers)
}

fn any_article() -> ItemFilter {
    ItemFilter { relevant: None, copies: Copies::Show, limit: 1, ..ItemFilter::default() }
}
