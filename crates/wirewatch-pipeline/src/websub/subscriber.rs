//! The subscriber: asks hubs for their pushes, again before they end, and to stop.

use super::{
    WebSub,
    losses::{self, Losses},
    plan::{self, Change},
    push::Push,
};
use crate::{
    PipelineError,
    clock::later,
    reply::fatal,
    shared::{Look, Shared},
};
use jiff::Timestamp;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinSet};
use wirewatch_fetch::{HubError, HubMode, HubRequest};
use wirewatch_model::{NewSubscription, Subscription, SubscriptionState};
use wirewatch_store::{SubscriptionWrite, Write, WriteError};

/// Hubs asked at the same time; each for one subscription after the other.
const HUBS_AT_ONCE: usize = 8;
/// Longest time between two looks, so that a feed that now offers a hub is found.
const LONGEST: Duration = Duration::from_secs(30);
/// A hub that found everything full may come again after this.
pub(super) const TAKEN_AGAIN: Duration = Duration::from_secs(60);

/// What a run lends to the callback: subscriptions by token, and the ways to the store and to the reader
/// of pushes.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(super) shared: Shared,
    pub(super) pushes: mpsc::Sender<Push>,
    pub(super) losses: Arc<Losses>,
    look: Look,
    book: Arc<Mutex<HashMap<String, Subscription>>>,
    /// Held while the book is read anew, so that an older state never replaces a newer one.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl Desk {
    pub(crate) fn new(shared: Shared, look: Look, pushes: mpsc::Sender<Push>) -> Self {
        let (losses, book, reading) = Default::default();
        Self { shared, pushes, losses, look, book, reading }
    }

    pub(super) fn find(&self, token: &str) -> Option<Subscription> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    /// Moves a subscription on, durably.
    pub(super) async fn write(&self, write: SubscriptionWrite) -> Result<(), WriteError> {
        self.shared.writer.write(Write::Subscription(write)).await?;
        // What is stored counts; a book that cannot be read now is read at the subscriber's next look.
        if let Err(error) = self.read_book().await {
            tracing::warn!(%error, "the subscriptions cannot be read");
        }
        Ok(())
    }

    async fn read_book(&self) -> Result<Vec<Subscription>, PipelineError> {
        let _turn = self.reading.lock().await;
        let known = self.look.ask(|reader| reader.subscriptions()).await?;
        let book = known.iter().map(|known| (known.what.token.clone(), known.clone())).collect();
        *self.book.lock().unwrap_or_else(PoisonError::into_inner) = book;
        Ok(known)
    }
}

/// Runs until the stop signal; the callback is open to hubs as long.
pub(crate) async fn subscribe(desk: Desk, websub: WebSub) -> Result<(), PipelineError> {
    let stop = desk.shared.stop.clone();
    // Opened with an empty book, it would tell hubs that their subscriptions are over.
    desk.read_book().await?;
    settle(desk.shared.writer.write(Write::Subscription(SubscriptionWrite::Away)).await)?;
    let _opened = websub.open(desk.clone());
    tokio::select! {
        ended = work(&desk, &websub) => ended?,
        ended = losses::store_all(&desk) => ended?,
        // A hub that is being asked now is asked again after the next start.
        () = stop.cancelled() => {}
    }
    Ok(())
}

async fn work(desk: &Desk, websub: &WebSub) -> Result<(), PipelineError> {
    loop {
        let now = desk.shared.clock.now();
        let known = bring_up_to_date(desk, websub, now).await?;
        if ask_hubs(desk, websub, &known, now).await? {
            continue;
        }
        let next = desk.read_book().await?.iter().map(|known| known.next_try).min();
        let latest = later(now, LONGEST);
        let until = next.map_or(latest, |next| next.clamp(now, latest));
        desk.shared.clock.sleep_until(until, LONGEST).await;
    }
}

/// Begins and ends subscriptions as feeds come and go.
async fn bring_up_to_date(
    desk: &Desk,
    websub: &WebSub,
    now: Timestamp,
) -> Result<Vec<Subscription>, PipelineError> {
    let known = desk.read_book().await?;
    let offers = desk.look.ask(|reader| reader.hub_offers()).await?;
    let keeps_secrets = |hub: &str| desk.shared.fetcher.keeps_secrets(hub);
    let changes = plan::changes(&offers, &known, websub.base(), keeps_secrets, now);
    if changes.is_empty() {
        return Ok(known);
    }
    for change in changes {
        let write = match change {
            Change::New { feed, hub, topic } => {
                let (token, secret) = (random_hex::<16>()?, random_hex::<32>()?);
                let callback = plan::callback(websub.base(), &token);
                let what = NewSubscription { feed, hub, topic, callback, token, secret };
                SubscriptionWrite::New { what, at: now }
            }
            Change::End(id) => SubscriptionWrite::End { id, at: now },
            Change::Forget(id) => SubscriptionWrite::Forget { id },
        };
        settle(desk.shared.writer.write(Write::Subscription(write)).await)?;
    }
    desk.read_book().await
}

