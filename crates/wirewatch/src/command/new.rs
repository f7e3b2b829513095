//! `wirewatch new`: what a named reader has not seen yet.

use super::{list::ITEM_COLUMNS, names};
use crate::{
    app::App,
    exit::{Exit, UsageError},
    output::Column,
};
use clap::{Args, ValueEnum};
use serde::Serialize;
use wirewatch_model::{Copies, Item, ItemFilter, Seq};
use wirewatch_store::{Database, ReaderRow, ShortWrite, StoreError};

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Who asks; made on first use
    #[arg(long, value_name = "NAME")]
    reader: String,
    /// Show without remembering it as seen
    #[arg(long, conflicts_with = "ack")]
    peek: bool,
    /// Remember everything up to this number as seen, and show nothing
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(i64).range(0..))]
    ack: Option<i64>,
    /// Where a new reader begins [default: start]
    #[arg(long, value_enum, conflicts_with_all = ["peek", "ack"])]
    from: Option<From>,
    /// Only relevant articles
    #[arg(long)]
    relevant: bool,
    /// With this topic; repeat for any of several
    #[arg(long, value_name = "SLUG")]
    topic: Vec<String>,
    /// Of this publisher, by name or domain; repeat for any of several
    #[arg(long, value_name = "NAME")]
    publisher: Vec<String>,
    /// In this language; repeat for any of several
    #[arg(long, value_name = "CODE")]
    language: Vec<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Exit with 1 when there is nothing new
    #[arg(long)]
    fail_empty: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum From {
    /// With everything there is
    Start,
    /// With what comes from now on
    Now,
}

#[derive(Serialize)]
struct Row {
    change: String,
    changed: String,
    #[serde(flatten)]
    item: Item,
}

pub(crate) fn run(app: &mut App, args: &NewArgs) -> anyhow::Result<Exit> {
    check_name(&args.reader)?;
    let database = Database::open_existing(app.database_path())?;
    check_names(app, &database, args)?;
    if let Some(seq) = args.ack {
        return ack(app, &database, args, Seq(seq));
    }
    let after = match row(&database, &args.reader)? {
        Some(_) if args.from.is_some() => {
            let message =
                format!("--from is for a new reader, and there is a reader {} already", args.reader);
            return Err(UsageError(message).into());
        }
        Some(reader) => reader.acked,
        None => start(app, &database, args)?,
    };
    let changes = database.reader()?.changes(&filter(args, after))?;
    let rows: Vec<Row> = changes
        .changes
        .into_iter()
        .map(|change| Row { change: change.kind, changed: change.at, item: change.item })
        .collect();
    let columns = [&[Column::text("change"), Column::time("changed").hidden()], ITEM_COLUMNS].concat();
    app.output.rows(&columns, &rows)?;
    // Only what was written out counts as seen: a closed pipe ended the program above.
    if !args.peek && changes.reached > after {
        write_ack(app, &database, &args.reader, changes.reached)?;
    }
    Ok(Exit::of_query(rows.len(), args.fail_empty))
}

fn filter(args: &NewArgs, after: Seq) -> ItemFilter {
    ItemFilter {
        relevant: args.relevant.then_some(true),
        copies: Copies::Show,
        topics: args.topic.clone(),
        publishers: args.publisher.clone(),
        languages: args.language.clone(),
        after: Some(after),
        limit: args.limit,
        ..ItemFilter::default()
    }
}

/// A name that nothing bears would let everything else count as seen.
fn check_names(app: &App, database: &Database, args: &NewArgs) -> anyhow::Result<()> {
    let reader = database.reader()?;
    names::check_topics(app, &reader, &args.topic)?;
    names::check_known(&reader, &filter(args, Seq(0)))
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        let message = "--reader takes up to 64 letters, digits, dots, dashes and underscores".to_owned();
        return Err(UsageError(message).into());
    }
    Ok(())
}

fn row(database: &Database, name: &str) -> Result<Option<ReaderRow>, StoreError> {
    database.reader()?.reader_row(name)
}

/// Where a reader that does not exist yet begins; it is made unless this is only a look.
fn start(app: &App, database: &Database, args: &NewArgs) -> anyhow::Result<Seq> {
    let from = match args.from {
        None | Some(From::Start) => Seq(0),
        Some(From::Now) => database.reader()?.last_seq()?,
    };
    if !args.peek {
        make(app, database, &args.reader, from)?;
    }
    Ok(from)
}

fn ack(app: &App, database: &Database, args: &NewArgs, seq: Seq) -> anyhow::Result<Exit> {
    let last = database.reader()?.last_seq()?;
    if seq > last {
        let message = format!("--ack {seq} is beyond the last change, {last}");
        return Err(UsageError(message).into());
    }
    make(app, database, &args.reader, Seq(0))?;
    write_ack(app, database, &args.reader, seq)?;
    Ok(Exit::Done)
}

fn make(app: &App, database: &Database, name: &str, from: Seq) -> anyhow::Result<()> {
    let write = ShortWrite::EnsureReader { name: name.to_owned(), from, at: app.now };
    database.short_writer()?.write(&write)?;
    Ok(())
}

fn write_ack(app: &App, database: &Database, name: &str, seq: Seq) -> anyhow::Result<()> {
    let write = ShortWrite::AckReader { name: name.to_owned(), seq, at: app.now };
    database.short_writer()?.write(&write)?;
    Ok(())
}
