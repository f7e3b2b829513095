//! The command line as it is typed.

use crate::{command, config, output::Format, times};
use clap::{Args, Parser, Subcommand};
use jiff::tz::TimeZone;
use std::path::PathBuf;

/// Follows an ongoing news story: polls feeds, cleans, deduplicates and tags articles, and keeps them in SQLite.
#[derive(Debug, Parser)]
#[command(name = "wirewatch", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done (also when nothing is new), 1 nothing found (with --fail-empty), 2 command line or \
configuration, 3 finished with a feed or page that could not be had or a bad line of input, 4 failed.";

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Globals {
    /// The database [default: wirewatch.db in the XDG data folder]
    #[arg(long, global = true, value_name = "PATH", help_heading = "Global options")]
    pub(crate) db: Option<PathBuf>,
    /// Your configuration [default: wirewatch.toml in the XDG configuration folder]
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "WIREWATCH_CONFIG",
        help_heading = "Global options"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Say more on the error stream (-vv: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,
    /// Say only errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// How rows are written [default: table on a terminal, else jsonl]
    #[arg(long, global = true, value_enum, help_heading = "Global options")]
    pub(crate) format: Option<Format>,
    /// Time zone of tables and of times you type: local, UTC, Europe/Kyiv, …
    #[arg(long, global = true, default_value = "local", value_parser = times::parse_zone, help_heading = "Global options")]
    pub(crate) tz: TimeZone,
}

/// Verbs for jobs, nouns for lists.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Follow the feeds: poll, fetch, clean, judge copies, tag, store
    Run(command::run::RunArgs),
    /// Take in what the feeds do not announce any more, or everything they announce now
    Backfill(command::backfill::BackfillArgs),
    /// List articles, last stored first
    List(command::list::ListArgs),
    /// Search the text of the articles
    Search(command::search::SearchArgs),
    /// Show what a named reader has not seen yet
    New(command::new::NewArgs),
    /// Show one article in full
    Show(command::show::ShowArgs),
    /// Count what the database holds
    Stats,
    /// List and change the feeds that are followed
    Feeds(command::feeds::FeedsArgs),
    /// List the topics
    Topics(command::topics::TopicsArgs),
    /// List the seed articles the topics were learnt from, or learn from one of yours
    Seeds(command::seeds::SeedsArgs),
    /// Cut the article out of one page, to look at the result
    Clean(command::clean::CleanArgs),
    /// Show and check the configuration
    Config(command::config::ConfigArgs),
    /// Run one stage as a filter: JSON lines in, JSON lines out
    Stage(command::stage::StageArgs),
    /// Serve the HTTP API alone, read-only
    Serve(command::serve::ServeArgs),
}

impl Cli {
    /// What the flags say about the configuration.
    pub(crate) fn flags(&self) -> config::Flags {
        let no_serve = matches!(&self.command, Command::Run(run) if run.no_serve);
        let bind = match &self.command {
            Command::Serve(serve) => serve.bind,
            _ => None,
        };
        config::Flags {
            file: self.globals.config.clone(),
            database: self.globals.db.clone(),
            verbose: self.globals.verbose,
            quiet: self.globals.quiet,
            no_serve,
            bind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_valid() {
        Cli::command().debug_assert();
    }

    /// Every command and flag, as `wirewatch COMMAND … --flag`, with the words a document must hold.
    fn words(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        for arg in command.get_arguments().filter(|arg| !arg.is_global_set()) {
            if let Some(long) = arg.get_long().filter(|long| !matches!(*long, "help" | "version")) {
                found.push(format!("{path}\t--{long}"));
            }
        }
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let path = format!("{path} {}", inner.get_name());
            found.push(format!("{path}\t{path}"));
            words(inner, &path, found);
        }
    }

    #[test]
    fn every_command_and_flag_stands_in_the_reference() {
        let reference = include_str!("../../../docs/commands.md");
        let mut found = Vec::new();
        words(&Cli::command(), "wirewatch", &mut found);
        for global in ["--db", "--config", "--verbose", "--quiet", "--format", "--tz"] {
            found.push(format!("wirewatch\t{global}"));
        }
        for entry in found {
            let (path, word) = entry.split_once('\t').expect("made above");
            let section = section_of(reference, path);
            assert!(section.contains(word), "docs/commands.md: {word} is missing in the section of `{path}`");
        }
    }

    /// The section whose heading names the command, or its parent's.
    fn section_of<'a>(reference: &'a str, path: &str) -> &'a str {
        let mut path = path;
        loop {
            let heading = format!("## `{path}`");
            if let Some(start) = reference.find(&heading) {
                let section = &reference[start..];
                return &section[..section.find("\n## ").unwrap_or(section.len())];
            }
            let Some((parent, _)) = path.rsplit_once(' ') else { return reference };
            path = parent;
        }
    }
}
