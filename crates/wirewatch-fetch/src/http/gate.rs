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

use crate::time::after;

/// Hosts are forgotten when there are more than this many and nothing is known of them that counts.
const MANY_HOSTS: usize = 4096;
/// First pause after a 429 that names none, in seconds; doubled each time.
const FIRST_PAUSE_SECS: i64 = 3600;
/// Longest pause a host gets without asking for it, in seconds.
const LONGEST_PAUSE_SECS: i64 = 24 * 3600;

/// The gates of all hosts.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    hosts: Mutex<HashMap<String, Arc<Gate>>>,
}

#[derive(Debug, Default)]
struct Gate {
    /// When the last request started; locked while one is running.
    turn: Arc<tokio::sync::Mutex<Option<Instant>>>,
    pause: Mutex<Pause>,
}

#[derive(Debug, Default)]
struct Pause {
    until: Option<Timestamp>,
    reason: String,
    /// How many answers in a row were 429.
    strikes: u32,
}

/// The right to be the one connection to a host; dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Turn {
    _guard: OwnedMutexGuard<Option<Instant>>,
}

impl Gates {
    /// Waits for the turn at a host: until no other request runs and `pause` has passed since the
    /// last one started.
    pub(crate) async fn enter(&self, host: &str, pause: Duration) -> Turn {
        let turn = self.gate(host).turn.clone();
        let mut guard = turn.lock_owned().await;
        if let Some(last) = *guard {
            tokio::time::sleep_until(last + pause).await;
        }
        *guard = Some(Instant::now());
        Turn { _guard: guard }
    }

    /// The pause a host is in, if any.
    pub(crate) fn paused(&self, host: &str, now: Timestamp) -> Option<HostPause> {
        let gate = self.gate(host);
        let pause = lock(&gate.pause);
        let until = pause.until.filter(|until| *until > now)?;
        Some(HostPause { host: host.to_owned(), until, reason: pause.reason.clone() })
    }

    /// Restores a pause.
    pub(crate) fn restore(&self, host_pause: &HostPause) {
        let gate = self.gate(&host_pause.host);
        let mut pause = lock(&gate.pause);
        if pause.until.is_none_or(|until| until < host_pause.until) {
            pause.until = Some(host_pause.until);
            pause.reason.clone_from(&host_pause.reason);
        }
    }

    /// A host answered 429: it is left alone until `retry_after`, at least an hour when it names no
    /// time, twice as long each time it says so again.
    pub(crate) fn too_many_requests(
        &self,
        host: &str,
        now: Timestamp,
        retry_after: Option<Timestamp>,
    ) -> HostPause {
        let gate = self.gate(host);
        let mut pause = lock(&gate.pause);
        let own = (FIRST_PAUSE_SECS << pause.strikes.min(5)).min(LONGEST_PAUSE_SECS);
        let until = retry_after.unwrap_or_else(|| after(now, own));
        pause.strikes = pause.strikes.saturating_add(1);
        let until = pause.until.map_or(until, |old| old.max(until));
        pause.until = Some(until);
        "429 too many requests".clone_into(&mut pause.reason);
        HostPause { host: host.to_owned(), until, reason: pause.reason.clone() }
    }

    /// A host answered as it should.
    pub(crate) fn answered(&self, host: &str) {
        lock(&self.gate(host).pause).strikes = 0;
    }

    fn gate(&self, host: &str) -> Arc<Gate> {
        let mut hosts = lock(&self.hosts);
        if let Some(gate) = hosts.get(host) {
            return gate.clone();
        }
        if hosts.len() >= MANY_HOSTS {
            let now = Instant::now();
            hosts.retain(|_, gate| Arc::strong_count(gate) > 1 || gate.counts(now));
        }
        hosts.entry(host.to_owned()).or_default().clone()
    }
}

impl Gate {
    /// Whether forgetting this gate could break a manner: it is in use, was used within ten minutes,
    /// or holds a pause.
    fn counts(&self, now: Instant) -> bool {
        let recent = Duration::from_secs(600);
        let in_use = self.turn.try_lock().map_or(true, |last| last.is_some_and(|at| now - at < recent));
        in_use || lock(&self.pause).until.is_some()
    }
}

/// A poisoned lock holds plain values that are never left half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[tokio::test]
    async fn requests_to_a_host_never_overlap() {
        let gates = Gates::default();
        let first = gates.enter("a.example", Duration::ZERO).await;
        let second = gates.enter("a.example", Duration::ZERO);
        tokio::pin!(second);
        assert!(futures_util::poll!(&mut second).is_pending(), "one at a time");
        drop(first);
        second.await;
    }

    #[tokio::test]
    async fn requests_to_a_host_start_a_pause_apart() {
        let gates = Gates::default();
        let pause = Duration::from_millis(30);
        drop(gates.enter("a.example", pause).await);
        let first = Instant::now();
        drop(gates.enter("a.example", pause).await);
        drop(gates.enter("a.example", pause).await);
        // The first turn began before `first`, so this bound holds however slow the machine is.
        assert!(first.elapsed() >= pause);
    }

    #[tokio::test]
    async fn hosts_do_not_wait_for_one_another() {
        let gates = Gates::default();
        let _a = gates.enter("a.example", Duration::from_secs(3600)).await;
        let _b = gates.enter("b.example", Duration::from_secs(3600)).await;
    }

    #[test]
    fn a_429_pauses_for_an_hour_and_then_doubles() {
        let gates = Gates::default();
        let now = at("2022-01-10T08:00:00Z");
        assert_eq!(gates.too_many_requests("a.example", now, None).until, at("2022-01-10T09:00:00Z"));
        let later = at("2022-01-10T09:00:00Z");
        assert!(gates.paused("a.example", later).is_none());
        assert_eq!(gates.too_many_requests("a.example", later, None).until, at("2022-01-10T11:00:00Z"));
        gates.answered("a.example");
        let again = at("2022-01-10T12:00:00Z");
        assert_eq!(gates.too_many_requests("a.example", again, None).until, at("2022-01-10T13:00:00Z"));
    }

    #[test]
    fn what_the_server_asks_is_never_shortened() {
        let gates = Gates::default();
        let now = at("2022-01-10T08:00:00Z");
        let week = at("2022-01-17T08:00:00Z");
        assert_eq!(gates.too_many_requests("a.example", now, Some(week)).until, week);
        let soon = at("2022-01-10T08:01:00Z");
        assert_eq!(gates.too_many_requests("a.example", now, Some(soon)).until, week);
    }

    #[test]
    fn a_pause_survives_a_restart() {
        let (before, after) = (Gates::default(), Gates::default());
        let now = at("2022-01-10T08:00:00Z");
        after.restore(&before.too_many_requests("a.example", now, None));
        let paused = after.paused("a.example", now).expect("still paused");
        assert_eq!(paused.until, at("2022-01-10T09:00:00Z"));
    }
}
