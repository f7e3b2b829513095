//! Topics, relevance and entities of an article, each with the passage that earned it.
//!
//! ```text
//! seeds/*.toml ─► Rules ─► Tagger ◄─ title, text
//!                            │
//!        fold ─► find every term at once ─► place (headline, lead, body, background)
//!                            │
//!              measure ─► judge ─► Tags { relevance, topics + evidence, entities }
//! ```
//!
//! [`Rules`] are read from TOML: topics with their terms in seven languages, the vocabulary of
//! relevance, entities, and the profiles of the seed articles, whose key terms join the vocabulary of
//! relevance. [`Tagger`] turns them into one Aho-Corasick automaton over folded text (lower case, NFC,
//! one apostrophe, `ё` as `е`). An article is searched once; where each term stands decides what it
//! counts, and a tag carries the passages it stands on, in code points of the original text.
//!
//! No I/O happens here and no clock is read. [`learn_seed`] makes a profile of any document.

mod fold;
mod language;
mod learn;
mod matcher;
mod reading;
mod rules;
mod score;
mod seed;
mod spans;
mod stopwords;
mod tagger;
mod term;
mod zones;

#[cfg(test)]
mod tests;

pub use learn::{SeedSource, learn_seed};
pub use rules::{Rules, RulesError, SeedReference};
pub use score::{RelevanceMeasure, TopicMeasure};
pub use seed::{KeyTerm, SeedProfile};
pub use tagger::{Measures, TagInput, Tagger, TopicInfo};
