//! `wirewatch feeds add`: following a feed that no list names.

use super::{
    discover::{nothing, show, site_address},
    known::{Known, find},
    network::Network,
    set::with_settings,
};
use crate::{
    app::App,
    exit::Exit,
    feeds::{country, domain, domain_of, folder, kind_from_name, kind_names, language, named},
};
use clap::Args;
use wirewatch_fetch::{Explanation, FoundFeed};
use wirewatch_model::{DueFeed, FeedSettings, FeedSpec, Origin, Publisher, PublisherKind, address};
use wirewatch_store::{Database, ShortWrite, Written};

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Its address, or that of a page whose feed is meant
    url: String,
    /// Follow the address as it is, without asking it first
    #[arg(long)]
    no_check: bool,
    /// Follow the best feed of a page that has several
    #[arg(long, conflicts_with = "no_check")]
    first: bool,
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
    /// The publisher's main language (en, uk, …) [default: that of the feed]
    #[arg(long, value_name = "CODE", value_parser = language)]
    language: Option<String>,
    /// The publisher's country (UA, DE, …)
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<String>,
    /// wire, newspaper, broadcaster, government, think-tank, state-controlled or aggregator
    /// [default: newspaper]
    #[arg(long, value_parser = parse_kind)]
    kind: Option<PublisherKind>,
}

impl AddArgs {
    /// The options that say something of the feed or its publisher.
    fn said(&self) -> Vec<&'static str> {
        [
            ("--folder", self.folder.is_some()),
            ("--set", !self.settings.is_empty()),
            ("--publisher", self.publisher.is_some()),
            ("--name", self.name.is_some()),
            ("--title", self.title.is_some()),
            ("--language", self.language.is_some()),
            ("--country", self.country.is_some()),
            ("--kind", self.kind.is_some()),
        ]
        .into_iter()
        .filter_map(|(option, given)| given.then_some(option))
        .collect()
    }
}

fn parse_kind(name: &str) -> Result<PublisherKind, String> {
    kind_from_name(name).ok_or_else(|| format!("'{name}' is no kind of publisher: they are {}", kind_names()))
}

/// A feed that is to be followed, with what it says of itself.
struct Chosen {
    url: String,
    /// The page it was found on: it says whose feed it is, wherever it lies.
    page: Option<String>,
    title: Option<String>,
    language: Option<String>,
}

pub(super) fn add(app: &mut App, args: &AddArgs) -> anyhow::Result<Exit> {
    if args.no_check {
        return follow(app, args, None);
    }
    Network::with(app, |app, network| follow(app, args, Some(network)))
}

/// Without a network the address is followed as it is.
fn follow(app: &mut App, args: &AddArgs, network: Option<&mut Network>) -> anyhow::Result<Exit> {
    let mut settings = with_settings(app, FeedSettings::default(), &args.settings)?;
    // Which feeds are known goes by the address as it was typed first: a list may spell it in its own way.
    if let Some(known) = find(app, args.url.trim())? {
        return again(app, known, &args.said());
    }
    let url = site_address(&args.url)?;
    let given = url.clone();
    let chosen = match network {
        None => Chosen { url, page: None, title: None, language: None },
        Some(network) => match choose(app, network, url, &settings, args.first)? {
            Some(chosen) => chosen,
            None => return Ok(Exit::Partial),
        },
    };
    if let Some(known) = find(app, &chosen.url)? {
        return again(app, known, &args.said());
    }
    let url = chosen.url.clone();
    if !settings.headers.is_empty() && !address::headers_may_go(&given, &url) {
        settings.headers.clear();
        tracing::warn!("{url} is not where the headers were meant for: they are left out");
    }
    let added = write_added(app, vec![spec(args, chosen, settings)])?;
    tracing::info!(feeds = added, "following {url}");
    Ok(Exit::Done)
}

