//! Recognises copies: a state machine without I/O and without a clock.
//!
//! ```text
//! Incoming ─► words (fold) ─► Features ─► View (without stock lines) ─► Sketch
//!                                            │                            │ postings
//!                                            ▼                            ▼
//!                 Judgement ◄── decide ◄── compare ◄── texts ◄──── Candidates
//!                     │                                  ▲
//!                     └─► signature, index               └── Step::Need / provide
//! ```
//!
//! A text is folded to words that typography, letter case and wrong decoding do not change. One in
//! eight of its shingles (more of a short text) look up, in an inverted index, the groups that may
//! hold a good part of it: containment, not resemblance, so that a cut copy finds its whole. Those
//! candidates are laid side by side with it word by word and judged by what differs (figures and
//! names at the same places), by what each has of its own, and only then by how much they share.
//! Texts that are no longer in memory are asked for with [`Step::Need`].
//!
//! Copies form a group around its original, the first that came; `of` always names the original. An
//! article stays pending until [`Deduper::settle`] or [`Deduper::withdraw`]. Lines that stand in
//! several different articles (furniture, stock background, the fixed lines of bulletins) are no
//! evidence and are left out of sketches and comparisons. Everything is deterministic: the same
//! articles in the same order give the same verdicts, also across a restart through
//! [`Deduper::restore`] (one exception: the first text of a revised article is known only while it
//! is in memory).

mod compare;
mod config;
mod decide;
mod deduper;
mod features;
mod fold;
mod hashing;
mod index;
mod lines;
mod mojibake;
mod postings;
mod revision;
mod sketch;
mod stream;
mod texts;
mod verify;

pub use config::DedupConfig;
pub use deduper::{Deduper, Incoming, Judgement, Step, StoredText};
pub use revision::revision_key;
pub use sketch::SignatureError;
pub use stream::{Stream, StreamArticle, StreamVerdict, StreamVerdictKind};
