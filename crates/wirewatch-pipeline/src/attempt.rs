//! What follows when a page could not be had (invariant 1): pure rules, no clock.

use crate::clock::later;
use jiff::Timestamp;
use std::time::Duration;
use wirewatch_model::{Announced, PageFailure};

/// Waits after the first, second, … failed attempt: 5 min, 30 min, 2 h, 12 h, then daily for three
/// days. After the last the page is not asked for again.
const WAITS: [Duration; 7] = [
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3600),
    Duration::from_secs(12 * 3600),
    Duration::from_secs(24 * 3600),
    Duration::from_secs(24 * 3600),
    Duration::from_secs(24 * 3600),
];

/// A lasting failure skips the quick attempts.
const FIRST_SLOW_WAIT: usize = 3;

/// What to do with an entry whose page could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextStep {
    /// Leave it as it is and try the page again then; `None`: the page is given up, what is stored
    /// stays.
    Wait(Option<Timestamp>),
    /// Store the feed's own text now; it is provisional while the page is still tried.
    StandIn {
        /// When the page is tried next; `None`: the text is final.
        next_try: Option<Timestamp>,
    },
}

/// Decides by how the entry was announced, how often its page failed *before*, and the failure.
pub(crate) fn after_failure(
    announced: Announced,
    failures_before: u32,
    failure: &PageFailure,
    now: Timestamp,
) -> NextStep {
    let next_try = next_try(failures_before, failure, now);
    let stands_in_now = failure.lasting || failures_before >= 1;
    match announced {
        // What the feed says anew is worth storing where its text stood in before; a page's text is
        // never replaced by it.
        Announced::First | Announced::Changed if stands_in_now => NextStep::StandIn { next_try },
        // Nothing to stand in with, or an article that stands: a failing look changes nothing.
        Announced::First | Announced::Changed | Announced::Provisional | Announced::Recheck => {
            NextStep::Wait(next_try)
        }
    }
}

fn next_try(failures_before: u32, failure: &PageFailure, now: Timestamp) -> Option<Timestamp> {
    let place = usize::try_from(failures_before).unwrap_or(usize::MAX);
    let place = if failure.lasting { place.max(FIRST_SLOW_WAIT) } else { place };
    let at = later(now, *WAITS.get(place)?);
    Some(failure.retry_after.map_or(at, |asked| asked.max(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(lasting: bool) -> PageFailure {
        PageFailure { status: Some(500), reason: "status 500".into(), lasting, retry_after: None }
    }

    fn minutes(step: NextStep) -> Option<i64> {
        let (NextStep::Wait(at) | NextStep::StandIn { next_try: at }) = step;
        at.map(|at| at.as_second() / 60)
    }

    #[test]
    fn inv01_a_passing_failure_waits_5_30_120_720_minutes_then_daily_for_three_days() {
        let waits: Vec<_> = (0..8)
            .map(|before| {
                minutes(after_failure(Announced::First, before, &failure(false), Timestamp::UNIX_EPOCH))
            })
            .collect();
        assert_eq!(
            waits,
            [Some(5), Some(30), Some(120), Some(720), Some(1440), Some(1440), Some(1440), None]
        );
    }

    #[test]
    fn inv01_the_feed_stands_in_from_the_second_failure_or_at_once_on_a_lasting_one() {
        let now = Timestamp::UNIX_EPOCH;
        assert!(matches!(after_failure(Announced::First, 0, &failure(false), now), NextStep::Wait(_)));
        assert!(matches!(after_failure(Announced::First, 1, &failure(false), now), NextStep::StandIn { .. }));
        assert!(matches!(after_failure(Announced::First, 0, &failure(true), now), NextStep::StandIn { .. }));
    }

    #[test]
    fn a_stored_article_is_left_alone_when_its_page_fails() {
        for announced in [Announced::Provisional, Announced::Recheck] {
            let step = after_failure(announced, 6, &failure(true), Timestamp::UNIX_EPOCH);
            assert!(matches!(step, NextStep::Wait(Some(_))), "{announced:?}");
        }
    }

    #[test]
    fn a_server_that_asks_for_more_time_gets_it() {
        let asked = later(Timestamp::UNIX_EPOCH, Duration::from_secs(7 * 24 * 3600));
        let failure = PageFailure { retry_after: Some(asked), ..failure(false) };
        let step = after_failure(Announced::First, 0, &failure, Timestamp::UNIX_EPOCH);
        assert_eq!(step, NextStep::Wait(Some(asked)));
    }
}
