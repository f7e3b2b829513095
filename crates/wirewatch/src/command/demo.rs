//! The simulated press as the network of `run --demo`.

use crate::{
    app::App,
    engine::{Engine, Progress, fetch_config},
    exit::UsageError,
};
use anyhow::Context as _;
use std::{path::Path, time::Duration};
use wirewatch_fetch::Fetcher;
use wirewatch_model::Seq;
use wirewatch_newswire::{Pace, Press, PressOptions, RunningPress};
use wirewatch_pipeline::{Report, Source, Stop};
use wirewatch_store::{Database, OwnerLock, Reader, ShortWrite, StoreError, Write};

/// How long the press takes to publish everything while a daemon follows it.
const PUBLISHING: Duration = Duration::from_secs(60);
/// Where the database says that it follows the simulated press.
const MARK: &str = "demo";
/// Where the database keeps the last edition it has seen whole.
const EDITION: &str = "demo.edition";

/// How the press is followed.
#[derive(Clone, Copy)]
pub(super) struct Demo<'a> {
    /// Until everything is stored, not until it is stopped.
    pub(super) once: bool,
    /// A folder of stored pages in place of the written press.
    pub(super) pages: Option<&'a Path>,
}

/// Whether a database follows the simulated press.
pub(super) fn is_demo(reader: &Reader) -> Result<bool, StoreError> {
    Ok(reader.meta(MARK)?.or(reader.meta(EDITION)?).is_some())
}

/// Refuses a database of the other world: each would switch off the feeds of the other and mix their
/// articles. A new one is marked when the demo takes it.
pub(super) async fn keep_apart(engine: &Engine, demo: bool) -> anyhow::Result<()> {
    let (marked, used) = {
        let reader = engine.database.reader()?;
        (is_demo(&reader)?, !reader.feeds()?.is_empty() || reader.last_seq()? > Seq(0))
    };
    let path = engine.database.path().display();
    match (demo, marked) {
        (true, false) if used => Err(UsageError(format!(
            "{path} follows real feeds: the demo takes a database of its own; leave --db out, or name a new file"
        ))
        .into()),
        (false, true) => Err(for_the_press_alone(engine.database.path()).into()),
        (true, false) => {
            let mark = Write::Meta { key: MARK.to_owned(), value: Some("press".to_owned()) };
            engine.store(vec![mark]).await.context("the database cannot be marked as one of the demo")
        }
        _ => Ok(()),
    }
}

/// Refuses a database of the demo to a command that is about to change which real feeds are followed.
pub(super) fn keep_real_feeds_out(app: &App) -> anyhow::Result<()> {
    let path = app.database_path();
    if path.exists() && is_demo(&Database::open_existing(&path)?.reader()?)? {
        return Err(for_the_press_alone(&path).into());
    }
    Ok(())
}

fn for_the_press_alone(database: &Path) -> UsageError {
    UsageError(format!(
        "{} follows the simulated press of `run --demo`: real feeds belong into another database; \
         leave --db out, or name another file",
        database.display()
    ))
}

/// Follows the press: edition by edition with `once`, else as it publishes.
pub(super) async fn follow(
    app: &App,
    demo: Demo<'_>,
    engine: &mut Engine,
    lock: &OwnerLock,
    progress: &Progress,
    stop: &Stop,
) -> anyhow::Result<Report> {
    let Demo { once, pages } = demo;
    engine.without_edit_pause();
    let known = engine.database.reader()?.last_seq()? > Seq(0);
    let pace = match (once && pages.is_none(), known) {
        (true, _) => Pace::Editions,
        (false, false) => Pace::OverTime { total: PUBLISHING },
        // A press that began again would take everything back.
        (false, true) => Pace::Whole,
    };
    let press = match pages {
        Some(folder) => Press::from_pages(folder)?,
        None => Press::builtin()?,
    };
    let press = press.start(PressOptions { pace, ..PressOptions::default() }).await?;
    let fetcher = fetcher(app, &press)?;
    let walk = Walk { app, engine, lock, press: &press, fetcher: &fetcher };
    tracing::info!(feeds = press.feeds.len(), "the simulated press publishes on {}", press.addr);
    let report = if once && pages.is_some() {
        walk.make_due()?;
        walk.pass(Source::Once, stop).await?
    } else if once {
        walk_editions(&walk, progress, stop).await?
    } else {
        let publishing = if known || pages.is_some() { Duration::ZERO } else { PUBLISHING };
        follow_press(&walk, progress, stop, publishing).await?
    };
    press.shutdown().await;
    Ok(report)
}

