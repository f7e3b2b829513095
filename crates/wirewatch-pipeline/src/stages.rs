//! The stages as values: production runs the real functions, a test may put a faulty one in place.

use jiff::Timestamp;
use std::{fmt, sync::Arc};
use wirewatch_clean::{Cleaned, PageInput};
use wirewatch_fetch::FeedAnswer;
use wirewatch_model::{DueFeed, FeedCheck, HostMemory, Tags};
use wirewatch_tag::{TagInput, Tagger};

type ReadFeed = dyn Fn(&DueFeed, FeedAnswer) -> FeedCheck + Send + Sync;
type Clean = dyn Fn(&PageInput<'_>, &HostMemory, Timestamp) -> Cleaned + Send + Sync;
type Tag = dyn Fn(&TagInput<'_>) -> Tags + Send + Sync;

/// The CPU stages of the pipeline, each a plain function of its input.
#[derive(Clone)]
pub struct Stages {
    /// A feed's body to its entries.
    pub read_feed: Arc<ReadFeed>,
    /// A page to its article.
    pub clean: Arc<Clean>,
    /// An article to its topics.
    pub tag: Arc<Tag>,
}

impl Stages {
    /// The real stages.
    pub fn new(tagger: Arc<Tagger>) -> Self {
        Self {
            read_feed: Arc::new(wirewatch_fetch::read_feed),
            clean: Arc::new(wirewatch_clean::clean),
            tag: Arc::new(move |input| tagger.tag(input)),
        }
    }
}

impl fmt::Debug for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stages").finish_non_exhaustive()
    }
}
