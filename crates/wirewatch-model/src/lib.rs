//! The types that cross a stage boundary of wirewatch, and nothing else.
//!
//! ```text
//! DueFeed ─► FeedCheck { Entry… } ─► OwedEntry ─► RawArticle ─► CleanArticle
//!                                        ─► JudgedArticle ─► TaggedArticle ─► Item
//! ```
//!
//! A feed that is due is fetched and gives a [`FeedCheck`] with the entries it announced. The store
//! keeps them in its inbox and hands out each one as an [`OwedEntry`]; its page becomes a
//! [`RawArticle`], the text cut out of it a [`CleanArticle`], the verdict over copies a
//! [`JudgedArticle`], the topics a [`TaggedArticle`]. What a reader of the database sees is an
//! [`Item`]. A stage that gives up on something sends a [`Reject`] instead: nothing is dropped in
//! silence.
//!
//! No I/O happens here and no clock is read. Every message is a plain `serde` value; `Debug` of
//! anything that holds a text or a body prints counts and ids, never the text.

pub mod address;
mod article;
mod entry;
mod feed;
mod feed_check;
mod filter;
mod host;
mod id;
mod item;
mod page;
mod publisher;
mod reject;
mod rhythm;
mod tag;
mod time;
mod verdict;
mod websub;

pub use article::{CleanArticle, Method, text_hash, word_count};
pub use entry::{Announced, Entry, OwedEntry, SourceRef};
pub use feed::{DueFeed, FeedSettings, FeedSpec, Freshness, Origin, PermanentRedirect, Validators};
pub use feed_check::{FailureKind, FeedCheck, FeedHead, Health, Outcome, Repair};
pub use filter::{Copies, ItemFilter, ItemOrder};
pub use host::{BlockHash, HostMemory, HostObservation, HostPause, RobotsRules};
pub use id::{ArticleId, EntryId, FeedId, JobId, Ordinal, Seq, StoryId};
pub use item::{ChangeKind, Item};
pub use page::{Page, PageFailure, Provenance, RawArticle, RawBody};
pub use publisher::{Publisher, PublisherKind};
pub use reject::{Reject, Stage};
pub use rhythm::Rhythm;
pub use tag::{EntityKind, EntityMention, Evidence, Field, TagSource, TaggedArticle, Tags, TopicTag};
pub use time::{Stamp, StampError, article_time};
pub use verdict::{CopyEvidence, JudgedArticle, Relation, Verdict};
pub use websub::{FeedPush, HubOffer, NewSubscription, Subscription, SubscriptionState};
