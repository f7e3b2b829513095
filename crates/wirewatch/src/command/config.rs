//! `wirewatch config`: what is set, and by whom.

use crate::{app::App, exit::Exit, feeds, output::Column};
use clap::{Args, Subcommand};
use serde::Serialize;

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show every key, its value and where it was set
    Show,
    /// Check the configuration, the feed list and the topics, and say what is wrong
    Check,
}

#[derive(Serialize)]
struct Row<'a> {
    key: &'a str,
    value: String,
    origin: String,
}

const COLUMNS: &[Column] = &[Column::text("key"), Column::text("value"), Column::text("origin")];

pub(crate) fn run(app: &mut App, args: &ConfigArgs) -> anyhow::Result<Exit> {
    match args.action {
        Action::Show => show(app),
        Action::Check => check(app),
    }
}

fn show(app: &mut App) -> anyhow::Result<Exit> {
    let rows: Vec<Row<'_>> = app
        .settings
        .iter()
        .map(|setting| Row {
            key: &setting.key,
            value: setting.value.to_toml(),
            origin: setting.origin.to_string(),
        })
        .collect();
    app.output.rows(COLUMNS, &rows)?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Checked {
    feeds: usize,
    feeds_off: usize,
    topics: usize,
    database: String,
}

/// A mistake in the configuration itself ended the program before it came here.
fn check(app: &mut App) -> anyhow::Result<Exit> {
    let feeds = feeds::load(&app.config)?;
    let tagger = super::topics::tagger(&app.config)?;
    let checked = Checked {
        feeds: feeds.len(),
        feeds_off: feeds.iter().filter(|feed| feed.off.is_some()).count(),
        topics: tagger.topics().len(),
        database: app.database_path().display().to_string(),
    };
    let text = format!(
        "The configuration is valid: {} feeds ({} off), {} topics, database {}.",
        checked.feeds, checked.feeds_off, checked.topics, checked.database
    );
    let columns = &[
        Column::number("feeds"),
        Column::number("feeds_off"),
        Column::number("topics"),
        Column::text("database"),
    ];
    app.output.one(columns, &checked, &text)?;
    Ok(Exit::Done)
}
