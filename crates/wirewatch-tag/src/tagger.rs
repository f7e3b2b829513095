//! The tagger: an article in, its relevance, topics and entities out.

use crate::fold::Folded;
use crate::language;
use crate::matcher::{Entry, Hit, Matcher, Target};
use crate::reading::{Place, Reading, Repeats};
use crate::rules::{Rules, SeedReference};
use crate::score::{self, RelevanceMeasure, TopicMeasure};
use crate::seed::SeedProfile;
use crate::zones::Zone;
use std::ops::Range;
use wirewatch_model::{EntityMention, Evidence, Field, TagSource, Tags, TopicTag};

/// Passages kept with a tag, the strongest.
const EVIDENCE_MAX: usize = 8;
/// Mentions of entities kept with an article, the first.
const MENTIONS_MAX: usize = 50;
/// A hinted topic is given from this part of its threshold.
const HINTED: f32 = 0.7;
/// A text has a stretch for as many words, up to eight stretches: a short report that is all about the
/// story has a hit in each, as a long one has.
const STRETCH_WORDS: u32 = 25;

/// What is to be tagged.
#[derive(Clone, Copy, Debug)]
pub struct TagInput<'a> {
    /// The headline; may be empty.
    pub title: &'a str,
    /// The text, paragraphs joined by blank lines.
    pub text: &'a str,
    /// BCP 47 code, when it is known.
    pub language: Option<&'a str>,
    /// Stock passages of the text, in code points: what stands there counts little.
    pub background: &'a [Range<u32>],
    /// Slugs of topics it is likely to have, by the word of who follows its feed: they need less evidence,
    /// never none.
    pub hinted: &'a [String],
}

/// Rules made ready for work. Building takes some milliseconds; tagging is a plain function that any
/// number of threads may call on one tagger.
#[derive(Debug)]
pub struct Tagger {
    rules: Rules,
    matcher: Matcher,
}

/// A topic as the rules define it.
#[derive(Clone, Copy, Debug)]
pub struct TopicInfo<'a> {
    /// Its name in commands, tables and JSON.
    pub slug: &'a str,
    /// Its name for a reader.
    pub title: &'a str,
    /// What it is about, in one sentence.
    pub definition: &'a str,
    /// What belongs to it.
    pub belongs: &'a [String],
    /// What does not, and where it goes instead.
    pub does_not_belong: &'a [String],
    /// The seed paragraphs that support it.
    pub seeds: &'a [SeedReference],
    /// How many terms speak for or against it.
    pub terms: usize,
    /// The score from which an article has it, 0 to 1.
    pub threshold: f32,
}

/// The measures behind the tags of one article.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    /// What speaks for its relevance.
    pub relevance: RelevanceMeasure,
    /// What speaks for each topic, in the order of [`Tagger::topics`].
    pub topics: Vec<TopicMeasure>,
}

impl Tagger {
    /// A tagger by these rules.
    pub fn new(rules: Rules) -> Self {
        let matcher = Matcher::new(&rules);
        Self { rules, matcher }
    }

    /// A tagger by the rules that are compiled in.
    pub fn builtin() -> Self {
        #[allow(clippy::expect_used, reason = "a test of this crate reads the rules compiled in")]
        let rules = Rules::shipped(None).expect("the rules compiled in can be read");
        Self::new(rules)
    }

    /// Tags an article.
    pub fn tag(&self, input: &TagInput<'_>) -> Tags {
        let reading = self.read(input);
        let measures = self.judge(&reading);
        let relevant = measures.relevance.score >= self.rules.relevance.threshold;
        let topics = self.topic_tags(&reading, &measures, input.hinted);
        Tags {
            language: reading.language.map(str::to_owned),
            relevant,
            relevance: measures.relevance.score,
            topics,
            entities: self.mentions(&reading),
            rules_version: self.rules.version,
        }
    }

    /// The measures from which [`Tagger::tag`] judges.
    pub fn measure(&self, input: &TagInput<'_>) -> Measures {
        self.judge(&self.read(input))
    }

    /// Hash of the rules: other rules, other tags.
    pub fn rules_version(&self) -> u64 {
        self.rules.version
    }

