//! What a run has done so far, readable while it goes on.

use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Live counts of one run; every item that enters is counted once where it ends.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$doc])* pub(crate) $name: AtomicU64,)*
        }

        /// The counts of a run at one moment.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            /// The counts at this moment.
            pub fn counts(&self) -> Counts {
                Counts { $($name: self.$name.load(Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Feed checks stored.
    feeds_checked,
    /// Of these, the ones that answered "not changed".
    feeds_unchanged,
    /// Of these, the ones that failed, were refused, or found the feed gone.
    feeds_failed,
    /// Feeds that were not asked, for their host had asked for a pause.
    feeds_paused,
    /// Pushes of hubs stored.
    pushes,
    /// Pushes that were not taken: not signed as agreed, no feed, or too large.
    pushes_refused,
    /// Entries met for the first time.
    entries_new,
    /// Entries announced with a changed text.
    entries_changed,
    /// Entries taken up from the inbox.
    entries_taken,
    /// Pages that answered with a body.
    pages_fetched,
    /// Pages that answered "not changed".
    pages_unchanged,
    /// Pages that could not be had.
    pages_failed,
    /// Of these, the ones that are tried again while nothing of their entry is stored yet.
    put_off,
    /// Articles stored for the first time, copies included.
    articles_new,
    /// Of these, the ones that belong to the story.
    articles_relevant,
    /// Of these, copies of another article.
    copies,
    /// Stand-ins completed by their page.
    completed,
    /// New revisions of stored articles.
    revisions,
    /// Articles met again with the text they already have.
    same,
    /// Entries whose address was an article's already.
    linked,
    /// Entries rejected with a reason.
    rejected,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Relaxed);
    }
}
