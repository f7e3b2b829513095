//! Folded text: what terms are compared on.
//!
//! Folding lowers the case, composes to NFC, gives every apostrophe one form, reads `ё` as `е`, drops
//! stress marks and soft hyphens, and makes one space of every run of white space and dashes (one line
//! feed when the run holds a blank line, so that no phrase reaches across paragraphs). Every byte of
//! the result knows the byte of the original it came from.

use std::ops::Range;
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class, is_nfc};

/// What stands between paragraphs of a folded text.
pub(crate) const PARAGRAPH: u8 = b'\n';

/// A text made ready for matching.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// The folded text.
    pub(crate) text: String,
    /// For every byte of `text` the first byte of what it stands for in the original, and the length
    /// of the original at the end.
    origin: Vec<u32>,
    /// The first byte of every word: of every run of letters and digits.
    pub(crate) word_starts: Vec<u32>,
}

impl Folded {
    /// Folds a text of up to 4 GiB (what lies beyond is not read).
    pub(crate) fn new(original: &str) -> Self {
        let mut folding = Folding::with_capacity(original.len());
        let bytes = original.as_bytes();
        let mut at = 0;
        while at < bytes.len().min(u32::MAX as usize) {
            // Most of most texts: ASCII that no mark follows.
            if bytes[at].is_ascii() && bytes.get(at + 1).is_none_or(u8::is_ascii) {
                folding.push_ascii(at as u32, bytes[at]);
                at += 1;
            } else {
                at = folding.push_composed(original, at);
            }
        }
        folding.finish(original.len())
    }

    /// The bytes of the original that a range of the folded text stands for.
    pub(crate) fn original(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.origin[range.start] as usize;
        // Bytes of one original letter share their origin: step over them to the next letter.
        let mut end = range.end;
        while end < self.text.len() && end > 0 && self.origin[end] == self.origin[end - 1] {
            end += 1;
        }
        start..self.origin[end] as usize
    }

    /// The byte of the folded text from which on everything stems from `original_byte` or later.
    pub(crate) fn position_of(&self, original_byte: usize) -> usize {
        self.origin.partition_point(|&origin| (origin as usize) < original_byte).min(self.text.len())
    }

    /// How many words it has.
    pub(crate) fn words(&self) -> u32 {
        // No more words than bytes, and those are counted in 32 bits.
        self.word_starts.len() as u32
    }

    /// The end of the word that `at` stands in.
    pub(crate) fn word_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + rest.find(|letter: char| !is_word(letter)).unwrap_or(rest.len())
    }
}

/// Whether a letter or digit: what words are made of. The common alphabets need no table.
#[inline]
fn is_word(letter: char) -> bool {
    match letter {
        '\0'..='\x7f' => letter.is_ascii_alphanumeric(),
        '\u{400}'..='\u{481}' | '\u{48a}'..='\u{52f}' => true,
        _ => letter.is_alphanumeric(),
    }
}

/// Whether a letter is sure to be composed already and to be no mark on the letter before it: Latin and
/// Cyrillic letters and the usual punctuation.
#[inline]
fn is_composed(letter: char) -> bool {
    letter < '\u{300}'
        || matches!(letter, '\u{400}'..='\u{482}' | '\u{48a}'..='\u{52f}' | '\u{2010}'..='\u{2027}')
}

/// Folds a term; leading and trailing space is dropped.
pub(crate) fn fold_term(term: &str) -> String {
    Folded::new(term).text.trim().to_owned()
}

struct Folding {
    text: String,
    origin: Vec<u32>,
    /// A run of white space and dashes: where it began, its line feeds.
    gap: Option<(u32, u32)>,
    word_starts: Vec<u32>,
    in_word: bool,
}

