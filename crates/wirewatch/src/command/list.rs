//! `wirewatch list`: articles, last stored first.

use super::names;
use crate::{
    app::App,
    exit::Exit,
    output::Column,
    times::{When, parse_when},
};
use clap::{Args, ValueEnum};
use wirewatch_model::{Copies, Item, ItemFilter, ItemOrder};
use wirewatch_store::Database;

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
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
}

/// Which articles; shared by `list` and `search`.
#[derive(Debug, Args)]
pub(super) struct FilterArgs {
    /// Not older than: a day, a time, or how long ago (36h, 7d)
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    since: Option<When>,
    /// Older than
    #[arg(long, value_name = "TIME", value_parser = parse_when)]
    until: Option<When>,
    /// With this topic; repeat for any of several
    #[arg(long, value_name = "SLUG")]
    topic: Vec<String>,
    /// Of this publisher, by name or domain; repeat for any of several
    #[arg(long, value_name = "NAME")]
    publisher: Vec<String>,
    /// In this language; repeat for any of several
    #[arg(long, value_name = "CODE")]
    language: Vec<String>,
    /// Also articles that are not relevant
    #[arg(long)]
    all: bool,
    /// Also copies
    #[arg(long)]
    copies: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Exit with 1 when nothing is found
    #[arg(long)]
    pub(super) fail_empty: bool,
}

impl FilterArgs {
    pub(super) fn filter(&self, app: &App) -> ItemFilter {
        let resolve =
            |when: &Option<When>| when.as_ref().map(|when| when.resolve(app.output.zone(), app.now));
        ItemFilter {
            relevant: (!self.all).then_some(true),
            copies: if self.copies { Copies::Show } else { Copies::Fold },
            topics: self.topic.clone(),
            publishers: self.publisher.clone(),
            languages: self.language.clone(),
            since: resolve(&self.since),
            until: resolve(&self.until),
            limit: self.limit,
            ..ItemFilter::default()
        }
    }
}

/// The fields of an item.
pub(super) const ITEM_COLUMNS: &[Column] = &[
    Column::number("id"),
    Column::number("seq").hidden(),
    Column::time("time"),
    Column::text("publisher"),
    Column::text("title"),
    Column::text("topics"),
    Column::text("url").hidden(),
    Column::text("authors").hidden(),
    Column::text("language").hidden(),
    Column::time("published").hidden(),
    Column::time("first_seen").hidden(),
    Column::text("relevant").hidden(),
    Column::number("copy_of").hidden(),
    Column::number("story").hidden(),
    Column::number("words").hidden(),
    Column::text("method").hidden(),
];

pub(crate) fn run(app: &mut App, args: &ListArgs) -> anyhow::Result<Exit> {
    let order = match args.order {
        Order::Stored => ItemOrder::Stored,
        Order::Time => ItemOrder::Time,
    };
    let filter = ItemFilter { order, ..args.filter.filter(app) };
    let reader = Database::open_existing(app.database_path())?.reader()?;
    names::check_topics(app, &reader, &filter.topics)?;
    names::warn_of_unknown(&reader, &filter)?;
    let items = reader.items(&filter)?;
    write_items(app, &items, args.filter.fail_empty)
}

pub(super) fn write_items(app: &mut App, items: &[Item], fail_empty: bool) -> anyhow::Result<Exit> {
    app.output.rows(ITEM_COLUMNS, items)?;
    if items.is_empty() {
        tracing::info!("nothing found; --all and --copies show what is left out");
    }
    Ok(Exit::of_query(items.len(), fail_empty))
}
