//! Words of a person made a query of FTS5.
//!
//! Nothing of what was typed reaches FTS5 as syntax: each word becomes quoted tokens. Every word must
//! match, itself or one of its stems.

use crate::stems::{Stems, pieces};

/// Matches looked at when the order is not the order of storing: the latest so many. Looking at all
/// would take as long as there are matches.
pub const RANKED_MATCHES: u32 = 5_000;

/// Words of a query that count; the rest is ignored.
const MOST_WORDS: usize = 16;
/// Letters of a query that count.
const MOST_LETTERS: usize = 256;

/// The query for FTS5; `None` when there is no word in it, which matches nothing.
pub(super) fn fts_query(stems: &Stems, text: &str) -> Option<String> {
    let mut groups: Vec<String> = Vec::new();
    let mut letters = 0;
    for word in text.split_whitespace().filter(|word| pieces(word).next().is_some()) {
        let word = word.char_indices().nth(MOST_LETTERS).map_or(word, |(end, _)| &word[..end]);
        letters += word.chars().count();
        // Whole words are left out: half of one would match nothing.
        if groups.len() == MOST_WORDS || letters > MOST_LETTERS {
            break;
        }
        let group = group(stems, word);
        if groups.contains(&group) {
            letters -= word.chars().count();
        } else {
            groups.push(group);
        }
    }
    (!groups.is_empty()).then(|| groups.join(" AND "))
}

/// One typed word. Parts that inflect (`прем'єр-міністра`) must each match; of the others (`covid-19`,
/// `u.s.`) the parts must stand side by side.
fn group(stems: &Stems, word: &str) -> String {
    let parts: Vec<&str> = pieces(word).collect();
    if parts.len() > 1 && word.is_ascii() {
        return format!("\"{}\"", parts.join(" "));
    }
    let forms = parts.iter().map(|part| any_of(&stems.of_query_word(part)));
    forms.collect::<Vec<_>>().join(" AND ")
}

fn any_of(forms: &[String]) -> String {
    // Forms hold letters, digits and marks only, so there is nothing to escape.
    format!("(\"{}\")", forms.join("\" OR \""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<&str>) {
        assert_eq!(fts_query(&Stems::new(), text).as_deref(), want, "{text}");
    }

    #[test]
    fn every_word_must_match_in_some_form() {
        check("talks NATO", Some(r#"("talks" OR "talk") AND ("nato")"#));
        check("covid-19", Some(r#""covid 19""#));
    }

    #[test]
    fn syntax_is_only_letters() {
        check("a AND", Some(r#"("a") AND ("and")"#));
        check("title:x*", Some(r#""title x""#));
        check("\") OR (", Some(r#"("or")"#));
    }

    #[test]
    fn without_a_word_there_is_no_query() {
        for text in ["", "   ", "\"", "-- ()", "\0"] {
            check(text, None);
        }
    }

    #[test]
    fn a_word_that_is_repeated_counts_once() {
        check(&"putin ".repeat(60), Some(r#"("putin")"#));
        check("NATO nato", Some(r#"("nato")"#));
    }

    #[test]
    fn inv10_long_queries_are_cut() {
        let many = (0..100).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
        let query = fts_query(&Stems::new(), &many).expect("words");
        assert_eq!(query.matches(" AND ").count(), MOST_WORDS - 1);
        assert!(fts_query(&Stems::new(), &"x".repeat(1_000_000)).expect("a word").len() < 2 * MOST_LETTERS);
    }
}
