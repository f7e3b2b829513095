//! `wirewatch feeds`: which feeds are followed.

use crate::{
    app::App,
    command::topics::tagger,
    exit::{Exit, UsageError},
    feeds::{
        self, country, domain, domain_of, feed_url, kind_from_name, kind_names, language, opml,
        settings::TopicNames,
    },
    output::Column,
};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::{
    collections::{HashMap, HashSet},
    io::Read as _,
    path::{Path, PathBuf},
};
use wirewatch_model::{FeedSpec, Origin, Publisher, PublisherKind};
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
    /// Follow every feed of an OPML file (- for the input stream); those known already stay as they are
    Import {
        /// The file
        file: PathBuf,
        /// Also follow again what is switched off here
        #[arg(long)]
        switch_on: bool,
    },
    /// Write the feeds as OPML 2.0; those that are off are marked (isComment, wirewatch:off)
    Export,
}

#[derive(Debug, Args)]
struct AddArgs {
    /// Its address
    url: String,
    /// Domain of its publisher [default: that of the address]
    #[arg(long, value_name = "DOMAIN", value_parser = domain)]
    publisher: Option<String>,
    /// The publisher's name [default: the domain]
    #[arg(long)]
    name: Option<String>,
    /// Your name for the feed [default: its own]
    #[arg(long)]
    title: Option<String>,
    /// The publisher's main language (en, uk, …)
    #[arg(long, value_name = "CODE", value_parser = language)]
    language: Option<String>,
    /// The publisher's country (UA, DE, …)
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<String>,
    /// wire, newspaper, broadcaster, government, think-tank, state-controlled or aggregator
    #[arg(long, default_value = "newspaper", value_parser = parse_kind)]
    kind: PublisherKind,
}

fn parse_kind(name: &str) -> Result<PublisherKind, String> {
    kind_from_name(name).ok_or_else(|| format!("'{name}' is no kind of publisher: they are {}", kind_names()))
}

pub(crate) fn run(app: &mut App, args: &FeedsArgs) -> anyhow::Result<Exit> {
    match &args.action {
        Action::List => list(app),
        Action::Add(args) => add(app, args),
        Action::Remove { feed } => remove(app, feed),
        Action::Import { file, switch_on } => import(app, file, *switch_on),
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
    let listed = feeds::load(&app.config)?;
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
    let url = known_spelling(app, &args.url)?.map_or_else(|| feed_url(&args.url).map_err(UsageError), Ok)?;
    let domain = args.publisher.clone().unwrap_or_else(|| domain_of(&url));
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

/// The address as it was typed, when a feed is known under just that: a list may spell it in its own way.
fn known_spelling(app: &App, typed: &str) -> anyhow::Result<Option<String>> {
    Ok(find(app, typed.trim())?.map(|_| typed.trim().to_owned()))
}

/// The feed of an address or number, in the database or, before a run has met it, in the list.
fn find(app: &App, name: &str) -> anyhow::Result<Option<Known>> {
    let path = app.database_path();
    if path.exists()
        && let Some(row) = Database::open_existing(&path)?.reader()?.find_feed(name)?
    {
        return Ok(Some(Known::Stored(Box::new(row))));
    }
    let listed = feeds::load(&app.config)?;
    Ok(listed.into_iter().find(|spec| spec.url == name).map(Known::Listed))
}

fn import(app: &App, file: &Path, switch_on: bool) -> anyhow::Result<Exit> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).context("the input stream cannot be read")?;
    } else {
        bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    let name = file.display();
    let text = String::from_utf8(bytes).map_err(|_| UsageError(format!("{name} is not UTF-8")))?;
    let tagger = || tagger(&app.config);
    let outlines = opml::parse(&text, &TopicNames::new(&tagger))
        .map_err(|error| UsageError(format!("nothing was imported from {name}: {error:#}")))?;
    let all = outlines.feeds.len();
    let wanted = wanted(app, outlines.feeds, switch_on)?;
    let (feeds, known) = (wanted.len(), all - wanted.len());
    if feeds > 0 {
        write_added(app, wanted)?;
    }
    for refused in &outlines.refused {
        tracing::warn!("not imported: {refused}");
    }
    for dropped in &outlines.dropped {
        tracing::warn!("imported without a setting: {dropped}");
    }
    tracing::info!(feeds, known, refused = outlines.refused.len(), "imported");
    Ok(if outlines.refused.is_empty() { Exit::Done } else { Exit::Partial })
}

/// The feeds of an imported list that are to be written: those not known yet. With `switch_on` also
/// those that the list follows and that are off here.
fn wanted(app: &App, specs: Vec<FeedSpec>, switch_on: bool) -> anyhow::Result<Vec<FeedSpec>> {
    let known: HashMap<String, bool> = known(app)?
        .into_iter()
        .map(|feed| match feed {
            Known::Stored(row) => (row.url, row.off.is_some()),
            Known::Listed(spec) => (spec.url, spec.off.is_some()),
        })
        .collect();
    let path = app.database_path();
    let reader = if path.exists() { Some(Database::open_existing(&path)?.reader()?) } else { None };
    let mut wanted = Vec::new();
    for spec in specs {
        let mut off = known.get(&spec.url).copied();
        if let (None, Some(reader)) = (off, &reader) {
            // A feed that has moved is known under its earlier address too.
            off = reader.find_feed(&spec.url)?.map(|feed| feed.off.is_some());
        }
        if off.is_none_or(|off| off && switch_on && spec.off.is_none()) {
            wanted.push(spec);
        }
    }
    Ok(wanted)
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
    const REASON: &str = "removed by command";
    let mut found = find(app, name)?;
    if let (None, Ok(url)) = (&found, feed_url(name)) {
        found = find(app, &url)?;
    }
    let (url, listed) = match found {
        None => {
            let message = format!("no feed {name} is known: `wirewatch feeds list` shows those there are");
            return Err(UsageError(message).into());
        }
        Some(Known::Stored(feed)) => {
            let database = Database::open_existing(app.database_path())?;
            let change = FeedOverride::Off(REASON.to_owned());
            database.short_writer()?.write(&ShortWrite::OverrideFeed {
                feed: feed.id,
                change,
                at: app.now,
            })?;
            (feed.url, feed.origin == Origin::File.as_str())
        }
        // No run has met it: it goes into the database as the user's, and off. A list that is brought in
        // later leaves the user's feeds alone.
        Some(Known::Listed(spec)) => {
            let url = spec.url.clone();
            write_added(app, vec![FeedSpec { off: Some(REASON.to_owned()), ..spec }])?;
            (url, true)
        }
    };
    if listed {
        tracing::info!(
            "{url} stands in a feed list: it is switched off in the database, the list is as it was"
        );
    } else {
        tracing::info!("{url} is not followed any more");
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
                folder: row.folder,
                off: row.off,
                origin: Origin::Added,
                settings: row.settings,
            },
        })
        .collect();
    app.output.raw(&opml::write(&specs)?)?;
    if let Some(words) = opml::left_out(&specs) {
        tracing::info!("{words}");
    }
    Ok(Exit::Done)
}
