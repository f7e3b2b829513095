//! `wirewatch feeds set`: the settings of one feed.

use super::known::{Known, named};
use crate::{
    app::App,
    command::topics::tagger,
    exit::{Exit, UsageError},
    feeds::{
        country, folder, kind_from_name, kind_names, plain,
        settings::{TopicNames, assign},
    },
};
use clap::Args;
use wirewatch_model::{FeedSettings, Origin, Publisher};
use wirewatch_store::{Database, FeedOverride, ShortWrite};

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// Its number, address, title or publisher
    feed: String,
    /// What to set, with the names of the feed list: http1_only=true, headers.NAME=VALUE, title=TITLE,
    /// folder=PATH; of its publisher name=NAME, kind=KIND, country=CODE; nothing after the sign takes a
    /// setting back
    #[arg(required = true, value_name = "KEY=VALUE")]
    settings: Vec<String>,
}

pub(super) fn set(app: &App, args: &SetArgs) -> anyhow::Result<Exit> {
    let feed = match named(app, &args.feed)? {
        Known::Stored(feed) if feed.origin == Origin::Added.as_str() => feed,
        feed => {
            return Err(UsageError(in_a_list(app, feed.url())).into());
        }
    };
    let (mut title, mut place, mut others) = (None, feed.folder, Vec::new());
    let mut publisher = feed.publisher.clone();
    for assignment in &args.settings {
        let value = |key| assignment.strip_prefix(key)?.trim_start().strip_prefix('=').map(str::trim);
        if let Some(value) = value("title") {
            title = Some(plain(value));
        } else if let Some(value) = value("folder") {
            place = folder(value);
        } else if let Some(change) = PUBLISHERS.iter().find_map(|key| Some((*key, value(key)?))) {
            set_publisher(&mut publisher, change).map_err(UsageError)?;
        } else {
            others.push(assignment.clone());
        }
    }
    let settings = with_settings(app, feed.settings, &others)?;
    let publisher = (publisher != feed.publisher).then_some(publisher);
    let change = FeedOverride::Change { title, folder: place, settings: Box::new(settings), publisher };
    let write = ShortWrite::OverrideFeed { feed: feed.id, change, at: app.now };
    let database = Database::open_existing(app.database_path())?;
    database.short_writer()?.write(&write)?;
    // Headers may have taken it back to the address it was added under.
    let now = database.reader()?.find_feed(&feed.id.to_string())?.map_or(feed.url, |feed| feed.url);
    tracing::info!("{now} is asked with these settings from its next check on");
    Ok(Exit::Done)
}

/// What can be set of a feed's publisher.
const PUBLISHERS: [&str; 3] = ["name", "kind", "country"];

fn set_publisher(publisher: &mut Publisher, (key, value): (&str, &str)) -> Result<(), String> {
    match key {
        "name" => publisher.name = plain(value),
        "kind" => {
            let wrong = || format!("'{value}' is no kind of publisher: they are {}", kind_names());
            publisher.kind = kind_from_name(value).ok_or_else(wrong)?;
        }
        _ => publisher.country = (!value.is_empty()).then(|| country(value)).transpose()?,
    }
    Ok(())
}

/// Where the settings of a feed belong that stands in a list.
fn in_a_list(app: &App, url: &str) -> String {
    match &app.config.feeds_file {
        Some(path) => format!("{url} stands in {}, which is never written to: set it there", path.display()),
        None => format!(
            "{url} stands in the compiled-in list, which is never written to: to set it, begin a list of your own \
             with a copy of config/feeds.toml (it comes with the source) as {}",
            app.places.config.join("feeds.toml").display()
        ),
    }
}

/// Settings with what assignments change of them.
pub(super) fn with_settings(
    app: &App,
    mut settings: FeedSettings,
    assignments: &[String],
) -> anyhow::Result<FeedSettings> {
    let tagger = || tagger(&app.config);
    let topics = TopicNames::new(&tagger);
    for assignment in assignments {
        assign(&mut settings, assignment, &topics).map_err(UsageError)?;
    }
    Ok(settings)
}
