//! `wirewatch stage`: one stage as a filter.

use crate::{app::App, exit::Exit, stage};
use clap::{Args, Subcommand};
use std::io::{self, BufReader};

#[derive(Debug, Args)]
pub(crate) struct StageArgs {
    #[command(subcommand)]
    stage: Which,
    /// Threads; the results do not depend on it [default: one for each processor]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Feeds into entries
    Parse,
    /// Pages into articles
    Clean {
        /// Learn what recurs on each host from the lines before (on one thread)
        #[arg(long)]
        learn: bool,
    },
    /// Articles into verdicts: new, copy or revision (on one thread)
    Dedup,
    /// Articles into topics, relevance and entities
    Tag {
        /// Leave out the trained head
        #[arg(long)]
        rules_only: bool,
    },
}

pub(crate) fn run(app: &mut App, args: &StageArgs) -> anyhow::Result<Exit> {
    let jobs = match args.jobs {
        Some(jobs) => usize::from(jobs),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let input = BufReader::with_capacity(256 * 1024, io::stdin());
    let output = io::stdout().lock();
    let now = app.now;
    match args.stage {
        Which::Parse => stage::each_alone(jobs, input, output, stage::parse::answer),
        Which::Clean { learn: false } => {
            stage::each_alone(jobs, input, output, move |line| stage::clean::answer(line, now))
        }
        Which::Clean { learn: true } => {
            let mut hosts = stage::clean::Hosts::default();
            stage::in_order(input, output, |line| hosts.answer(line, now))
        }
        Which::Dedup => {
            let mut deduper = stage::dedup::Filter::new();
            stage::in_order(input, output, |line| deduper.answer(line))
        }
        // There is no trained head yet: every tag comes from the rules.
        Which::Tag { rules_only: _ } => {
            let tagger = super::topics::tagger(&app.config)?;
            stage::each_alone(jobs, input, output, move |line| stage::tag::answer(line, &tagger))
        }
    }
}
