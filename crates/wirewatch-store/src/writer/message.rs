//! What the writer is asked to do, and what it answers.

use super::SubscriptionWrite;
use jiff::Timestamp;
use wirewatch_model::{
    ArticleId, Entry, EntryId, FeedCheck, FeedId, FeedPush, FeedSettings, FeedSpec, HostPause, JobId,
    PageFailure, Publisher, Reject, RobotsRules, Seq, TaggedArticle,
};

/// One request to the writer. All of it is stored, or nothing.
///
/// Where a request ends the attempt at an entry it says when the entry was handed out (`taken_at`): one
/// that its feed announced anew since then stays owed, since what was found is of an earlier version.
#[derive(Clone, Debug)]
pub enum Write {
    /// Makes the feeds of the list (origin `file`) those of `specs`: new ones are added, changed ones
    /// updated, those gone from the list switched off with their history kept. What the user set with
    /// `feeds` stays. Answers [`Written::Feeds`].
    SyncFeeds {
        /// The whole list.
        specs: Vec<FeedSpec>,
        /// Now.
        at: Timestamp,
    },
    /// The topics of the rules, slug and title, so that listings can show titles.
    SyncTopics {
        /// Slug and title.
        topics: Vec<(String, String)>,
    },
    /// A check of a feed with everything it announced. Answers [`Written::Checked`].
    FeedChecked(Box<FeedCheck>),
    /// An article with its tags; its entry is done (or provisional) with it. Answers
    /// [`Written::Article`].
    ArticleDone(Box<TaggedArticle>),
    /// An entry whose address is that of a stored article: nothing was fetched.
    EntryLinked {
        /// The entry.
        entry: EntryId,
        /// The article it announces.
        article: ArticleId,
        /// When the entry was handed out ([`OwedEntry::taken_at`](wirewatch_model::OwedEntry)).
        taken_at: Timestamp,
        /// Now.
        at: Timestamp,
    },
    /// The page of an entry could not be had. The entry stays as it is, with one failure more.
    PageFailed {
        /// The entry.
        entry: EntryId,
        /// Why.
        failure: PageFailure,
        /// When to try again. `None`: an owed entry is tried again in five minutes (it must end as
        /// something), a provisional one is done with the text it has, a look for edits waits for
        /// the next one.
        next_try: Option<Timestamp>,
        /// When the entry was handed out.
        taken_at: Timestamp,
        /// Now.
        at: Timestamp,
    },
    /// The page was not asked for, or the answer was a 429: the entry stays as it is, its failures included,
    /// and waits.
    EntryPostponed {
        /// The entry.
        entry: EntryId,
        /// When it may be tried; not before `at`.
        until: Timestamp,
        /// Why it waits, for a person.
        reason: String,
        /// When the entry was handed out.
        taken_at: Timestamp,
        /// Now.
        at: Timestamp,
    },
    /// The page of an entry is as it was (304).
    EntryUnchanged {
        /// The entry.
        entry: EntryId,
        /// When the entry was handed out.
        taken_at: Timestamp,
        /// Now.
        at: Timestamp,
    },
    /// A stage gave an entry up. With `retry_at` it stays owed; without, it is rejected with the
    /// reason, unless it has an article from before: then it is done with that one.
    EntryRejected {
        /// What was given up and why.
        reject: Reject,
        /// When the entry was handed out.
        taken_at: Timestamp,
        /// Now.
        at: Timestamp,
    },
    /// A host asked for a pause, or has answered as it should again (no strikes).
    HostPaused(HostPause),
    /// What a hub pushed of a feed. Answers [`Written::Checked`].
    FeedPushed(Box<FeedPush>),
    /// A subscription at a hub moves on.
    Subscription(SubscriptionWrite),
    /// The robots.txt of an origin was had.
    RobotsKept {
        /// Its rules.
        rules: RobotsRules,
        /// Now.
        at: Timestamp,
    },
    /// The process died while this was in work. At two deaths an entry is set aside and a feed is
    /// left alone for a day. What is not there any more is passed over: an old journal must not stop
    /// a start.
    Strike {
        /// What was in work.
        target: StrikeTarget,
        /// Now.
        at: Timestamp,
    },
    /// A fact about the database itself.
    Meta {
        /// Its name.
        key: String,
        /// Its value; `None` removes it.
        value: Option<String>,
    },
    /// What other processes may write as well.
    Short(ShortWrite),
}

