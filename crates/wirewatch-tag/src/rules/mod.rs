//! The rules: topics, relevance, entities and seed profiles, read from TOML.

mod error;
mod parse;
pub(crate) mod reader;

pub use error::RulesError;

use crate::seed::SeedProfile;
use crate::term::Term;
use wirewatch_model::EntityKind;
use xxhash_rust::xxh3::Xxh3;

/// The seed profiles compiled in: name and text.
const SEEDS: [(&str, &str); 5] = [
    ("nato-considers-options", include_str!("../../../../seeds/nato-considers-options.toml")),
    ("two-paths-for-moscow", include_str!("../../../../seeds/two-paths-for-moscow.toml")),
    ("positions-sharpen", include_str!("../../../../seeds/positions-sharpen.toml")),
    ("nato-russia-council-meets", include_str!("../../../../seeds/nato-russia-council-meets.toml")),
    ("security-demands-answered", include_str!("../../../../seeds/security-demands-answered.toml")),
];

/// Everything the tagger is built from.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) topics: Vec<Topic>,
    pub(crate) relevance: Relevance,
    pub(crate) contexts: Vec<Context>,
    pub(crate) background: Background,
    pub(crate) entities: Vec<Entity>,
    pub(crate) seeds: Vec<SeedProfile>,
    pub(crate) version: u64,
}

impl Rules {
    /// Reads the rules from the text of their files.
    ///
    /// `seeds` are pairs of name and text. `local` is the user's `topics.local.toml`, laid over
    /// `topics`: a topic of a known slug gains the terms given and takes over what else is given,
    /// `remove` takes terms away, `off = true` switches it off; any other slug is a new topic.
    ///
    /// # Errors
    /// What cannot be read or is not known, with file, line and key.
    pub fn parse(
        topics: &str,
        entities: &str,
        seeds: &[(&str, &str)],
        local: Option<&str>,
    ) -> Result<Self, RulesError> {
        let mut rules = Self {
            topics: Vec::new(),
            relevance: Relevance::default(),
            contexts: Vec::new(),
            background: Background::default(),
            entities: Vec::new(),
            seeds: Vec::new(),
            version: 0,
        };
        for (name, text) in seeds {
            rules.seeds.push(SeedProfile::parse(name, text)?);
        }
        parse::topics_file(&mut rules, "topics.toml", topics, false)?;
        if let Some(local) = local {
            parse::topics_file(&mut rules, "topics.local.toml", local, true)?;
        }
        rules.topics.retain(|topic| !topic.off);
        parse::seed_terms(&mut rules);
        parse::entities_file(&mut rules, entities)?;
        rules.version = version(topics, entities, seeds, local);
        Ok(rules)
    }

    /// The rules that are compiled in, with the user's `topics.local.toml` over them.
    ///
    /// # Errors
    /// What is wrong with `local`.
    pub fn shipped(local: Option<&str>) -> Result<Self, RulesError> {
        Self::parse(
            include_str!("../../../../seeds/topics.toml"),
            include_str!("../../../../seeds/entities.toml"),
            &SEEDS,
            local,
        )
    }
}

/// Other files, other tags: a hash of everything read and of how it is read.
fn version(topics: &str, entities: &str, seeds: &[(&str, &str)], local: Option<&str>) -> u64 {
    /// Raised when the same files give other tags.
    const SCORING: u64 = 1;
    let mut hash = Xxh3::with_seed(SCORING);
    let mut part = |text: &str| {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    part(topics);
    part(entities);
    part(local.unwrap_or_default());
    for (name, text) in seeds {
        part(name);
        part(text);
    }
    // SQLite keeps signed integers.
    hash.digest() >> 1
}

/// One topic of `topics.toml`.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) definition: String,
    pub(crate) belongs: Vec<String>,
    pub(crate) does_not_belong: Vec<String>,
    pub(crate) seeds: Vec<SeedReference>,
    pub(crate) threshold: f32,
    pub(crate) off: bool,
    pub(crate) terms: Vec<WeightedTerm>,
}

/// Paragraphs of a seed article that support a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedReference {
    /// The seed's name.
    pub seed: String,
    /// Paragraphs, counted from 1, the title included.
    pub paragraphs: Vec<u32>,
}

/// A term and what it counts.
#[derive(Clone, Debug)]
pub(crate) struct WeightedTerm {
    pub(crate) term: Term,
    pub(crate) weight: f32,
    /// Counts only near a term of this context (index into the contexts).
    pub(crate) near: Option<u16>,
}

/// A list of terms other terms may need beside them.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) name: String,
    pub(crate) terms: Vec<Term>,
}

/// What makes an article belong to the story at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Relevance {
    pub(crate) threshold: f32,
    /// Below this relevance an article has no topics either.
    pub(crate) topics_from: f32,
    pub(crate) terms: Vec<WeightedTerm>,
    pub(crate) negative: Vec<WeightedTerm>,
}

/// Sentences that recall what every article of the story recalls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Background {
    /// What a hit in background still counts, 0 to 1.
    pub(crate) counts: f32,
    pub(crate) cues: Vec<Term>,
}

/// A person, place, organisation, medium, document or event.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) id: String,
    pub(crate) kind: EntityKind,
    /// Its name in English.
    pub(crate) name: String,
    pub(crate) spellings: Vec<Spelling>,
}

/// A way to write an entity's name.
#[derive(Clone, Debug)]
pub(crate) struct Spelling {
    pub(crate) term: Term,
    /// Read only in articles of this language: a stem in Latin letters may begin other names.
    pub(crate) only_in: Option<&'static str>,
}
