//! The commands, one file each.

pub(crate) mod backfill;
pub(crate) mod clean;
pub(crate) mod config;
mod demo;
pub(crate) mod feeds;
pub(crate) mod list;
mod names;
pub(crate) mod new;
pub(crate) mod run;
pub(crate) mod search;
pub(crate) mod seeds;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod stage;
pub(crate) mod stats;
pub(crate) mod topics;

use crate::{app::App, cli::Command, exit::Exit};

/// Runs one command.
pub(crate) fn run(app: &mut App, command: &Command) -> anyhow::Result<Exit> {
    match command {
        Command::Run(args) => run::run(app, args),
        Command::Backfill(args) => backfill::run(app, args),
        Command::List(args) => list::run(app, args),
        Command::Search(args) => search::run(app, args),
        Command::New(args) => new::run(app, args),
        Command::Show(args) => show::run(app, args),
        Command::Stats => stats::run(app),
        Command::Feeds(args) => feeds::run(app, args),
        Command::Topics(args) => topics::run(app, args),
        Command::Seeds(args) => seeds::run(app, args),
        Command::Clean(args) => clean::run(app, args),
        Command::Config(args) => config::run(app, args),
        Command::Stage(args) => stage::run(app, args),
        Command::Serve(args) => serve::run(app, args),
    }
}
