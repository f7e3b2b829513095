//! `wirewatch feeds import` and `export`: lists as feed readers exchange them.

use super::{
    add::write_added,
    known::{Known, known},
};
use crate::{
    app::App,
    command::topics::tagger,
    exit::{Exit, UsageError},
    feeds::{self, opml, settings::TopicNames},
};
use anyhow::Context as _;
use std::{collections::HashMap, io::Read as _, path::Path};
use wirewatch_fetch::decode_text;
use wirewatch_model::{FeedSpec, Origin, Publisher};
use wirewatch_store::Database;

pub(super) fn import(app: &App, file: &Path, switch_on: bool) -> anyhow::Result<Exit> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).context("the input stream cannot be read")?;
    } else {
        bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    let name = file.display();
    let tagger = || tagger(&app.config);
    let topics = TopicNames::new(&tagger);
    let outlines = opml::parse(&decode_text(&bytes), &topics, &publishers(app, &topics)?)
        .map_err(|error| UsageError(format!("nothing was imported from {name}: {error:#}")))?;
    let all = outlines.feeds.len();
    let wanted = wanted(app, outlines.feeds, switch_on)?;
    let (feeds, known) = (wanted.len(), all - wanted.len());
    if feeds > 0 {
        write_added(app, wanted)?;
    }
    for refused in &outlines.refused {
        tracing::warn!("not imported: {refused}");
    }
    for dropped in &outlines.dropped {
        tracing::warn!("imported without a setting: {dropped}");
    }
    tracing::info!(feeds, known, refused = outlines.refused.len(), "imported");
    Ok(if outlines.refused.is_empty() { Exit::Done } else { Exit::Partial })
}

/// What is known of publishers, by domain: the database and the user's list before the compiled-in one.
fn publishers(app: &App, topics: &TopicNames<'_>) -> anyhow::Result<HashMap<String, Publisher>> {
    let built_in = feeds::built_in(topics)?.into_iter().map(|spec| spec.publisher);
    let ours = known(app)?.into_iter().map(|feed| match feed {
        Known::Stored(row) => row.publisher,
        Known::Listed(spec) => spec.publisher,
    });
    // One that goes by its domain is one of whom nothing was said.
    let told = ours.filter(|publisher| publisher.name != publisher.domain);
    Ok(built_in.chain(told).map(|publisher| (publisher.domain.clone(), publisher)).collect())
}

/// The feeds of an imported list that are to be written: those not known yet. With `switch_on` also
/// those that the list follows and that are off here.
fn wanted(app: &App, specs: Vec<FeedSpec>, switch_on: bool) -> anyhow::Result<Vec<FeedSpec>> {
    let known: HashMap<String, bool> = known(app)?
        .into_iter()
        .map(|feed| match feed {
            Known::Stored(row) => (row.url, row.off.is_some()),
            Known::Listed(spec) => (spec.url, spec.off.is_some()),
        })
        .collect();
    let path = app.database_path();
    let reader = if path.exists() { Some(Database::open_existing(&path)?.reader()?) } else { None };
    let mut wanted = Vec::new();
    for spec in specs {
        let mut off = known.get(&spec.url).copied();
        if let (None, Some(reader)) = (off, &reader) {
            // A feed that has moved is known under its earlier address too.
            off = reader.find_feed(&spec.url)?.map(|feed| feed.off.is_some());
        }
        if off.is_none_or(|off| off && switch_on && spec.off.is_none()) {
            wanted.push(spec);
        }
    }
    Ok(wanted)
}

pub(super) fn export(app: &mut App) -> anyhow::Result<Exit> {
    let specs: Vec<FeedSpec> = known(app)?
        .into_iter()
        .map(|feed| match feed {
            Known::Listed(spec) => *spec,
            Known::Stored(row) => FeedSpec {
                url: row.url,
                publisher: row.publisher,
                title: row.title,
                folder: row.folder,
                off: row.off,
                origin: Origin::Added,
                settings: row.settings,
            },
        })
        .collect();
    app.output.raw(&opml::write(&specs)?)?;
    if let Some(words) = opml::left_out(&specs) {
        tracing::info!("{words}");
    }
    Ok(Exit::Done)
}
