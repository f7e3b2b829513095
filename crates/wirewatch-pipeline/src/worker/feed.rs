//! Feeds: the network half and the reading half.

use super::guarded;
use crate::{
    clock::later,
    journal::{Held, Slot},
    message::{Answered, Checked, Due, Queue},
    shared::Shared,
};
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::mpsc;
use wirewatch_model::{DueFeed, FailureKind, FeedCheck, Health, Outcome};

/// A feed whose body makes our own code fail is asked again after this.
const AFTER_OUR_FAULT: Duration = Duration::from_secs(3600);

/// Asks feeds, one at a time; several such workers share the queue.
pub(crate) async fn fetch(shared: Shared, due: Queue<Due>, answered: mpsc::Sender<Answered>) {
    while let Some(Due { feed, ticket }) = due.next().await {
        let mut answer = shared.fetcher.fetch_feed(&feed, shared.clock.now()).await;
        // The fetcher adds what it took by the machine's clock; the schedule knows only ours.
        answer.at = shared.clock.now();
        for write in shared.learnt() {
            // Whether it was stored is not waited for: it can be learnt again.
            if shared.writer.enqueue(write).await.is_err() {
                return;
            }
        }
        if answered.send(Answered { feed, answer, ticket }).await.is_err() {
            return;
        }
    }
}

/// Reads the answers on a CPU thread.
pub(crate) fn read(
    shared: &Shared,
    slot: &Slot,
    answered: &Queue<Answered>,
    checked: &mpsc::Sender<Checked>,
) {
    while let Some(Answered { feed, answer, ticket }) = answered.next_blocking() {
        let read = slot.during(Held::Feed(feed.id), || guarded(|| (shared.stages.read_feed)(&feed, answer)));
        let check = read.unwrap_or_else(|message| our_fault(&feed, message, shared.clock.now()));
        let done = Checked { url: feed.url, check, failed_before: feed.failures, ticket };
        if checked.blocking_send(done).is_err() {
            return;
        }
    }
}

fn our_fault(feed: &DueFeed, message: String, now: Timestamp) -> FeedCheck {
    let outcome = Outcome::Failed { failure: FailureKind::Internal, message };
    FeedCheck {
        next_due: Some(later(now, AFTER_OUR_FAULT)),
        ..FeedCheck::new(feed.id, now, outcome, Health::Failing)
    }
}
