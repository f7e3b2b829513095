//! The program `wirewatch`: follows an ongoing news story and answers questions about it.
//!
//! ```text
//! command line ─► configuration ─► logging ─► one command ─► exit code
//! ```
//!
//! Every command is a file in [`command`]; `config` holds the settings, `stage` the filters, `engine`
//! what stands around the pipeline, `output` everything that is written to the output stream. What the
//! commands do stands in the other crates.

mod app;
mod cli;
mod command;
mod config;
mod engine;
mod exit;
mod feeds;
mod logging;
mod output;
mod stage;
mod times;

use crate::{app::App, exit::Exit};
use clap::Parser as _;
use std::{io::Write as _, process::ExitCode};

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let exit = run(&cli).unwrap_or_else(|error| {
        let exit = Exit::of_error(&error);
        if exit != Exit::Done {
            // Nobody is left to tell when the error stream itself cannot be written.
            let _ = writeln!(std::io::stderr(), "wirewatch: {error:#}");
        }
        exit
    });
    exit.into()
}

fn run(cli: &cli::Cli) -> anyhow::Result<Exit> {
    let places = config::Places::find()?;
    let (settings, config) = config::load(&cli.flags(), &places)?;
    let progress = indicatif::MultiProgress::new();
    logging::start(&config.log_filter, &progress);
    let mut app = App::new(&cli.globals, config, settings, places, progress);
    command::run(&mut app, &cli.command)
}
