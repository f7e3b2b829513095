//! The SQLite database of wirewatch: all SQL, the migrations, one writer and many readers.
//!
//! ```text
//!             Write ──► bounded channel ──► writer thread ──► group ──► COMMIT ──► Written
//! pipeline                                                                             │
//!             DueFeed, OwedEntry, … ◄── Reader (read-only connection) ◄── the file ◄───┘
//! ```
//!
//! A [`Database`] is a path that was found to be ours: [`Database::open`] creates the file and brings
//! its schema up to date, [`Database::open_existing`] refuses when there is none. From it come
//!
//! - one [`Writer`]: a thread that takes [`Write`] requests, applies up to a hundred of them in one
//!   transaction and answers each one only after the commit. A request that fails leaves its
//!   neighbours alone; a full disk stops the intake until there is room again, with nothing
//!   acknowledged meanwhile ([`WriterState`]);
//! - any number of [`Reader`]s: one question each, never blocked by the writer;
//! - a [`ShortWriter`] for processes that do not run the pipeline: jobs, readers, which feeds are followed.
//!
//! [`OwnerLock`] is the other half of "one writer": the one process that runs the pipeline holds it.
//!
//! What is owed is in table `entry`: everything a feed announced is there as owed, provisional, done
//! or rejected, and moves on only together with what it became. `change` gives every change of an
//! article the next `seq` inside the transaction that makes it, so that the order of numbers is the
//! order of commits.
//!
//! Times come in as values; the only clock used here measures waiting (group commit, retries, limits
//! of a query), never what is stored.

mod check;
mod clock;
mod column;
mod error;
mod lock;
mod migrate;
mod open;
mod pragma;
mod reader;
mod stems;
mod writer;

pub use error::StoreError;
pub use lock::{LockError, Owner, OwnerLock, Role};
pub use open::Database;
pub use reader::{
    AddressKind, AddressRow, ChangeRow, Changes, CopyRow, EntityRow, EntryCounts, FeedCheckRow, FeedRow,
    FeedStats, ItemCursor, ItemDetail, Job, JobState, KnownArticle, PushRow, RANKED_MATCHES, Reader,
    ReaderRow, RejectReason, RevisionRow, Stats, StoredSignature, StoredText, TopicCount, TopicRow,
};
pub use writer::{
    AddedFeeds, ArticleStored, CheckCounts, FeedOverride, JobUpdate, ShortWrite, ShortWriter, StoredAs,
    StrikeTarget, SubscriptionWrite, Write, WriteError, Writer, WriterHandle, WriterOptions, WriterState,
    Written,
};
