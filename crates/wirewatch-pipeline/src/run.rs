//! One run of the pipeline: starts the workers, watches over them, and ends them in order.

use crate::{
    Clock, Counters, Counts, PipelineConfig, PipelineError, Stages, Stop,
    host_memory::HostMemories,
    inflight::InFlight,
    journal::{Held, Journal},
    message::{Notices, Queue},
    shared::Shared,
    source,
    websub::{self, WebSub},
    worker::{clean::Cleaner, dedup::Judge, feed, inbox, page, store::Storer, tag},
    workers::Workers,
};
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wirewatch_fetch::Fetcher;
use wirewatch_model::FeedSpec;
use wirewatch_store::{Database, StrikeTarget, SubscriptionWrite, Write, Writer, WriterOptions};

/// Feeds are small and their fetchers are many: a few wait, so that no fetcher does.
const FEEDS: usize = 8;
/// Answers hold a body each.
const ANSWERS: usize = 4;
/// Checks wait for a commit.
const CHECKS: usize = 16;
/// One entry a hand: what waits here is pulled from the inbox too early.
const ENTRIES: usize = 1;
/// Raw articles hold a page each.
const PAGES: usize = 4;
/// Texts are small.
const TEXTS: usize = 16;
/// What is finished waits for a commit of up to a hundred.
const FINISHED: usize = 128;

/// How long the writer may take for its group when a run ends before its time.
const LAST_GROUP: Duration = Duration::from_secs(5);

/// Everything a run needs.
#[derive(Debug)]
pub struct Setup {
    /// The database; the caller holds its owner's lock.
    pub database: Database,
    /// The network.
    pub fetcher: Fetcher,
    /// The CPU stages.
    pub stages: Stages,
    /// The topics of the rules, slug and title, for those who read the database without this program.
    pub topics: Vec<(String, String)>,
    /// The feed list, to be brought into the database; `None` leaves the feeds as they are.
    pub feeds: Option<Vec<FeedSpec>>,
    /// How the writer groups, waits and schedules looks for edits.
    pub writer: WriterOptions,
    /// Settings.
    pub config: PipelineConfig,
    /// The clock.
    pub clock: Clock,
    /// Where the run counts; readable while it goes on.
    pub counters: Arc<Counters>,
    /// Where hubs push, for [`Source::Daemon`]; `None`: feeds are only asked.
    pub websub: Option<WebSub>,
}

/// Where the work comes from, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Feeds as they fall due, for ever.
    Daemon,
    /// Every feed that is due, once; then every entry that may be tried.
    Once,
    /// No feed; every owed entry that may be tried.
    Inbox,
}

/// A feed that could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedFailure {
    /// Its address.
    pub url: String,
    /// What happened.
    pub reason: String,
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was done.
    pub counts: Counts,
    /// Feeds that could not be had, the last failure of each.
    pub failures: Vec<FeedFailure>,
    /// Whether everything in flight was stored; what was not is still owed.
    pub drained: bool,
}

/// Runs the pipeline until its source ends or `stop` is signalled.
///
/// # Errors
///
/// When the database cannot be used, its writer ends, or a worker dies.
pub async fn run(setup: Setup, source: Source, stop: Stop) -> Result<Report, PipelineError> {
    let Setup { database, fetcher, stages, topics, feeds, writer, config, clock, counters, websub } = setup;
    let writer = database.start_writer(writer)?;
    let shared = Shared {
        config,
        clock,
        stages,
        fetcher,
        writer: writer.handle(),
        counters,
        inflight: Arc::new(InFlight::default()),
        failures: Arc::default(),
        stop: stop.source.clone(),
        database,
    };
    // Only a daemon is there when a hub pushes.
    let websub = websub.filter(|_| source == Source::Daemon);
    let forget_hubs = source == Source::Daemon && websub.is_none();
    let journal = tokio::select! {
        journal = prepare(&shared, topics, feeds, forget_hubs) => journal?,
        // A database that cannot be written keeps the start waiting; a signal ends the wait, with
        // nothing in flight.
        () = stop.source.cancelled() => {
            writer.handle().stop_retrying();
            return finish(shared, writer, Ok(true), true).await;
        }
    };
    let mut workers = Workers::default();
    start(&shared, source, &journal, &mut workers)?;
    if let Some(websub) = websub {
        let (push_reader, subscriber) = websub::workers(shared.clone(), websub, journal.slot())?;
        workers.thread("push reader", push_reader);
        workers.task("subscriber", subscriber);
    }
    let ended = workers.watch(&shared, &stop).await;
    finish(shared, writer, ended, stop.at_once.is_cancelled()).await
}

/// Counts what the last process died over, brings the feed list in and restores what is known
/// of hosts: their pauses and their robots.txt.
async fn prepare(
    shared: &Shared,
    topics: Vec<(String, String)>,
    feeds: Option<Vec<FeedSpec>>,
    forget_hubs: bool,
) -> Result<Arc<Journal>, PipelineError> {
    let now = shared.clock.now();
    let path = shared.database.path().to_owned();
    let (journal, died_over) =
        Journal::open(&path).map_err(|source| PipelineError::Journal { database: path, source })?;
    for held in died_over {
        let target = match held {
            Held::Feed(feed) => StrikeTarget::Feed(feed),
            Held::Entry(entry) => StrikeTarget::Entry(entry),
        };
        tracing::warn!(?held, "the process died while it worked on this");
        shared.writer.write(Write::Strike { target, at: now }).await?;
    }
    journal.clear();
    shared.writer.write(Write::SyncTopics { topics }).await?;
    if let Some(specs) = feeds {
        shared.writer.write(Write::SyncFeeds { specs, at: now }).await?;
    }
    // A daemon that takes no pushes must not wait for any.
    if forget_hubs {
        shared.writer.write(Write::Subscription(SubscriptionWrite::ForgetAll)).await?;
    }
    let look = shared.look()?;
    for pause in look.ask(move |reader| reader.host_strikes(now)).await? {
        shared.fetcher.pause_host(&pause);
    }
    shared.fetcher.restore_robots(&look.ask(move |reader| reader.robots(now)).await?, now);
    Ok(journal)
}

