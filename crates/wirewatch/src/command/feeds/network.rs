//! The network of a command that asks for a feed by hand.

use crate::{app::App, engine::fetch_config};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;
use wirewatch_fetch::Fetcher;
use wirewatch_store::Database;

/// A fetcher that keeps the pauses which hosts asked the pipeline for, and knows their robots.txt.
pub(super) fn fetcher(app: &App) -> anyhow::Result<Fetcher> {
    let fetcher = Fetcher::new(fetch_config(&app.config.fetch))?;
    let path = app.database_path();
    if path.exists() {
        let reader = Database::open_existing(&path)?.reader()?;
        for pause in reader.host_strikes(app.now)? {
            fetcher.pause_host(&pause);
        }
        fetcher.restore_robots(&reader.robots(app.now)?, app.now);
    }
    Ok(fetcher)
}

/// A line that turns while the network is waited for; nothing when the error stream is no terminal.
pub(super) fn spinner(app: &App, message: &str) -> ProgressBar {
    let bar = app.progress.add(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.set_message(message.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
