//! How many pushes a subscription may send.

use super::callback::Refusal;
use crate::clock::later;
use jiff::Timestamp;
use std::{collections::HashMap, time::Duration};

/// So many pushes of one subscription are taken …
const PUSHES: u32 = 30;
/// … within this time from the first of them.
const WITHIN: Duration = Duration::from_secs(600);

/// Counts the pushes of each subscription; what is over is forgotten, so that it never holds more than
/// there are subscriptions.
#[derive(Debug, Default)]
pub(super) struct Rate(HashMap<i64, Window>);

#[derive(Debug)]
struct Window {
    ends: Timestamp,
    taken: u32,
}

impl Rate {
    /// Counts one push of a subscription, or says when the next may come.
    pub(super) fn admit(&mut self, subscription: i64, now: Timestamp) -> Result<(), Refusal> {
        let ends = later(now, WITHIN);
        // One that ends later than it could was begun before the clock was set back.
        self.0.retain(|_, window| now < window.ends && window.ends <= ends);
        let window = self.0.entry(subscription).or_insert(Window { ends, taken: 0 });
        if window.taken >= PUSHES {
            let left = window.ends.duration_since(now).unsigned_abs();
            return Err(Refusal::TooMany { again: Duration::from_secs(left.as_secs() + 1) });
        }
        window.taken += 1;
        Ok(())
    }

    /// Takes back one that was counted: there was no room for it.
    pub(super) fn give_back(&mut self, subscription: i64) {
        if let Some(window) = self.0.get_mut(&subscription) {
            window.taken = window.taken.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_that_pushes_too_often_waits_and_others_do_not() {
        let now: Timestamp = "2022-01-10T08:00:00Z".parse().expect("a time");
        let mut rate = Rate::default();
        for _ in 0..PUSHES {
            assert_eq!(rate.admit(1, now), Ok(()));
        }
        let soon = later(now, Duration::from_secs(300));
        let again = Duration::from_secs(301);
        assert_eq!(rate.admit(1, soon), Err(Refusal::TooMany { again }));
        assert_eq!(rate.admit(2, soon), Ok(()));
        assert_eq!(rate.admit(1, later(soon, again)), Ok(()));
    }

    #[test]
    fn what_there_was_no_room_for_does_not_count() {
        let now: Timestamp = "2022-01-10T08:00:00Z".parse().expect("a time");
        let mut rate = Rate::default();
        rate.give_back(1);
        for _ in 0..PUSHES {
            assert_eq!(rate.admit(1, now), Ok(()));
        }
        rate.give_back(1);
        assert_eq!(rate.admit(1, now), Ok(()));
        assert!(rate.admit(1, now).is_err());
    }

    #[test]
    fn what_is_over_is_forgotten_also_when_the_clock_goes_back() {
        let now: Timestamp = "2022-01-10T08:00:00Z".parse().expect("a time");
        let mut rate = Rate::default();
        for subscription in 0..100 {
            assert_eq!(rate.admit(subscription, later(now, WITHIN)), Ok(()));
        }
        assert_eq!(rate.admit(1, now), Ok(()));
        assert_eq!(rate.0.len(), 1);
    }
}
