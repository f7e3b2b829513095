//! `wirewatch feeds remove`: what is not followed any more.

use super::{
    add::write_added,
    known::{Known, named},
};
use crate::{app::App, exit::Exit};
use wirewatch_model::{FeedSpec, Origin};
use wirewatch_store::{Database, FeedOverride, ShortWrite};

pub(super) fn remove(app: &App, name: &str) -> anyhow::Result<Exit> {
    const REASON: &str = "removed by command";
    let (url, listed) = match named(app, name)? {
        Known::Stored(feed) => {
            let database = Database::open_existing(app.database_path())?;
            let change = FeedOverride::Off(REASON.to_owned());
            database.short_writer()?.write(&ShortWrite::OverrideFeed {
                feed: feed.id,
                change,
                at: app.now,
            })?;
            (feed.url, feed.origin == Origin::File.as_str())
        }
        // No run has met it: it goes into the database as the user's, and off. A list that is brought in
        // later leaves the user's feeds alone.
        Known::Listed(spec) => {
            let url = spec.url.clone();
            write_added(app, vec![FeedSpec { off: Some(REASON.to_owned()), ..*spec }])?;
            (url, true)
        }
    };
    if listed {
        tracing::info!(
            "{url} stands in a feed list: it is switched off in the database, the list is as it was"
        );
    } else {
        tracing::info!("{url} is not followed any more");
    }
    Ok(Exit::Done)
}
