//! The callback: what hubs ask and send.

use super::{
    losses::OnItsWay,
    plan,
    push::Push,
    rate::Rate,
    subscriber::{Desk, TAKEN_AGAIN},
};
use crate::clock::later;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wirewatch_fetch::BytesHeld;
use wirewatch_model::{Subscription, SubscriptionState};
use wirewatch_store::{SubscriptionWrite, WriteError};

/// Bodies that are received at once.
const RECEIVED_AT_ONCE: usize = 4;
/// Largest body that is taken, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;

/// The way in for hubs: made before the run, given to it and to the HTTP server. Clones share it. While no
/// run goes on, hubs are asked to come again.
#[derive(Clone, Debug)]
pub struct WebSub {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    base: String,
    lease: Duration,
    desk: Mutex<Option<Desk>>,
    receiving: Arc<Semaphore>,
    rate: Mutex<Rate>,
}

/// What a hub wants to know before it pushes, or stops (WebSub §5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Whether we asked for its pushes.
    Subscribe {
        /// What it knows the feed by.
        topic: String,
        /// To be answered when we did.
        challenge: String,
        /// For how long it will push; `None` when it does not say.
        lease: Option<Duration>,
    },
    /// Whether we asked it to stop.
    Unsubscribe {
        /// What it knows the feed by.
        topic: String,
        /// To be answered when we did.
        challenge: String,
    },
    /// That it will not push.
    Denied {
        /// What it knows the feed by.
        topic: String,
        /// Why.
        reason: String,
    },
}

/// Why a hub gets no for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody asked for that.
    #[error("there is no such subscription")]
    Unknown,
    /// Not now: everything is full, the program is starting or ending, or the disk is full.
    #[error("come again later")]
    Busy,
    /// Its subscription has had its pushes for now.
    #[error("too many pushes; come again later")]
    TooMany {
        /// After so long.
        again: Duration,
    },
}

/// A push as it came.
pub struct Delivery {
    /// Its Content-Type.
    pub content_type: Option<String>,
    /// Its `X-Hub-Signature`.
    pub signature: Option<String>,
    /// The body, not decoded.
    pub body: Vec<u8>,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The right to hand in one push, with room for its body.
#[derive(Debug)]
pub struct Admission {
    websub: WebSub,
    subscription: Subscription,
    held: BytesHeld,
    largest: usize,
    way: OnItsWay,
    _receiving: OwnedSemaphorePermit,
}

impl WebSub {
    /// A callback under a public address (`https://news.example/websub`), with the lease hubs are asked for.
    pub fn new(base: &str, lease: Duration) -> Self {
        Self {
            inner: Arc::new(Inner {
                base: base.trim_end_matches('/').to_owned(),
                lease,
                desk: Mutex::new(None),
                receiving: Arc::new(Semaphore::new(RECEIVED_AT_ONCE)),
                rate: Mutex::default(),
            }),
        }
    }

    /// What a hub gets that wants to verify: its challenge, when we want what it is about to do.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] when nobody asked for it.
    pub async fn answer(&self, token: &str, intent: Intent) -> Result<String, Refusal> {
        let desk = self.desk().ok_or(Refusal::Busy)?;
        let subscription = desk.find(token).ok_or(Refusal::Unknown)?;
        let now = desk.shared.clock.now();
        let id = subscription.id;
        let ending = subscription.state == SubscriptionState::Ending;
        let wanted = !ending && subscription.state != SubscriptionState::Denied;
        let (topic, challenge, write) = match intent {
            Intent::Subscribe { topic, challenge, lease } if wanted => {
                let lease = plan::lease(lease, self.inner.lease);
                let next_try = later(now, plan::renewal(&subscription.what.token, lease));
                let lease_until = later(now, lease);
                (topic, challenge, SubscriptionWrite::Verified { id, lease_until, next_try })
            }
            Intent::Unsubscribe { topic, challenge } if ending => {
                (topic, challenge, SubscriptionWrite::Forget { id })
            }
            Intent::Denied { topic, reason } if !ending => {
                let message = if reason.is_empty() { "the hub denies it".to_owned() } else { reason };
                let next_try = later(now, plan::AFTER_DENIAL);
                (topic, String::new(), SubscriptionWrite::Denied { id, message, next_try })
            }
            _ => return Err(Refusal::Unknown),
        };
        if topic != subscription.what.topic {
            return Err(Refusal::Unknown);
        }
        tracing::debug!(feed.id = %subscription.what.feed, hub = subscription.what.hub, ?write, "the hub verifies");
        desk.write(write).await.map_err(|error| match error {
            WriteError::NotFound { .. } => Refusal::Unknown,
            _ => Refusal::Busy,
        })?;
        Ok(challenge)
    }