/// The press is the whole network: its names, its socket, and nothing else.
fn fetcher(app: &App, press: &RunningPress) -> anyhow::Result<Fetcher> {
    let mut config = fetch_config(&app.config.fetch);
    config.allow_sockets = vec![press.addr];
    config.resolve = press.resolve.clone();
    Ok(Fetcher::new(config)?)
}

/// The daemon beside the press, until it is stopped.
async fn follow_press(
    walk: &Walk<'_>,
    progress: &Progress,
    stop: &Stop,
    publishing: Duration,
) -> anyhow::Result<Report> {
    tracing::info!("it publishes for {} s; press Ctrl-C for the summary", publishing.as_secs());
    walk.make_due()?;
    let all_out = async {
        tokio::time::sleep(publishing).await;
        progress.remark("everything is published: press Ctrl-C for the summary");
        tracing::info!("everything is published; press Ctrl-C for the summary");
        std::future::pending::<()>().await;
    };
    tokio::select! {
        report = walk.pass(Source::Daemon, stop) => report,
        () = all_out => unreachable!("the remark never ends"),
    }
}

/// One pass for each edition, so that every edit is met. It begins after the edition that the database
/// has seen whole, and with the last one when it has seen all: then every feed is asked conditionally
/// and nothing is new.
async fn walk_editions(walk: &Walk<'_>, progress: &Progress, stop: &Stop) -> anyhow::Result<Report> {
    let last = walk.press.editions();
    let mut sum = Report { drained: true, ..Report::default() };
    for edition in walk.next_edition()?..=last {
        progress.remark(&format!("edition {edition} of {last}"));
        walk.press.set_edition(edition);
        walk.make_due()?;
        let report = walk.pass(Source::Once, stop).await?;
        sum.drained &= report.drained;
        // The counters go on from pass to pass.
        sum.counts = report.counts;
        sum.failures.extend(report.failures);
        if stop.is_signalled() {
            break;
        }
        let value = Some(edition.to_string());
        walk.engine.store(vec![Write::Meta { key: EDITION.to_owned(), value }]).await?;
    }
    Ok(sum)
}

/// What a pass over the press needs.
struct Walk<'a> {
    app: &'a App,
    engine: &'a Engine,
    lock: &'a OwnerLock,
    press: &'a RunningPress,
    fetcher: &'a Fetcher,
}

impl Walk<'_> {
    async fn pass(&self, source: Source, stop: &Stop) -> anyhow::Result<Report> {
        self.engine.pass(self.lock, self.fetcher, Some(self.press.feeds.clone()), source, stop).await
    }

    fn next_edition(&self) -> anyhow::Result<usize> {
        let reader = self.engine.database.reader()?;
        let seen = reader.meta(EDITION)?.and_then(|edition| edition.parse::<usize>().ok());
        Ok((seen.unwrap_or(0) + 1).min(self.press.editions()))
    }

    /// The press does not wait for the rhythm of its feeds.
    fn make_due(&self) -> anyhow::Result<()> {
        let write = ShortWrite::MakeDue { feeds: Vec::new(), at: self.app.now };
        self.engine.database.short_writer()?.write(&write)?;
        Ok(())
    }
}
