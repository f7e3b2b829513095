//! The process-wide budget of body bytes in flight (DESIGN §5.10).
//!
//! Bytes are taken while a body grows and given back when its [`BytesHeld`] is dropped. Several
//! bodies that each hold a part and wait for more would block one another for ever, so the budget
//! is two pools: a shared one, and a reserve as large as the largest body allowed. Whoever finds
//! the shared pool empty waits for either; the one that gets the reserve can always grow to its
//! limit, ends, and hands the reserve on. The holder of a finished body must therefore be able to
//! give it back without waiting for another body.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes are taken in steps of this many, so that a growing body does not ask for every chunk.
const STEP: usize = 64 * 1024;

/// The budget; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    shared: Arc<Semaphore>,
    reserve: Arc<Semaphore>,
    reserve_bytes: usize,
}

/// The part of the budget one body holds; dropping it gives the bytes back.
#[derive(Debug, Default)]
pub struct BytesHeld {
    shared: Option<OwnedSemaphorePermit>,
    reserve: Option<OwnedSemaphorePermit>,
    reserve_bytes: usize,
}

impl BytesHeld {
    /// How many bytes of the budget are held.
    pub fn bytes(&self) -> usize {
        self.shared.as_ref().map_or(0, OwnedSemaphorePermit::num_permits) + self.reserve_bytes
    }
}

impl Budget {
    /// A budget of `total` bytes for bodies of at most `largest` bytes; `total` is raised to hold
    /// one such body.
    pub(crate) fn new(total: usize, largest: usize) -> Self {
        let reserve_bytes = largest.next_multiple_of(STEP);
        Self {
            shared: Arc::new(Semaphore::new(total.saturating_sub(reserve_bytes))),
            reserve: Arc::new(Semaphore::new(1)),
            reserve_bytes,
        }
    }

    /// Makes `held` large enough for a body of `bytes`, waiting for others to give back if need be.
    pub(crate) async fn grow(&self, held: &mut BytesHeld, bytes: usize) {
        let missing = bytes.saturating_sub(held.bytes());
        if missing == 0 {
            return;
        }
        let step = u32::try_from(missing.next_multiple_of(STEP)).unwrap_or(u32::MAX);
        // The closed variants cannot come: the semaphores are never closed.
        tokio::select! {
            biased;
            Ok(permit) = self.shared.clone().acquire_many_owned(step) => match &mut held.shared {
                Some(own) => own.merge(permit),
                none => *none = Some(permit),
            },
            Ok(permit) = self.reserve.clone().acquire_owned() => {
                held.reserve = Some(permit);
                held.reserve_bytes = self.reserve_bytes;
            }
            else => {}
        }
    }

    /// Room for a body of `bytes` that comes without being asked for; `None` when there is none now.
    pub(crate) fn try_hold(&self, bytes: usize) -> Option<BytesHeld> {
        let step = u32::try_from(bytes.next_multiple_of(STEP)).ok()?;
        let shared = self.shared.clone().try_acquire_many_owned(step).ok()?;
        Some(BytesHeld { shared: Some(shared), ..BytesHeld::default() })
    }

    /// Gives back what a finished body of `bytes` took too much of.
    pub(crate) fn shrink(&self, held: &mut BytesHeld, bytes: usize) {
        let surplus = held.bytes().saturating_sub(bytes);
        if let Some(shared) = &mut held.shared {
            let surplus = surplus.min(shared.num_permits());
            drop(shared.split(surplus));
        }
    }

    /// How many bytes of the shared pool are free.
    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.shared.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    #[tokio::test]
    async fn bytes_come_back_when_the_body_is_dropped() {
        let budget = Budget::new(4 * MIB, MIB);
        let mut held = BytesHeld::default();
        budget.grow(&mut held, 100_000).await;
        assert!(held.bytes() >= 100_000);
        budget.shrink(&mut held, 100_000);
        assert_eq!((held.bytes(), budget.free()), (100_000, 3 * MIB - 100_000));
        drop(held);
        assert_eq!(budget.free(), 3 * MIB);
    }

    #[tokio::test]
    async fn bodies_that_grow_at_once_never_block_one_another() {
        // Twelve bodies of 1 MiB in a budget of 2 MiB, each growing in small steps: all of them
        // hold a part when the shared MiB is gone.
        let budget = Budget::new(2 * MIB, MIB);
        let mut bodies = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let budget = budget.clone();
            bodies.spawn(async move {
                let mut held = BytesHeld::default();
                for size in (0..=16).map(|step| step * STEP) {
                    budget.grow(&mut held, size).await;
                    tokio::task::yield_now().await;
                }
                held.bytes()
            });
        }
        let mut done = 0;
        while let Some(bytes) = bodies.join_next().await {
            assert!(bytes.expect("no panic") >= MIB);
            done += 1;
        }
        assert_eq!((done, budget.free()), (12, MIB));
    }

    #[tokio::test]
    async fn a_body_waits_until_another_gives_back() {
        let budget = Budget::new(2 * MIB, MIB);
        let (mut first, mut second, mut third) = <(BytesHeld, BytesHeld, BytesHeld)>::default();
        budget.grow(&mut first, MIB).await;
        budget.grow(&mut second, MIB).await;
        {
            let waiting = budget.grow(&mut third, STEP);
            tokio::pin!(waiting);
            assert!(futures_util::poll!(&mut waiting).is_pending(), "nothing is free");
            drop(first);
            waiting.await;
        }
        assert_eq!(third.bytes(), STEP);
    }

    #[tokio::test]
    async fn a_body_larger_than_the_whole_budget_still_ends() {
        let budget = Budget::new(STEP, 4 * MIB);
        let mut held = BytesHeld::default();
        budget.grow(&mut held, 4 * MIB).await;
        assert!(held.bytes() >= 4 * MIB);
    }
}
