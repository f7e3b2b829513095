//! `wirewatch seeds`: the articles the topics rest on, as profiles.

use super::{text_of, topics::tagger};
use crate::{app::App, exit::Exit, output::Column};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::{Path, PathBuf};
use wirewatch_tag::{SeedSource, learn_seed};

#[derive(Debug, Args)]
pub(crate) struct SeedsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the seed articles
    List,
    /// Make a profile of a text file (its first line is the title) or an HTML page, and print it as TOML
    Learn {
        /// Text or HTML; `.gz` is opened
        file: PathBuf,
        /// Name of the profile [default: that of the file]
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    title: &'a str,
    publisher: &'a str,
    date: &'a str,
    language: &'a str,
    key_terms: usize,
    topics: Vec<&'a str>,
    sha256: &'a str,
}

const COLUMNS: &[Column] = &[
    Column::text("name"),
    Column::text("title"),
    Column::text("publisher"),
    Column::text("date"),
    Column::text("language").hidden(),
    Column::number("key_terms"),
    Column::text("topics"),
    Column::text("sha256").hidden(),
];

pub(crate) fn run(app: &mut App, args: &SeedsArgs) -> anyhow::Result<Exit> {
    match &args.action {
        Action::List => list(app),
        Action::Learn { file, name } => learn(app, file, name.as_deref()),
    }
}

fn list(app: &mut App) -> anyhow::Result<Exit> {
    let tagger = tagger(&app.config)?;
    let rows: Vec<Row<'_>> = tagger
        .seeds()
        .iter()
        .map(|seed| Row {
            name: &seed.name,
            title: &seed.title,
            publisher: &seed.publisher,
            date: &seed.date,
            language: &seed.language,
            key_terms: seed.key_terms.len(),
            topics: seed.topics.keys().map(String::as_str).collect(),
            sha256: &seed.sha256,
        })
        .collect();
    app.output.rows(COLUMNS, &rows)?;
    Ok(Exit::Done)
}

fn learn(app: &mut App, file: &Path, name: Option<&str>) -> anyhow::Result<Exit> {
    let tagger = tagger(&app.config)?;
    let document = text_of(file, app.now)?;
    if document.text.trim().is_empty() {
        bail!("{} holds no text to learn from", file.display());
    }
    let stem = file.file_stem().context("the file has no name")?.to_string_lossy();
    let stem = stem.split('.').next().unwrap_or(&stem);
    let profile = learn_seed(
        &tagger,
        &SeedSource {
            name: name.unwrap_or(stem),
            title: &document.title,
            text: &document.text,
            language: document.language.as_deref(),
            publisher: document.publisher.as_deref(),
            date: document.date.as_deref(),
        },
    );
    app.output.raw(profile.to_toml().as_bytes())?;
    Ok(Exit::Done)
}
