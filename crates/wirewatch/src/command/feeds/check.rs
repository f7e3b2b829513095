//! `wirewatch feeds check`: one check of one feed, in words.

use super::{
    known::{Known, means},
    network::{fetcher, spinner},
    set::with_settings,
};
use crate::{
    app::App,
    engine::runtime,
    exit::{Exit, UsageError},
    feeds::feed_url,
    output::{Column, printable},
};
use anyhow::Context as _;
use clap::Args;
use std::fmt::Write as _;
use wirewatch_fetch::{Explanation, explain};
use wirewatch_model::DueFeed;
use wirewatch_store::Database;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// An address, or the number, title or publisher of a feed
    #[arg(value_name = "URL|FEED")]
    feed: String,
    /// Ask for all of it, although the last answer gave validators
    #[arg(long)]
    fresh: bool,
    /// Try a setting for this check, with the names of the feed list: http1_only=true, …
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
}

const COLUMNS: &[Column] = &[
    Column::text("url"),
    Column::text("answered_by"),
    Column::number("status"),
    Column::text("outcome"),
    Column::text("sound"),
    Column::text("format"),
    Column::text("title"),
    Column::text("language"),
    Column::number("entry_count"),
    Column::time("newest_entry"),
    Column::text("repairs"),
    Column::text("health"),
    Column::time("next_due"),
];

pub(super) fn check(app: &mut App, args: &CheckArgs) -> anyhow::Result<Exit> {
    let mut due = due(app, &args.feed)?;
    due.reparse |= args.fresh;
    due.settings = with_settings(app, due.settings, &args.settings)?;
    let explanation = ask(app, &due)?;
    let text = text(&explanation);
    app.output.one(COLUMNS, &explanation, &text)?;
    tracing::info!("nothing of this was stored");
    Ok(if explanation.sound { Exit::Done } else { Exit::Partial })
}

/// Asks for a feed now and says what came.
pub(super) fn ask(app: &App, due: &DueFeed) -> anyhow::Result<Explanation> {
    let fetcher = fetcher(app)?;
    let bar = spinner(app, &due.url);
    let answer = runtime()?.block_on(fetcher.fetch_feed(due, app.now));
    bar.finish_and_clear();
    Ok(explain(due, answer))
}

/// The feed that is meant with all that is known of it, or one of which nothing is.
fn due(app: &App, name: &str) -> anyhow::Result<DueFeed> {
    match means(app, name)? {
        Some(Known::Stored(row)) => {
            let reader = Database::open_existing(app.database_path())?.reader()?;
            reader
                .feed_as_due(row.id, app.now)?
                .with_context(|| format!("{} is no feed that is polled", row.url))
        }
        Some(Known::Listed(spec)) => {
            let spec = *spec;
            Ok(DueFeed {
                url: spec.url,
                publisher: spec.publisher,
                settings: spec.settings,
                ..DueFeed::default()
            })
        }
        None => {
            let url = feed_url(name)
                .map_err(|reason| UsageError(format!("no feed of that name is known, and {reason}")))?;
            Ok(DueFeed { url, ..DueFeed::default() })
        }
    }
}

fn text(explanation: &Explanation) -> String {
    let mut text = String::new();
    for line in &explanation.lines {
        let said = match (line.value.is_empty(), line.meaning.is_empty()) {
            (false, false) => format!("{}: {}", line.value, line.meaning),
            _ => format!("{}{}", line.value, line.meaning),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<16} {}", line.name, printable(&said));
        if line.name == "entries" {
            for entry in &explanation.entries {
                let at = entry.published.map(|stamp| stamp.to_string()).unwrap_or_default();
                let _ = writeln!(text, "{:<16} {at:<25}  {}", "", printable(&entry.title));
            }
        }
    }
    text
}
