//! Owed entries pulled ahead of their turn, so that one look at the store serves many hosts.

use crate::{inflight::InFlight, inflight::Ticket};
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};
use wirewatch_model::{EntryId, OwedEntry, address};

/// Entries in the order the store gave them.
#[derive(Debug, Default)]
pub(crate) struct Lookahead {
    waiting: VecDeque<OwedEntry>,
}

impl Lookahead {
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = EntryId> {
        self.waiting.iter().map(|owed| owed.id)
    }

    /// The hosts that have entries waiting.
    pub(crate) fn hosts(&self) -> HashSet<String> {
        self.waiting.iter().filter_map(host).collect()
    }

    /// Lets the entries of these hosts go: they are pulled again when their time has come.
    pub(crate) fn let_go(&mut self, hosts: &HashSet<String>) {
        if !hosts.is_empty() {
            self.waiting.retain(|owed| host(owed).is_none_or(|host| !hosts.contains(&host)));
        }
    }

    pub(crate) fn extend(&mut self, entries: Vec<OwedEntry>) {
        self.waiting.extend(entries);
    }

    /// Takes the entries that may start now, at most `limit`, each with its ticket; the others keep
    /// their order.
    pub(crate) fn take_startable(
        &mut self,
        inflight: &Arc<InFlight>,
        limit: usize,
    ) -> Vec<(OwedEntry, Ticket)> {
        let mut startable = Vec::new();
        let mut left = VecDeque::with_capacity(self.waiting.len());
        for owed in self.waiting.drain(..) {
            let ticket = if startable.len() < limit { inflight.take_entry(&owed) } else { None };
            match ticket {
                Some(ticket) => startable.push((owed, ticket)),
                None => left.push_back(owed),
            }
        }
        self.waiting = left;
        startable
    }
}

fn host(owed: &OwedEntry) -> Option<String> {
    owed.entry.url.as_deref().and_then(address::host)
}
