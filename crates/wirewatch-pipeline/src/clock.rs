//! Time as a value: workers ask a [`Clock`], stages are told `now`.

use jiff::{SignedDuration, Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Where the pipeline reads the time and waits for it.
///
/// A manual clock only moves when a test moves it. (Tokio's paused clock would also stop the sockets'
/// timeouts, which is why schedules do not run on it.)
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's wall clock for dates, tokio's monotonic one for waiting.
    #[default]
    System,
    /// A clock that stands still until it is moved.
    Manual(Arc<watch::Sender<Timestamp>>),
}

impl Clock {
    /// A clock that stands at `now` until [`Clock::advance`] moves it.
    pub fn manual(now: Timestamp) -> Self {
        Self::Manual(Arc::new(watch::Sender::new(now)))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Manual(at) => *at.borrow(),
        }
    }

    /// Moves a manual clock forward; a system clock moves by itself.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(at) = self {
            at.send_modify(|now| *now = later(*now, by));
        }
    }

    /// Waits until `deadline`, and at most `longest` of machine time at once on a system clock: a
    /// wall clock that was set must not put anything off for years.
    pub async fn sleep_until(&self, deadline: Timestamp, longest: Duration) {
        match self {
            Self::System => {
                let wait = Duration::try_from(deadline.duration_since(Timestamp::now())).unwrap_or_default();
                tokio::time::sleep(wait.min(longest)).await;
            }
            Self::Manual(at) => {
                // The sender lives in `self`, so the wait can only end by the clock moving.
                let _ = at.subscribe().wait_for(|now| *now >= deadline).await;
            }
        }
    }
}

/// `at + by`, or the end of time.
pub(crate) fn later(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| at.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_sleepers_when_it_is_moved() {
        let start = Timestamp::UNIX_EPOCH;
        let clock = Clock::manual(start);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(later(start, Duration::from_secs(60)), Duration::MAX).await }
        });
        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeper.await.expect("woken");
        assert_eq!(clock.now(), later(start, Duration::from_secs(60)));
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        assert_eq!(later(Timestamp::MAX, Duration::from_secs(1)), Timestamp::MAX);
        assert_eq!(later(Timestamp::UNIX_EPOCH, Duration::MAX), Timestamp::MAX);
    }
}
