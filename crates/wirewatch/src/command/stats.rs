//! `wirewatch stats`: what the database holds.

use crate::{
    app::App,
    exit::Exit,
    output::{Column, Format},
};
use serde::Serialize;
use wirewatch_store::{Database, Stats};

const COLUMNS: &[Column] = &[Column::text("what"), Column::text("name"), Column::number("count")];

/// One count; tables and lines are long rather than wide.
#[derive(Serialize)]
struct Row {
    what: &'static str,
    name: String,
    count: u64,
}

pub(crate) fn run(app: &mut App) -> anyhow::Result<Exit> {
    let stats = Database::open_existing(app.database_path())?.reader()?.stats()?;
    if matches!(app.output.format(), Format::Json | Format::Jsonl) {
        app.output.one(COLUMNS, &stats, "")?;
    } else {
        app.output.rows(COLUMNS, &rows(&stats))?;
    }
    Ok(Exit::Done)
}

fn rows(stats: &Stats) -> Vec<Row> {
    let entries = &stats.entries;
    let mut rows: Vec<Row> = [
        ("feeds", "followed", stats.feeds),
        ("feeds", "off", stats.feeds_off),
        ("entries", "seen", entries.seen),
        ("entries", "owed", entries.owed),
        ("entries", "provisional", entries.provisional),
        ("entries", "done", entries.done),
        ("entries", "rejected", entries.rejected),
        ("articles", "all", stats.articles),
        ("articles", "relevant", stats.relevant),
        ("articles", "copies", stats.copies),
        ("articles", "provisional", stats.provisional),
        ("revisions", "all", stats.revisions),
        ("stories", "all", stats.stories),
    ]
    .map(|(what, name, count)| Row { what, name: name.to_owned(), count })
    .into();
    let topics = stats.topics.iter().map(|topic| ("topic", topic.name.clone(), topic.articles));
    let publishers =
        stats.publishers.iter().map(|publisher| ("publisher", publisher.name.clone(), publisher.articles));
    let rejects = stats
        .rejects
        .iter()
        .map(|reject| ("reject", format!("{}: {}", reject.stage, reject.reason), reject.entries));
    rows.extend(topics.chain(publishers).chain(rejects).map(|(what, name, count)| Row { what, name, count }));
    rows
}
