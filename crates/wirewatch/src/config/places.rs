//! The folders of the XDG Base Directory Specification.

use anyhow::Context as _;
use etcetera::{BaseStrategy as _, base_strategy::Xdg, home_dir};
use std::path::PathBuf;

/// Where things are when nobody says otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// What `~` stands for.
    pub(crate) home: PathBuf,
    /// `wirewatch.toml`, `feeds.toml`, `topics.local.toml`.
    pub(crate) config: PathBuf,
    /// Databases.
    pub(crate) data: PathBuf,
}

impl Places {
    /// Reads `HOME` and the `XDG_` variables.
    pub(crate) fn find() -> anyhow::Result<Self> {
        const UNKNOWN: &str = "your home folder is not known: set HOME";
        let xdg = Xdg::new().context(UNKNOWN)?;
        Ok(Self {
            home: home_dir().context(UNKNOWN)?,
            config: xdg.config_dir().join("wirewatch"),
            data: xdg.data_dir().join("wirewatch"),
        })
    }
}
