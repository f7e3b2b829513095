//! The folders of the XDG Base Directory Specification.

use anyhow::Context as _;
use etcetera::{BaseStrategy as _, base_strategy::Xdg};
use std::path::PathBuf;

/// Where things are when nobody says otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// `wirewatch.toml`, `feeds.toml`, `topics.local.toml`.
    pub(crate) config: PathBuf,
    /// Databases.
    pub(crate) data: PathBuf,
}

impl Places {
    /// Reads `HOME` and the `XDG_` variables.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let xdg = Xdg::new()
            .context("your home folder is not known: set HOME, or name files with --db and --config")?;
        Ok(Self { config: xdg.config_dir().join("wirewatch"), data: xdg.data_dir().join("wirewatch") })
    }
}
