//! Stems for the full-text index, so that inflected forms match.
//!
//! FTS5's `unicode61` folds case and Latin accents, but knows no inflection and keeps `ё` and `ґ`. So
//! each article has a third column with the stems of its words (Snowball, by the language of the
//! article), each once and only where the stem differs from the word. A query looks for the word as
//! typed or for any of its stems; see [`Stems::of_query_word`].

use frostem::{Algorithm, Stemmer};
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

/// The stemmers at hand.
pub(crate) struct Stems {
    english: Memo,
    russian: Memo,
    ukrainian: Memo,
}

/// A stemmer with what it gave lately: the same words come again and again.
struct Memo {
    stemmer: Stemmer,
    known: HashMap<Box<str>, Box<str>, Hasher>,
}

/// Words remembered of one language; some 2 MB. A newspaper's daily vocabulary fits.
const MOST_KNOWN: usize = 20_000;

type Hasher = BuildHasherDefault<Fnv>;

impl Stems {
    pub(crate) fn new() -> Self {
        let memo = |algorithm| Memo { stemmer: Stemmer::new(algorithm), known: HashMap::default() };
        Self {
            english: memo(Algorithm::English),
            russian: memo(Algorithm::Russian),
            ukrainian: memo(Algorithm::Ukrainian),
        }
    }

    /// The stems of a title and text, joined by blanks. `language` is a BCP 47 code.
    pub(crate) fn of_article(&mut self, title: &str, text: &str, language: Option<&str>) -> String {
        let language = language.and_then(|code| code.split('-').next());
        let cyrillic = match language {
            Some("uk") => &mut self.ukrainian,
            Some("ru") => &mut self.russian,
            _ if is_ukrainian(text) || is_ukrainian(title) => &mut self.ukrainian,
            _ => &mut self.russian,
        };
        let mut latin = matches!(language, None | Some("en" | "uk" | "ru")).then_some(&mut self.english);
        let mut words: HashSet<&str, Hasher> = HashSet::default();
        let mut given: HashSet<Box<str>, Hasher> = HashSet::default();
        let mut stems = String::new();
        for word in tokens(title).chain(tokens(text)) {
            if !words.insert(word) {
                continue;
            }
            let memo = if is_cyrillic(word) { Some(&mut *cyrillic) } else { latin.as_deref_mut() };
            let Some(memo) = memo else { continue };
            for stem in memo.stems_of(word).split_ascii_whitespace() {
                if !given.contains(stem) {
                    given.insert(stem.into());
                    stems.push_str(stem);
                    stems.push(' ');
                }
            }
        }
        stems.truncate(stems.trim_end().len());
        stems
    }

    /// Everything one word of a query may stand as in the index, the word itself first.
    pub(crate) fn of_query_word(&self, word: &str) -> Vec<String> {
        let folded = fold(word);
        let mut forms = vec![word.to_lowercase()];
        let mut add = |form: &str| {
            if !form.is_empty() && !forms.iter().any(|known| known == form) {
                forms.push(form.to_owned());
            }
        };
        add(&folded);
        if is_cyrillic(&folded) {
            add(&self.ukrainian.stemmer.stem(&folded));
            add(&self.russian.stemmer.stem(&folded));
        } else {
            add(&self.english.stemmer.stem(&folded));
        }
        forms
    }
}

impl Memo {
    /// The stems of one word that differ from it, joined by blanks.
    fn stems_of(&mut self, word: &str) -> &str {
        if !self.known.contains_key(word) {
            if self.known.len() >= MOST_KNOWN {
                self.known.clear();
            }
            self.known.insert(word.into(), stems_of(self.stemmer, word));
        }
        self.known.get(word).map_or("", |stems| stems)
    }
}

fn stems_of(stemmer: Stemmer, word: &str) -> Box<str> {
    let lower = word.to_lowercase();
    let mut stems = String::new();
    for piece in pieces(word) {
        let folded = fold(piece);
        let stem = stemmer.stem(&folded);
        if !stem.is_empty() && stem != lower.as_str() {
            stems.push_str(&stem);
            stems.push(' ');
        }
    }
    stems.into()
}

/// Words much as FTS5's tokenizer sees them: runs of letters, digits and marks.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !is_word_letter(letter)).filter(|word| !word.is_empty())
}

/// The parts of a word around apostrophes: FTS5 takes U+02BC for a letter and the others for none, so
/// that one Ukrainian word can be one token or two. As parts they meet.
pub(crate) fn pieces(word: &str) -> impl Iterator<Item = &str> {
    word.split(|letter: char| letter == '\u{2bc}' || !is_word_letter(letter))
        .filter(|piece| !piece.is_empty())
}

fn is_word_letter(letter: char) -> bool {
    letter.is_alphanumeric() || is_mark(letter)
}

/// Combining accents, which stress marks in Cyrillic are.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

fn is_cyrillic(word: &str) -> bool {
    word.chars().any(|letter| matches!(letter, '\u{400}'..='\u{52f}'))
}

fn is_ukrainian(text: &str) -> bool {
    text.chars().any(|letter| matches!(letter, 'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' | 'Ґ'))
}

/// Lower case, without stress marks, with `ё` as `е` and `ґ` as `г`.
fn fold(word: &str) -> String {
    word.chars()
        .flat_map(char::to_lowercase)
        .filter(|letter| !is_mark(*letter))
        .map(|letter| match letter {
            'ё' => 'е',
            'ґ' => 'г',
            other => other,
        })
        .collect()
}

/// FNV-1a: for short words several times as quick as the standard hash, whose safety against chosen
/// keys is not needed where a set is bounded and small.
#[derive(Clone)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl std::hash::Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whether a query for `asked` finds a text with `written` in it, by FTS5's own rule.
    fn meets(asked: &str, written: &str, language: Option<&str>) -> bool {
        let mut stems = Stems::new();
        let indexed = stems.of_article("", written, language);
        let mut words: Vec<String> = tokens(written).map(str::to_lowercase).collect();
        words.extend(indexed.split(' ').map(str::to_owned));
        pieces(asked).all(|piece| stems.of_query_word(piece).iter().any(|form| words.contains(form)))
    }

    #[test]
    fn inflected_forms_meet() {
        for (asked, written, language) in [
            ("україна", "України", Some("uk")),
            ("переговорів", "переговори", Some("uk")),
            ("переговоры", "переговорами", Some("ru")),
            ("санкции", "санкциями", None),
            ("войска", "войсками", Some("ru")),
            ("talks", "talking", Some("en")),
            ("ещё", "еще", Some("ru")),
            ("еще", "ещё", Some("ru")),
            ("ґанок", "ганок", Some("uk")),
            ("об'єднання", "об\u{2bc}єднання", Some("uk")),
            ("об\u{2bc}єднання", "об’єднання", Some("uk")),
            ("Киев", "Ки\u{301}ев", Some("ru")),
        ] {
            assert!(meets(asked, written, language), "{asked} should find {written}");
        }
    }

    #[test]
    fn other_words_do_not_meet() {
        assert!(!meets("україна", "Угорщина", Some("uk")));
        assert!(!meets("troops", "treaty", Some("en")));
    }

    #[test]
    fn a_word_that_is_its_own_stem_is_not_repeated() {
        assert_eq!(Stems::new().of_article("", "NATO gas gas talks talks", Some("en")), "talk");
    }

    proptest! {
        #[test]
        fn any_text_has_stems(text in "\\PC{0,80}", language in prop::option::of("[a-z]{2}")) {
            let mut stems = Stems::new();
            let _ = stems.of_article(&text, &text, language.as_deref());
            let _ = stems.of_query_word(&text);
        }
    }
}
