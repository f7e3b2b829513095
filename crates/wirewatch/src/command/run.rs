//! `wirewatch run`: the daemon, one round of it, or either on the simulated press.

use super::demo::Demo;
use crate::{
    app::App,
    engine::{Engine, Progress, Summary, end_on_signals, fetch_config, runtime},
    exit::{Exit, UsageError},
    feeds,
};
use anyhow::Context as _;
use clap::Args;
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};
use wirewatch_fetch::Fetcher;
use wirewatch_pipeline::{Report, Source, Stop, WebSub};
use wirewatch_serve::Callback;
use wirewatch_store::{Database, OwnerLock, Role};

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Poll what is due and try what may be tried now, then exit with a summary
    #[arg(long)]
    once: bool,
    /// Follow a simulated press on this machine, without a network, in a database of its own
    #[arg(long)]
    demo: bool,
    /// With --demo: serve this folder of stored pages (gold.json, pages/ID.html.gz) in place of the
    /// written press
    #[arg(long, value_name = "DIR", requires = "demo")]
    pages: Option<PathBuf>,
    /// Do not answer over HTTP
    #[arg(long)]
    pub(crate) no_serve: bool,
}

impl<'a> From<&'a RunArgs> for Demo<'a> {
    fn from(args: &'a RunArgs) -> Self {
        Self { once: args.once, pages: args.pages.as_deref() }
    }
}

pub(crate) fn run(app: &mut App, args: &RunArgs) -> anyhow::Result<Exit> {
    let path = database_path(app, args);
    let mut engine = Engine::open(app, &path)?;
    let role = if args.once { Role::Command } else { Role::Daemon };
    let runtime = runtime()?;
    let report = runtime.block_on(async {
        let lock = engine.own(role).await?;
        super::demo::keep_apart(&engine, args.demo).await?;
        follow(app, args, &mut engine, &lock).await
    });
    // A second signal leaves threads behind that may be parsing still.
    runtime.shutdown_timeout(Duration::from_millis(200));
    let report = report?;
    let summary = Summary::new(&path, &report)?;
    summary.print(app)?;
    // A daemon that was stopped has done its work, whatever single feeds said meanwhile.
    let stopped_well = !args.once && report.drained;
    Ok(if stopped_well { Exit::Done } else { summary.exit() })
}

fn database_path(app: &App, args: &RunArgs) -> PathBuf {
    match &app.config.database {
        Some(path) => path.clone(),
        None if args.pages.is_some() => app.places.data.join("wirewatch-pages.db"),
        None if args.demo => app.places.data.join("wirewatch-demo.db"),
        None => app.database_path(),
    }
}

async fn follow(app: &App, args: &RunArgs, engine: &mut Engine, lock: &OwnerLock) -> anyhow::Result<Report> {
    let stop = Stop::new();
    tokio::spawn(end_on_signals(stop.clone()));
    let progress = Progress::start(&app.progress, engine.counters.clone());
    let callback = callback(app, args);
    if let Some(callback) = &callback {
        engine.take_pushes(callback.websub.clone());
    }
    let api = start_api(app, args, &engine.database, callback).await?;
    let report = if args.demo {
        super::demo::follow(app, args.into(), engine, lock, &progress, &stop).await
    } else {
        follow_real(app, args.once, engine, lock, &stop).await
    };
    if let Some(api) = api {
        api.abort();
    }
    report
}

async fn follow_real(
    app: &App,
    once: bool,
    engine: &Engine,
    lock: &OwnerLock,
    stop: &Stop,
) -> anyhow::Result<Report> {
    let feeds = feeds::load(&app.config)?;
    if feeds.iter().all(|feed| feed.off.is_some()) {
        tracing::warn!("the feed list follows no feed; only feeds added by command are polled");
    }
    if app.config.fetch.contact.is_empty() {
        tracing::warn!("publishers cannot reach you: please set fetch.contact in your configuration");
    }
    let fetcher = Fetcher::new(fetch_config(&app.config.fetch))?;
    let source = if once { Source::Once } else { Source::Daemon };
    engine.pass(lock, &fetcher, Some(feeds), source, stop).await
}

/// Where hubs push to a daemon that answers over HTTP, when a public address is set.
fn callback(app: &App, args: &RunArgs) -> Option<Callback> {
    let settings = app.config.websub.as_ref().filter(|_| !args.once && !args.demo)?;
    if !app.config.serve.on {
        tracing::warn!("hubs are not asked to push: websub.callback is set, and the HTTP API is off");
        return None;
    }
    tracing::info!("hubs are asked to push to {}", settings.callback);
    let websub = WebSub::new(&settings.callback, settings.lease);
    Some(Callback { websub, host: settings.host.clone() })
}

/// The daemon answers over HTTP beside its work; one round is over too soon for it.
async fn start_api(
    app: &App,
    args: &RunArgs,
    database: &Database,
    callback: Option<Callback>,
) -> anyhow::Result<Option<JoinHandle<anyhow::Result<()>>>> {
    let serve = &app.config.serve;
    if !serve.on || args.once {
        return Ok(None);
    }
    let listener = match listen(serve.bind).await {
        Ok(listener) => listener,
        // The demo is worth seeing without its API, for instance beside a real daemon.
        Err(error) if args.demo => {
            tracing::warn!("no HTTP API: {error:#}");
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    tracing::info!("answering on http://{}/v1/items", listener.local_addr()?);
    let (database, hosts) = (database.clone(), serve.hosts.clone());
    Ok(Some(tokio::spawn(async move {
        let ended = wirewatch_serve::serve(listener, database, hosts, callback, std::future::pending()).await;
        if let Err(error) = &ended {
            tracing::error!(%error, "the HTTP API has ended");
        }
        Ok(ended?)
    })))
}

/// Takes the address of the API.
pub(super) async fn listen(bind: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(bind).await.with_context(|| {
        UsageError(format!(
            "cannot listen on {bind}: choose another address with serve.bind, or use --no-serve"
        ))
    })
}
