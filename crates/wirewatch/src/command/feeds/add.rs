//! `wirewatch feeds add`: following a feed that no list names.

use super::known::find;
use crate::{
    app::App,
    command::topics::tagger,
    exit::{Exit, UsageError},
    feeds::{
        country, domain, domain_of, feed_url, folder, kind_from_name, kind_names, language,
        settings::{TopicNames, assign},
    },
};
use clap::Args;
use wirewatch_model::{FeedSpec, Origin, Publisher, PublisherKind};
use wirewatch_store::{Database, ShortWrite, Written};

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Its address
    url: String,
    /// The folder it stands in, as a path: World/Europe
    #[arg(long, value_name = "PATH")]
    folder: Option<String>,
    /// A setting of the feed, with the names of the feed list: http1_only=true, headers.NAME=VALUE, …
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Domain of its publisher [default: that of the address]
    #[arg(long, value_name = "DOMAIN", value_parser = domain)]
    publisher: Option<String>,
    /// The publisher's name [default: the domain]
    #[arg(long)]
    name: Option<String>,
    /// Your name for the feed [default: its own]
    #[arg(long)]
    title: Option<String>,
    /// The publisher's main language (en, uk, …)
    #[arg(long, value_name = "CODE", value_parser = language)]
    language: Option<String>,
    /// The publisher's country (UA, DE, …)
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<String>,
    /// wire, newspaper, broadcaster, government, think-tank, state-controlled or aggregator
    #[arg(long, default_value = "newspaper", value_parser = parse_kind)]
    kind: PublisherKind,
}

fn parse_kind(name: &str) -> Result<PublisherKind, String> {
    kind_from_name(name).ok_or_else(|| format!("'{name}' is no kind of publisher: they are {}", kind_names()))
}

pub(super) fn add(app: &App, args: &AddArgs) -> anyhow::Result<Exit> {
    let url = known_spelling(app, &args.url)?.map_or_else(|| feed_url(&args.url).map_err(UsageError), Ok)?;
    let domain = args.publisher.clone().unwrap_or_else(|| domain_of(&url));
    let publisher = Publisher {
        name: args.name.clone().unwrap_or_else(|| domain.clone()),
        domain,
        country: args.country.clone(),
        language: args.language.clone(),
        kind: args.kind,
    };
    let mut spec = FeedSpec {
        url,
        publisher,
        title: args.title.clone(),
        folder: args.folder.as_deref().and_then(folder),
        origin: Origin::Added,
        ..FeedSpec::default()
    };
    let tagger = || tagger(&app.config);
    let topics = TopicNames::new(&tagger);
    for setting in &args.settings {
        assign(&mut spec.settings, setting, &topics).map_err(UsageError)?;
    }
    let added = write_added(app, vec![spec])?;
    tracing::info!(feeds = added, "following");
    Ok(Exit::Done)
}

/// The address as it was typed, when a feed is known under just that: a list may spell it in its own way.
fn known_spelling(app: &App, typed: &str) -> anyhow::Result<Option<String>> {
    Ok(find(app, typed.trim())?.map(|_| typed.trim().to_owned()))
}

/// Makes the database if there is none: a list may be set up before the first run.
pub(super) fn write_added(app: &App, specs: Vec<FeedSpec>) -> anyhow::Result<usize> {
    let database = Database::open(app.database_path())?;
    match database.short_writer()?.write(&ShortWrite::AddFeeds { specs, at: app.now })? {
        Written::FeedsAdded(ids) => Ok(ids.len()),
        other => anyhow::bail!("the database answered {other:?} to new feeds"),
    }
}
