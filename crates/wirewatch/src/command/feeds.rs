//! `wirewatch feeds`: which feeds are followed.

use crate::{
    app::App,
    exit::{Exit, UsageError},
    feeds::{self, checked_url, domain_of, kind_from_name, opml},
    output::Column,
};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::{
    collections::HashSet,
    io::Read as _,
    path::{Path, PathBuf},
};
use wirewatch_model::{FeedSpec, Origin, Publisher, PublisherKind, address};
use wirewatch_store::{Database, FeedOverride, FeedRow, ShortWrite, Written};

#[derive(Debug, Args)]
pub(crate) struct FeedsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the feeds and how they are doing
    List,
    /// Follow a feed
    Add(AddArgs),
    /// Stop following a feed; what it brought stays
    Remove {
        /// Its address or number
        feed: String,
    },
    /// Follow every feed of an OPML file (- for the input stream)
    Import {
        /// The file
        file: PathBuf,
    },
    /// Write the feeds as OPML 2.0
    Export,
}

#[derive(Debug, Args)]
struct AddArgs {
    /// Its address
    url: String,
    /// Domain of its publisher [default: that of the address]
    #[arg(long, value_name = "DOMAIN")]
    publisher: Option<String>,
    /// The publisher's name [default: the domain]
    #[arg(long)]
    name: Option<String>,
    /// Your name for the feed [default: its own]
    #[arg(long)]
    title: Option<String>,
    /// The publisher's main language (en, uk, …)
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// The publisher's country (UA, DE, …)
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// wire, newspaper, broadcaster, government, think-tank, state-controlled or aggregator
    #[arg(long, default_value = "newspaper", value_parser = parse_kind)]
    kind: PublisherKind,
}

fn parse_kind(name: &str) -> Result<PublisherKind, String> {
    kind_from_name(name).ok_or_else(|| format!("'{name}' is no kind of publisher"))
}

pub(crate) fn run(app: &mut App, args: &FeedsArgs) -> anyhow::Result<Exit> {
    match &args.action {
        Action::List => list(app),
        Action::Add(args) => add(app, args),
        Action::Remove { feed } => remove(app, feed),
        Action::Import { file } => import(app, file),
        Action::Export => export(app),
    }
}

#[derive(Serialize)]
struct Row {
    id: Option<i64>,
    health: String,
    publisher: String,
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
    next_due: Option<String>,
    seen: u64,
    owed: u64,
    provisional: u64,
    done: u64,
    rejected: u64,
}

const COLUMNS: &[Column] = &[
    Column::number("id"),
    Column::text("health"),
    Column::text("publisher"),
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
    Column::time("next_due").hidden(),
    Column::number("seen"),
    Column::number("owed").hidden(),
    Column::number("provisional").hidden(),
    Column::number("done").hidden(),
    Column::number("rejected").hidden(),
    Column::text("message"),
];

fn list(app: &mut App) -> anyhow::Result<Exit> {
    let rows: Vec<Row> = known(app)?
        .into_iter()
        .map(|feed| match feed {
            Known::Stored(row) => stored_row(*row),
            Known::Listed(spec) => listed_row(spec),
        })
        .collect();
    app.output.rows(COLUMNS, &rows)?;
    Ok(Exit::Done)
}

/// A feed of the database, or one of the list that no run has met yet.
enum Known {
    Stored(Box<FeedRow>),
    Listed(FeedSpec),
}

/// Every feed; works before the first run too.
fn known(app: &App) -> anyhow::Result<Vec<Known>> {
    let listed = feeds::load(app.config.feeds_file.as_deref())?;
    let path = app.database_path();
    if !path.exists() {
        return Ok(listed.into_iter().map(Known::Listed).collect());
    }
    let reader = Database::open_existing(&path)?.reader()?;
    let mut known: Vec<Known> = Vec::new();
    let mut met = HashSet::new();
    for row in reader.feeds()?.into_iter().filter(|row| row.origin != Origin::Backfill.as_str()) {
        met.insert(row.url.clone());
        known.push(Known::Stored(Box::new(row)));
    }
    // A run brings the list in; before it, and after the list was changed, some stand only there. A feed
    // that moved is found under the address it was listed with.
    if known.iter().any(|feed| matches!(feed, Known::Stored(row) if row.origin == Origin::File.as_str())) {
        for spec in listed {
            if !met.contains(&spec.url) && reader.find_feed(&spec.url)?.is_none() {
                known.push(Known::Listed(spec));
            }
        }
    } else {
        known.extend(listed.into_iter().filter(|spec| !met.contains(&spec.url)).map(Known::Listed));
    }
    Ok(known)
}

