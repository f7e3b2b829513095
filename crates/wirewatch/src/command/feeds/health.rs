//! `wirewatch feeds health`: which feeds need a person, and what to do.

use super::{
    advice::{STATES, advice, age_secs, finding, needs_a_person, nothing_reached, state},
    known::{Known, known, named},
};
use crate::{
    app::App,
    config::unknown,
    exit::{Exit, UsageError},
    output::{Column, Format, printable},
    times,
};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Write as _;
use wirewatch_fetch::{span_in_words, usual_gap_secs};
use wirewatch_store::{Database, FeedCheckRow, FeedRow};

/// Checks of one feed that are shown.
const CHECKS: u32 = 20;

#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// Show the latest checks of this feed: its number, address, title or publisher
    feed: Option<String>,
    /// Show every feed, also those that are well
    #[arg(long, conflicts_with = "feed")]
    all: bool,
    /// Only feeds in this state: gone, failing, blocked, empty, stale, moved, quiet, busy, never-checked,
    /// off or ok
    #[arg(long, value_name = "NAME", conflicts_with_all = ["feed", "all"], value_parser = parse_state)]
    state: Option<String>,
}

fn parse_state(name: &str) -> Result<String, String> {
    if STATES.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(unknown("state", name, STATES.iter().copied()))
}

#[derive(Serialize)]
struct Row {
    id: Option<i64>,
    state: String,
    since: Option<String>,
    feed: String,
    publisher: String,
    title: Option<String>,
    url: String,
    folder: Option<String>,
    finding: String,
    outcome: Option<String>,
    failure: Option<String>,
    http_status: Option<u16>,
    failures: u32,
    newest_entry: Option<String>,
    usual_gap_secs: Option<i64>,
    last_checked: Option<String>,
    last_success: Option<String>,
    next_due: Option<String>,
    push: Option<String>,
    advice: String,
}

const COLUMNS: &[Column] = &[
    Column::number("id"),
    Column::text("state"),
    Column::time("since"),
    Column::text("feed"),
    Column::text("publisher"),
    Column::text("title"),
    Column::text("url"),
    Column::text("folder"),
    Column::text("finding"),
    Column::text("outcome"),
    Column::text("failure"),
    Column::number("http_status"),
    Column::number("failures"),
    Column::time("newest_entry"),
    Column::number("usual_gap_secs"),
    Column::time("last_checked"),
    Column::time("last_success"),
    Column::time("next_due"),
    Column::text("push"),
    Column::text("advice"),
];

/// The same for a person: short, and times as how long ago they are.
#[derive(Serialize)]
struct Line {
    id: Option<i64>,
    state: String,
    #[serde(rename = "for")]
    held: String,
    feed: String,
    finding: String,
    asked: String,
    again: String,
    what_to_do: String,
}

const LINE_COLUMNS: &[Column] = &[
    Column::number("id"),
    Column::text("state"),
    Column::text("for"),
    Column::text("feed"),
    Column::text("finding"),
    Column::text("asked"),
    Column::text("again"),
    Column::text("what_to_do"),
];

pub(super) fn health(app: &mut App, args: &HealthArgs) -> anyhow::Result<Exit> {
    if let Some(name) = &args.feed {
        return one(app, name);
    }
    let mut feeds = known(app)?;
    tracing::info!("{}", counts(&feeds));
    let offline = told_offline(&feeds);
    feeds.retain(|feed| match (&args.state, feed) {
        (Some(wanted), feed) => state(feed) == wanted,
        (None, _) if args.all => true,
        (None, Known::Stored(row)) => needs_a_person(row, app.now),
        (None, Known::Listed(_)) => false,
    });
    let rank = |feed: &Known| STATES.iter().position(|name| *name == state(feed)).unwrap_or(0);
    let since = |feed: &Known| match feed {
        Known::Stored(row) => row.health_since.clone(),
        Known::Listed(_) => None,
    };
    feeds.sort_by_cached_key(|feed| (rank(feed), since(feed)));
    let rows: Vec<Row> = feeds.into_iter().map(|feed| row_of(feed, app.now, offline)).collect();
    if app.output.format() == Format::Table {
        let lines: Vec<Line> = rows.into_iter().map(|row| line_of(row, app.now)).collect();
        app.output.rows(LINE_COLUMNS, &lines)?;
    } else {
        app.output.rows(COLUMNS, &rows)?;
    }
    Ok(Exit::Done)
}

/// Says once that it is no feed's fault when none could be reached.
fn told_offline(feeds: &[Known]) -> bool {
    let offline = nothing_reached(feeds);
    if offline {
        tracing::warn!(
            "hardly any feed could be reached when they were last asked: look at the network of this machine, or the proxy"
        );
    }
    offline
}

fn line_of(row: Row, now: Timestamp) -> Line {
    let ago = |at: &Option<String>| age_secs(at.as_deref(), now).map(span_in_words).unwrap_or_default();
    let asked = row.last_checked.as_ref().map(|_| format!("{} ago", ago(&row.last_checked)));
    let due: Option<Timestamp> = row.next_due.as_ref().and_then(|at| at.parse().ok());
    let again = due.map(|due| match due.as_second() - now.as_second() {
        secs if secs > 0 => format!("in {}", span_in_words(secs)),
        _ => "now".to_owned(),
    });
    Line {
        id: row.id,
        state: row.state,
        held: ago(&row.since),
        feed: row.feed,
        finding: row.finding,
        asked: asked.unwrap_or_default(),
        again: again.unwrap_or_default(),
        what_to_do: row.advice,
    }
}

