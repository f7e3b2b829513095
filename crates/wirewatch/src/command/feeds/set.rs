//! `wirewatch feeds set`: the settings of one feed.

use super::known::{Known, named};
use crate::{
    app::App,
    command::topics::tagger,
    exit::{Exit, UsageError},
    feeds::{
        folder, plain,
        settings::{TopicNames, assign},
    },
};
use clap::Args;
use wirewatch_model::{FeedSettings, Origin};
use wirewatch_store::{Database, FeedOverride, ShortWrite};

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// Its number, address, title or publisher
    feed: String,
    /// What to set, with the names of the feed list: http1_only=true, headers.NAME=VALUE, title=TITLE;
    /// nothing after the sign takes a setting back
    #[arg(required = true, value_name = "KEY=VALUE")]
    settings: Vec<String>,
}

pub(super) fn set(app: &App, args: &SetArgs) -> anyhow::Result<Exit> {
    let feed = match named(app, &args.feed)? {
        Known::Stored(feed) if feed.origin == Origin::Added.as_str() => feed,
        feed => {
            let url = feed.url();
            let message = format!("{url} stands in a feed list, which is never written to: set it there");
            return Err(UsageError(message).into());
        }
    };
    let (mut title, mut place, mut others) = (None, feed.folder, Vec::new());
    for assignment in &args.settings {
        let value = |key| assignment.strip_prefix(key)?.trim_start().strip_prefix('=').map(str::trim);
        if let Some(value) = value("title") {
            title = Some(plain(value));
        } else if let Some(value) = value("folder") {
            place = folder(value);
        } else {
            others.push(assignment.clone());
        }
    }
    let settings = with_settings(app, feed.settings, &others)?;
    let change = FeedOverride::Change { title, folder: place, settings: Box::new(settings) };
    let write = ShortWrite::OverrideFeed { feed: feed.id, change, at: app.now };
    Database::open_existing(app.database_path())?.short_writer()?.write(&write)?;
    tracing::info!("{} is asked with these settings from its next check on", feed.url);
    Ok(Exit::Done)
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
