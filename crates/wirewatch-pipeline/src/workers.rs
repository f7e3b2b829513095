//! The workers of one run as a whole: named, watched, and ended together.

use crate::{PipelineError, Stop, shared::Shared};
use std::{collections::HashMap, time::Duration};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

/// How long the threads may take for the item they hold when a run ends before its time.
const LAST_ITEM: Duration = Duration::from_secs(1);

/// The workers of a run, each with the name a person would use.
#[derive(Default)]
pub(crate) struct Workers {
    set: JoinSet<Result<(), PipelineError>>,
    names: HashMap<Id, &'static str>,
}

impl Workers {
    pub(crate) fn task(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<(), PipelineError>> + Send + 'static,
    ) {
        let handle = self.set.spawn(work);
        self.name(name, &handle);
    }

    pub(crate) fn thread(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<(), PipelineError> + Send + 'static,
    ) {
        let handle = self.set.spawn_blocking(work);
        self.name(name, &handle);
    }

    fn name(&mut self, name: &'static str, handle: &AbortHandle) {
        self.names.insert(handle.id(), name);
    }

    /// Waits for every worker to end; true when all ended in good order.
    pub(crate) async fn watch(&mut self, shared: &Shared, stop: &Stop) -> Result<bool, PipelineError> {
        let deadline = drain_deadline(shared, stop);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                ended = self.set.join_next_with_id() => match ended {
                    None => return Ok(true),
                    Some(Ok((_, Ok(())))) => {}
                    Some(Ok((_, Err(error)))) => {
                        self.let_go(stop).await;
                        return Err(error);
                    }
                    Some(Err(error)) => {
                        let error = self.died(&error);
                        self.let_go(stop).await;
                        return Err(error);
                    }
                },
                () = stop.at_once.cancelled() => {
                    // Threads may still hold a page: they are left behind, the process is leaving.
                    self.set.abort_all();
                    return Ok(false);
                }
                () = &mut deadline => {
                    tracing::warn!("the drain deadline has passed; what is not stored yet is still owed");
                    self.let_go(stop).await;
                    return Ok(false);
                }
            }
        }
    }

    /// Ends the tasks; closing their queues ends the threads, each after the item it holds. One that
    /// hangs on its item is left behind: the process is about to end.
    async fn let_go(&mut self, stop: &Stop) {
        self.set.abort_all();
        tokio::select! {
            () = async { while self.set.join_next().await.is_some() {} } => {}
            () = stop.at_once.cancelled() => {}
            () = tokio::time::sleep(LAST_ITEM) => {}
        }
    }

    fn died(&self, error: &JoinError) -> PipelineError {
        let worker = self.names.get(&error.id()).copied().unwrap_or("unnamed");
        PipelineError::Worker { worker, reason: error.to_string() }
    }
}

async fn drain_deadline(shared: &Shared, stop: &Stop) {
    stop.source.cancelled().await;
    tokio::time::sleep(shared.config.drain_deadline).await;
}
