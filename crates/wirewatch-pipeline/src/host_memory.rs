//! What recurs on each host, kept at hand for the cleaners.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use wirewatch_model::{HostMemory, HostObservation};
use wirewatch_store::Reader;

/// Hosts kept in memory; each costs at most some 40 KB.
const HOSTS: usize = 512;

/// Blocks a memory may grow to before it is read anew.
const BLOCKS: usize = 4_000;

/// Host memories, read from the store on first use and kept in step with what is stored after.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostMemories {
    hosts: Arc<Mutex<HashMap<String, Arc<HostMemory>>>>,
}

impl HostMemories {
    /// What is known of a host. A store that cannot be read costs the knowledge, not the article.
    pub(crate) fn get(&self, host: &str, reader: &Reader) -> Arc<HostMemory> {
        if let Some(memory) = self.lock().get(host) {
            return Arc::clone(memory);
        }
        let memory = Arc::new(reader.host_memory(host).unwrap_or_else(|error| {
            tracing::warn!(host, %error, "what recurs on the host could not be read");
            HostMemory::default()
        }));
        let mut hosts = self.lock();
        if hosts.len() >= HOSTS {
            // Which host goes does not matter: the next page of it reads the store again.
            if let Some(any) = hosts.keys().next().cloned() {
                hosts.remove(&any);
            }
        }
        hosts.insert(host.to_owned(), Arc::clone(&memory));
        memory
    }

    /// An observation is durable: the memory in hand learns it too.
    pub(crate) fn learn(&self, observation: &HostObservation) {
        let mut hosts = self.lock();
        let Some(memory) = hosts.get_mut(&observation.host) else { return };
        let memory = Arc::make_mut(memory);
        memory.pages = memory.pages.saturating_add(1);
        for block in &observation.blocks {
            *memory.blocks.entry(*block).or_default() += 1;
        }
        if memory.blocks.len() > BLOCKS {
            // The store keeps the ones that recur; the next page reads them from there.
            hosts.remove(&observation.host);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<HostMemory>>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
