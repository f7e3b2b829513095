//! How the program ends, in a form scripts can tell apart.

use crate::{config::ConfigError, output::OutputError};
use wirewatch_tag::RulesError;

/// The exit codes of wirewatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, also when there was nothing to tell.
    Done = 0,
    /// Nothing was found, and `--fail-empty` was given.
    Nothing = 1,
    /// The command line or the configuration cannot be used (clap uses the same code).
    Usage = 2,
    /// Finished, with a feed or a page that could not be had, or a bad line of input.
    Partial = 3,
    /// Failed.
    Failed = 4,
}

/// The command was asked for something it does not do; the text says what to do instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

impl Exit {
    /// The code for an error; a reader that went away is no error.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        if matches!(error.downcast_ref(), Some(OutputError::Closed)) {
            Self::Done
        } else if error.is::<ConfigError>() || error.is::<UsageError>() || error.is::<RulesError>() {
            Self::Usage
        } else {
            Self::Failed
        }
    }

    /// The code of a query: `--fail-empty` makes nothing found tell apart.
    pub(crate) fn of_query(found: usize, fail_empty: bool) -> Self {
        if found == 0 && fail_empty { Self::Nothing } else { Self::Done }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
