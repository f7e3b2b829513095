//! Stems for the full-text index, so that inflected forms match.
//!
//! FTS5's `unicode61` folds case and Latin accents, but knows no inflection and keeps `ё` and `ґ`. So
//! each article has a third column with the stems of its words (Snowball, by the language of the
//! article), each once and only where the stem differs from the word. A query looks for the word as
//! typed or for any of its stems; see [`Stems::of_query_word`].

use frostem::{Algorithm, Stemmer};
use std::collections::HashSet;

/// The stemmers at hand.
pub(crate) struct Stems {
    english: Stemmer,
    russian: Stemmer,
    ukrainian: Stemmer,
}

impl Stems {
    pub(crate) fn new() -> Self {
        Self {
            english: Stemmer::new(Algorithm::English),
            russian: Stemmer::new(Algorithm::Russian),
            ukrainian: Stemmer::new(Algorithm::Ukrainian),
        }
    }

    /// The stems of a title and text, joined by blanks. `language` is a BCP 47 code.
    pub(crate) fn of_article(&self, title: &str, text: &str, language: Option<&str>) -> String {
        let language = language.and_then(|code| code.split('-').next());
        let cyrillic = match language {
            Some("uk") => &self.ukrainian,
            Some("ru") => &self.russian,
            _ if is_ukrainian(text) || is_ukrainian(title) => &self.ukrainian,
            _ => &self.russian,
        };
        let latin = matches!(language, None | Some("en" | "uk" | "ru")).then_some(&self.english);
        let mut seen: HashSet<&str> = HashSet::new();
        let mut stems = String::new();
        let mut given: HashSet<String> = HashSet::new();
        for word in tokens(title).chain(tokens(text)).filter(|word| seen.insert(word)) {
            let Some(stemmer) = (if is_cyrillic(word) { Some(cyrillic) } else { latin }) else { continue };
            for piece in pieces(word) {
                let folded = fold(piece);
                let stem = stemmer.stem(&folded);
                let new = stem != folded.as_str() || folded.as_str() != word && folded != word.to_lowercase();
                if new && !stem.is_empty() && !given.contains(stem.as_ref()) {
                    stems.push_str(&stem);
                    stems.push(' ');
                    given.insert(stem.into_owned());
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
            add(&self.ukrainian.stem(&folded));
            add(&self.russian.stem(&folded));
        } else {
            add(&self.english.stem(&folded));
        }
        forms
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whether a query for `asked` finds a text with `written` in it, by FTS5's own rule.
    fn meets(asked: &str, written: &str, language: Option<&str>) -> bool {
        let stems = Stems::new();
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
            let stems = Stems::new();
            let _ = stems.of_article(&text, &text, language.as_deref());
            let _ = stems.of_query_word(&text);
        }
    }
}
