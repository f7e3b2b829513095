//! Everything around the pipeline: the lock, the settings, the network, one pass after another.

mod progress;
mod signals;
mod summary;

pub(crate) use progress::Progress;
pub(crate) use signals::{end_on_signals, runtime, wait_for_signal};
pub(crate) use summary::Summary;

use crate::{app::App, command::topics::tagger, config::FetchSettings};
use anyhow::Context as _;
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use wirewatch_fetch::{FetchConfig, Fetcher, PARSER_VERSION};
use wirewatch_model::FeedSpec;
use wirewatch_pipeline::{Clock, Counters, PipelineConfig, Report, Setup, Source, Stages, Stop};
use wirewatch_store::{Database, LockError, Owner, OwnerLock, Role, Write, WriterOptions};
use wirewatch_tag::Tagger;

/// How often an owner looks whether another process asks for the database, and how often one that asked
/// looks whether it was given.
const HANDOVER_LOOK: Duration = Duration::from_millis(200);

/// The right to run the pipeline on a database, with everything a pass needs but the network.
pub(crate) struct Engine {
    pub(crate) database: Database,
    lock: Arc<OwnerLock>,
    role: Role,
    tagger: Arc<Tagger>,
    writer: WriterOptions,
    pipeline: PipelineConfig,
    pub(crate) counters: Arc<Counters>,
}

/// Who runs the pipeline.
pub(crate) enum Ownership {
    Ours(Box<Engine>),
    /// Another process does; only reported to commands, which may leave the work to it.
    Theirs(Owner),
}

impl Engine {
    /// Opens the database, made if there is none, and becomes its owner.
    pub(crate) fn open(app: &App, path: &Path, role: Role) -> anyhow::Result<Ownership> {
        let database = Database::open(path)?;
        let lock = match acquire(app, path, role)? {
            Ok(lock) => lock,
            Err(owner) => return Ok(Ownership::Theirs(owner)),
        };
        let config = &app.config;
        let mut pipeline = PipelineConfig {
            feed_workers: config.fetch.feed_workers,
            page_workers: config.fetch.page_workers,
            drain_deadline: config.drain_deadline,
            ..PipelineConfig::default()
        };
        if config.clean_workers > 0 {
            pipeline.clean_workers = config.clean_workers;
        }
        let writer = WriterOptions {
            edit_pause: config.edit_pause,
            recheck: config.recheck,
            parser_version: PARSER_VERSION,
            ..WriterOptions::default()
        };
        Ok(Ownership::Ours(Box::new(Self {
            database,
            lock: Arc::new(lock),
            role,
            tagger: Arc::new(tagger(config)?),
            writer,
            pipeline,
            counters: Arc::default(),
        })))
    }

    /// Edits of the simulated press come as fast as it publishes.
    pub(crate) fn without_edit_pause(&mut self) {
        self.writer.edit_pause = Duration::ZERO;
    }

    /// Stores facts between two passes, when no pass has its writer.
    pub(crate) async fn store(&self, facts: Vec<Write>) -> anyhow::Result<()> {
        let writer = self.database.start_writer(self.writer.clone())?;
        let handle = writer.handle();
        for fact in facts {
            handle.write(fact).await?;
        }
        drop(handle);
        tokio::task::spawn_blocking(move || writer.join()).await??;
        Ok(())
    }

    /// Tells the database what the topics are called, for those who read it without this program.
    pub(crate) async fn store_topics(&self) -> anyhow::Result<()> {
        let topics = self.tagger.topics().map(|topic| (topic.slug.to_owned(), topic.title.to_owned()));
        self.store(vec![Write::SyncTopics { topics: topics.collect() }]).await
    }

    /// Runs the pipeline until its source ends, `stop` is signalled, or a daemon asks for the database.
    pub(crate) async fn pass(
        &self,
        fetcher: &Fetcher,
        feeds: Option<Vec<FeedSpec>>,
        source: Source,
        stop: &Stop,
    ) -> anyhow::Result<Report> {
        let setup = Setup {
            database: self.database.clone(),
            fetcher: fetcher.clone(),
            stages: Stages::new(Arc::clone(&self.tagger)),
            feeds,
            writer: self.writer.clone(),
            config: self.pipeline.clone(),
            clock: Clock::System,
            counters: Arc::clone(&self.counters),
        };
        let asked = self.hand_over_when_asked(stop.clone());
        let pass = wirewatch_pipeline::run(setup, source, stop.clone());
        tokio::pin!(asked);
        tokio::select! {
            report = pass => Ok(report?),
            () = &mut asked => unreachable!("the watch never ends"),
        }
    }

    /// A command lets a daemon have the database: it stops its source and what is in flight is stored.
    async fn hand_over_when_asked(&self, stop: Stop) {
        if self.role == Role::Command {
            while !self.lock.handover_requested() {
                tokio::time::sleep(HANDOVER_LOOK).await;
            }
            tracing::info!("another process asks for the database: finishing what is in flight");
            if !stop.is_signalled() {
                stop.signal();
            }
        }
        std::future::pending::<()>().await;
    }
}

/// Takes the lock. A daemon asks a command to let go and waits for it; a second daemon is refused.
fn acquire(app: &App, path: &Path, role: Role) -> anyhow::Result<Result<OwnerLock, Owner>> {
    let patience = Instant::now() + app.config.drain_deadline + Duration::from_secs(10);
    let mut asked = false;
    loop {
        let owner = match OwnerLock::acquire(path, role) {
            Ok(lock) => return Ok(Ok(lock)),
            Err(LockError::Held { owner: Some(owner) }) => owner,
            Err(error) => return Err(error.into()),
        };
        if role == Role::Command {
            return Ok(Err(owner));
        }
        if owner.role == Role::Daemon || Instant::now() > patience {
            let held = LockError::Held { owner: Some(owner) };
            return Err(anyhow::Error::new(held).context(format!(
                "stop that process first, or name another database with --db (this is {})",
                path.display()
            )));
        }
        if !asked {
            tracing::info!(owner.pid, "a command works on the database: asking it to finish");
            OwnerLock::request_handover(path).context("the command cannot be asked to finish")?;
            asked = true;
        }
        std::thread::sleep(HANDOVER_LOOK);
    }
}

/// What the settings mean for the fetcher.
pub(crate) fn fetch_config(settings: &FetchSettings) -> FetchConfig {
    let contact = if settings.contact.is_empty() { "no contact configured" } else { &settings.contact };
    FetchConfig {
        user_agent: format!("wirewatch/{} (+{contact})", env!("CARGO_PKG_VERSION")),
        connect_timeout: settings.connect_timeout,
        header_timeout: settings.header_timeout,
        total_timeout: settings.total_timeout,
        feed_body_limit: settings.feed_body_limit_bytes,
        page_body_limit: settings.page_body_limit_bytes,
        max_redirects: settings.max_redirects,
        host_pause: settings.host_pause,
        bytes_in_flight: settings.bytes_in_flight,
        ..FetchConfig::default()
    }
}
