//! What every command has at hand.

use crate::{
    cli::Globals,
    config::{Config, Places, Settings},
    output::Output,
};
use indicatif::MultiProgress;
use jiff::Timestamp;
use std::path::PathBuf;

/// Configuration, output and clock of one call of the program.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) settings: Settings,
    pub(crate) places: Places,
    pub(crate) output: Output,
    pub(crate) progress: MultiProgress,
    /// When the program started: "now" for everything that is typed or asked.
    pub(crate) now: Timestamp,
}

impl App {
    pub(crate) fn new(
        globals: &Globals,
        config: Config,
        settings: Settings,
        places: Places,
        progress: MultiProgress,
    ) -> Self {
        let output = Output::new(globals.format, globals.tz.clone());
        Self { config, settings, places, output, progress, now: Timestamp::now() }
    }

    /// Where the database is, or would be.
    pub(crate) fn database_path(&self) -> PathBuf {
        self.config.database.clone().unwrap_or_else(|| self.places.data.join("wirewatch.db"))
    }
}
