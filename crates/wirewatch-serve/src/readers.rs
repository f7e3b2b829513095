//! A few connections to the database, asked off the network threads.

use crate::answer::ApiError;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use wirewatch_store::{Database, Reader, StoreError};

/// Questions asked of the database at once. Each takes well under a millisecond; what comes beyond waits.
const AT_ONCE: usize = 4;

/// Connections that are opened on first use and kept.
#[derive(Clone)]
pub(crate) struct Readers(Arc<Inner>);

struct Inner {
    database: Database,
    idle: Mutex<Vec<Reader>>,
    permits: Semaphore,
}

impl Readers {
    pub(crate) fn new(database: Database) -> Self {
        let (idle, permits) = (Mutex::default(), Semaphore::new(AT_ONCE));
        Self(Arc::new(Inner { database, idle, permits }))
    }

    /// Asks one question. A connection that failed is not used again.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Ok(_permit) = self.0.permits.acquire().await else {
            return Err(ApiError::unavailable("the program is ending"));
        };
        let inner = Arc::clone(&self.0);
        let answer = tokio::task::spawn_blocking(move || {
            let idle = inner.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let reader = match idle {
                Some(reader) => reader,
                None => inner.database.reader()?,
            };
            let answer = question(&reader)?;
            inner.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
            Ok::<T, StoreError>(answer)
        });
        match answer.await {
            Ok(answer) => Ok(answer?),
            Err(error) => {
                tracing::error!(%error, "a question to the database broke off");
                Err(ApiError::unavailable("the question broke off"))
            }
        }
    }
}
