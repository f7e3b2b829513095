//! `wirewatch feeds`: which feeds are followed, how they are doing, and where there are more.

mod add;
mod advice;
mod check;
mod discover;
mod health;
mod known;
mod list;
mod network;
mod opml;
mod remove;
mod set;

use crate::{app::App, command::demo::keep_real_feeds_out, exit::Exit};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct FeedsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the feeds and how they are doing
    List,
    /// Show the feeds that need a person, worst first, and what to do; or the latest checks of one feed
    Health(health::HealthArgs),
    /// Ask for one feed now, store nothing, and explain all that came of it
    Check(check::CheckArgs),
    /// Find the feeds and news sitemaps of a site
    Discover(discover::DiscoverArgs),
    /// Follow a feed, or the one feed of a page
    Add(add::AddArgs),
    /// Change the settings of a feed that was added by command
    Set(set::SetArgs),
    /// Stop following a feed; what it brought stays
    Remove {
        /// Its number, address, title or publisher
        feed: String,
    },
    /// Follow every feed of an OPML file (- for the input stream); those known already stay as they are
    Import {
        /// The file
        file: PathBuf,
        /// Also follow again what is switched off here
        #[arg(long)]
        switch_on: bool,
    },
    /// Write the feeds as OPML 2.0 in their folders; those that are off are marked (isComment, wirewatch:off)
    Export,
}

pub(crate) fn run(app: &mut App, args: &FeedsArgs) -> anyhow::Result<Exit> {
    if matches!(args.action, Action::Add(_) | Action::Set(_) | Action::Import { .. }) {
        keep_real_feeds_out(app)?;
    }
    match &args.action {
        Action::List => list::list(app),
        Action::Health(args) => health::health(app, args),
        Action::Check(args) => check::check(app, args),
        Action::Discover(args) => discover::discover(app, args),
        Action::Add(args) => add::add(app, args),
        Action::Set(args) => set::set(app, args),
        Action::Remove { feed } => remove::remove(app, feed),
        Action::Import { file, switch_on } => opml::import(app, file, *switch_on),
        Action::Export => opml::export(app),
    }
}