impl Folding {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            origin: Vec::with_capacity(bytes + 1),
            gap: None,
            word_starts: Vec::with_capacity(bytes / 6),
            in_word: false,
        }
    }

    #[inline(always)]
    fn push_ascii(&mut self, at: u32, byte: u8) {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => self.emit(at, byte as char, true),
            b'A'..=b'Z' => self.emit(at, (byte | 0x20) as char, true),
            _ => self.push(at as usize, byte as char),
        }
    }

    /// Takes the letter at a byte with the marks that follow it, composed, and gives the byte after.
    fn push_composed(&mut self, original: &str, at: usize) -> usize {
        let mut rest = original[at..].char_indices();
        let Some((_, letter)) = rest.next() else { return original.len() };
        let marks = rest
            .take_while(|(_, mark)| !is_composed(*mark) && canonical_combining_class(*mark) != 0)
            .map(|(start, mark)| start + mark.len_utf8());
        let end = at + marks.last().unwrap_or(letter.len_utf8());
        let piece = &original[at..end];
        if end == at + letter.len_utf8() && (is_composed(letter) || is_nfc(piece)) {
            self.push(at, letter);
        } else {
            piece.nfc().for_each(|letter| self.push(at, letter));
        }
        end
    }

    #[inline]
    fn push(&mut self, at: usize, letter: char) {
        // `Folded::new` reads no further than u32 reaches.
        let at = at as u32;
        match letter {
            'a'..='z' | '0'..='9' => self.emit(at, letter, true),
            'A'..='Z' => self.emit(at, letter.to_ascii_lowercase(), true),
            ' ' | '-' | '\t' | '\r' | '\u{a0}' | '\u{2010}'..='\u{2015}' | '\u{2212}' => self.space(at, 0),
            '\n' => self.space(at, 1),
            '\u{2029}' => self.space(at, 2),
            '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '\u{2b9}' | '\u{2032}' | '`' | '\u{b4}' => {
                self.emit(at, '\'', false);
            }
            // Soft hyphens, zero-width marks, stress marks on Cyrillic letters.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{301}' => {}
            'ё' | 'Ё' => self.emit(at, 'е', true),
            _ if letter.is_ascii() => self.emit(at, letter, false),
            _ if letter.is_whitespace() => self.space(at, 0),
            'а'..='я' | 'ѐ'..='џ' => self.emit(at, letter, true),
            'А'..='Я' => self.emit(at, char::from_u32(letter as u32 + 0x20).unwrap_or(letter), true),
            'Ѐ'..='Џ' => self.emit(at, char::from_u32(letter as u32 + 0x50).unwrap_or(letter), true),
            _ => letter.to_lowercase().for_each(|lower| self.emit(at, lower, is_word(lower))),
        }
    }

    fn space(&mut self, at: u32, line_feeds: u32) {
        let (start, seen) = self.gap.unwrap_or((at, 0));
        self.gap = Some((start, seen + line_feeds));
    }

    #[inline(always)]
    fn emit(&mut self, at: u32, letter: char, in_word: bool) {
        if let Some((start, line_feeds)) = self.gap.take() {
            self.text.push(if line_feeds > 1 { PARAGRAPH as char } else { ' ' });
            self.origin.push(start);
            self.in_word = false;
        }
        if in_word && !self.in_word {
            self.word_starts.push(self.text.len() as u32);
        }
        self.in_word = in_word;
        self.text.push(letter);
        self.origin.push(at);
        for _ in 1..letter.len_utf8() {
            self.origin.push(at);
        }
    }

    fn finish(mut self, original_len: usize) -> Folded {
        let end = self.gap.map_or(original_len.min(u32::MAX as usize) as u32, |(start, _)| start);
        self.origin.push(end);
        Folded { text: self.text, origin: self.origin, word_starts: self.word_starts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(original: &str, want: &str) {
        assert_eq!(Folded::new(original).text, want);
    }

    #[test]
    fn one_form_for_case_apostrophes_and_yo() {
        check("П\u{2019}ЯТЬ Подъём Об\u{2bc}єкт", "п'ять подъем об'єкт");
    }

    #[test]
    fn decomposed_letters_are_composed_and_stress_marks_dropped() {
        check("Кии\u{306}", "кий");
        check("перегово\u{301}ри cafe\u{301}", "переговори café");
    }

    #[test]
    fn dashes_and_line_breaks_are_spaces_and_paragraphs_stay_apart() {
        check("build-up\u{2013}now\nNord  Stream\n\nNext", "build up now nord stream\nnext");
    }

    #[test]
    fn ranges_lead_back_to_the_original() {
        let original = "«Північний  потік-2»: ПЕРЕГОВО\u{301}РИ";
        let folded = Folded::new(original);
        let at = folded.text.find("потік 2").expect("folded");
        assert_eq!(&original[folded.original(&(at..at + "потік 2".len()))], "потік-2");
        let at = folded.text.find("переговори").expect("folded");
        assert_eq!(&original[folded.original(&(at..folded.text.len()))], "ПЕРЕГОВО\u{301}РИ");
    }

    proptest! {
        #[test]
        fn every_range_of_letters_is_a_range_of_the_original(original in "\\PC{0,40}", a in 0usize..60, b in 0usize..60) {
            let folded = Folded::new(&original);
            let starts: Vec<usize> =
                folded.text.char_indices().map(|(at, _)| at).chain([folded.text.len()]).collect();
            let (a, b) = (starts[a % starts.len()], starts[b % starts.len()]);
            let range = folded.original(&(a.min(b)..a.max(b)));
            prop_assert!(range.start <= range.end && original.get(range).is_some());
        }

        #[test]
        fn folding_twice_changes_nothing(original in "[ A-Za-zА-Яа-яёЁіїєґ'’\\n-]{0,40}") {
            let once = fold_term(&original);
            prop_assert_eq!(fold_term(&once.replace('\n', "\n\n")), once);
        }
    }
}
