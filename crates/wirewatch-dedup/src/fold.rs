//! From text to words: what typography, encoding accidents and letter case change is undone here,
//! so that everything after it compares words alone.

use crate::mojibake;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use xxhash_rust::xxh3::xxh3_64;

/// The word holds a digit.
pub(crate) const FIGURE: u8 = 1;
/// The word begins with a capital letter and does not open its sentence.
pub(crate) const NAME: u8 = 2;

/// A word: the hash of its folded letters, and what kind of fact it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) hash: u32,
    pub(crate) kind: u8,
}

/// Undoes wrong decoding and compatibility forms; borrows when there is nothing to undo.
pub(crate) fn clean_letters(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let text = mojibake::repair(text);
    if text.chars().all(is_plain) {
        return text;
    }
    Cow::Owned(text.nfkc().collect())
}

/// Letters and signs of which NFKC makes no other words: a fast answer for nearly all text.
fn is_plain(letter: char) -> bool {
    matches!(letter, '\0'..='\u{A9}' | '\u{AB}'..='\u{B1}' | '\u{B6}' | '\u{B7}' | '\u{BB}'
        | '\u{BF}'..='\u{131}' | '\u{134}'..='\u{13E}' | '\u{141}'..='\u{148}' | '\u{14A}'..='\u{17E}'
        | '\u{400}'..='\u{482}' | '\u{48A}'..='\u{52F}' | '\u{5D0}'..='\u{5EA}'
        | '\u{2000}'..='\u{206F}' | '\u{20A0}'..='\u{20BF}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}'
        | '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FC}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}')
}

/// Letters of scripts that set no spaces between words; each counts as a word.
pub(crate) fn is_dense_script(letter: char) -> bool {
    matches!(letter, '\u{0E00}'..='\u{0E7F}' | '\u{0E80}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Hands every word of one line to `take`. `line` must have passed [`clean_letters`].
///
/// A line opens a sentence, so its first word is never a name.
pub(crate) fn words(line: &str, mut take: impl FnMut(Word)) {
    let mut folder = Folder { buffer: [0; MAX_WORD_BYTES], len: 0, kind: 0, opens_sentence: true };
    let mut rest = line.chars();
    while let Some(letter) = rest.next() {
        if letter.is_ascii_digit() {
            folder.push(letter);
            folder.kind |= FIGURE;
            continue;
        }
        if letter.is_ascii_alphabetic() {
            folder.push_ascii(letter);
        } else if is_dense_script(letter) {
            folder.finish(&mut take);
            folder.push(letter);
            folder.finish(&mut take);
        } else if is_invisible(letter) || is_apostrophe(letter) && folder.len > 0 {
            // "don't" is one word whichever apostrophe it is written with, or none.
        } else if letter.is_alphanumeric() {
            folder.push_cased(letter);
        } else if folder.ends_in_digit() && joins_figure(letter, rest.as_str(), folder.figure_digits()) {
            folder.join_figure(letter, rest.as_str());
        } else if !is_combining(letter) {
            folder.finish(&mut take);
            if matches!(letter, '.' | '!' | '?' | '…' | ':' | '。' | '؟') {
                folder.opens_sentence = true;
            }
        }
    }
    folder.finish(&mut take);
}

/// Longer runs of letters are no words; what stands beyond is left out of the hash.
const MAX_WORD_BYTES: usize = 96;

struct Folder {
    buffer: [u8; MAX_WORD_BYTES],
    len: usize,
    kind: u8,
    opens_sentence: bool,
}

impl Folder {
    fn push(&mut self, letter: char) {
        let mut bytes = [0; 4];
        let bytes = letter.encode_utf8(&mut bytes).as_bytes();
        if let Some(room) = self.buffer.get_mut(self.len..self.len + bytes.len()) {
            room.copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }

    fn push_ascii(&mut self, letter: char) {
        self.note_capital(letter.is_ascii_uppercase());
        if let Some(room) = self.buffer.get_mut(self.len) {
            *room = letter.to_ascii_lowercase() as u8;
            self.len += 1;
        }
    }

    fn push_cased(&mut self, letter: char) {
        match letter {
            'а'..='я' | 'є'..='ї' | 'ґ' => self.push(letter),
            'А'..='Я' => {
                self.note_capital(true);
                self.push(char::from_u32(letter as u32 + 32).unwrap_or(letter));
            }
            _ => self.push_any(letter),
        }
    }

    fn push_any(&mut self, letter: char) {
        self.note_capital(letter.is_uppercase());
        for low in letter.to_lowercase() {
            match low {
                'ё' => self.push('е'),
                'ς' => self.push('σ'),
                'ß' => {
                    self.push('s');
                    self.push('s');
                }
                // Case folding of "İ" leaves a combining dot that "i" does not have.
                '\u{307}' => {}
                _ => self.push(low),
            }
        }
        if letter.is_numeric() {
            self.kind |= FIGURE;
        }
    }

    fn note_capital(&mut self, capital: bool) {
        if capital && self.len == 0 && !self.opens_sentence {
            self.kind |= NAME;
        }
    }

    fn ends_in_digit(&self) -> bool {
        self.len > 0 && self.buffer[self.len - 1].is_ascii_digit()
    }

    /// Digits at the end of the word, when the word is digits only.
    fn figure_digits(&self) -> Option<usize> {
        let word = &self.buffer[..self.len];
        let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.').then_some(digits)
    }

    /// Separators of thousands vanish, those of decimals and hours become one form.
    fn join_figure(&mut self, separator: char, rest: &str) {
        match separator {
            ':' => self.push(':'),
            '.' | ',' | '٫' if leading_digits(rest) != 3 => self.push('.'),
            _ => {}
        }
    }

    fn finish(&mut self, take: &mut impl FnMut(Word)) {
        if self.len == 0 {
            return;
        }
        take(Word { hash: xxh3_64(&self.buffer[..self.len]) as u32, kind: self.kind });
        self.len = 0;
        self.kind = 0;
        self.opens_sentence = false;
    }
}

/// Whether a separator after a digit goes on with the same figure: "1,200", "1 200", "0.13",
/// "11:40". A space does so only before a group of exactly three digits.
fn joins_figure(separator: char, rest: &str, digits: Option<usize>) -> bool {
    let next = leading_digits(rest);
    match separator {
        '.' | ',' | ':' | '٫' | '٬' => next > 0,
        ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' => {
            next == 3 && matches!(digits, Some(1..=3)) && !continues_otherwise(rest)
        }
        _ => false,
    }
}

/// Whether three digits run on into a word or another kind of figure ("100th", "300:1").
fn continues_otherwise(rest: &str) -> bool {
    rest.chars().nth(3).is_some_and(|letter| letter.is_alphabetic() || letter == ':')
}

fn leading_digits(text: &str) -> usize {
    text.bytes().take(4).take_while(u8::is_ascii_digit).count()
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | '‘' | 'ʼ' | 'ʹ' | '`' | '´' | '＇' | '‛' | '′')
}

fn is_combining(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36F}' | '\u{FE00}'..='\u{FE0F}' | '\u{64B}'..='\u{652}')
}

fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}'
        | '\u{FEFF}' | '\u{34F}' | '\u{640}' | '\u{180E}')
        || is_combining(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hashes(text: &str) -> Vec<u32> {
        let mut all = Vec::new();
        words(&clean_letters(text), |word| all.push(word.hash));
        all
    }

    fn kinds(text: &str) -> Vec<u8> {
        let mut all = Vec::new();
        words(&clean_letters(text), |word| all.push(word.kind));
        all
    }

    #[track_caller]
    fn check_same(one: &str, other: &str) {
        assert_eq!(hashes(one), hashes(other), "{one:?} and {other:?}");
    }

    #[test]
    fn typography_makes_no_other_words() {
        check_same("Don't \"stop\" - now", "don’t “stop” — now");
        check_same("nego\u{ad}tia\u{200b}tors met\u{a0}again", "negotiators met again");
        check_same("cafe\u{301} ﬁre", "café fire");
        check_same("п'ять ёлок", "пʼять елок");
        check_same("Straße", "STRASSE");
        check_same("ＴＡＬＫＳ", "talks");
    }

    #[test]
    fn wrong_decoding_is_undone() {
        check_same("the Kremlinâ€™s draft â€” again", "the Kremlin’s draft — again");
        check_same("GenÃ¨ve", "Genève");
    }

    #[test]
    fn figures_have_one_form() {
        for same in ["1,200 men", "1 200 men", "1.200 men", "1\u{a0}200 men", "1200 men"] {
            check_same(same, "1200 men");
        }
        check_same("0,46 percent", "0.46 percent");
        assert_ne!(hashes("at 11:40"), hashes("at 11:45"));
        assert_eq!(hashes("in 2022 100 men").len(), 4);
        assert_eq!(hashes("1,200,300").len(), 1);
    }

    #[test]
    fn figures_and_names_are_told_apart() {
        assert_eq!(
            kinds("Talks in Geneva on 10 January. Then Riga."),
            [0, 0, NAME, 0, FIGURE, NAME, 0, NAME]
        );
    }

    #[test]
    fn letters_of_dense_scripts_are_words() {
        assert_eq!(hashes("外交交渉 2022").len(), 5);
    }

    proptest! {
        #[test]
        fn plain_letters_need_no_normalisation(text in "[ -~À-ÿ “”…–№²ﬁА-яіїєґʼ외交の0-9]{0,60}") {
            let text: String = text.chars().filter(|letter| is_plain(*letter)).collect();
            let normal: String = text.nfkc().collect();
            let (mut as_it_is, mut normalised) = (Vec::new(), Vec::new());
            words(&text, |word| as_it_is.push(word));
            words(&normal, |word| normalised.push(word));
            prop_assert_eq!(as_it_is, normalised);
        }

        #[test]
        fn any_text_is_folded_without_panic(text in "\\PC{0,80}") {
            let _ = hashes(&text);
        }

        #[test]
        fn letter_case_never_matters(text in "[a-zA-Zа-яА-ЯіїєґІЇЄҐäöüÄÖÜ ]{0,60}") {
            prop_assert_eq!(hashes(&text.to_uppercase()), hashes(&text.to_lowercase()));
        }
    }
}
