//! Pushes that were not taken: the feed is asked for what they held, for a hub may not send them again.

use super::subscriber::{Desk, settle};
use crate::PipelineError;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;
use wirewatch_store::{SubscriptionWrite, Write};

/// A hub that floods us makes no more writes than this lets through.
const PAUSE: Duration = Duration::from_secs(1);

/// Subscriptions of which a push was lost, until that is stored; never more than there are.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    of: Mutex<BTreeSet<i64>>,
    any: Notify,
}

/// A push on its way to the store. It is lost when this is dropped before it arrives, whatever the reason.
#[derive(Debug)]
pub(crate) struct OnItsWay {
    losses: Arc<Losses>,
    subscription: i64,
    arrived: bool,
}

impl OnItsWay {
    pub(super) fn new(losses: Arc<Losses>, subscription: i64) -> Self {
        Self { losses, subscription, arrived: false }
    }

    /// It is stored, or none that counts.
    pub(super) fn arrived(mut self) {
        self.arrived = true;
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        if !self.arrived {
            let mut of = self.losses.of.lock().unwrap_or_else(PoisonError::into_inner);
            of.insert(self.subscription);
            self.losses.any.notify_one();
        }
    }
}

/// Stores losses as they come, until it is dropped. One that comes after that is made good at the next
/// start, when every feed is asked as if nothing were pushed.
pub(super) async fn store_all(desk: &Desk) -> Result<(), PipelineError> {
    loop {
        desk.losses.any.notified().await;
        let lost = std::mem::take(&mut *desk.losses.of.lock().unwrap_or_else(PoisonError::into_inner));
        for id in lost {
            settle(desk.shared.writer.write(Write::Subscription(SubscriptionWrite::Lost { id })).await)?;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
