//! `wirewatch backfill`: what the schedule would not take in.

use super::demo::is_demo;
use crate::{
    app::App,
    engine::{Engine, Progress, Summary, end_on_signals, fetch_config, runtime},
    exit::{Exit, UsageError},
    feeds::{self, checked_url},
};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde_json::json;
use std::{
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};
use wirewatch_fetch::Fetcher;
use wirewatch_model::{Entry, FeedId, FeedSpec, JobId, address};
use wirewatch_pipeline::{JobEnd, JobHost, PipelineError, Setup, Source, Stop, see_through};
use wirewatch_store::{Owner, Reader, ShortWrite, StoreError, Written};

/// Addresses stored in one transaction: the owner must not wait long for its turn.
const AT_ONCE: usize = 1_000;
/// The feed under which listed addresses stand in the inbox.
const URLS: &str = "backfill:urls";

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
    let engine = Engine::open(app, &app.database_path())?;
    let arguments = json!({ "file": file, "addresses": entries.len() });
    let job = create_job(app, &engine, "backfill-urls", arguments)?;
    let mut short = engine.database.short_writer()?;
    let (mut new, mut known) = (0, 0);
    for chunk in entries.chunks(AT_ONCE) {
        let write = ShortWrite::AddEntries { source: URLS.to_owned(), entries: chunk.to_vec(), at: app.now };
        if let Written::Checked(counts) = short.write(&write)? {
            new += counts.new;
            known += counts.known + counts.changed;
        }
    }
    tracing::info!(new, known, "addresses taken in");
    let source = engine.database.reader()?.find_feed(URLS)?.map(|source| source.id);
    see(app, &engine, job, Task::Urls { source })
}

fn polls(app: &mut App) -> anyhow::Result<Exit> {
    let engine = Engine::open(app, &app.database_path())?;
    let job = create_job(app, &engine, "backfill-feeds", json!({}))?;
    let write = ShortWrite::MakeDue { feeds: Vec::new(), at: app.now };
    engine.database.short_writer()?.write(&write)?;
    // The simulated press brings its own list, which only the demo knows.
    let is_demo = is_demo(&engine.database.reader()?)?;
    let feeds = if is_demo { None } else { Some(feeds::load(&app.config)?) };
    see(app, &engine, job, Task::Polls { feeds, asked_at: app.now })
}

fn create_job(app: &App, engine: &Engine, kind: &str, arguments: serde_json::Value) -> anyhow::Result<JobId> {
    let write = ShortWrite::CreateJob { kind: kind.to_owned(), arguments, at: app.now };
    match engine.database.short_writer()?.write(&write)? {
        Written::Job(job) => Ok(job),
        other => anyhow::bail!("a new job was answered by {other:?}"),
    }
}

/// What is to be done.
enum Task {
    /// Every owed address of this source.
    Urls { source: Option<FeedId> },
    /// A check of every feed, and every entry they announce; with a list that is brought in first.
    Polls { feeds: Option<Vec<FeedSpec>>, asked_at: Timestamp },
}

/// A command at its job.
struct Command<'a> {
    engine: &'a Engine,
    fetcher: Fetcher,
    task: Task,
    bar: ProgressBar,
    told: Option<u32>,
}

impl JobHost for Command<'_> {
    fn setup(&mut self) -> Result<Setup, PipelineError> {
        self.bar.set_prefix("");
        let feeds = match &self.task {
            Task::Urls { .. } => None,
            Task::Polls { feeds, .. } => feeds.clone(),
        };
        Ok(self.engine.setup(&self.fetcher, feeds))
    }

    fn left(&mut self, reader: &Reader, now: Timestamp) -> Result<u64, StoreError> {
        match &self.task {
            Task::Urls { source } => reader.entries_due(*source, None, now),
            Task::Polls { asked_at, .. } => {
                Ok(reader.feeds_unasked_since(*asked_at)? + reader.entries_due(None, Some(*asked_at), now)?)
            }
        }
    }

    fn following(&mut self, owner: Option<Owner>, left: u64) {
        if let Some(owner) = owner.filter(|owner| self.told != Some(owner.pid)) {
            self.told = Some(owner.pid);
            tracing::info!(
                owner.pid,
                "another process runs the pipeline and does it; Ctrl-C leaves it to that"
            );
        }
        self.bar.set_prefix(format!("{left} to go"));
    }
}

/// Sees the job through, by this process or by the owner.
fn see(app: &mut App, engine: &Engine, job: JobId, task: Task) -> anyhow::Result<Exit> {
    let source = match &task {
        Task::Urls { .. } => Source::Inbox,
        Task::Polls { .. } => Source::Once,
    };
    let runtime = runtime()?;
    let end = runtime.block_on(async {
        let stop = Stop::new();
        tokio::spawn(end_on_signals(stop.clone()));
        let progress = Progress::start(&app.progress, engine.counters.clone());
        let fetcher = Fetcher::new(fetch_config(&app.config.fetch))?;
        let bar = progress.bar();
        let mut command = Command { engine, fetcher, task, bar, told: None };
        let end = see_through(&engine.database, job, source, &mut command, &stop).await?;
        anyhow::Ok((end, command.task))
    });
    // A second signal leaves threads behind that may be parsing still.
    runtime.shutdown_timeout(Duration::from_millis(200));
    match end? {
        (JobEnd::Done(Some(report)), _) => {
            let summary = Summary::new(engine.database.path(), &report)?;
            summary.print(app)?;
            Ok(summary.exit())
        }
        (JobEnd::Done(None), task) => settled(&engine.database.reader()?, &task),
        (JobEnd::Interrupted, _) => {
            tracing::warn!("interrupted; what is left is done by the next `wirewatch run` or backfill");
            Ok(Exit::Partial)
        }
    }
}

/// How the owner's work came out: what could not be had is tried again by it and told apart here.
fn settled(reader: &Reader, task: &Task) -> anyhow::Result<Exit> {
    let put_off = match task {
        Task::Urls { .. } => reader.find_feed(URLS)?.map_or(0, |source| source.entries.owed),
        Task::Polls { .. } => {
            let failing = reader.feeds()?.into_iter().filter(|feed| feed.off.is_none() && feed.failures > 0);
            failing.count() as u64
        }
    };
    if put_off == 0 {
        return Ok(Exit::Done);
    }
    tracing::warn!("{put_off} could not be had; they are tried again later");
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
