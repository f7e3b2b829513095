//! The one writer: a thread of its own that applies requests in groups.
//!
//! The first request opens a group; it closes at [`WriterOptions::group_size`] requests, after
//! [`WriterOptions::group_time`], or when none has come for [`WriterOptions::group_quiet`]. Requests are
//! applied in the order in which they came, in one transaction, and answered after its commit.
//!
//! A request that fails must not sink its neighbours. Savepoints would do, but FTS5 writes out its
//! buffer at each one, which doubles the cost of an article; so the group is first tried without, and
//! only when a request fails is it rolled back and applied again with a savepoint around each.

mod alias;
mod announce;
mod apply;
mod article;
mod copies;
mod entry;
mod failure;
mod feed;
mod feed_address;
mod feed_check;
mod group;
mod host;
mod job;
mod message;
mod pending;
mod publisher;
mod revise;
mod robots;
mod rows;
mod setback;
mod short;
mod thread;
mod websub;

pub(crate) use announce::{Body as AnnouncedBody, Said};
pub(crate) use apply::Context;
pub(crate) use failure::Failure;
pub(crate) use host::memory as host_memory;
pub use message::{
    AddedFeeds, ArticleStored, CheckCounts, FeedOverride, JobUpdate, ShortWrite, StoredAs, StrikeTarget,
    Write, WriteError, Written,
};
pub(crate) use robots::latest_robots;
pub(crate) use setback::MOST_DEATHS;
pub use short::ShortWriter;
pub use websub::SubscriptionWrite;

use crate::StoreError;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// How the writer works. `Default` is right for the daemon.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// Requests that may wait before [`WriterHandle::write`] waits itself.
    pub queue: usize,
    /// Most requests of one transaction.
    pub group_size: usize,
    /// Longest time a group stays open.
    pub group_time: Duration,
    /// A group closes early when no request came for this long: waiting on would only add delay.
    pub group_quiet: Duration,
    /// Shortest time between two looks at a page that its feed announces anew.
    pub edit_pause: Duration,
    /// Whether relevant articles are looked at again for edits after 1 h, 6 h, 1 d and 7 d.
    pub recheck: bool,
    /// Version of the feed parser: when it rises, feeds that gave it trouble are read once more.
    pub parser_version: u32,
    /// First and longest pause between two attempts at a group that cannot be written.
    pub retry_pause: (Duration, Duration),
    /// Largest size of the file in pages; 0 for none. For tests of a full disk.
    pub page_limit: Option<Arc<AtomicU32>>,
    /// Called before each group. For tests of a panic.
    #[cfg(test)]
    pub(crate) before_group: Option<fn()>,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            // Three groups: one being written, one open, one waiting.
            queue: 300,
            group_size: 100,
            group_time: Duration::from_millis(100),
            group_quiet: Duration::from_millis(15),
            edit_pause: Duration::from_secs(15 * 60),
            recheck: true,
            parser_version: 1,
            retry_pause: (Duration::from_millis(100), Duration::from_secs(60)),
            page_limit: None,
            #[cfg(test)]
            before_group: None,
        }
    }
}

/// Whether the writer gets its writes to the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriterState {
    /// It does.
    Running,
    /// It does not: intake should stop. Queues wait, nothing is lost, nothing is acknowledged.
    Stalled {
        /// Since when.
        since: Instant,
        /// Why, in words a person can act on.
        reason: String,
    },
    /// The thread has ended.
    Ended,
}

type Reply = oneshot::Sender<Result<Written, WriteError>>;

/// A request with the way back.
pub(crate) struct Request {
    pub(crate) write: Write,
    pub(crate) reply: Reply,
}

/// What the handles and the thread share.
pub(crate) struct Shared {
    pub(crate) state: watch::Sender<WriterState>,
    pub(crate) stop_retrying: AtomicBool,
}

/// The writer thread. Ends when the last handle is gone; [`Writer::join`] waits for that.
#[derive(Debug)]
pub struct Writer {
    handle: WriterHandle,
    thread: JoinHandle<Result<(), WriteError>>,
}

impl Writer {
    pub(crate) fn start(connection: Connection, options: WriterOptions) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel(options.queue.max(1));
        let shared = Arc::new(Shared {
            state: watch::Sender::new(WriterState::Running),
            stop_retrying: AtomicBool::new(false),
        });
        let thread = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("writer".to_owned())
                .spawn(move || thread::run(connection, &options, receiver, &shared))
                .map_err(|error| StoreError::Data(format!("the writer thread cannot be started: {error}")))?
        };
        Ok(Self { handle: WriterHandle { sender, shared, thread: thread.thread().clone() }, thread })
    }

    /// A handle to write through. Cheap to clone.
    pub fn handle(&self) -> WriterHandle {
        self.handle.clone()
    }

    /// Waits until every other handle is gone and everything handed in is stored. Blocks: call it from
    /// a thread that may (`spawn_blocking`).
    ///
    /// # Errors
    /// [`WriteError::Fatal`] when the writer ended before its time.
    pub fn join(self) -> Result<(), WriteError> {
        drop(self.handle);
        match self.thread.join() {
            Ok(ended) => ended,
            Err(_) => Err(WriteError::Fatal { message: "the writer thread panicked".to_owned() }),
        }
    }
}

/// A way to hand requests to the writer, from any thread or task.
#[derive(Clone)]
pub struct WriterHandle {
    sender: mpsc::Sender<Request>,
    shared: Arc<Shared>,
    thread: std::thread::Thread,
}

impl std::fmt::Debug for WriterHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriterHandle").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl WriterHandle {
    /// Stores a request; comes back when it is durable.
    pub async fn write(&self, write: impl Into<Write>) -> Result<Written, WriteError> {
        let answer = self.enqueue(write).await?;
        answer.await.unwrap_or(Err(WriteError::Ended))
    }

    /// Hands a request in and comes back as soon as it stands in the queue: requests are stored in the
    /// order in which these calls return. The answer comes when it is durable.
    pub async fn enqueue(
        &self,
        write: impl Into<Write>,
    ) -> Result<oneshot::Receiver<Result<Written, WriteError>>, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.sender.send(Request { write: write.into(), reply }).await.map_err(|_| WriteError::Ended)?;
        Ok(answer)
    }

    /// [`WriterHandle::enqueue`] for threads outside the runtime. Waits while the queue is full.
    ///
    /// # Panics
    /// Inside an async task, where waiting would block the others.
    pub fn submit(
        &self,
        write: impl Into<Write>,
    ) -> Result<oneshot::Receiver<Result<Written, WriteError>>, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.sender.blocking_send(Request { write: write.into(), reply }).map_err(|_| WriteError::Ended)?;
        Ok(answer)
    }

    /// Whether writes get to the disk now.
    pub fn state(&self) -> WriterState {
        self.shared.state.borrow().clone()
    }

    /// From now on a group that cannot be written is given up: its requests get
    /// [`WriteError::Stopped`]. For the end of a drain's deadline.
    pub fn stop_retrying(&self) {
        self.shared.stop_retrying.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}
