//! How a feed is doing: a plain function of its history and its latest check.
//!
//! A dead feed that answers 200 looks like a quiet news day. Three states tell them apart: *empty* (a
//! sound feed without entries), *stale* (its newest entry is old in any case) and *quiet* (it used to
//! announce entries much more often than this).

use crate::time::{DAY, HOUR, MINUTE, seconds_between};
use jiff::Timestamp;
use wirewatch_model::{DueFeed, Entry, FeedCheck, Health, Outcome, article_time};

/// Silence of this many times its own rhythm is much longer than its rhythm.
const MUCH_LONGER: i64 = 10;
/// A feed with an entry an hour or more is quiet no sooner than after this, in seconds: nights count.
const LIVELY_QUIET_SECS: i64 = DAY;
/// Any other feed is quiet no sooner than after this, in seconds: weekends count.
const QUIET_SECS: i64 = 4 * DAY;
/// A newest entry is old after this, in seconds, or after [`MUCH_LONGER`] times the feed's rhythm.
const STALE_SECS: i64 = 60 * DAY;

/// How the feed is doing after this check.
pub(crate) fn judge(due: &DueFeed, check: &FeedCheck) -> Health {
    match check.outcome {
        Outcome::Gone => return Health::Gone,
        Outcome::Busy => return Health::Busy,
        // Nothing was asked, so nothing is known that was not known before.
        Outcome::Paused { .. } => return due.health,
        Outcome::Blocked { .. } => return Health::Blocked,
        Outcome::Failed { .. } => return Health::Failing,
        Outcome::Read | Outcome::Unchanged => {}
    }
    let read_empty = check.outcome == Outcome::Read && check.entries.is_empty();
    if read_empty || check.outcome == Outcome::Unchanged && due.empty {
        return Health::Empty;
    }
    match silence(due, check) {
        Health::Ok if check.redirect.is_some() => Health::Moved,
        health => health,
    }
}

/// Whether the feed has been silent for too long.
fn silence(due: &DueFeed, check: &FeedCheck) -> Health {
    let newest = check.newest_entry.max(due.newest_entry).max(due.recent_entries.first().copied());
    let Some(newest) = newest else { return Health::Ok };
    let silent = seconds_between(newest, check.checked_at);
    let gap = usual_gap_secs(&due.recent_entries);
    let much_longer = gap.unwrap_or(0).saturating_mul(MUCH_LONGER);
    let quiet_after = match gap {
        None => i64::MAX,
        Some(gap) if gap <= HOUR => much_longer.max(LIVELY_QUIET_SECS),
        Some(_) => much_longer.max(QUIET_SECS),
    };
    match silent {
        silent if silent > much_longer.max(STALE_SECS) => Health::Stale,
        silent if silent > quiet_after => Health::Quiet,
        _ => Health::Ok,
    }
}

/// The newest date among entries that can be true at `now`.
pub(crate) fn newest(entries: &[Entry], now: Timestamp) -> Option<Timestamp> {
    let dates = entries.iter().flat_map(|entry| [entry.published, entry.updated]).flatten();
    dates.map(|stamp| article_time(Some(stamp), Timestamp::MAX)).filter(|at| *at <= now).max()
}