/// How many feeds are in which state, worst first.
fn counts(feeds: &[Known]) -> String {
    let count = |name: &str| feeds.iter().filter(|feed| state(feed) == name).count();
    let counts: Vec<String> = STATES
        .iter()
        .map(|name| (count(name), name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    format!("{} feeds: {}", feeds.len(), counts.join(", "))
}

fn row_of(feed: Known, now: Timestamp, offline: bool) -> Row {
    match feed {
        Known::Stored(row) => stored_row(*row, now, offline),
        Known::Listed(spec) => Row {
            id: None,
            state: if spec.off.is_some() { "off" } else { "never-checked" }.to_owned(),
            since: None,
            feed: label(&spec.publisher.name, spec.title.as_deref(), &spec.url),
            publisher: spec.publisher.name,
            title: spec.title,
            url: spec.url,
            folder: spec.folder,
            finding: spec.off.unwrap_or_default(),
            outcome: None,
            failure: None,
            http_status: None,
            failures: 0,
            newest_entry: None,
            usual_gap_secs: None,
            last_checked: None,
            last_success: None,
            next_due: None,
            push: None,
            advice: "nothing: it stands in the list, and the next run takes it in".to_owned(),
        },
    }
}

fn stored_row(row: FeedRow, now: Timestamp, offline: bool) -> Row {
    Row {
        id: Some(row.id.0),
        feed: label(&row.publisher.name, row.title.as_deref(), &row.url),
        finding: finding(&row, now),
        advice: advice(&row, offline),
        usual_gap_secs: usual_gap_secs(&row.recent_entries),
        state: row.health,
        since: row.health_since,
        publisher: row.publisher.name,
        title: row.title,
        url: row.url,
        folder: row.folder,
        outcome: row.outcome,
        failure: row.failure,
        http_status: row.http_status,
        failures: row.failures,
        newest_entry: row.newest_entry,
        last_checked: row.last_checked,
        last_success: row.last_success,
        next_due: row.next_due,
        push: row.push.map(|push| push.word().to_owned()),
    }
}

/// What a person knows the feed by: publisher and title, or its address.
fn label(publisher: &str, title: Option<&str>, url: &str) -> String {
    match title {
        Some(title) if title.to_lowercase().contains(&publisher.to_lowercase()) => title.to_owned(),
        Some(title) => format!("{publisher}: {title}"),
        None => format!("{publisher}: {}", url.trim_start_matches("https://").trim_start_matches("http://")),
    }
}

/// One feed with its latest checks.
#[derive(Serialize)]
struct Detail {
    #[serde(flatten)]
    row: Row,
    checks: Vec<FeedCheckRow>,
}

fn one(app: &mut App, name: &str) -> anyhow::Result<Exit> {
    let feed = match named(app, name)? {
        Known::Stored(feed) => feed,
        feed => {
            let message = format!("{} was never checked: the next run takes it in", feed.url());
            return Err(UsageError(message).into());
        }
    };
    let reader = Database::open_existing(app.database_path())?.reader()?;
    let checks = reader.feed_checks(feed.id, CHECKS)?;
    let offline = told_offline(&known(app)?);
    let detail = Detail { row: stored_row(*feed, app.now, offline), checks };
    let text = text(&detail, app);
    app.output.one(COLUMNS, &detail, &text)?;
    Ok(Exit::Done)
}

fn text(detail: &Detail, app: &App) -> String {
    let Detail { row, checks } = detail;
    let time =
        |at: &Option<String>| at.as_deref().map(|at| times::short(at, app.output.zone())).unwrap_or_default();
    let mut text = String::new();
    for (name, value) in [
        ("feed", &row.feed),
        ("url", &row.url),
        ("folder", row.folder.as_ref().unwrap_or(&String::new())),
        ("state", &row.state),
        ("since", &time(&row.since)),
        ("finding", &row.finding),
        ("advice", &row.advice),
        ("next", &time(&row.next_due)),
    ] {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<8} {}", printable(value));
        }
    }
    for check in checks {
        let at = times::short(&check.at, app.output.zone());
        let _ = write!(text, "\n{at}  {}", printable(&check_line(check)));
        for (what, list) in [("mended", &check.repairs), ("left out", &check.rejects)] {
            if !list.is_empty() {
                let _ = write!(text, "\n                  {what}: {}", printable(&list.join("; ")));
            }
        }
    }
    text
}

fn check_line(check: &FeedCheckRow) -> String {
    let mut parts = vec![check.outcome.clone()];
    parts.extend(check.http_status.map(|status| format!("status {status}")));
    if check.outcome == "read" {
        parts.push(format!("{} new, {} changed, {} known", check.new, check.changed, check.known));
        parts.push(format!("{} KB", check.body_bytes.div_ceil(1024)));
    }
    parts.push(format!("{} ms", check.duration_ms));
    parts.extend(check.message.clone());
    parts.join(" · ")
}
