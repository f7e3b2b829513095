//! One connection at a time and a pause between starts for each host, and the pauses a host asked
//! for. Feeds, pages and robots.txt of a host share its gate.

use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::OwnedMutexGuard, time::Instant};
use wirewatch_model::HostPause;

use crate::{
    memory::{Worth, thin},
    time::{DAY, Watch, after},
};

/// Hosts that are remembered. Those in use and those that are paused count too.
const MOST_HOSTS: usize = 16 * 1024;
/// A host last asked longer ago than this, in seconds, may be forgotten: the time between starts is over.
const DONE_WITH_SECS: u64 = 600;
/// First pause after a 429 that names none, in seconds; doubled each time.
const FIRST_PAUSE_SECS: i64 = 3600;
/// Least pause after a 429 that names a time but follows another, in seconds; doubled each time. A
/// host that always asks for no time at all would be asked without end.
const AGAIN_PAUSE_SECS: i64 = 60;
/// Longest pause a host gets without asking for it, in seconds.
const LONGEST_PAUSE_SECS: i64 = 24 * 3600;
/// No host is granted a longer pause, in seconds: one that ends later was noted under a wrong clock.
const LATEST_PAUSE_SECS: i64 = 7 * DAY;
const LATEST_PAUSE: Duration = Duration::from_secs(LATEST_PAUSE_SECS.unsigned_abs());
/// Who has to wait longer than this for the time between starts does not keep the turn meanwhile.
const SHORT_WAIT: Duration = Duration::from_secs(3);
/// Who waited in vain for a turn comes again after this, in seconds.
const PUT_OFF_SECS: i64 = 60;

/// The gates of all hosts.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    hosts: Mutex<HashMap<String, Arc<Gate>>>,
}

#[derive(Debug, Default)]
struct Gate {
    /// When the last requests started; locked while one is running.
    turn: Arc<tokio::sync::Mutex<Starts>>,
    pause: Mutex<Pause>,
}

#[derive(Debug, Default)]
struct Starts {
    /// The last one of any kind.
    any: Option<Instant>,
    /// The last one for a page.
    page: Option<Instant>,
}

/// How far apart requests start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// From the last request of any kind.
    pub(crate) pause: Duration,
    /// From the last page, when this is a page (a Crawl-delay). Feeds do not count: a feed that is asked
    /// more often than that would keep its host's pages away for ever.
    pub(crate) page: Option<Duration>,
}

/// How long one waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For those who came earlier.
    pub(crate) turn: Duration,
    /// For the time between starts.
    pub(crate) pause: Duration,
}

#[derive(Debug, Default)]
struct Pause {
    until: Option<Timestamp>,
    reason: String,
    /// How many answers in a row were 429.
    strikes: u32,
    /// Since when it has been found to end too late.
    too_long_since: Option<Instant>,
}

/// Why a host is not asked now, and when it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutOff {
    /// The host.
    pub host: String,
    /// When it may be asked.
    pub until: Timestamp,
    /// Why not before, in words that `until` and the time may follow.
    pub reason: String,
}

impl PutOff {
    /// The same for one who was redirected there.
    pub(crate) fn behind_redirect(&self) -> String {
        format!("it redirects, and {} until {:.0}", self.reason, self.until)
    }
}

/// The right to be the one connection to a host; dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Turn {
    _guard: OwnedMutexGuard<Starts>,
}

impl Gates {
    /// Waits for the turn at a host: until no other request runs and `pause` has passed since the
    /// last one started. A host that asked to be left alone is not waited for: the pause it is in
    /// comes back at once, also to those who were waiting when it asked. Nor is one whose turn is further
    /// away than `patience`. Who waits long for the time between starts lets others by.
    pub(crate) async fn enter(
        &self,
        host: &str,
        pace: Pace,
        patience: Patience,
        watch: Watch,
    ) -> Result<Turn, PutOff> {
        let gate = self.gate(host, watch.now());
        gate.open(host, watch.now())?;
        let mut let_others_by = false;
        loop {
            let turn = tokio::time::timeout(patience.turn, gate.turn.clone().lock_owned()).await;
            let mut starts = turn.map_err(|_| crowded(host, watch.now()))?;
            gate.open(host, watch.now())?;
            let (left, pause) = starts.left(pace);
            if left > patience.pause {
                return Err(too_long(host, pause, left, watch.now()));
            }
            // Once: who does so again and again may never come to ask.
            if left > SHORT_WAIT && !let_others_by {
                let_others_by = true;
                drop(starts);
                tokio::time::sleep(left).await;
                continue;
            }
            if !left.is_zero() {
                tokio::time::sleep(left).await;
            }
            starts.note(pace);
            return Ok(Turn { _guard: starts });
        }
    }

    /// Restores a pause.
    pub(crate) fn restore(&self, host_pause: &HostPause) {
        // Whether a pause is over is not asked here: `enter` knows the time.
        let gate = self.gate(&host_pause.host, Timestamp::MIN);
        let mut pause = lock(&gate.pause);
        pause.strikes = pause.strikes.max(host_pause.strikes);
        if pause.until.is_none_or(|until| until < host_pause.until) {
            pause.until = Some(host_pause.until);
            pause.reason.clone_from(&host_pause.reason);
        }
    }

