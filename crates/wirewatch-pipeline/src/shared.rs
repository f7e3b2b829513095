//! What every worker of one run has in common.

use crate::{Clock, Counters, PipelineConfig, PipelineError, Stages, inflight::InFlight};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio_util::sync::CancellationToken;
use wirewatch_fetch::{Fetcher, Learnt};
use wirewatch_store::{Database, Reader, StoreError, Write, WriterHandle};

/// Handles and settings; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) config: PipelineConfig,
    pub(crate) clock: Clock,
    pub(crate) stages: Stages,
    pub(crate) fetcher: Fetcher,
    pub(crate) database: Database,
    pub(crate) writer: WriterHandle,
    pub(crate) counters: Arc<Counters>,
    pub(crate) inflight: Arc<InFlight>,
    /// The last failure of each feed that failed, by address.
    pub(crate) failures: Arc<Mutex<BTreeMap<String, String>>>,
    /// Only scheduler, subscriber and dispatcher listen to it (invariant 6).
    pub(crate) stop: CancellationToken,
}

impl Shared {
    pub(crate) fn note_failure(&self, url: &str, reason: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.insert(url.to_owned(), reason.to_owned());
    }

    /// What the fetcher learnt of hosts that a restart should know.
    pub(crate) fn learnt(&self) -> impl Iterator<Item = Write> {
        let at = self.clock.now();
        self.fetcher.take_learnt().into_iter().map(move |learnt| match learnt {
            Learnt::Answers(relief) => Write::HostPaused(relief),
            Learnt::Robots(rules) => Write::RobotsKept { rules, at },
        })
    }

    /// A read-only connection that an async worker may ask.
    pub(crate) fn look(&self) -> Result<Look, PipelineError> {
        Ok(Look { reader: Arc::new(Mutex::new(self.database.reader()?)) })
    }
}

/// A read-only connection asked from async code: every question runs off the network threads.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    reader: Arc<Mutex<Reader>>,
}

impl Look {
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, PipelineError> {
        let reader = Arc::clone(&self.reader);
        let answer = tokio::task::spawn_blocking(move || {
            let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            question(&reader)
        });
        match answer.await {
            Ok(answer) => Ok(answer?),
            Err(error) => Err(PipelineError::Worker { worker: "reader", reason: error.to_string() }),
        }
    }
}
