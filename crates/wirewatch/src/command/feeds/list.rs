//! `wirewatch feeds list`: every feed and how it is doing.

use super::known::{Known, known};
use crate::{app::App, exit::Exit, feeds::settings::assignments, output::Column};
use serde::Serialize;
use std::collections::BTreeMap;
use wirewatch_model::{FeedSettings, FeedSpec};
use wirewatch_store::FeedRow;

#[derive(Serialize)]
struct Row {
    id: Option<i64>,
    health: String,
    health_since: Option<String>,
    publisher: String,
    folder: Option<String>,
    title: Option<String>,
    url: String,
    origin: String,
    off: Option<String>,
    outcome: Option<String>,
    message: Option<String>,
    http_status: Option<u16>,
    failures: u32,
    last_checked: Option<String>,
    last_success: Option<String>,
    last_entry: Option<String>,
    newest_entry: Option<String>,
    next_due: Option<String>,
    push: Option<String>,
    /// By their names in the feed list; of headers only which there are, for they may hold secrets.
    settings: BTreeMap<String, String>,
    seen: u64,
    owed: u64,
    provisional: u64,
    done: u64,
    rejected: u64,
}

const COLUMNS: &[Column] = &[
    Column::number("id"),
    Column::text("health"),
    Column::time("health_since").hidden(),
    Column::text("publisher"),
    Column::text("folder").hidden(),
    Column::text("title").hidden(),
    Column::text("url"),
    Column::text("origin").hidden(),
    Column::text("off").hidden(),
    Column::text("outcome").hidden(),
    Column::number("http_status").hidden(),
    Column::number("failures").hidden(),
    Column::time("last_checked"),
    Column::time("last_success").hidden(),
    Column::time("last_entry"),
    Column::time("newest_entry").hidden(),
    Column::time("next_due").hidden(),
    Column::text("push").hidden(),
    Column::number("seen"),
    Column::number("owed").hidden(),
    Column::number("provisional").hidden(),
    Column::number("done").hidden(),
    Column::number("rejected").hidden(),
    Column::text("message"),
];

pub(super) fn list(app: &mut App) -> anyhow::Result<Exit> {
    let rows: Vec<Row> = known(app)?
        .into_iter()
        .map(|feed| match feed {
            Known::Stored(row) => stored_row(*row),
            Known::Listed(spec) => listed_row(*spec),
        })
        .collect();
    app.output.rows(COLUMNS, &rows)?;
    Ok(Exit::Done)
}

fn settings(settings: &FeedSettings) -> BTreeMap<String, String> {
    let named = assignments(settings).into_iter().map(|(key, value)| (key.to_owned(), value));
    let headers = settings.headers.keys().map(|name| (format!("headers.{name}"), "(not shown)".to_owned()));
    named.chain(headers).collect()
}

fn stored_row(row: FeedRow) -> Row {
    Row {
        id: Some(row.id.0),
        health: row.health,
        health_since: row.health_since,
        publisher: row.publisher.name,
        folder: row.folder,
        title: row.title,
        url: row.url,
        origin: row.origin,
        message: row.message.or_else(|| row.off.clone()),
        off: row.off,
        outcome: row.outcome,
        http_status: row.http_status,
        failures: row.failures,
        last_checked: row.last_checked,
        last_success: row.last_success,
        last_entry: row.last_entry,
        newest_entry: row.newest_entry,
        next_due: row.next_due,
        push: row.push.map(|push| push.word().to_owned()),
        settings: settings(&row.settings),
        seen: row.entries.seen,
        owed: row.entries.owed,
        provisional: row.entries.provisional,
        done: row.entries.done,
        rejected: row.entries.rejected,
    }
}

fn listed_row(spec: FeedSpec) -> Row {
    Row {
        id: None,
        health: if spec.off.is_some() { "off" } else { "never-checked" }.to_owned(),
        health_since: None,
        publisher: spec.publisher.name,
        folder: spec.folder,
        title: spec.title,
        url: spec.url,
        origin: spec.origin.as_str().to_owned(),
        message: spec.off.clone(),
        off: spec.off,
        outcome: None,
        http_status: None,
        failures: 0,
        last_checked: None,
        last_success: None,
        last_entry: None,
        newest_entry: None,
        next_due: None,
        push: None,
        settings: settings(&spec.settings),
        seen: 0,
        owed: 0,
        provisional: 0,
        done: 0,
        rejected: 0,
    }
}