    /// Lets a push in before its body is read; `length` is what its headers say of it. One that is refused is
    /// missed: the feed is asked for what it held.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] for a token nobody was given or whose lease is over, [`Refusal::TooMany`] when
    /// its subscription has had its pushes for now, [`Refusal::Busy`] when there is no room.
    pub fn admit(&self, token: &str, length: Option<u64>) -> Result<Admission, Refusal> {
        let desk = self.desk().ok_or(Refusal::Busy)?;
        let subscription = desk.find(token).ok_or(Refusal::Unknown)?;
        let now = desk.shared.clock.now();
        let over = subscription.lease_until.is_some_and(|until| until <= now);
        if over || subscription.state == SubscriptionState::Ending {
            return Err(Refusal::Unknown);
        }
        let way = OnItsWay::new(desk.losses.clone(), subscription.id);
        let largest = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(LARGEST).min(LARGEST);
        let receiving = self.inner.receiving.clone().try_acquire_owned().map_err(|_| Refusal::Busy)?;
        let held = desk.shared.fetcher.hold(largest).ok_or(Refusal::Busy)?;
        // Last: a push there is no room for counts for nothing, see also `deliver`.
        self.rate().admit(subscription.id, now)?;
        Ok(Admission { websub: self.clone(), subscription, held, largest, way, _receiving: receiving })
    }

    pub(crate) fn base(&self) -> &str {
        &self.inner.base
    }

    pub(crate) fn lease(&self) -> Duration {
        self.inner.lease
    }

    /// Opens the callback for a run, until what comes back is dropped.
    pub(crate) fn open(&self, desk: Desk) -> Opened {
        *self.lock() = Some(desk);
        Opened(self.clone())
    }

    fn desk(&self) -> Option<Desk> {
        self.lock().clone()
    }

    fn rate(&self) -> MutexGuard<'_, Rate> {
        self.inner.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Desk>> {
        // The place is whole after every statement, so a panic elsewhere cannot have spoilt it.
        self.inner.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The callback is open to hubs while this lives.
#[derive(Debug)]
pub(crate) struct Opened(WebSub);

impl Drop for Opened {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}

impl Admission {
    /// So many bytes of the body may be read.
    pub fn largest(&self) -> usize {
        self.largest
    }

    /// Hands the push in and comes back at once: whether it is signed and what it holds is looked at
    /// later, and is no concern of the hub's.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when too many wait or the run is ending.
    pub fn deliver(self, delivery: Delivery) -> Result<(), Refusal> {
        let desk = self.websub.desk().ok_or(Refusal::Busy)?;
        let id = self.subscription.id;
        let push = Push { subscription: self.subscription, delivery, held: self.held, way: self.way };
        desk.pushes.try_send(push).map_err(|_| {
            self.websub.rate().give_back(id);
            Refusal::Busy
        })
    }

    /// The body is none that can be taken: it is longer than it may be, or encoded.
    pub fn refuse(self, why: &str) {
        if let Some(desk) = self.websub.desk() {
            crate::Counters::add(&desk.shared.counters.pushes_refused, 1);
        }
        tracing::debug!(feed.id = %self.subscription.what.feed, "a push is not taken: {why}");
    }
}

impl Refusal {
    /// When the hub may come again, for `Retry-After`.
    pub fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Unknown => None,
            Self::Busy => Some(TAKEN_AGAIN),
            Self::TooMany { again } => Some(again),
        }
    }
}