/// Asks every hub for one subscription whose time has come; false when there was none.
async fn ask_hubs(
    desk: &Desk,
    websub: &WebSub,
    known: &[Subscription],
    now: Timestamp,
) -> Result<bool, PipelineError> {
    let mut hubs = HashSet::new();
    let due = known.iter().filter(|known| known.next_try <= now);
    let mut asked = JoinSet::new();
    for subscription in due.filter(|known| hubs.insert(known.what.hub.clone())).take(HUBS_AT_ONCE) {
        let (desk, subscription, lease) = (desk.clone(), subscription.clone(), websub.lease());
        asked.spawn(async move { ask(&desk, &subscription, lease, now).await });
    }
    let any = !asked.is_empty();
    while let Some(ended) = asked.join_next().await {
        ended
            .map_err(|error| PipelineError::Worker { worker: "subscriber", reason: error.to_string() })??;
    }
    Ok(any)
}

/// Asks one hub.
async fn ask(
    desk: &Desk,
    subscription: &Subscription,
    lease: Duration,
    now: Timestamp,
) -> Result<(), PipelineError> {
    let id = subscription.id;
    if subscription.state == SubscriptionState::Pending {
        let message = "the hub took the request and has not verified it".to_owned();
        return fail(desk, subscription, message, None, now).await;
    }
    // The hub may verify before it answers.
    let next_try = later(now, plan::VERIFIED_WITHIN);
    settle(desk.write(SubscriptionWrite::Asked { id, next_try }).await)?;
    let what = &subscription.what;
    let ending = subscription.state == SubscriptionState::Ending;
    let request = HubRequest {
        hub: &what.hub,
        mode: if ending { HubMode::Unsubscribe } else { HubMode::Subscribe },
        topic: &what.topic,
        callback: &what.callback,
        lease,
        secret: &what.secret,
    };
    match desk.shared.fetcher.ask_hub(&request, now).await {
        Ok(()) => Ok(()),
        Err(error) => {
            let not_before = match &error {
                HubError::Paused(pause) => {
                    desk.shared.writer.write(Write::HostPaused(pause.clone())).await?;
                    Some(pause.until)
                }
                HubError::Refused { not_before: Some(named), .. }
                | HubError::Failed { not_before: Some(named), .. } => {
                    let until = plan::believed(*named, now);
                    settle(desk.write(SubscriptionWrite::HubRests { hub: what.hub.clone(), until }).await)?;
                    Some(until)
                }
                HubError::NotAsked(put_off) => Some(put_off.until),
                HubError::Refused { .. } | HubError::Failed { .. } => None,
            };
            fail(desk, subscription, error.to_string(), not_before, now).await
        }
    }
}

async fn fail(
    desk: &Desk,
    subscription: &Subscription,
    message: String,
    not_before: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), PipelineError> {
    let failures = subscription.failures.saturating_add(1);
    let next_try = plan::again(&subscription.what.token, failures, not_before, now);
    let (feed, hub) = (subscription.what.feed, subscription.what.hub.as_str());
    if subscription.failures == 0 {
        tracing::warn!(feed.id = %feed, hub, "no pushes from the hub for now: {message}");
    } else {
        tracing::debug!(feed.id = %feed, hub, failures, "no pushes from the hub: {message}");
    }
    settle(desk.write(SubscriptionWrite::Failed { id: subscription.id, message, next_try }).await)
}

/// A subscription that the callback moved on or ended meanwhile stays where it is.
pub(super) fn settle<T>(written: Result<T, WriteError>) -> Result<(), PipelineError> {
    match written {
        Ok(_) | Err(WriteError::NotFound { .. }) => Ok(()),
        Err(error) if fatal(&error) => Err(error.into()),
        Err(error) => {
            tracing::error!(%error, "a subscription could not be stored");
            Ok(())
        }
    }
}

/// So many random bytes, as hexadecimal digits.
fn random_hex<const BYTES: usize>() -> Result<String, PipelineError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| PipelineError::Worker {
        worker: "subscriber",
        reason: format!("the operating system gives no random numbers: {error}"),
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, other) = (random_hex::<16>().expect("random"), random_hex::<16>().expect("random"));
        assert_eq!((one.len(), one == other), (32, false));
    }
}
