//! UTF-8 that somebody read as Windows-1252 or Windows-1251 ("donâ€™t", "РџСЂРёРІРµС‚"), made whole.

use std::borrow::Cow;

/// Puts back what was decoded wrongly, up to two layers deep; borrows when there is nothing.
pub(crate) fn repair(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut text = Cow::Borrowed(text);
    for _layer in 0..2 {
        if let Some(better) = repair_western(&text) {
            text = Cow::Owned(better);
        } else {
            break;
        }
    }
    if let Some(better) = repair_cyrillic(&text) {
        text = Cow::Owned(better);
    }
    text
}

fn repair_western(text: &str) -> Option<String> {
    // All openings of a wrong sequence (U+00C2 to U+00F4) begin with this byte.
    memchr_lead(text, 0xC3)?;
    repair_with(text, western_byte, 1)
}

/// A single sequence may be of a Ukrainian word ("Рі" opens "Різдво"); four in a row are not, and
/// where those stand the whole text was misread.
fn repair_cyrillic(text: &str) -> Option<String> {
    const SIGNS: [&str; 4] = ["Р°", "Рѕ", "Рµ", "С‚"];
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return None;
    }
    repair_with(text, cyrillic_byte, 4).and_then(|_| repair_with(text, cyrillic_byte, 1))
}

fn memchr_lead(text: &str, lead: u8) -> Option<usize> {
    text.as_bytes().iter().position(|byte| *byte == lead)
}

/// Replaces stretches of at least `least` sequences whose letters, as bytes of a code page, are
/// well-formed UTF-8.
fn repair_with(text: &str, byte_of: fn(char) -> Option<u8>, least: usize) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(ahead) = text[at..].find(is_lead) {
        at += ahead;
        let (end, sequences, whole) = stretch(&text[at..], byte_of);
        if sequences >= least {
            out.push_str(&text[copied..at]);
            out.push_str(&whole);
            at += end;
            copied = at;
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    (copied > 0).then(|| {
        out.push_str(&text[copied..]);
        out
    })
}

/// What the first byte of a two to four byte sequence (C2 to F4) is read as.
fn is_lead(letter: char) -> bool {
    matches!(letter, '\u{C2}'..='\u{F4}' | 'В'..='ф')
}

/// The longest chain of wrong sequences at the start: its bytes in `text`, how many, and repaired.
fn stretch(text: &str, byte_of: fn(char) -> Option<u8>) -> (usize, usize, String) {
    let mut end = 0;
    let mut sequences = 0;
    let mut whole = String::new();
    'sequence: while let Some(lead) = text[end..].chars().next() {
        let Some(lead_byte) = byte_of(lead) else { break };
        let length = match lead_byte {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => break,
        };
        let mut bytes = [lead_byte, 0, 0, 0];
        let mut next = end + lead.len_utf8();
        let mut letters = text[next..].chars();
        for byte in &mut bytes[1..length] {
            let follower = letters.next().and_then(|letter| Some((letter.len_utf8(), byte_of(letter)?)));
            match follower {
                Some((size, value @ 0x80..=0xBF)) => {
                    *byte = value;
                    next += size;
                }
                _ => break 'sequence,
            }
        }
        match std::str::from_utf8(&bytes[..length]) {
            Ok(letters) => whole.push_str(letters),
            Err(_) => break,
        }
        end = next;
        sequences += 1;
    }
    (end, sequences, whole)
}

/// The byte of a letter in Windows-1252; undefined bytes come through as C1 controls.
fn western_byte(letter: char) -> Option<u8> {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match letter {
        '\u{80}'..='\u{ff}' => Some(letter as u8),
        _ => HIGH.iter().position(|high| *high == letter).map(|at| 0x80 + at as u8),
    }
}

/// The byte of a letter in Windows-1251.
fn cyrillic_byte(letter: char) -> Option<u8> {
    const HIGH: [char; 64] = [
        'Ђ', 'Ѓ', '‚', 'ѓ', '„', '…', '†', '‡', '€', '‰', 'Љ', '‹', 'Њ', 'Ќ', 'Ћ', 'Џ', 'ђ', '‘', '’', '“',
        '”', '•', '–', '—', '\u{98}', '™', 'љ', '›', 'њ', 'ќ', 'ћ', 'џ', '\u{a0}', 'Ў', 'ў', 'Ј', '¤', 'Ґ',
        '¦', '§', 'Ё', '©', 'Є', '«', '¬', '\u{ad}', '®', 'Ї', '°', '±', 'І', 'і', 'ґ', 'µ', '¶', '·', 'ё',
        '№', 'є', '»', 'ј', 'Ѕ', 'ѕ', 'ї',
    ];
    match letter {
        'А'..='я' => Some((letter as u32 - 'А' as u32) as u8 + 0xC0),
        _ if letter.is_ascii() => None,
        _ => HIGH.iter().position(|high| *high == letter).map(|at| 0x80 + at as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(broken: &str, whole: &str) {
        assert_eq!(repair(broken), whole);
    }

    #[test]
    fn western_misreading_is_undone_once_and_twice() {
        check("the stateâ€™s â€œpauseâ€\u{9d}", "the state’s “pause”");
        check("MÃ¼nchen", "München");
        check("MÃƒÂ¼nchen", "München");
    }

    #[test]
    fn cyrillic_misreading_is_undone() {
        check("РџСЂРёРІРµС‚, РјРёСЂ", "Привет, мир");
    }

    #[test]
    fn sound_text_stays_as_it_is() {
        for text in ["Різдво і Рівне", "«Ради» РАДА", "São Tomé, Ålesund – naïve", "Ñandú", "外交", ""]
        {
            check(text, text);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,60}") {
            let _ = repair(&text);
        }

        #[test]
        fn letters_of_one_alphabet_never_change(text in "[а-яА-ЯіїєґІЇЄҐ ]{0,60}") {
            prop_assert_eq!(repair(&text).into_owned(), text);
        }
    }
}
