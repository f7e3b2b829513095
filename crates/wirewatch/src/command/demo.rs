//! The simulated press as the network of `run --demo`.

use crate::{
    app::App,
    engine::{Engine, Progress, fetch_config},
};
use std::time::Duration;
use wirewatch_fetch::Fetcher;
use wirewatch_newswire::{Pace, Press, PressOptions, RunningPress};
use wirewatch_pipeline::{Report, Source, Stop};
use wirewatch_store::ShortWrite;

/// How long the press takes to publish everything while a daemon follows it.
const PUBLISHING: Duration = Duration::from_secs(60);

/// Follows the press: edition by edition with `once`, else as it publishes.
pub(super) async fn follow(
    app: &App,
    once: bool,
    engine: &mut Engine,
    progress: &Progress,
    stop: &Stop,
) -> anyhow::Result<Report> {
    engine.without_edit_pause();
    let pace = if once { Pace::Editions } else { Pace::OverTime { total: PUBLISHING } };
    let press = Press::builtin()?.start(PressOptions { pace, ..PressOptions::default() }).await?;
    let fetcher = fetcher(app, &press)?;
    let feeds = Some(press.feeds.clone());
    tracing::info!(feeds = press.feeds.len(), "the simulated press publishes on {}", press.addr);
    let report = if once {
        walk_editions(app, engine, &press, &fetcher, progress, stop).await?
    } else {
        tracing::info!("it publishes for {} s; press Ctrl-C for the summary", PUBLISHING.as_secs());
        make_due(app, engine)?;
        let all_out = async {
            tokio::time::sleep(PUBLISHING).await;
            progress.remark("everything is published: press Ctrl-C for the summary");
            tracing::info!("the press has published everything; press Ctrl-C for the summary");
            std::future::pending::<()>().await;
        };
        tokio::select! {
            report = engine.pass(&fetcher, feeds, Source::Daemon, stop) => report?,
            () = all_out => unreachable!("the remark never ends"),
        }
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

/// One pass for each edition, so that every edit is met. A second walk over the same database asks every
/// feed conditionally and meets nothing new: the press never takes a reader back in time.
async fn walk_editions(
    app: &App,
    engine: &Engine,
    press: &RunningPress,
    fetcher: &Fetcher,
    progress: &Progress,
    stop: &Stop,
) -> anyhow::Result<Report> {
    let mut sum = Report { drained: true, ..Report::default() };
    for edition in 1..=press.editions() {
        if stop.is_signalled() {
            break;
        }
        progress.remark(&format!("edition {edition} of {}", press.editions()));
        press.set_edition(edition);
        make_due(app, engine)?;
        let report = engine.pass(fetcher, Some(press.feeds.clone()), Source::Once, stop).await?;
        sum.drained &= report.drained;
        // The counters go on from pass to pass.
        sum.counts = report.counts;
        sum.failures.extend(report.failures);
    }
    Ok(sum)
}

/// The press does not wait for the rhythm of its feeds.
fn make_due(app: &App, engine: &Engine) -> anyhow::Result<()> {
    engine.database.short_writer()?.write(&ShortWrite::MakeDue { feeds: Vec::new(), at: app.now })?;
    Ok(())
}
