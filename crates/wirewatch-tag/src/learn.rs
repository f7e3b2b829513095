//! A seed profile from any document.

use crate::fold::Folded;
use crate::seed::{KeyTerm, SeedProfile};
use crate::stopwords;
use crate::tagger::{TagInput, Tagger};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use wirewatch_model::EntityKind;

/// Key terms proposed for a document.
const KEY_TERMS_MAX: usize = 20;

/// A document a user wants to teach from.
#[derive(Clone, Copy, Debug)]
pub struct SeedSource<'a> {
    /// Short name of the profile.
    pub name: &'a str,
    /// Headline.
    pub title: &'a str,
    /// The whole text; a paragraph is a line that is not empty.
    pub text: &'a str,
    /// BCP 47 code, when it is known.
    pub language: Option<&'a str>,
    /// Who published it.
    pub publisher: Option<&'a str>,
    /// `YYYY-MM-DD`.
    pub date: Option<&'a str>,
}

/// Draws up the profile of a document: key terms, names, and which of its paragraphs speak for which
/// topic of the tagger. The abstract is left empty: it is for a person to write, in own words.
///
/// Key terms are the words and pairs of words that recur and are no function words, weighted by how
/// often they recur and how early they stand.
pub fn learn_seed(tagger: &Tagger, source: &SeedSource<'_>) -> SeedProfile {
    let input = TagInput {
        title: source.title,
        text: source.text,
        language: source.language,
        background: &[],
        hinted: &[],
    };
    let tags = tagger.tag(&input);
    let names = |kind: EntityKind| {
        let mut names: Vec<String> = tags
            .entities
            .iter()
            .filter(|mention| mention.kind == kind)
            .map(|mention| mention.name.clone())
            .collect();
        names.sort();
        names.dedup();
        names
    };
    SeedProfile {
        name: source.name.to_owned(),
        title: source.title.to_owned(),
        publisher: source.publisher.unwrap_or_default().to_owned(),
        date: source.date.unwrap_or_default().to_owned(),
        language: tags.language.clone().unwrap_or_default(),
        sha256: hexadecimal(&Sha256::digest(source.text.as_bytes())),
        summary: String::new(),
        key_terms: key_terms(source),
        people: names(EntityKind::Person),
        organisations: names(EntityKind::Organisation),
        places: names(EntityKind::Place),
        topics: topics_of_paragraphs(tagger, source),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Which paragraphs speak for which topic: those whose own text earns it.
fn topics_of_paragraphs(tagger: &Tagger, source: &SeedSource<'_>) -> BTreeMap<String, Vec<u32>> {
    let mut topics: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let paragraphs = source.text.lines().filter(|line| !line.trim().is_empty());
    for (number, text) in (1_u32..).zip(paragraphs) {
        let tags = tagger.tag(&TagInput {
            title: "",
            text,
            language: source.language,
            background: &[],
            hinted: &[],
        });
        for topic in tags.topics {
            topics.entry(topic.slug).or_default().push(number);
        }
    }
    topics
}

/// Words and pairs of words that recur, heaviest first; a word that recurs only inside a pair is left
/// to the pair.
fn key_terms(source: &SeedSource<'_>) -> Vec<KeyTerm> {
    let whole = format!("{}\n\n{}", source.title, source.text);
    let folded = Folded::new(&whole);
    let mut counts: HashMap<&str, (u32, usize)> = HashMap::new();
    let mut count = |term, at| {
        let (times, _) = counts.entry(term).or_insert((0, at));
        *times += 1;
    };
    let mut before: Option<(usize, usize)> = None;
    for (start, word) in words(&folded.text) {
        let end = start + word.len();
        if word.chars().count() < 3 || stopwords::contains(word) || word.chars().all(char::is_numeric) {
            before = None;
            continue;
        }
        count(word, start);
        if let Some((first, last)) = before
            && last + 1 == start
            && folded.text.as_bytes()[last] == b' '
        {
            count(&folded.text[first..end], first);
        }
        before = Some((start, end));
    }
    weigh(&counts, folded.text.len())
}

fn weigh(counts: &HashMap<&str, (u32, usize)>, length: usize) -> Vec<KeyTerm> {
    let in_pairs = |word: &str| -> u32 {
        let pairs = counts.iter().filter(|(pair, (times, _))| {
            *times > 1 && pair.split_once(' ').is_some_and(|(first, second)| first == word || second == word)
        });
        pairs.map(|(_, (times, _))| *times).max().unwrap_or(0)
    };
    let mut terms: Vec<(f32, &str)> = counts
        .iter()
        .filter(|(term, (times, _))| *times > 1 && (term.contains(' ') || in_pairs(term) < *times))
        .map(|(term, (times, first))| {
            let early = 1.0 - 0.5 * *first as f32 / length.max(1) as f32;
            let pair = if term.contains(' ') { 1.5 } else { 1.0 };
            ((*times as f32).ln_1p() * early * pair, *term)
        })
        .collect();
    terms.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    terms.truncate(KEY_TERMS_MAX);
    let heaviest = terms.first().map_or(1.0, |(weight, _)| *weight);
    let round = |weight: f32| (weight / heaviest * 100.0).round() / 100.0;
    terms.into_iter().map(|(weight, term)| KeyTerm { term: term.to_owned(), weight: round(weight) }).collect()
}

/// The words of a folded text with their first bytes.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let separators = |letter: char| !letter.is_alphanumeric() && letter != '\'';
    text.split(separators).filter(|word| !word.is_empty()).map(move |word| {
        // The word is a slice of the text, so the difference of the addresses is its place.
        let word = word.trim_matches('\'');
        let word = word.strip_suffix("'s").unwrap_or(word);
        (word.as_ptr() as usize - text.as_ptr() as usize, word)
    })
}
