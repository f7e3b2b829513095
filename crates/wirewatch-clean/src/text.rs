//! Text hygiene shared by body and metadata.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use wirewatch_model::BlockHash;
use xxhash_rust::xxh3::xxh3_64;

/// Appends text with runs of white space as one space; invisible and control characters go.
///
/// A line break in `out` before the text counts as white space, so that pieces join well.
pub(crate) fn push_collapsed(out: &mut String, text: &str) {
    let mut pending = false;
    for letter in text.chars() {
        if letter.is_whitespace() || letter == '\u{2060}' && out.is_empty() {
            pending = true;
        } else if !is_invisible(letter) {
            if pending && !out.is_empty() && !out.ends_with([' ', '\n']) {
                out.push(' ');
            }
            pending = false;
            out.push(letter);
        }
    }
    if pending && !out.is_empty() && !out.ends_with([' ', '\n']) {
        out.push(' ');
    }
}

/// Text on one line: white space collapsed, invisible characters out, NFC.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_collapsed(&mut out, text);
    out.truncate(out.trim_end().len());
    nfc(out)
}

/// The text in NFC; costs a copy only when it is not.
pub(crate) fn nfc(text: String) -> String {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes { text } else { text.nfc().collect() }
}

/// Controls, soft hyphens, zero-width and bidirectional marks. The zero-width joiners stay: scripts
/// of South Asia and emoji need them.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFC}')
}

/// Visible weight of a text: letters and signs without white space, those of dense scripts three
/// times, since one of them says as much as three Latin ones.
pub(crate) fn weight(text: &str) -> u32 {
    let mut weight = 0u32;
    for letter in text.chars() {
        weight += match letter {
            letter if letter.is_whitespace() => 0,
            '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' => 3,
            _ => 1,
        };
    }
    weight
}

/// Whether a text has the end of a sentence in any script.
pub(crate) fn ends_sentence(text: &str) -> bool {
    let text = text.trim_end_matches(['"', '\'', '”', '’', '»', '“', ')', ']', '」', '』', '）', ' ', '\n']);
    text.ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '۔', '।', ':', ';'])
}

/// Letters and digits in lower case, for comparing texts whatever their typography.
pub(crate) fn folded(text: &str) -> String {
    if text.is_ascii() {
        let bytes = text.bytes().filter(u8::is_ascii_alphanumeric);
        return bytes.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    }
    text.nfkc().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect()
}

/// Hash of a block's letters and digits, the same for blocks that differ in typography only.
/// `None` for a block without letters.
pub(crate) fn block_hash(text: &str) -> Option<BlockHash> {
    let mut letters = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() {
            if letter.is_ascii_alphanumeric() {
                letters.push(letter.to_ascii_lowercase());
            }
        } else if letter.is_alphanumeric() {
            letters.extend(letter.to_lowercase());
        }
    }
    (!letters.is_empty()).then(|| BlockHash(xxh3_64(letters.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_collapsed_and_invisible_characters_go() {
        assert_eq!(one_line("  Ge\u{AD}neva\u{A0} \n talks\u{200B}\u{202E} "), "Geneva talks");
    }

    #[test]
    fn pieces_of_a_paragraph_join_with_their_spaces() {
        let mut out = String::new();
        for piece in ["Talks ", "in", " Geneva", "."] {
            push_collapsed(&mut out, piece);
        }
        assert_eq!(out, "Talks in Geneva.");
    }

    #[test]
    fn combining_marks_are_composed() {
        assert_eq!(one_line("Ки\u{438}\u{306}"), "Ки\u{439}");
    }

    #[test]
    fn typography_does_not_change_a_block() {
        assert_eq!(block_hash("“Share this!”"), block_hash("share  this"));
        assert_eq!(block_hash(" – "), None);
    }
}