    /// The topics in the order of the rules.
    pub fn topics(&self) -> impl ExactSizeIterator<Item = TopicInfo<'_>> {
        self.rules.topics.iter().enumerate().map(|(at, topic)| TopicInfo {
            slug: &topic.slug,
            title: &topic.title,
            definition: &topic.definition,
            belongs: &topic.belongs,
            does_not_belong: &topic.does_not_belong,
            seeds: &topic.seeds,
            terms: self.matcher.terms_of(at as u16),
            threshold: topic.threshold,
        })
    }

    /// The seed profiles.
    pub fn seeds(&self) -> &[SeedProfile] {
        &self.rules.seeds
    }

    /// The relevance from which an article belongs to the story, 0 to 1.
    pub fn relevance_threshold(&self) -> f32 {
        self.rules.relevance.threshold
    }

    /// Heap memory of the search automaton, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.matcher.memory_bytes()
    }

    fn read<'a>(&self, input: &TagInput<'a>) -> Reading<'a> {
        let language = match input.language {
            Some(code) => Some(code.split(['-', '_']).next().unwrap_or(code)),
            None => language::detect(input.title, input.text),
        };
        let find = |original: &str| {
            let folded = Folded::new(original);
            let hits = self.matcher.find(&folded, original, language);
            (folded, hits)
        };
        Reading::new(input, language, find(input.title), find(input.text))
    }

    fn judge(&self, reading: &Reading<'_>) -> Measures {
        let mut topics = vec![TopicMeasure::default(); self.rules.topics.len()];
        let mut relevance = RelevanceMeasure::default();
        let (mut against, mut stretches) = (0.0, 0_u8);
        let of_stretches = (reading.text.folded.words() / STRETCH_WORDS).clamp(1, 8);
        let mut repeats = Repeats::default();
        for (hit, place) in reading.hits() {
            let entry = self.matcher.entry(hit);
            let weight = entry.weight * self.counts(place);
            match hit.target {
                Target::Topic(at) => {
                    let weight = repeats.weigh(hit.entry, weight);
                    let topic = &mut topics[at as usize];
                    topic.mass += weight;
                    match place.zone {
                        Zone::Headline => topic.headline += weight,
                        Zone::Lead => topic.lead += weight,
                        Zone::Body => {}
                    }
                }
                Target::Relevant => {
                    relevance.add(entry, weight, place.zone, repeats.is_first(hit.entry));
                    if place.field == Field::Text && weight > 0.0 {
                        stretches |= 1 << stretch_of(hit.start, &reading.text.folded, of_stretches);
                    }
                }
                Target::Negative => against += weight,
                Target::Context(_) | Target::Background | Target::Entity(_) => {}
            }
        }
        relevance.spread = stretches.count_ones() as f32 / of_stretches as f32;
        let speaks_for = relevance.mass + relevance.tied;
        relevance.against = if against > 0.0 { against / (against + speaks_for) } else { 0.0 };
        score::judge(&mut topics, &mut relevance, reading.title.folded.words() + reading.text.folded.words());
        Measures { relevance, topics }
    }

    /// What a hit in this place counts of its weight.
    fn counts(&self, place: Place) -> f32 {
        if place.background { self.rules.background.counts } else { 1.0 }
    }

    fn topic_tags(&self, reading: &Reading<'_>, measures: &Measures, hinted: &[String]) -> Vec<TopicTag> {
        let mut tags: Vec<TopicTag> = Vec::new();
        if measures.relevance.score < self.rules.relevance.topics_from {
            return tags;
        }
        for (at, measure) in measures.topics.iter().enumerate() {
            let topic = &self.rules.topics[at];
            let part = if hinted.contains(&topic.slug) { HINTED } else { 1.0 };
            if measure.score >= topic.threshold * part && measure.mass > 0.0 {
                let evidence = self.evidence(reading, Target::Topic(at as u16));
                tags.push(TopicTag {
                    slug: topic.slug.clone(),
                    score: measure.score,
                    source: TagSource::Rule,
                    evidence,
                });
            }
        }
        tags.sort_by(|a, b| b.score.total_cmp(&a.score));
        tags
    }

    /// The strongest passages of a target, strongest first.
    fn evidence(&self, reading: &Reading<'_>, target: Target) -> Vec<Evidence> {
        let mut strongest: Vec<(f32, &Hit, Place)> = reading
            .hits()
            .filter(|(hit, _)| hit.target == target)
            .map(|(hit, place)| (self.matcher.entry(hit).weight * self.counts(place), hit, place))
            .filter(|(weight, _, _)| *weight > 0.0)
            .collect();
        // Stable: of equal weights the earlier stands first, the title before the text.
        strongest.sort_by(|a, b| b.0.total_cmp(&a.0));
        strongest.truncate(EVIDENCE_MAX);
        strongest
            .into_iter()
            .map(|(weight, hit, place)| {
                let (start, end) = reading.span(hit, place.field);
                let term = self.matcher.entry(hit).term.written.clone();
                Evidence { field: place.field, start, end, term, weight }
            })
            .collect()
    }

    fn mentions(&self, reading: &Reading<'_>) -> Vec<EntityMention> {
        let mut mentions = Vec::new();
        for (hit, place) in reading.hits() {
            if let Target::Entity(at) = hit.target
                && mentions.len() < MENTIONS_MAX
            {
                let entity = &self.rules.entities[at as usize];
                let (start, end) = reading.span(hit, place.field);
                mentions.push(EntityMention {
                    id: entity.id.clone(),
                    name: entity.name.clone(),
                    kind: entity.kind,
                    field: place.field,
                    start,
                    end,
                });
            }
        }
        mentions
    }
}

impl RelevanceMeasure {
    /// Adds a hit; the first one of its term also counts among the different terms.
    fn add(&mut self, entry: &Entry, weight: f32, zone: Zone, is_first: bool) {
        let (sum, terms) = match (entry.near, entry.weight < 1.0) {
            (Some(_), _) => (&mut self.tied, Some(&mut self.named_tied)),
            (None, false) => (&mut self.mass, Some(&mut self.named)),
            (None, true) => (&mut self.around, None),
        };
        *sum += weight;
        let opening = match (zone, &terms) {
            (Zone::Body, _) => None,
            (_, None) => Some(&mut self.around_opening),
            (Zone::Headline, _) => Some(&mut self.headline),
            (Zone::Lead, _) => Some(&mut self.lead),
        };
        if let Some(opening) = opening {
            *opening += weight;
        }
        if let Some(terms) = terms
            && is_first
        {
            *terms += entry.weight.min(1.0);
        }
    }
}

/// The stretch of a text that a byte stands in.
fn stretch_of(at: u32, text: &Folded, stretches: u32) -> u32 {
    let bytes = text.text.len().max(1) as u64;
    ((u64::from(at) * u64::from(stretches) / bytes) as u32).min(stretches - 1)
}
