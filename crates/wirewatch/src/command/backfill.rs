//! `wirewatch backfill`: what the schedule would not take in.

use crate::{
    app::App,
    engine::{Engine, Ownership, Progress, Summary, end_on_signals, fetch_config, runtime},
    exit::{Exit, UsageError},
    feeds::{self, checked_url},
};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use std::{
    collections::HashSet,
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};
use wirewatch_fetch::Fetcher;
use wirewatch_model::{Entry, address};
use wirewatch_pipeline::{Source, Stop};
use wirewatch_store::{Database, Owner, OwnerLock, Reader, Role, ShortWrite, Written};

/// The feed under which listed addresses stand in the inbox.
const URLS: &str = "backfill:urls";
/// How often a follower looks how far the owner is.
const LOOK: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub(crate) struct BackfillArgs {
    #[command(subcommand)]
    source: From,
}

#[derive(Debug, Subcommand)]
enum From {
    /// The addresses in a file, one on a line (- for the input stream)
    Urls {
        /// The file
        file: PathBuf,
    },
    /// One poll of every feed, due or not
    Feeds,
}

pub(crate) fn run(app: &mut App, args: &BackfillArgs) -> anyhow::Result<Exit> {
    match &args.source {
        From::Urls { file } => urls(app, file),
        From::Feeds => polls(app),
    }
}

fn urls(app: &mut App, file: &Path) -> anyhow::Result<Exit> {
    let entries = read_addresses(file)?;
    let path = app.database_path();
    let database = Database::open(&path)?;
    let write = ShortWrite::AddEntries { source: URLS.to_owned(), entries, at: app.now };
    if let Written::Checked(counts) = database.short_writer()?.write(&write)? {
        tracing::info!(new = counts.new, known = counts.known + counts.changed, "addresses taken in");
    }
    loop {
        match Engine::open(app, &path, Role::Command)? {
            Ownership::Ours(engine) => return work(app, &path, &engine, Source::Inbox),
            Ownership::Theirs(owner) => {
                tracing::info!(
                    owner.pid,
                    "another process runs the pipeline and takes them up; Ctrl-C leaves it to that"
                );
                if let Some(exit) = follow(app, &database, owner)? {
                    return Ok(exit);
                }
                tracing::warn!(owner.pid, "that process is gone; going on here");
            }
        }
    }
}

fn polls(app: &mut App) -> anyhow::Result<Exit> {
    let path = app.database_path();
    let database = Database::open(&path)?;
    let mut short = database.short_writer()?;
    short.write(&ShortWrite::MakeDue { feeds: Vec::new(), at: app.now })?;
    match Engine::open(app, &path, Role::Command)? {
        Ownership::Ours(engine) => work(app, &path, &engine, Source::Once),
        Ownership::Theirs(owner) => {
            tracing::info!(owner.pid, "another process runs the pipeline and polls every feed now");
            Ok(Exit::Done)
        }
    }
}

/// Becomes the owner for one pass.
fn work(app: &mut App, path: &Path, engine: &Engine, source: Source) -> anyhow::Result<Exit> {
    let feeds = match source {
        Source::Inbox => None,
        Source::Once | Source::Daemon => Some(feeds::load(app.config.feeds_file.as_deref())?),
    };
    let fetcher = Fetcher::new(fetch_config(&app.config.fetch))?;
    let runtime = runtime()?;
    let report = runtime.block_on(async {
        let stop = Stop::new();
        tokio::spawn(end_on_signals(stop.clone()));
        engine.store_topics().await?;
        let _progress = Progress::start(&app.progress, engine.counters.clone());
        engine.pass(&fetcher, feeds, source, &stop).await
    });
    // A second signal leaves threads behind that may be parsing still.
    runtime.shutdown_timeout(Duration::from_millis(200));
    let report = report?;
    let summary = Summary::new(path, &report)?;
    summary.print(app)?;
    Ok(summary.exit())
}

/// Waits until the owner has tried every listed address; `None` when the owner is gone before.
fn follow(app: &App, database: &Database, owner: Owner) -> anyhow::Result<Option<Exit>> {
    let reader = database.reader()?;
    let bar = app.progress.add(indicatif::ProgressBar::new_spinner());
    loop {
        let to_go = to_go(&reader)?;
        if to_go == Some(0) {
            bar.finish_and_clear();
            return Ok(Some(settled(&reader)?));
        }
        bar.set_message(
            to_go.map_or_else(|| "many addresses to go".to_owned(), |n| format!("{n} addresses to go")),
        );
        bar.tick();
        if OwnerLock::owner(database.path()).is_none_or(|now| now.pid != owner.pid) {
            bar.finish_and_clear();
            return Ok(None);
        }
        std::thread::sleep(LOOK);
    }
}

/// How many listed addresses may be tried now; `None` when so much is owed that it was not counted.
fn to_go(reader: &Reader) -> anyhow::Result<Option<usize>> {
    const COUNTED: usize = 2_000;
    let Some(source) = reader.find_feed(URLS)?.filter(|source| source.entries.owed > 0) else {
        return Ok(Some(0));
    };
    let due = reader.owed_entries(Timestamp::now(), COUNTED, &HashSet::new(), &HashSet::new())?;
    Ok((due.len() < COUNTED).then(|| due.iter().filter(|entry| entry.feed == source.id).count()))
}

/// What could not be had is tried again by the owner and told apart here.
fn settled(reader: &Reader) -> anyhow::Result<Exit> {
    let put_off = reader.find_feed(URLS)?.map_or(0, |source| source.entries.owed);
    if put_off == 0 {
        return Ok(Exit::Done);
    }
    tracing::warn!(addresses = put_off, "could not be had yet; they are tried again later");
    Ok(Exit::Partial)
}

fn read_addresses(file: &Path) -> anyhow::Result<Vec<Entry>> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("the input stream cannot be read")?;
    } else {
        text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    parse_addresses(&text).map_err(|message| UsageError(format!("{}:{message}", file.display())).into())
}

/// One address on a line; the mistake of the first line that is none.
fn parse_addresses(text: &str) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let url = checked_url(line).map_err(|message| format!("{}: {message}", number + 1))?;
        let key = address::identity(&url).unwrap_or_else(|| url.clone());
        entries.push(Entry { key, url: Some(url), ..Entry::default() });
    }
    if entries.is_empty() { Err(" holds no address".to_owned()) } else { Ok(entries) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_address_on_a_line() {
        let entries =
            parse_addresses("# mine\n\nhttps://a.example/1\r\n  http://a.example/2#x\n").expect("valid");
        let urls: Vec<_> = entries.iter().filter_map(|entry| entry.url.as_deref()).collect();
        assert_eq!(urls, ["https://a.example/1", "http://a.example/2#x"]);
        assert_eq!(entries[1].key, "a.example/2");
    }

    #[test]
    fn a_line_that_is_no_address_is_named() {
        let error = parse_addresses("https://a.example/1\nnot one\n").expect_err("a mistake");
        assert_eq!(error, "2: 'not one' is no http or https address");
        assert!(parse_addresses("# nothing\n").is_err());
    }
}