    /// A host answered 429: it is left alone until `retry_after`, at least an hour when it names no
    /// time, twice as long each time it says so again; a time it names is kept, but from the second 429
    /// in a row on a minute at least, twice as long each time.
    pub(crate) fn too_many_requests(
        &self,
        host: &str,
        now: Timestamp,
        retry_after: Option<Timestamp>,
    ) -> HostPause {
        let gate = self.gate(host, now);
        let mut pause = lock(&gate.pause);
        let doubled = |secs: i64, times: u32| (secs << times.min(11)).min(LONGEST_PAUSE_SECS);
        let until = match (retry_after, pause.strikes) {
            (None, strikes) => after(now, doubled(FIRST_PAUSE_SECS, strikes)),
            (Some(asked), 0) => asked,
            (Some(asked), strikes) => asked.max(after(now, doubled(AGAIN_PAUSE_SECS, strikes - 1))),
        };
        pause.strikes = pause.strikes.saturating_add(1);
        let until = pause.until.map_or(until, |old| old.max(until));
        pause.until = Some(until);
        "429 too many requests".clone_into(&mut pause.reason);
        HostPause { host: host.to_owned(), until, reason: pause.reason.clone(), strikes: pause.strikes }
    }

    /// A host answered as it should. Gives what is to be kept for a restart when it had strikes.
    pub(crate) fn answered(&self, host: &str) -> Option<HostPause> {
        let gate = lock(&self.hosts).get(host).cloned()?;
        let strikes = std::mem::take(&mut lock(&gate.pause).strikes);
        let (host, until) = (host.to_owned(), Timestamp::UNIX_EPOCH);
        let relief = HostPause { host, until, reason: String::new(), strikes: 0 };
        (strikes > 0).then_some(relief)
    }

    fn gate(&self, host: &str, now: Timestamp) -> Arc<Gate> {
        let mut hosts = lock(&self.hosts);
        if let Some(gate) = hosts.get(host) {
            return gate.clone();
        }
        if hosts.len() >= MOST_HOSTS {
            // A quarter at once, so that this is not done for each new host.
            thin(&mut hosts, MOST_HOSTS / 4 * 3, |gate| (gate.worth(now), 1));
        }
        hosts.entry(host.to_owned()).or_default().clone()
    }
}

impl Starts {
    /// How long is to be waited still, and for the sake of which time between starts.
    fn left(&self, pace: Pace) -> (Duration, Duration) {
        let left = |pause: Duration, last: Option<Instant>| {
            let left = last.map_or(Duration::ZERO, |last| pause.saturating_sub(last.elapsed()));
            (left, pause)
        };
        let page = left(pace.page.unwrap_or_default(), self.page);
        left(pace.pause, self.any).max(page)
    }

    fn note(&mut self, pace: Pace) {
        self.any = Some(Instant::now());
        if pace.page.is_some() {
            self.page = self.any;
        }
    }
}

impl Gate {
    /// Whether the host may be asked, or else its pause.
    fn open(&self, host: &str, now: Timestamp) -> Result<(), PutOff> {
        let mut pause = lock(&self.pause);
        let Some(until) = pause.until.filter(|until| *until > now) else { return Ok(()) };
        // The clock may be wrong now as well as it may have been then: what is kept stays as it is, and the
        // week is counted by one that is never set.
        let latest = after(now, LATEST_PAUSE_SECS);
        if until <= latest {
            pause.too_long_since = None;
        } else if pause.too_long_since.get_or_insert_with(Instant::now).elapsed() >= LATEST_PAUSE {
            return Ok(());
        }
        let reason = format!("{host} asked for a pause");
        Err(PutOff { host: host.to_owned(), until: until.min(latest), reason })
    }

    /// What would be lost with this gate: hosts that are not paused go first, the one asked longest ago
    /// before the others, then those whose pause ends soonest.
    fn worth(self: &Arc<Self>, now: Timestamp) -> Worth<(Option<Timestamp>, Option<Instant>)> {
        // Whoever asks or waits holds the gate or its turn; new ones cannot come while the map is locked.
        if Arc::strong_count(self) > 1 || Arc::strong_count(&self.turn) > 1 {
            return Worth::InUse;
        }
        let Ok(starts) = self.turn.try_lock() else { return Worth::InUse };
        let paused = lock(&self.pause).until.filter(|until| *until > now);
        let done_with = Duration::from_secs(DONE_WITH_SECS);
        match (paused, starts.any) {
            (None, Some(at)) if at.elapsed() < done_with => Worth::Since((None, Some(at))),
            (None, _) => Worth::Over,
            (paused, at) => Worth::Since((paused, at)),
        }
    }
}

/// The answer to one who would have to wait too long between two requests.
fn too_long(host: &str, pause: Duration, left: Duration, now: Timestamp) -> PutOff {
    // One second more: the machine's clock and the times given here need not agree to the microsecond.
    let secs = i64::try_from(left.as_secs()).unwrap_or(i64::MAX).saturating_add(1);
    let reason = format!("{host} is left alone for the {} s between two requests", pause.as_secs());
    PutOff { host: host.to_owned(), until: after(now, secs), reason }
}

/// The answer to one whose turn did not come.
fn crowded(host: &str, now: Timestamp) -> PutOff {
    let reason = format!("{host} is left to other requests, which take long,");
    PutOff { host: host.to_owned(), until: after(now, PUT_OFF_SECS), reason }
}

/// A poisoned lock holds plain values that are never left half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
