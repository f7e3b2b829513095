//! Everything around the pipeline: the lock, the settings, the network, one pass after another.

mod progress;
mod signals;
mod summary;

pub(crate) use progress::Progress;
pub(crate) use signals::{end_on_signals, runtime, wait_for_signal};
pub(crate) use summary::Summary;

use crate::{app::App, command::topics::tagger, config::FetchSettings};
use anyhow::Context as _;
use std::{path::Path, sync::Arc, time::Duration};
use wirewatch_fetch::{FetchConfig, Fetcher, PARSER_VERSION};
use wirewatch_model::FeedSpec;
use wirewatch_pipeline::{
    Clock, Counters, PipelineConfig, Report, Setup, Source, Stages, Stop, WebSub, run_as_owner,
    take_ownership,
};
use wirewatch_store::{Database, OwnerLock, Role, Write, WriterOptions};
use wirewatch_tag::Tagger;

/// How long a command that has the database may take to finish what is in flight, beyond its deadline.
const HANDOVER_GRACE: Duration = Duration::from_secs(10);

/// Everything a pass of the pipeline needs but the network and the right to run it.
pub(crate) struct Engine {
    pub(crate) database: Database,
    tagger: Arc<Tagger>,
    writer: WriterOptions,
    pipeline: PipelineConfig,
    websub: Option<WebSub>,
    pub(crate) counters: Arc<Counters>,
}

impl Engine {
    /// Opens the database, made if there is none.
    pub(crate) fn open(app: &App, path: &Path) -> anyhow::Result<Self> {
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
        Ok(Self {
            database: Database::open(path)?,
            tagger: Arc::new(tagger(config)?),
            writer,
            pipeline,
            websub: None,
            counters: Arc::default(),
        })
    }

    /// Becomes the owner. A daemon waits for a command to finish, a second daemon is refused.
    pub(crate) async fn own(&self, role: Role) -> anyhow::Result<OwnerLock> {
        let path = self.database.path();
        let patience = self.pipeline.drain_deadline + HANDOVER_GRACE;
        take_ownership(path, role, patience).await.with_context(|| {
            format!(
                "stop that process first, or name another database with --db (this is {})",
                path.display()
            )
        })
    }

    /// Hubs are asked to push to this callback.
    pub(crate) fn take_pushes(&mut self, websub: WebSub) {
        self.websub = Some(websub);
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

    /// Runs the pipeline until its source ends, `stop` is signalled, or a daemon asks a command for the
    /// database.
    pub(crate) async fn pass(
        &self,
        lock: &OwnerLock,
        fetcher: &Fetcher,
        feeds: Option<Vec<FeedSpec>>,
        source: Source,
        stop: &Stop,
    ) -> anyhow::Result<Report> {
        Ok(run_as_owner(lock, self.setup(fetcher, feeds), source, stop).await?)
    }

    /// What a run of the pipeline needs.
    pub(crate) fn setup(&self, fetcher: &Fetcher, feeds: Option<Vec<FeedSpec>>) -> Setup {
        Setup {
            database: self.database.clone(),
            fetcher: fetcher.clone(),
            stages: Stages::new(Arc::clone(&self.tagger)),
            topics: self
                .tagger
                .topics()
                .map(|topic| (topic.slug.to_owned(), topic.title.to_owned()))
                .collect(),
            feeds,
            writer: self.writer.clone(),
            config: self.pipeline.clone(),
            clock: Clock::System,
            counters: Arc::clone(&self.counters),
            websub: self.websub.clone(),
        }
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