/// What any process may write, in a short transaction of its own
/// ([`ShortWriter`](crate::ShortWriter)) or through the owner's writer.
#[derive(Clone, Debug)]
pub enum ShortWrite {
    /// Adds feeds (`feeds add|import`); one that was switched off is switched on again. Answers
    /// [`Written::FeedsAdded`].
    AddFeeds {
        /// The feeds; their origin is taken as `added`.
        specs: Vec<FeedSpec>,
        /// Now.
        at: Timestamp,
    },
    /// Changes what the user decided about one feed.
    OverrideFeed {
        /// The feed.
        feed: FeedId,
        /// The change.
        change: FeedOverride,
        /// Now.
        at: Timestamp,
    },
    /// Makes feeds due at once, in spite of their schedule; all that are followed when empty. One whose
    /// server said when to come again waits for that.
    MakeDue {
        /// The feeds.
        feeds: Vec<FeedId>,
        /// Now.
        at: Timestamp,
    },
    /// What hosts taught one who asked them by hand. It makes no stored pause shorter and takes no
    /// strike back that is newer.
    HostsLearnt {
        /// Pauses they asked for.
        pauses: Vec<HostPause>,
        /// Hosts that had strikes and have answered as they should again.
        answered: Vec<String>,
        /// robots.txt as had.
        robots: Vec<RobotsRules>,
        /// Now.
        at: Timestamp,
    },
    /// The server of a feed asked one who checked it by hand for no request before a time: the feed is
    /// not due earlier.
    FeedPutOff {
        /// The feed.
        feed: FeedId,
        /// No request before this.
        until: Timestamp,
    },
    /// Entries from another source than a feed, kept under a feed of origin `backfill`. Answers
    /// [`Written::Checked`].
    AddEntries {
        /// The name of the source (`backfill:urls`); made on first use.
        source: String,
        /// The entries.
        entries: Vec<Entry>,
        /// Now.
        at: Timestamp,
    },
    /// Creates a job. Answers [`Written::Job`].
    CreateJob {
        /// What kind.
        kind: String,
        /// What it needs, as JSON.
        arguments: serde_json::Value,
        /// Now.
        at: Timestamp,
    },
    /// Moves a job on.
    UpdateJob {
        /// The job.
        job: JobId,
        /// How.
        update: JobUpdate,
        /// Now.
        at: Timestamp,
    },
    /// Makes a reader if there is none of the name.
    EnsureReader {
        /// Its name.
        name: String,
        /// Where it starts.
        from: Seq,
        /// Now.
        at: Timestamp,
    },
    /// A reader has seen everything up to `seq`. Never moves back, nor past the last change.
    AckReader {
        /// Its name.
        name: String,
        /// Up to where.
        seq: Seq,
        /// Now.
        at: Timestamp,
    },
}

impl From<ShortWrite> for Write {
    fn from(write: ShortWrite) -> Self {
        Self::Short(write)
    }
}

/// A decision of the user about one feed; it stands against the list.
#[derive(Clone, Debug)]
pub enum FeedOverride {
    /// Not followed any more, with the reason.
    Off(String),
    /// Followed again.
    On,
    /// Other names and settings than before, for a feed that a command added: those of a listed feed are
    /// the list's.
    Change {
        /// The user's name for it; `None` leaves it, an empty one takes it back.
        title: Option<String>,
        /// The folder it stands in.
        folder: Option<String>,
        /// Its settings, all of them. Headers are for the address it was added under: a feed that has
        /// moved to another origin is asked there again.
        settings: Box<FeedSettings>,
        /// Its publisher, by another name or of another kind; `None` leaves it. What a list says of a
        /// publisher stays for the articles.
        publisher: Option<Publisher>,
    },
}

/// How a job moves on.
#[derive(Clone, Debug)]
pub enum JobUpdate {
    /// The owner takes it.
    Claim,
    /// Progress: counts by name, and from where it can be taken up again.
    Progress {
        /// Counts so far, by name.
        counts: Vec<(String, u64)>,
        /// Where to go on after a restart; `None` leaves the last one.
        checkpoint: Option<String>,
    },
    /// A person asks that it ends.
    RequestCancel,
    /// It ended as it should.
    Done,
    /// It ended with an error.
    Failed(String),
    /// It ended because a person asked.
    Cancelled,
}

/// What the process died on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrikeTarget {
    /// An entry.
    Entry(EntryId),
    /// A feed.
    Feed(FeedId),
}

/// The answer to a [`Write`] that is stored for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing more to say.
    Done,
    /// Of a list of feeds.
    Feeds(AddedFeeds),
    /// Of feeds added: their ids, in order.
    FeedsAdded(Vec<FeedId>),
    /// Of a check.
    Checked(CheckCounts),
    /// Of an article.
    Article(ArticleStored),
    /// Of a new job.
    Job(JobId),
}

/// What a new list of feeds changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddedFeeds {
    /// Not known before.
    pub added: u32,
    /// Gone from the list, now switched off.
    pub switched_off: u32,
    /// In the list.
    pub listed: u32,
}

/// What a check announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckCounts {
    /// Entries announced for the first time.
    pub new: u32,
    /// Known entries announced with another text.
    pub changed: u32,
    /// Known entries announced as they were.
    pub known: u32,
}

/// How an article was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArticleStored {
    /// The article.
    pub article: ArticleId,
    /// The change that readers learn of; `None` when nothing changed for them.
    pub seq: Option<Seq>,
    /// What happened.
    pub outcome: StoredAs,
}

/// What became of an article that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredAs {
    /// A new article.
    New,
    /// The page's text in place of the feed's.
    Completed,
    /// The next revision; the number is that of the present text.
    Revision(u32),
    /// Nothing changed: it has this text.
    Same,
    /// It was stored by an earlier attempt at the same request.
    Replayed,
}

/// Why a write was not stored. Nothing of it is in the database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The verdict leans on an article that is not stored: judge again.
    #[error("article {0} is not stored, the verdict that names it cannot stand")]
    MissingOriginal(ArticleId),
    /// The identity belongs to another article: look it up and judge again.
    #[error("the address of the article is that of article {article} already")]
    IdentityTaken {
        /// Whose it is.
        article: ArticleId,
    },
    /// There is no such row.
    #[error("there is no {what}")]
    NotFound {
        /// What was named.
        what: String,
    },
    /// The request contradicts what is stored or cannot be stored.
    #[error("the database refuses it: {message}")]
    Refused {
        /// What it says.
        message: String,
    },
    /// The writer stopped trying before the disk took the write.
    #[error("not stored: the writer was stopped while the database could not be written ({reason})")]
    Stopped {
        /// Why it could not be written.
        reason: String,
    },
    /// The database is damaged or the writer broke: the process must end.
    #[error("the database cannot be used any more: {message}")]
    Fatal {
        /// What happened.
        message: String,
    },
    /// The database is held by another process, or its disk is full; only from
    /// [`ShortWriter`](crate::ShortWriter), which does not wait.
    #[error("the database cannot be written now: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
    },
    /// The writer has ended.
    #[error("the writer has ended")]
    Ended,
}
