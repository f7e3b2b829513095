//! `wirewatch feeds check`: one check of one feed, in words.

use super::{
    discover::{has_host, site_address},
    known::{Known, means},
    network::Network,
    set::with_settings,
};
use crate::{
    app::App,
    exit::{Exit, UsageError},
    output::{Column, pairs, printable, shortened},
    times,
};
use anyhow::Context as _;
use clap::Args;
use jiff::tz::TimeZone;
use wirewatch_fetch::Explanation;
use wirewatch_model::{DueFeed, Stamp, address};
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
    keep_headers_home(&mut due, args)?;
    let (explanation, _) = Network::with(app, |app, network| Ok(network.check(app, &due)))?;
    let text = text(&explanation, app.output.zone());
    app.output.one(COLUMNS, &explanation, &text)?;
    tracing::info!("nothing of this was stored{}", but_what_is_asked_of_us(app, &explanation));
    Ok(if explanation.sound { Exit::Done } else { Exit::Partial })
}

/// Headers that are given with an address are meant for it, not for where its feed has moved to.
fn keep_headers_home(due: &mut DueFeed, args: &CheckArgs) -> anyhow::Result<()> {
    let has_headers = args.settings.iter().any(|setting| setting.starts_with("headers."));
    if has_headers && has_host(&args.feed) {
        let given = site_address(&args.feed)?;
        if !address::headers_may_go(&given, &due.url) {
            *due = DueFeed { url: given, settings: std::mem::take(&mut due.settings), ..DueFeed::default() };
        }
    }
    Ok(())
}

/// What stays of a check by hand all the same: its host will not be asked before that time.
fn but_what_is_asked_of_us(app: &App, explanation: &Explanation) -> String {
    match explanation.not_before.filter(|_| app.database_path().exists()) {
        Some(until) => {
            format!(" but that no request is wanted before {}", times::clock(until, app.output.zone()))
        }
        None => String::new(),
    }
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
            if !has_host(name) {
                let message = format!("no feed of that name is known, and '{name}' is no address");
                return Err(UsageError(message).into());
            }
            let url = site_address(name)?;
            Ok(DueFeed { url, ..DueFeed::default() })
        }
    }
}

/// Width of the names of lines.
const NAMES: usize = 16;
/// Letters of a value that are shown; an address is shown whole.
const LONGEST_VALUE: usize = 160;
/// Letters of a title that are shown.
const LONGEST_TITLE: usize = 100;

fn text(explanation: &Explanation, zone: &TimeZone) -> String {
    let mut rows = Vec::new();
    for line in &explanation.lines {
        let whole = matches!(line.name, "asked" | "redirect" | "hub");
        let value = if whole { line.value.clone() } else { shortened(&line.value, LONGEST_VALUE) };
        let said = match (value.is_empty(), line.meaning.is_empty()) {
            (false, false) => format!("{value}: {}", line.meaning),
            _ => format!("{value}{}", line.meaning),
        };
        rows.push((line.name.to_owned(), printable(&said)));
        if line.name == "entries" {
            for entry in &explanation.entries {
                let at = match entry.published {
                    Some(Stamp::Instant { at, .. }) => times::clock(at, zone),
                    Some(day) => day.to_string(),
                    None => String::new(),
                };
                let title = printable(&shortened(&entry.title, LONGEST_TITLE));
                rows.push((String::new(), format!("{at:<19}  {title}")));
            }
        }
    }
    pairs(&rows, NAMES)
}
