//! Terms: a word or phrase as the rules write it, and where it stands in a folded text.

use crate::fold::{Folded, fold_term};

/// One word or phrase of the rules.
///
/// A word that ends in `*` may go on (`переговор*` finds `переговорах`); any other must end where the
/// text's word ends. A term of two or three capitals (`US`, `ЄС`) is found in capitals only, so that
/// it is not mistaken for a word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Term {
    /// As written.
    pub(crate) written: String,
    /// The part that is searched for: whole words up to the first one that may go on.
    pub(crate) anchor: String,
    /// Whether the anchor's last word may go on.
    anchor_open: bool,
    /// What follows the anchor, a word each.
    rest: Vec<Word>,
    /// Found in capitals only.
    capitals: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Word {
    stem: String,
    open: bool,
}

/// Why a text is no term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadTerm {
    Empty,
    /// It does not begin with a letter or digit, as every word of a text does.
    Start,
    /// A `*` that does not end a word.
    Star,
    /// So short that it would be found in most articles.
    TooShort,
}

impl Term {
    pub(crate) fn parse(written: &str) -> Result<Self, BadTerm> {
        let mut words = Vec::new();
        for word in written.split_whitespace() {
            let (stem, open) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
            if stem.contains('*') {
                return Err(BadTerm::Star);
            }
            // Folding may make several words of one (`build-up`); only the last may go on.
            let folded = fold_term(stem);
            let mut pieces = folded.split(' ').filter(|piece| !piece.is_empty()).peekable();
            while let Some(piece) = pieces.next() {
                words.push(Word { stem: piece.to_owned(), open: open && pieces.peek().is_none() });
            }
        }
        if words.first().is_some_and(|word| !word.stem.starts_with(char::is_alphanumeric)) {
            return Err(BadTerm::Start);
        }
        let letters =
            words.iter().flat_map(|word| word.stem.chars()).filter(|letter| letter.is_alphanumeric());
        let (letters, is_open) = (letters.count(), words.iter().any(|word| word.open));
        match letters {
            0 => return Err(BadTerm::Empty),
            1 => return Err(BadTerm::TooShort),
            2 if is_open => return Err(BadTerm::TooShort),
            _ => {}
        }
        let anchored = words.iter().position(|word| word.open).map_or(words.len(), |open| open + 1);
        let rest = words.split_off(anchored);
        let anchor = words.iter().map(|word| word.stem.as_str()).collect::<Vec<_>>().join(" ");
        let capitals = letters <= 3
            && !is_open
            && written.chars().all(|letter| !letter.is_alphabetic() || letter.is_uppercase());
        let anchor_open = words.last().is_some_and(|word| word.open);
        Ok(Self { written: written.to_owned(), anchor, anchor_open, rest, capitals })
    }

    /// The end of the term in a folded text in which its anchor stands at `start..end`, or `None` when
    /// the rest of it does not follow. A word that may go on is taken whole.
    pub(crate) fn end_in(&self, folded: &Folded, original: &str, start: usize, end: usize) -> Option<usize> {
        let mut end = close(folded, end, self.anchor_open)?;
        for word in &self.rest {
            let rest = folded.text[end..].strip_prefix(' ')?;
            rest.strip_prefix(word.stem.as_str())?;
            end = close(folded, end + 1 + word.stem.len(), word.open)?;
        }
        if self.capitals {
            let span = &original[folded.original(&(start..end))];
            if span.chars().any(char::is_lowercase) {
                return None;
            }
        }
        Some(end)
    }
}

/// The end of a word whose stem ends at `end`; `None` when it goes on and must not.
fn close(folded: &Folded, end: usize, open: bool) -> Option<usize> {
    let word_end = folded.word_end(end);
    (open || word_end == end).then_some(word_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a term finds in a text: the words of the original.
    fn find<'a>(term: &str, text: &'a str) -> Vec<&'a str> {
        let term = Term::parse(term).expect("a term");
        let folded = Folded::new(text);
        folded
            .text
            .match_indices(&term.anchor)
            .filter(|(start, _)| folded.word_starts.contains(&(*start as u32)))
            .filter_map(|(start, anchor)| {
                let end = term.end_in(&folded, text, start, start + anchor.len())?;
                Some(&text[folded.original(&(start..end))])
            })
            .collect()
    }

    #[test]
    fn a_word_ends_where_it_ends_unless_it_has_a_star() {
        assert_eq!(find("army", "The army of Armytown"), ["army"]);
        assert_eq!(find("переговор*", "На переговорах, о переговорах"), ["переговорах", "переговорах"]);
    }

    #[test]
    fn words_begin_where_a_word_begins() {
        assert_eq!(find("apple", "pineapple apple"), ["apple"]);
        assert_eq!(find("ukraine", "L’Ukraine d'Ukraine Ukraine's"), ["Ukraine", "Ukraine", "Ukraine"]);
    }

    #[test]
    fn every_word_of_a_phrase_may_be_inflected() {
        assert_eq!(find("мирн* переговор*", "після мирних переговорів"), ["мирних переговорів"]);
        assert!(find("мирн* переговор*", "мирних і переговорів").is_empty());
        assert!(find("peace talks", "at peace.\n\nTalks").is_empty());
        assert_eq!(find("build-up", "a build up, a BUILD-UP"), ["build up", "BUILD-UP"]);
    }

    #[test]
    fn short_capitals_are_no_words() {
        assert_eq!(find("US", "US officials told us"), ["US"]);
        assert_eq!(find("ЄС", "саміт ЄС"), ["ЄС"]);
    }

    #[test]
    fn what_would_be_found_everywhere_is_no_term() {
        assert_eq!(Term::parse(" "), Err(BadTerm::Empty));
        assert_eq!(Term::parse("a"), Err(BadTerm::TooShort));
        assert_eq!(Term::parse("on*"), Err(BadTerm::TooShort));
        assert_eq!(Term::parse("пере*говор"), Err(BadTerm::Star));
        assert_eq!(Term::parse("*"), Err(BadTerm::Empty));
        assert_eq!(Term::parse("(sic)"), Err(BadTerm::Start));
    }
}