fn stored_row(row: FeedRow) -> Row {
    Row {
        id: Some(row.id.0),
        health: row.health,
        publisher: row.publisher.name,
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
        next_due: row.next_due,
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
        publisher: spec.publisher.name,
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
        next_due: None,
        seen: 0,
        owed: 0,
        provisional: 0,
        done: 0,
        rejected: 0,
    }
}

fn add(app: &App, args: &AddArgs) -> anyhow::Result<Exit> {
    let url = checked_url(&args.url).map_err(UsageError)?;
    let domain = args.publisher.as_deref().map_or_else(|| domain_of(&url), address::registrable_domain);
    let publisher = Publisher {
        name: args.name.clone().unwrap_or_else(|| domain.clone()),
        domain,
        country: args.country.clone(),
        language: args.language.clone(),
        kind: args.kind,
    };
    let spec =
        FeedSpec { url, publisher, title: args.title.clone(), origin: Origin::Added, ..FeedSpec::default() };
    let added = write_added(app, vec![spec])?;
    tracing::info!(feeds = added, "following");
    Ok(Exit::Done)
}

fn import(app: &App, file: &Path) -> anyhow::Result<Exit> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).context("the input stream cannot be read")?;
    } else {
        bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", file.display()))?;
    let outlines = opml::parse(&text).with_context(|| format!("{} cannot be imported", file.display()))?;
    let feeds = outlines.feeds.len();
    if feeds > 0 {
        write_added(app, outlines.feeds)?;
    }
    for refused in &outlines.refused {
        tracing::warn!("not imported: {refused}");
    }
    tracing::info!(feeds, refused = outlines.refused.len(), "imported");
    Ok(if outlines.refused.is_empty() { Exit::Done } else { Exit::Partial })
}

/// Makes the database if there is none: a list may be set up before the first run.
fn write_added(app: &App, specs: Vec<FeedSpec>) -> anyhow::Result<usize> {
    let database = Database::open(app.database_path())?;
    match database.short_writer()?.write(&ShortWrite::AddFeeds { specs, at: app.now })? {
        Written::FeedsAdded(ids) => Ok(ids.len()),
        other => anyhow::bail!("the database answered {other:?} to new feeds"),
    }
}

fn remove(app: &App, name: &str) -> anyhow::Result<Exit> {
    let database = Database::open_existing(app.database_path())?;
    let Some(feed) = database.reader()?.find_feed(name)? else {
        let message = format!("no feed {name} is known: `wirewatch feeds list` shows those there are");
        return Err(UsageError(message).into());
    };
    let change = FeedOverride::Off("removed by command".to_owned());
    database.short_writer()?.write(&ShortWrite::OverrideFeed { feed: feed.id, change, at: app.now })?;
    if feed.origin == Origin::File.as_str() {
        tracing::info!(
            "{} stands in a feed list: it is switched off in the database, the list is as it was",
            feed.url
        );
    } else {
        tracing::info!("{} is not followed any more", feed.url);
    }
    Ok(Exit::Done)
}

fn export(app: &mut App) -> anyhow::Result<Exit> {
    let specs: Vec<FeedSpec> = known(app)?
        .into_iter()
        .map(|feed| match feed {
            Known::Listed(spec) => spec,
            Known::Stored(row) => FeedSpec {
                url: row.url,
                publisher: row.publisher,
                title: row.title,
                off: row.off,
                origin: Origin::Added,
                settings: row.settings,
            },
        })
        .collect();
    app.output.raw(&opml::write(&specs)?)?;
    Ok(Exit::Done)
}
