//! Whether an article is new, a copy, or another revision of what is stored.

use crate::{ArticleId, CleanArticle, EntryId, HostObservation, Ordinal, Provenance, Publisher, StoryId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a copy relates to the article it copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The same normalised text.
    Exact,
    /// The same text with another headline, dateline or credit.
    Syndicated,
    /// A part of the original.
    Truncated,
    /// The original with passages added.
    Extended,
    /// A new opening or corrected figures over the same body.
    Updated,
    /// Other words over the same sentences.
    Rewritten,
    /// A short passage of the original.
    Excerpt,
}

impl Relation {
    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Syndicated => "syndicated",
            Self::Truncated => "truncated",
            Self::Extended => "extended",
            Self::Updated => "updated",
            Self::Rewritten => "rewritten",
            Self::Excerpt => "excerpt",
        }
    }
}

/// What the dedup stage found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing like it is known.
    New,
    /// The same normalised text stands at another address.
    ExactCopy {
        /// The article it copies.
        of: ArticleId,
    },
    /// Most of the same text stands at another address.
    NearCopy {
        /// The article it copies.
        of: ArticleId,
        /// Share of the smaller text found in the other, 0 to 1.
        similarity: f32,
        /// How the two relate.
        relation: Relation,
    },
    /// The same article with another text.
    Revision {
        /// The article that changed.
        of: ArticleId,
    },
    /// The same article with the text it already has.
    Same {
        /// The article that was met again.
        of: ArticleId,
    },
}

impl Verdict {
    /// The stored article the verdict leans on, if any.
    pub fn of(&self) -> Option<ArticleId> {
        match *self {
            Self::New => None,
            Self::ExactCopy { of }
            | Self::NearCopy { of, .. }
            | Self::Revision { of }
            | Self::Same { of } => Some(of),
        }
    }

    /// Whether the article is a copy of one at another address.
    pub fn is_copy(&self) -> bool {
        matches!(self, Self::ExactCopy { .. } | Self::NearCopy { .. })
    }
}

/// Why an article was judged a copy: the figures that decided, each 0 to 1 unless named otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CopyEvidence {
    /// Share of the new text's shingles that stand in the original.
    pub contained_in_original: f32,
    /// Share of the original's shingles that stand in the new text.
    pub contains_original: f32,
    /// Share of common figure slots that hold the same figure.
    pub figures_agree: f32,
    /// Share of the names of the smaller text that stand in the other.
    pub names_agree: f32,
    /// Longest run of equal words, in words.
    pub longest_run_words: u32,
}

/// A clean article with its verdict, on the way to the tagger.
#[derive(Clone, Serialize, Deserialize)]
pub struct JudgedArticle {
    /// The entry that announced it.
    pub entry: EntryId,
    /// When the store handed the entry out: one announced anew since then stays owed.
    pub taken_at: Timestamp,
    /// When the process took it in.
    pub seen_at: Timestamp,
    /// When a feed first announced it.
    pub first_seen: Timestamp,
    /// The time of the article: the earliest plausible of publication and first sight.
    pub time: Timestamp,
    /// Who published it: by the feed list when the article stands on that domain, else by its own
    /// domain.
    pub publisher: Publisher,
    /// The [identity](crate::address::identity) of the article: exactly one article has it.
    pub identity: String,
    /// Every other identity it is known by (announced, redirecting, canonical on the same domain).
    pub aliases: Vec<String>,
    /// Where the bytes came from; `None` when the text is the feed's.
    pub provenance: Option<Provenance>,
    /// The text is a stand-in while the page is still tried: when to try next.
    pub provisional_until: Option<Timestamp>,
    /// Failed attempts at the page so far; 0 once it came.
    pub failures: u32,
    /// Why the page could not be had, when the text is the feed's.
    pub failure: Option<String>,
    /// The text and its metadata.
    pub article: CleanArticle,
    /// What its page taught of its host.
    pub observation: HostObservation,
    /// The article's id: a new one, or for a revision and a known text that of the article.
    pub id: ArticleId,
    /// Place in the order of judging.
    pub ordinal: Ordinal,
    /// Hash that tells one revision from the next (blind to white space, counters and clock lines).
    pub revision_key: u128,
    /// What the dedup index needs to know the article again after a restart.
    pub signature: Vec<u8>,
    /// The verdict.
    pub verdict: Verdict,
    /// For a [`Verdict::Revision`] by which the page's text completes the feed's stand-in: what that
    /// text is by itself, new or a copy of an article at another address.
    pub completion: Option<Verdict>,
    /// Why, when it is a copy.
    pub evidence: Option<CopyEvidence>,
    /// The story it belongs to; `None` opens a story of its own.
    pub story: Option<StoryId>,
    /// Paragraphs (counted from 0) that are stock background met before.
    pub background: Vec<u32>,
}

impl fmt::Debug for JudgedArticle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JudgedArticle")
            .field("id", &self.id)
            .field("entry", &self.entry)
            .field("ordinal", &self.ordinal)
            .field("verdict", &self.verdict)
            .field("article", &self.article)
            .field("signature_bytes", &self.signature.len())
            .finish_non_exhaustive()
    }
}
