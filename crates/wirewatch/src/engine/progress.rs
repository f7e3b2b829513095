//! One line that shows how far a run is, on a terminal only.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use wirewatch_pipeline::{Counters, Counts};

/// A line that is redrawn until it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    redraw: JoinHandle<()>,
}

impl Progress {
    /// Draws on the error stream; nothing when that is no terminal.
    pub(crate) fn start(screen: &MultiProgress, counters: Arc<Counters>) -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg}  {prefix}");
        let bar = screen.add(ProgressBar::new_spinner());
        if let Ok(style) = style {
            bar.set_style(style);
        }
        let drawn = bar.clone();
        let redraw = tokio::spawn(async move {
            loop {
                drawn.set_message(line(&counters.counts()));
                drawn.tick();
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        Self { bar, redraw }
    }

    /// The line itself, for words behind the counts.
    pub(crate) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// A remark behind the counts.
    pub(crate) fn remark(&self, text: &str) {
        self.bar.set_prefix(text.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.redraw.abort();
        self.bar.finish_and_clear();
    }
}

fn line(counts: &Counts) -> String {
    format!(
        "{} feed checks · {} new entries · {} articles ({} relevant, {} copies) · {} revisions",
        counts.feeds_checked,
        counts.entries_new,
        counts.articles_new,
        counts.articles_relevant,
        counts.copies,
        counts.revisions
    )
}
