//! `wirewatch topics`: what articles are sorted into.

use crate::{
    app::App,
    config::Config,
    exit::{Exit, UsageError},
    output::Column,
};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::collections::HashMap;
use wirewatch_store::Database;
use wirewatch_tag::{Rules, Tagger};

#[derive(Debug, Args)]
pub(crate) struct TopicsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the topics, what they mean, and how many articles have them
    List,
}

#[derive(Serialize)]
struct Row<'a> {
    slug: &'a str,
    title: &'a str,
    definition: &'a str,
    terms: usize,
    threshold: f64,
    articles: Option<u64>,
}

const COLUMNS: &[Column] = &[
    Column::text("slug"),
    Column::text("title"),
    Column::number("articles"),
    Column::text("definition"),
    Column::number("terms").hidden(),
    Column::number("threshold").hidden(),
];

pub(crate) fn run(app: &mut App, args: &TopicsArgs) -> anyhow::Result<Exit> {
    match args.action {
        Action::List => list(app),
    }
}

fn list(app: &mut App) -> anyhow::Result<Exit> {
    let tagger = tagger(&app.config)?;
    let counts = counts(app)?;
    let rows: Vec<Row<'_>> = tagger
        .topics()
        .map(|topic| Row {
            slug: topic.slug,
            title: topic.title,
            definition: topic.definition,
            terms: topic.terms,
            // Two decimals are what the rules say; more are those of a narrow float made wide.
            threshold: (f64::from(topic.threshold) * 100.0).round() / 100.0,
            articles: counts.as_ref().map(|counts| counts.get(topic.slug).copied().unwrap_or(0)),
        })
        .collect();
    app.output.rows(COLUMNS, &rows)?;
    Ok(Exit::Done)
}

/// Articles by topic; `None` without a database, for the topics are there without one.
fn counts(app: &App) -> anyhow::Result<Option<HashMap<String, u64>>> {
    let path = app.database_path();
    if !path.exists() {
        return Ok(None);
    }
    let counts = Database::open_existing(&path)?.reader()?.topic_counts()?;
    Ok(Some(counts.into_iter().map(|topic| (topic.name, topic.articles)).collect()))
}

/// The tagger with the user's additions laid over the shipped rules.
pub(crate) fn tagger(config: &Config) -> anyhow::Result<Tagger> {
    let Some(path) = &config.topics_file else { return Ok(Tagger::builtin()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| UsageError(format!("the topics {} cannot be read: {error}", path.display())))?;
    let rules = Rules::shipped(Some(&text)).with_context(|| format!("in {}", path.display()))?;
    Ok(Tagger::new(rules))
}
