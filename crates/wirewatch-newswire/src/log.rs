//! What was asked of the press, for tests of manners.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Everything asked so far, by host and path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestLog {
    /// Per host and path (with its query).
    pub paths: BTreeMap<(String, String), PathCounts>,
    /// Per host.
    pub hosts: BTreeMap<String, HostCounts>,
}

/// Requests for one path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathCounts {
    /// All requests.
    pub requests: u32,
    /// Requests with `If-None-Match` or `If-Modified-Since`.
    pub conditional: u32,
    /// Requests that were no GET.
    pub not_get: u32,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u32>,
}

/// Requests to one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostCounts {
    /// All requests.
    pub requests: u32,
    /// Most requests under way at once (until the head of the answer).
    pub max_in_flight: u32,
    /// Most connections open at once, idle ones included.
    pub max_connections: u32,
}

impl RequestLog {
    /// Requests for an address (`http://host/path?query`).
    pub fn of(&self, address: &str) -> PathCounts {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = if path.is_empty() { "/" } else { path };
        self.paths.get(&(host.to_owned(), path.to_owned())).cloned().unwrap_or_default()
    }

    /// Requests to a host.
    pub fn host(&self, host: &str) -> HostCounts {
        self.hosts.get(host).cloned().unwrap_or_default()
    }

    /// All requests.
    pub fn requests(&self) -> u32 {
        self.hosts.values().map(|host| host.requests).sum()
    }
}

#[derive(Debug, Default)]
struct Counts {
    log: RequestLog,
    in_flight: BTreeMap<String, u32>,
    connections: BTreeMap<String, u32>,
}

/// The log while it is being written; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Counts>>);

impl Log {
    pub(crate) fn snapshot(&self) -> RequestLog {
        self.counts().log.clone()
    }

    pub(crate) fn clear(&self) {
        self.counts().log = RequestLog::default();
    }

    /// A request begins; its answer is told by [`InFlight::answered`].
    pub(crate) fn begin(&self, host: &str, path: &str, conditional: bool, get: bool) -> InFlight {
        let mut counts = self.counts();
        let now = counts.in_flight.entry(host.to_owned()).or_default();
        *now += 1;
        let now = *now;
        let of_host = counts.log.hosts.entry(host.to_owned()).or_default();
        of_host.requests += 1;
        of_host.max_in_flight = of_host.max_in_flight.max(now);
        let key = (host.to_owned(), path.to_owned());
        let of_path = counts.log.paths.entry(key.clone()).or_default();
        of_path.requests += 1;
        of_path.conditional += u32::from(conditional);
        of_path.not_get += u32::from(!get);
        drop(counts);
        InFlight { log: self.clone(), key }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // The counts are plain numbers: a panic elsewhere leaves them usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way.
pub(crate) struct InFlight {
    log: Log,
    key: (String, String),
}

impl InFlight {
    pub(crate) fn answered(self, status: u16) {
        let mut counts = self.log.counts();
        if let Some(path) = counts.log.paths.get_mut(&self.key) {
            *path.statuses.entry(status).or_default() += 1;
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(now) = self.log.counts().in_flight.get_mut(&self.key.0) {
            *now = now.saturating_sub(1);
        }
    }
}

/// One open connection; it belongs to the host its first request names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection(Arc<OnceLock<OpenTo>>);

#[derive(Debug)]
struct OpenTo {
    log: Log,
    host: String,
}

impl Connection {
    pub(crate) fn used_for(&self, log: &Log, host: &str) {
        self.0.get_or_init(|| {
            let mut counts = log.counts();
            let open = counts.connections.entry(host.to_owned()).or_default();
            *open += 1;
            let open = *open;
            let of_host = counts.log.hosts.entry(host.to_owned()).or_default();
            of_host.max_connections = of_host.max_connections.max(open);
            drop(counts);
            OpenTo { log: log.clone(), host: host.to_owned() }
        });
    }
}

impl Drop for OpenTo {
    fn drop(&mut self) {
        if let Some(open) = self.log.counts().connections.get_mut(&self.host) {
            *open = open.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_under_way_at_once() {
        let log = Log::default();
        let first = log.begin("a.example", "/x", false, true);
        let second = log.begin("a.example", "/y", true, true);
        first.answered(200);
        second.answered(304);
        log.begin("a.example", "/y", true, false).answered(405);
        let seen = log.snapshot();
        assert_eq!(seen.host("a.example").max_in_flight, 2);
        assert_eq!(seen.requests(), 3);
        let path = seen.of("http://a.example/y");
        assert_eq!((path.requests, path.conditional, path.not_get), (2, 2, 1));
        assert_eq!(path.statuses, BTreeMap::from([(304, 1), (405, 1)]));
    }

    #[test]
    fn a_connection_counts_until_its_last_holder_is_gone() {
        let log = Log::default();
        let one = Connection::default();
        one.used_for(&log, "a.example");
        one.clone().used_for(&log, "a.example");
        drop(one);
        Connection::default().used_for(&log, "a.example");
        assert_eq!(log.snapshot().host("a.example").max_connections, 1);
    }
}
