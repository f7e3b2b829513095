//! `wirewatch seeds`: the articles the topics rest on, as profiles.

use super::topics::tagger;
use crate::{app::App, exit::Exit, output::Column, stage::line::read_file};
use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use std::path::{Path, PathBuf};
use wirewatch_clean::{PageInput, clean};
use wirewatch_model::HostMemory;
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
    let document = read(file, app.now)?;
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

/// A text to learn from, with what its file says of it.
#[derive(Default)]
struct Document {
    title: String,
    text: String,
    language: Option<String>,
    publisher: Option<String>,
    date: Option<String>,
}

/// Reads an HTML page through the cleaner, anything else as plain text.
fn read(file: &Path, now: Timestamp) -> anyhow::Result<Document> {
    let bytes = read_file(file).with_context(|| format!("{} cannot be read", file.display()))?;
    if bytes.trim_ascii_start().starts_with(b"<") {
        let article =
            clean(&PageInput { url: None, content_type: None, body: &bytes }, &HostMemory::default(), now);
        let article = article.article;
        return Ok(Document {
            text: format!("{}\n\n{}", article.title, article.text),
            title: article.title,
            language: article.language,
            publisher: article.publisher,
            date: article.published.map(|stamp| stamp.to_string().chars().take(10).collect()),
        });
    }
    let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8 text", file.display()))?;
    let title = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned();
    Ok(Document { title, text, ..Document::default() })
}