/// Mean gap between the moments at which entries came (newest first), in seconds; `None` for fewer than three
/// moments. Entries seen within a minute came at one moment.
pub fn usual_gap_secs(recent: &[Timestamp]) -> Option<i64> {
    let mut moments: Vec<Timestamp> = Vec::with_capacity(recent.len());
    for at in recent {
        if moments.last().is_none_or(|last| seconds_between(*at, *last) >= MINUTE) {
            moments.push(*at);
        }
    }
    let (newest, oldest) = (moments.first()?, moments.last()?);
    let gaps = i64::try_from(moments.len()).ok()? - 1;
    (gaps >= 2).then(|| seconds_between(*oldest, *newest) / gaps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{feed_check::blank, time::after};
    use std::time::Duration;
    use wirewatch_model::{FailureKind, PermanentRedirect, Stamp};

    fn now() -> Timestamp {
        "2022-01-10T08:00:00Z".parse().expect("a time")
    }

    /// A feed with an entry every `gap` seconds, the newest `silence` seconds ago.
    fn feed(gap: i64, silence: i64) -> DueFeed {
        let recent_entries = (0..20).map(|nth| after(now(), -silence - nth * gap)).collect();
        DueFeed { recent_entries, ..DueFeed::default() }
    }

    fn health(due: &DueFeed, change: impl Fn(&mut FeedCheck)) -> Health {
        let mut check = blank(due, now(), Duration::ZERO);
        change(&mut check);
        judge(due, &check)
    }

    #[track_caller]
    fn check_silence(gap: i64, silence: i64, want: Health) {
        assert_eq!(health(&feed(gap, silence), |_| {}), want);
    }

    #[test]
    fn a_feed_in_its_own_rhythm_is_ok() {
        check_silence(600, 8 * HOUR, Health::Ok);
        check_silence(8 * HOUR, 3 * DAY, Health::Ok);
        check_silence(30 * DAY, 100 * DAY, Health::Ok);
    }

    #[test]
    fn silence_much_longer_than_its_rhythm_is_quiet() {
        check_silence(600, 2 * DAY, Health::Quiet);
        check_silence(8 * HOUR, 5 * DAY, Health::Quiet);
        check_silence(3 * DAY, 31 * DAY, Health::Quiet);
    }

    #[test]
    fn an_old_newest_entry_is_stale_whatever_is_known_of_the_rhythm() {
        check_silence(600, 61 * DAY, Health::Stale);
        let unknown = DueFeed { newest_entry: Some(after(now(), -2000 * DAY)), ..DueFeed::default() };
        assert_eq!(health(&unknown, |_| {}), Health::Stale);
        assert_eq!(health(&DueFeed::default(), |_| {}), Health::Ok, "nothing is known yet");
    }

    #[test]
    fn an_answer_without_entries_is_empty_and_stays_so_while_unchanged() {
        let read = |check: &mut FeedCheck| check.outcome = Outcome::Read;
        assert_eq!(health(&feed(600, 60), read), Health::Empty);
        // A failure in between changes nothing of that.
        let before = DueFeed { empty: true, health: Health::Failing, ..feed(600, 60) };
        assert_eq!(health(&before, |_| {}), Health::Empty);
        let moved = |check: &mut FeedCheck| {
            let target = "https://b.example/rss".to_owned();
            check.redirect = Some(PermanentRedirect { target, since: now(), checks: 1 });
        };
        assert_eq!(health(&before, moved), Health::Empty, "nor does a redirect");
    }

    #[test]
    fn what_ended_the_check_outranks_what_came_before() {
        let with = |outcome: Outcome| health(&feed(600, 60), |check| check.outcome = outcome.clone());
        assert_eq!(with(Outcome::Gone), Health::Gone);
        assert_eq!(with(Outcome::Busy), Health::Busy);
        assert_eq!(with(Outcome::Blocked { by: "Cloudflare".to_owned() }), Health::Blocked);
        let failed = Outcome::Failed { failure: FailureKind::Dns, message: String::new() };
        assert_eq!(with(failed), Health::Failing);
        let target = "https://b.example/rss".to_owned();
        let watched = PermanentRedirect { target, since: now(), checks: 1 };
        assert_eq!(health(&feed(600, 60), |check| check.redirect = Some(watched.clone())), Health::Moved);
    }

    #[test]
    fn dates_that_cannot_be_true_are_not_the_newest() {
        let at = |text: &str| Some(text.parse::<Stamp>().expect("a stamp"));
        let entry = |published| Entry { published, ..Entry::default() };
        let entries = [
            entry(at("2032-01-01T00:00:00Z")),
            entry(at("1970-01-01T00:00:00Z")),
            entry(at("2022-01-09T10:00:00+02:00")),
            entry(None),
        ];
        assert_eq!(newest(&entries, now()), "2022-01-09T08:00:00Z".parse().ok());
        assert_eq!(newest(&entries[..2], now()), None);
    }
}
