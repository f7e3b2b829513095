//! `wirewatch search`: the text of the articles.

use super::list::{FilterArgs, write_items};
use crate::{app::App, exit::Exit};
use clap::{Args, ValueEnum};
use wirewatch_model::{ItemFilter, ItemOrder};
use wirewatch_store::{Database, RANKED_MATCHES};

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Words that must all stand in the article, in any inflected form
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Order of the articles
    #[arg(long, value_enum, default_value_t = Order::Stored)]
    order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// Last stored first
    Stored,
    /// Latest time of the article first
    Time,
    /// Best match first
    Rank,
}

pub(crate) fn run(app: &mut App, args: &SearchArgs) -> anyhow::Result<Exit> {
    let order = match args.order {
        Order::Stored => ItemOrder::Stored,
        Order::Time => ItemOrder::Time,
        Order::Rank => ItemOrder::Rank,
    };
    let filter = ItemFilter { text: Some(args.words.join(" ")), order, ..args.filter.filter(app)? };
    let items = Database::open_existing(app.database_path())?.reader()?.items(&filter)?;
    if order != ItemOrder::Stored {
        tracing::info!("ordered among the last {RANKED_MATCHES} matches stored");
    }
    write_items(app, &items, args.filter.fail_empty)
}
