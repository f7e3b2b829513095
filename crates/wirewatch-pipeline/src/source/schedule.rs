//! The scheduler: hands out feeds whose time has come.

use crate::{
    PipelineError,
    message::Due,
    shared::{Look, Shared},
};
use jiff::Timestamp;
use std::{collections::HashSet, time::Duration};
use tokio::sync::mpsc;
use wirewatch_model::{DueFeed, FeedId};

/// Feeds looked at: more than are handed out, so that many feeds of one busy host hide no other.
const LOOKED_AT: usize = 512;
/// Feeds handed out at one look, which is one a second at most: a thousand feeds take a minute.
const BATCH: usize = 16;
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
        // What a command learnt of a host by hand stands in the database only.
        for pause in look.ask(move |reader| reader.host_pauses(now)).await? {
            shared.fetcher.pause_host(&pause);
        }
        let mut skip: HashSet<FeedId> = shared.inflight.feeds().into_iter().collect();
        skip.extend(&polled);
        let due = look.ask(move |reader| reader.due_feeds(now, LOOKED_AT, &skip)).await?;
        if due.is_empty() && once {
            return Ok(());
        }
        let Some(handed_out) = hand_out(&shared, &feeds, due).await else { return Ok(()) };
        if !once {
            wait(&shared, &look, now).await?;
        } else if handed_out.is_empty() {
            // Every due feed waits for another one of its host.
            tokio::select! {
                () = shared.stop.cancelled() => {}
                () = shared.inflight.feed_done() => {}
            }
        } else {
            polled.extend(handed_out);
        }
    }
    Ok(())
}

/// Hands feeds to the fetchers, one a host; `None` when the run is ending.
async fn hand_out(shared: &Shared, feeds: &mpsc::Sender<Due>, due: Vec<DueFeed>) -> Option<Vec<FeedId>> {
    let mut handed_out = Vec::new();
    for feed in due {
        if handed_out.len() == BATCH {
            break;
        }
        let Some(ticket) = shared.inflight.take_feed(&feed) else { continue };
        handed_out.push(feed.id);
        tokio::select! {
            biased;
            () = shared.stop.cancelled() => return None,
            sent = feeds.send(Due { feed, ticket }) => sent.ok()?,
        }
    }
    Some(handed_out)
}

async fn wait(shared: &Shared, look: &Look, now: Timestamp) -> Result<(), PipelineError> {
    let next = look.ask(move |reader| reader.next_feed_due(now)).await?;
    let soonest = crate::clock::later(now, TICK);
    let latest = crate::clock::later(now, LONGEST);
    let until = next.unwrap_or(latest).clamp(soonest, latest);
    tokio::select! {
        () = shared.stop.cancelled() => {}
        () = shared.clock.sleep_until(until, LONGEST) => {}
    }
    Ok(())
}
