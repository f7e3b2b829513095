//! The scheduler: hands out feeds whose time has come.

use crate::{
    PipelineError,
    message::Due,
    shared::{Look, Shared},
};
use jiff::Timestamp;
use std::{collections::HashSet, time::Duration};
use tokio::sync::mpsc;
use wirewatch_model::FeedId;

/// Feeds handed out at one look: a thousand feeds do not go out in one second.
const BATCH: usize = 64;
/// Shortest time between two looks: a feed without an interval floor must not spin the daemon either.
const TICK: Duration = Duration::from_secs(1);
/// Longest time between two looks, so that a feed added by another process is found.
const LONGEST: Duration = Duration::from_secs(10);

/// Runs until the stop signal; with `once`, until every feed that was due was polled once.
pub(crate) async fn schedule(
    shared: Shared,
    look: Look,
    feeds: mpsc::Sender<Due>,
    once: bool,
) -> Result<(), PipelineError> {
    let mut polled = HashSet::new();
    while !shared.stop.is_cancelled() {
        let now = shared.clock.now();
        let mut skip: HashSet<FeedId> = shared.inflight.feeds().into_iter().collect();
        skip.extend(&polled);
        let due = look.ask(move |reader| reader.due_feeds(now, BATCH, &skip)).await?;
        if due.is_empty() && once {
            return Ok(());
        }
        for feed in due {
            if once {
                polled.insert(feed.id);
            }
            if !hand_out(&shared, &feeds, feed).await {
                return Ok(());
            }
        }
        if !once {
            wait(&shared, &look, now).await?;
        }
    }
    Ok(())
}

/// Hands one feed to the fetchers; false when the run is ending.
async fn hand_out(shared: &Shared, feeds: &mpsc::Sender<Due>, feed: wirewatch_model::DueFeed) -> bool {
    let Some(ticket) = shared.inflight.take_feed(feed.id) else { return true };
    tokio::select! {
        biased;
        () = shared.stop.cancelled() => false,
        sent = feeds.send(Due { feed, ticket }) => sent.is_ok(),
    }
}

async fn wait(shared: &Shared, look: &Look, now: Timestamp) -> Result<(), PipelineError> {
    let next = look.ask(|reader| reader.next_feed_due()).await?;
    let soonest = crate::clock::later(now, TICK);
    let latest = crate::clock::later(now, LONGEST);
    let until = next.unwrap_or(latest).clamp(soonest, latest);
    tokio::select! {
        () = shared.stop.cancelled() => {}
        () = shared.clock.sleep_until(until, LONGEST) => {}
    }
    Ok(())
}
