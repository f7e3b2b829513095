//! What is under way: nothing is handed out twice, and one host serves one request at a time.
//!
//! A ticket travels with its item from the source to the end of the pipeline. Dropping it, on
//! whatever path, takes the item out of the set: a stage cannot forget to give it back.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;
use wirewatch_model::{DueFeed, EntryId, FeedId, OwedEntry, address};

/// The set of feeds and entries under way.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    state: Mutex<State>,
    feed_done: Notify,
    entry_room: Notify,
}

#[derive(Debug, Default)]
struct State {
    feeds: HashMap<FeedId, Option<String>>,
    /// Hosts with a feed under way. A page of the same host may be under way too: the fetcher lets one
    /// in after the other.
    feed_hosts: HashSet<String>,
    entries: HashMap<EntryId, Flight>,
    hosts: HashSet<String>,
    identities: HashSet<String>,
}

#[derive(Debug)]
struct Flight {
    host: Option<String>,
    identity: Option<String>,
}

impl InFlight {
    /// Takes a feed; `None` when it is under way already, or another one of its host is.
    pub(crate) fn take_feed(self: &Arc<Self>, feed: &DueFeed) -> Option<FeedTicket> {
        let host = address::host(&feed.url);
        let mut state = self.lock();
        let busy = state.feeds.contains_key(&feed.id)
            || host.as_ref().is_some_and(|host| state.feed_hosts.contains(host));
        if busy {
            return None;
        }
        state.feed_hosts.extend(host.clone());
        state.feeds.insert(feed.id, host);
        Some(FeedTicket { set: Arc::clone(self), feed: feed.id })
    }

    /// Takes an entry; `None` when it, its host or its address is under way already.
    pub(crate) fn take_entry(self: &Arc<Self>, owed: &OwedEntry) -> Option<Ticket> {
        let url = owed.entry.url.as_deref();
        let host = url.and_then(address::host);
        let identity = url.and_then(address::identity);
        let mut state = self.lock();
        let busy = state.entries.contains_key(&owed.id)
            || host.as_ref().is_some_and(|host| state.hosts.contains(host))
            || identity.as_ref().is_some_and(|identity| state.identities.contains(identity));
        if busy {
            return None;
        }
        state.hosts.extend(host.clone());
        state.identities.extend(identity.clone());
        state.entries.insert(owed.id, Flight { host, identity });
        Some(Ticket { set: Arc::clone(self), entry: owed.id })
    }

    /// The feeds under way.
    pub(crate) fn feeds(&self) -> Vec<FeedId> {
        self.lock().feeds.keys().copied().collect()
    }

    /// The entries under way.
    pub(crate) fn entries(&self) -> Vec<EntryId> {
        self.lock().entries.keys().copied().collect()
    }

    /// Whether nothing at all is under way.
    pub(crate) fn is_empty(&self) -> bool {
        let state = self.lock();
        state.feeds.is_empty() && state.entries.is_empty()
    }

    /// Entries were stored that no feed under way announced.
    pub(crate) fn entries_came(&self) {
        self.entry_room.notify_one();
    }

    /// For the scheduler: waits until a feed was given back, or was since the last wait.
    pub(crate) async fn feed_done(&self) {
        self.feed_done.notified().await;
    }

    /// For the dispatcher: waits until there may be something to hand out (a host or an address is
    /// free, a feed's entries are stored), or was since the last wait.
    pub(crate) async fn entry_room(&self) {
        self.entry_room.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole after every statement, so a panic elsewhere cannot have spoilt it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A feed under way.
#[derive(Debug)]
pub(crate) struct FeedTicket {
    set: Arc<InFlight>,
    feed: FeedId,
}

impl Drop for FeedTicket {
    fn drop(&mut self) {
        let mut state = self.set.lock();
        if let Some(Some(host)) = state.feeds.remove(&self.feed) {
            state.feed_hosts.remove(&host);
        }
        drop(state);
        self.set.feed_done.notify_one();
        self.set.entry_room.notify_one();
    }
}

/// An entry under way.
#[derive(Debug)]
pub(crate) struct Ticket {
    set: Arc<InFlight>,
    entry: EntryId,
}

impl Ticket {
    /// The page is fetched: its host may serve the next one while this one is worked on.
    pub(crate) fn free_host(&self) {
        let mut state = self.set.lock();
        if let Some(host) = state.entries.get_mut(&self.entry).and_then(|flight| flight.host.take()) {
            state.hosts.remove(&host);
            drop(state);
            self.set.entry_room.notify_one();
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.set.lock();
        if let Some(flight) = state.entries.remove(&self.entry) {
            if let Some(host) = flight.host {
                state.hosts.remove(&host);
            }
            if let Some(identity) = flight.identity {
                state.identities.remove(&identity);
            }
        }
        drop(state);
        self.set.entry_room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use wirewatch_model::{Announced, Entry, FeedSettings, Publisher, SourceRef};

    fn owed(id: i64, url: Option<&str>) -> OwedEntry {
        OwedEntry {
            id: EntryId(id),
            feed: FeedId(1),
            publisher: Publisher::default(),
            settings: FeedSettings::default(),
            entry: Entry { url: url.map(str::to_owned), ..Entry::default() },
            source: SourceRef::Http,
            announced: Announced::First,
            failures: 0,
            first_seen: Timestamp::UNIX_EPOCH,
            taken_at: Timestamp::UNIX_EPOCH,
            article: None,
            page_validators: None,
        }
    }

    #[test]
    fn one_host_serves_one_page_at_a_time() {
        let set = Arc::new(InFlight::default());
        let first = set.take_entry(&owed(1, Some("http://a.example/1"))).expect("free");
        assert!(set.take_entry(&owed(2, Some("http://a.example/2"))).is_none());
        assert!(set.take_entry(&owed(3, Some("http://b.example/1"))).is_some());
        first.free_host();
        assert!(set.take_entry(&owed(2, Some("http://a.example/2"))).is_some());
    }

    #[test]
    fn one_address_is_under_way_once_until_it_is_stored() {
        let set = Arc::new(InFlight::default());
        let first = set.take_entry(&owed(1, Some("http://www.a.example/1"))).expect("free");
        first.free_host();
        assert!(set.take_entry(&owed(2, Some("https://a.example/1/?utm_source=x"))).is_none());
        drop(first);
        assert!(set.take_entry(&owed(2, Some("https://a.example/1/?utm_source=x"))).is_some());
        assert!(set.is_empty());
    }

    #[test]
    fn one_host_is_asked_for_one_feed_at_a_time() {
        let set = Arc::new(InFlight::default());
        let feed = |id, url: &str| DueFeed { id: FeedId(id), url: url.into(), ..DueFeed::default() };
        let first = set.take_feed(&feed(1, "http://a.example/1.xml")).expect("free");
        assert!(set.take_feed(&feed(2, "http://a.example/2.xml")).is_none());
        assert!(set.take_feed(&feed(3, "http://b.example/1.xml")).is_some());
        drop(first);
        assert!(set.take_feed(&feed(2, "http://a.example/2.xml")).is_some());
    }

    #[test]
    fn entries_without_an_address_do_not_wait_for_each_other() {
        let set = Arc::new(InFlight::default());
        let held = (set.take_entry(&owed(1, None)), set.take_entry(&owed(2, None)));
        assert!(held.0.is_some() && held.1.is_some());
        assert_eq!(set.entries().len(), 2);
    }
}
