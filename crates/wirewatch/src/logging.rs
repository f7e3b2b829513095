//! Talk goes to the error stream, in lines a person or a journal can read.

use indicatif::MultiProgress;
use std::io::{self, IsTerminal as _, Write};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// Starts logging. A bar drawn by `progress` is taken away while a line is written.
pub(crate) fn start(filter: &str, progress: &MultiProgress) {
    let terminal = io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_ansi(terminal && colours_wanted())
        .with_target(false)
        .with_writer(AroundProgress(progress.clone()));
    subscriber.init();
}

/// The convention of no-color.org: any value but the empty one switches colours off.
fn colours_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes whole lines around the progress bar.
struct AroundProgress(MultiProgress);

impl<'a> MakeWriter<'a> for AroundProgress {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { progress: &self.0, bytes: Vec::new() }
    }
}

/// One event; written when it is complete.
struct Line<'a> {
    progress: &'a MultiProgress,
    bytes: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        // Nobody is left to tell when the error stream itself cannot be written.
        self.progress.suspend(|| drop(io::stderr().write_all(&self.bytes)));
    }
}
