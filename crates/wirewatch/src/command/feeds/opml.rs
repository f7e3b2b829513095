//! `wirewatch feeds import` and `export`: lists as feed readers exchange them.

use super::{
    add::write_added,
    known::{Known, known},
};
use crate::{
    app::App,
    command::topics::tagger,
    exit::{Exit, UsageError},
    feeds::{opml, settings::TopicNames},
};
use anyhow::Context as _;
use std::{collections::HashMap, io::Read as _, path::Path};
use wirewatch_model::{FeedSpec, Origin};
use wirewatch_store::Database;

pub(super) fn import(app: &App, file: &Path, switch_on: bool) -> anyhow::Result<Exit> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).context("the input stream cannot be read")?;
    } else {
        bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    let name = file.display();
    let text = String::from_utf8(bytes).map_err(|_| UsageError(format!("{name} is not UTF-8")))?;
    let tagger = || tagger(&app.config);
    let outlines = opml::parse(&text, &TopicNames::new(&tagger))
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