/// Follows a feed that is known: it was checked before, or a list says so, and all that is said of it stays.
fn again(app: &App, known: Known, said: &[&str]) -> anyhow::Result<Exit> {
    let url = known.url().to_owned();
    let (spec, change) = match known {
        Known::Stored(row) if row.origin == Origin::Added.as_str() => {
            (FeedSpec { url: row.url, ..FeedSpec::default() }, format!("wirewatch feeds set {} …", row.id))
        }
        Known::Stored(row) => (FeedSpec { url: row.url, ..FeedSpec::default() }, "its feed list".to_owned()),
        Known::Listed(spec) => (FeedSpec { off: None, origin: Origin::Added, ..*spec }, {
            format!("wirewatch feeds set {url} …")
        }),
    };
    write_added(app, vec![spec])?;
    if said.is_empty() {
        tracing::info!("following {url}, which is known already");
    } else {
        let options = said.join(", ");
        tracing::warn!("following {url} as it is known already: {options} changed nothing; {change} can");
        if said.contains(&"--publisher") {
            tracing::warn!("whose feed it is cannot be changed");
        }
    }
    Ok(Exit::Done)
}

fn spec(args: &AddArgs, chosen: Chosen, settings: FeedSettings) -> FeedSpec {
    let domain =
        args.publisher.clone().unwrap_or_else(|| domain_of(chosen.page.as_ref().unwrap_or(&chosen.url)));
    let declared = chosen.language.and_then(|code| language(&code).ok());
    let publisher = Publisher {
        name: args.name.as_deref().and_then(named).unwrap_or_else(|| domain.clone()),
        domain,
        country: args.country.clone(),
        language: args.language.clone().or(declared),
        kind: args.kind.unwrap_or(PublisherKind::Newspaper),
    };
    FeedSpec {
        url: chosen.url,
        publisher,
        title: args.title.as_deref().and_then(named).or(chosen.title.as_deref().and_then(named)),
        folder: args.folder.as_deref().and_then(folder),
        off: None,
        origin: Origin::Added,
        settings,
    }
}

/// Asks the address: the feed it is, or the one of the page it is. `None` when none is clear; that was
/// said then.
fn choose(
    app: &mut App,
    network: &mut Network,
    url: String,
    settings: &FeedSettings,
    first: bool,
) -> anyhow::Result<Option<Chosen>> {
    let due = DueFeed { url: url.clone(), settings: settings.clone(), ..DueFeed::default() };
    let (explanation, page) = network.check(app, &due);
    if explanation.sound {
        let Explanation { title, language, .. } = explanation;
        return Ok(Some(Chosen { url, page: None, title, language }));
    }
    let Some(page) = page else {
        let reason = explanation.unsound.unwrap_or_default();
        tracing::error!("{url} is not followed: {reason}; --no-check follows it all the same");
        return Ok(None);
    };
    tracing::info!("{url} is a page: looking for its feeds");
    let discovery = network.search(app, &url, settings, Some(page));
    let feeds: Vec<&FoundFeed> = discovery.feeds.iter().filter(|feed| !feed.comments).collect();
    match feeds.as_slice() {
        [] => {
            tracing::error!("{}", nothing(&url, &discovery));
            Ok(None)
        }
        [one, rest @ ..] if first || rest.is_empty() => Ok(Some(Chosen {
            url: one.url.clone(),
            page: discovery.page.clone(),
            title: one.title.clone(),
            language: one.language.clone(),
        })),
        several => {
            let commands: Vec<String> =
                several.iter().map(|feed| format!("  wirewatch feeds add {}", feed.url)).collect();
            show(app, &discovery.feeds)?;
            tracing::warn!(
                "the page has several feeds: --first follows the best of them, or\n{}",
                commands.join("\n")
            );
            Ok(None)
        }
    }
}

/// Makes the database if there is none: a list may be set up before the first run.
pub(super) fn write_added(app: &App, specs: Vec<FeedSpec>) -> anyhow::Result<usize> {
    let database = Database::open(app.database_path())?;
    match database.short_writer()?.write(&ShortWrite::AddFeeds { specs, at: app.now })? {
        Written::FeedsAdded(ids) => Ok(ids.len()),
        other => anyhow::bail!("the database answered {other:?} to new feeds"),
    }
}
