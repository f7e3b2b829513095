//! Ids are types of their own, so that a feed's id cannot be passed where an article's is meant.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A row of table `feed`.
    FeedId(i64)
);
id!(
    /// A row of table `entry`: one thing a feed announced.
    EntryId(i64)
);
id!(
    /// A row of table `article`. Given out by the dedup worker, in ever-rising order.
    ArticleId(i64)
);
id!(
    /// A row of table `story`: articles about one event.
    StoryId(i64)
);
id!(
    /// A row of table `job`: a piece of long work.
    JobId(i64)
);
id!(
    /// The ever-rising number of a change that readers must learn of; the commit order.
    Seq(i64)
);
id!(
    /// Place in the order in which the dedup worker judged, within one run of the process.
    Ordinal(u64)
);