/// Starts every worker, the end of the pipeline first.
fn start(
    shared: &Shared,
    source: Source,
    journal: &Arc<Journal>,
    workers: &mut Workers,
) -> Result<(), PipelineError> {
    let (finished, finished_in) = mpsc::channel(FINISHED);
    let (notices, memories) = (Notices::default(), HostMemories::default());
    let storer = Storer::new(shared.clone(), notices.clone(), memories.clone());
    workers.task("storer", storer.run(finished_in));

    let (judged, judged_in) = mpsc::channel(TEXTS);
    let judged_in = Queue::new(judged_in);
    for _ in 0..shared.config.tag_workers.max(1) {
        let (shared, slot) = (shared.clone(), journal.slot());
        let (judged, finished) = (judged_in.clone(), finished.clone());
        workers.thread("tagger", move || {
            tag::run(&shared, &slot, &judged, &finished);
            Ok(())
        });
    }

    let (cleaned, cleaned_in) = mpsc::channel(TEXTS);
    {
        let (shared, slot, finished) = (shared.clone(), journal.slot(), finished.clone());
        workers.thread("dedup", move || {
            Judge::load(shared, notices)?.run(&slot, cleaned_in, &judged, &finished)
        });
    }

    let (raw, raw_in) = mpsc::channel(PAGES);
    let raw_in = Queue::new(raw_in);
    for _ in 0..shared.config.clean_workers.max(1) {
        let cleaner = Cleaner {
            shared: shared.clone(),
            reader: shared.database.reader()?,
            memories: memories.clone(),
            slot: journal.slot(),
            cleaned: cleaned.clone(),
            finished: finished.clone(),
        };
        let raw_in = raw_in.clone();
        workers.thread("cleaner", move || {
            cleaner.run(&raw_in);
            Ok(())
        });
    }

    let (pages, pages_in) = mpsc::channel(ENTRIES);
    let pages_in = Queue::new(pages_in);
    for _ in 0..shared.config.page_workers.max(1) {
        let fetch = page::fetch(shared.clone(), pages_in.clone(), raw.clone(), finished.clone());
        workers.task("page fetcher", async {
            fetch.await;
            Ok(())
        });
    }

    let no_more_feeds = CancellationToken::new();
    let once = (source != Source::Daemon).then(|| no_more_feeds.clone());
    workers.task("dispatcher", source::dispatch(shared.clone(), shared.look()?, pages, finished, once));
    if source == Source::Inbox {
        no_more_feeds.cancel();
        return Ok(());
    }
    start_feeds(shared, source == Source::Once, journal, no_more_feeds, workers)
}

/// Starts the feed half: scheduler, fetchers, reader, inbox.
fn start_feeds(
    shared: &Shared,
    once: bool,
    journal: &Arc<Journal>,
    no_more_feeds: CancellationToken,
    workers: &mut Workers,
) -> Result<(), PipelineError> {
    let (checked, checked_in) = mpsc::channel(CHECKS);
    let inbox = inbox::store_checks(shared.clone(), checked_in);
    workers.task("inbox", async move {
        let ended = inbox.await;
        no_more_feeds.cancel();
        ended
    });

    let (answered, answered_in) = mpsc::channel(ANSWERS);
    let answered_in = Queue::new(answered_in);
    {
        let (shared, slot) = (shared.clone(), journal.slot());
        workers.thread("feed reader", move || {
            feed::read(&shared, &slot, &answered_in, &checked);
            Ok(())
        });
    }

    let (due, due_in) = mpsc::channel(FEEDS);
    let due_in = Queue::new(due_in);
    for _ in 0..shared.config.feed_workers.max(1) {
        let fetch = feed::fetch(shared.clone(), due_in.clone(), answered.clone());
        workers.task("feed fetcher", async {
            fetch.await;
            Ok(())
        });
    }
    workers.task("scheduler", source::schedule(shared.clone(), shared.look()?, due, once));
    Ok(())
}

/// Ends the writer and sums up.
async fn finish(
    shared: Shared,
    writer: Writer,
    ended: Result<bool, PipelineError>,
    at_once: bool,
) -> Result<Report, PipelineError> {
    let counts = shared.counters.counts();
    let failures = std::mem::take(&mut *shared.failures.lock().unwrap_or_else(PoisonError::into_inner));
    drop(shared);
    let drained = matches!(ended, Ok(true));
    if !drained {
        writer.handle().stop_retrying();
    }
    // The writer ends when its last handle is gone. The lock must not go to another owner while it
    // works; a thread that was left behind may keep its handle for ever.
    let joined = tokio::task::spawn_blocking(move || writer.join());
    let patience = if at_once { Duration::ZERO } else { LAST_GROUP };
    let joined = tokio::time::timeout(patience, joined).await;
    let drained = ended? && drained;
    if let Ok(joined) = joined {
        joined.map_err(|error| PipelineError::Worker { worker: "writer", reason: error.to_string() })??;
    }
    Ok(Report {
        counts,
        failures: failures.into_iter().map(|(url, reason)| FeedFailure { url, reason }).collect(),
        drained,
    })
}
