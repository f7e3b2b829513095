//! What travels between the workers: the model's messages, each with the ticket of its item.

use crate::inflight::{FeedTicket, Ticket};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use wirewatch_fetch::{BytesHeld, FeedAnswer};
use wirewatch_model::{
    ArticleId, CleanArticle, DueFeed, FeedCheck, HostObservation, JudgedArticle, Ordinal, OwedEntry,
    Provenance, RawArticle, Reject, TaggedArticle, Verdict,
};
use wirewatch_store::Write;

/// scheduler → feed fetchers
pub(crate) struct Due {
    pub(crate) feed: DueFeed,
    pub(crate) ticket: FeedTicket,
}

/// feed fetchers → feed readers
pub(crate) struct Answered {
    pub(crate) feed: DueFeed,
    pub(crate) answer: FeedAnswer,
    pub(crate) ticket: FeedTicket,
}

/// feed readers → inbox
pub(crate) struct Checked {
    pub(crate) url: String,
    pub(crate) check: FeedCheck,
    pub(crate) failed_before: u32,
    pub(crate) ticket: FeedTicket,
}

/// dispatcher → page fetchers
pub(crate) struct Owed {
    pub(crate) entry: OwedEntry,
    pub(crate) ticket: Ticket,
}

/// page fetchers → cleaners
pub(crate) struct Raw {
    pub(crate) article: RawArticle,
    /// Set when the text is a stand-in: when its page is tried next.
    pub(crate) provisional_until: Option<Timestamp>,
    /// The page's share of the budget of bytes in flight; given back once the text is cut out.
    pub(crate) held: Option<BytesHeld>,
    pub(crate) ticket: Ticket,
}

/// cleaners → dedup
pub(crate) struct Clean {
    pub(crate) owed: OwedEntry,
    pub(crate) article: CleanArticle,
    pub(crate) observation: HostObservation,
    pub(crate) redirects: Vec<String>,
    pub(crate) provenance: Option<Provenance>,
    pub(crate) provisional_until: Option<Timestamp>,
    pub(crate) failures: u32,
    pub(crate) failure: Option<String>,
    pub(crate) ticket: Ticket,
}

/// dedup → taggers
pub(crate) struct Judged {
    pub(crate) article: JudgedArticle,
    /// Topics its feed is set to be likely to have.
    pub(crate) hinted: Vec<String>,
    pub(crate) ticket: Ticket,
}

/// any worker → storer
pub(crate) enum Finished {
    /// An article with everything.
    Article(Box<TaggedArticle>, Ticket),
    /// An item that was judged and then given up: its ordinal still counts.
    JudgedReject {
        reject: Reject,
        taken_at: Timestamp,
        ordinal: Ordinal,
        verdict: Verdict,
        id: ArticleId,
        ticket: Ticket,
    },
    /// An entry given up, or a fact about it, before it was judged.
    Entry(Write, Ticket),
    /// Something to store that belongs to no entry.
    Note(Write),
}

/// One receiver for several workers.
pub(crate) struct Queue<T> {
    receiver: Arc<tokio::sync::Mutex<mpsc::Receiver<T>>>,
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { receiver: Arc::clone(&self.receiver) }
    }
}

impl<T> Queue<T> {
    pub(crate) fn new(receiver: mpsc::Receiver<T>) -> Self {
        Self { receiver: Arc::new(tokio::sync::Mutex::new(receiver)) }
    }

    /// The next item; `None` once the queue is closed and empty.
    pub(crate) async fn next(&self) -> Option<T> {
        self.receiver.lock().await.recv().await
    }

    /// [`Queue::next`] for a CPU thread.
    pub(crate) fn next_blocking(&self) -> Option<T> {
        self.receiver.blocking_lock().blocking_recv()
    }
}

/// What the storer tells the dedup worker about articles it judged. Not a channel: the dedup worker
/// picks the notices up before it judges, so no queue leads back (DESIGN §1). Bounded by what is in
/// flight.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notices {
    list: Arc<Mutex<Vec<Notice>>>,
}

/// The fate of a judged article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// It is durable.
    Settled(ArticleId),
    /// It will never be stored.
    Withdrawn(ArticleId),
    /// A revision of it, or its text met again, was not written; the article itself stands.
    Dropped(ArticleId),
}

impl Notices {
    pub(crate) fn push(&self, notice: Notice) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }

    pub(crate) fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
