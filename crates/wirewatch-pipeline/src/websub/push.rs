//! Reading what hubs push: a thread of its own, because checking a signature and parsing take time.

use super::{callback::Delivery, losses::OnItsWay};
use crate::{
    Counters, PipelineError,
    journal::{Held, Slot},
    reply::fatal,
    shared::Shared,
    worker::guarded,
};
use tokio::sync::mpsc;
use wirewatch_fetch::{BytesHeld, FeedAnswer, is_signed};
use wirewatch_model::{DueFeed, FeedCheck, FeedPush, Outcome, Subscription};
use wirewatch_store::{CheckCounts, Reader, Write, WriteError, Written};

/// A push that waits to be read.
#[derive(Debug)]
pub(crate) struct Push {
    pub(crate) subscription: Subscription,
    pub(crate) delivery: Delivery,
    pub(crate) held: BytesHeld,
    pub(crate) way: OnItsWay,
}

/// Reads pushes until the callback is closed and none waits.
pub(crate) fn read(
    shared: &Shared,
    reader: &Reader,
    slot: &Slot,
    mut pushes: mpsc::Receiver<Push>,
) -> Result<(), PipelineError> {
    while let Some(push) = pushes.blocking_recv() {
        let feed = push.subscription.what.feed;
        match take(shared, reader, slot, push)? {
            Ok((push, way)) => store(shared, push, way)?,
            // Whatever it was: it is no concern of a person until it lasts, and a check finds what it held.
            Err(why) => {
                Counters::add(&shared.counters.pushes_refused, 1);
                tracing::debug!(feed.id = %feed, "a push is not taken: {why}");
            }
        }
    }
    Ok(())
}

/// What a push announces, or why it is not taken.
fn take(
    shared: &Shared,
    reader: &Reader,
    slot: &Slot,
    push: Push,
) -> Result<Result<(FeedPush, OnItsWay), String>, PipelineError> {
    let Push { subscription, delivery, held, way } = push;
    let Delivery { content_type, signature, body } = delivery;
    let refused = |why: &str| Ok(Err(why.to_owned()));
    if !signature.is_some_and(|signature| is_signed(&signature, &subscription.what.secret, &body)) {
        // It may be anybody's, and says nothing of the feed.
        way.arrived();
        return refused("it is not signed, or not by the hub");
    }
    let now = shared.clock.now();
    match subscription.lease_until {
        None => return refused("the hub has not verified yet"),
        Some(until) if until <= now => return refused("the lease is over"),
        Some(_) => {}
    }
    if subscription.set_aside {
        return refused("bodies of this feed killed the program twice");
    }
    let feed = subscription.what.feed;
    let Some(due) = reader.due_feed(feed, now)? else { return refused("the feed is off") };
    let topic = subscription.what.topic;
    let answer = FeedAnswer::pushed(topic, content_type.as_deref(), body, held, now);
    let read = slot.during(Held::Feed(feed), || guarded(|| (shared.stages.read_feed)(&due, answer)));
    let announced = read.and_then(|check| announced(&due, subscription.id, check));
    Ok(announced.map(|push| (push, way)))
}

/// Of a reading only what a push can tell: its entries. All else belongs to checks.
fn announced(due: &DueFeed, subscription: i64, check: FeedCheck) -> Result<FeedPush, String> {
    match check.outcome {
        Outcome::Read | Outcome::Unchanged => Ok(FeedPush {
            subscription,
            feed: due.id,
            pushed_at: check.checked_at,
            newest_entry: check.newest_entry,
            entries: check.entries,
        }),
        Outcome::Failed { message, .. } => Err(message),
        other => Err(format!("it is no feed ({})", other.as_str())),
    }
}

fn store(shared: &Shared, push: FeedPush, way: OnItsWay) -> Result<(), PipelineError> {
    let feed = push.feed;
    let answer = shared.writer.submit(Write::FeedPushed(Box::new(push)))?;
    match answer.blocking_recv().unwrap_or(Err(WriteError::Ended)) {
        Ok(Written::Checked(CheckCounts { new, changed, .. })) => {
            let counters = &shared.counters;
            Counters::add(&counters.pushes, 1);
            Counters::add(&counters.entries_new, u64::from(new));
            Counters::add(&counters.entries_changed, u64::from(changed));
            tracing::debug!(feed.id = %feed, entries.new = new, "push read");
            shared.inflight.entries_came();
            way.arrived();
        }
        Ok(_) => {}
        Err(error) if fatal(&error) => return Err(error.into()),
        Err(error) => tracing::error!(feed.id = %feed, %error, "a push could not be stored"),
    }
    Ok(())
}
