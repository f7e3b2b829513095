//! What is kept of a text to compare it: its words line by line, and views of it without the lines
//! that are stock.

use crate::fold::{FIGURE, NAME, Word, clean_letters, is_dense_script, words};

/// More words than this are not compared: the longest reports of the press have a fifth of it.
const MAX_WORDS: usize = 20_000;

/// A line of a text: a range of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) hash: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The paragraph (counted from 0, parted by blank lines) it stands in.
    pub(crate) paragraph: u32,
}

impl Line {
    pub(crate) fn words(&self) -> usize {
        (self.end - self.start) as usize
    }
}

/// A text as words, with its lines and title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Features {
    pub(crate) words: Vec<Word>,
    pub(crate) lines: Vec<Line>,
    /// Hashes of the words of the title, sorted, each once.
    pub(crate) title: Vec<u32>,
    /// Hash of all words, the dateline's too; `None` for a text without a word.
    pub(crate) key: Option<u64>,
    /// Words in a shingle: more where a word is a single letter.
    pub(crate) width: usize,
}

impl Features {
    pub(crate) fn new(title: &str, text: &str) -> Self {
        let text = clean_letters(text);
        let mut all = Vec::with_capacity(text.len() / 6);
        let mut lines = Vec::new();
        let mut key = 0;
        let mut paragraph = 0;
        let mut paragraph_is_empty = true;
        for line in text.lines() {
            if line.trim().is_empty() {
                paragraph += u32::from(!paragraph_is_empty);
                paragraph_is_empty = true;
                continue;
            }
            paragraph_is_empty = false;
            let (dateline, line) = if lines.is_empty() { split_dateline(line) } else { ("", line) };
            words(dateline, |word| key = mix(key ^ u64::from(word.hash)));
            let start = all.len();
            words(line, |word| all.push(word));
            if all.len() > start {
                let hash = line_hash(&all[start..]);
                key = all[start..].iter().fold(key, |key, word| mix(key ^ u64::from(word.hash)));
                lines.push(Line { hash, start: start as u32, end: all.len() as u32, paragraph });
            }
            if all.len() >= MAX_WORDS {
                break;
            }
        }
        let key = (!all.is_empty()).then_some(key);
        Self { width: shingle_width(&text), key, words: all, lines, title: title_words(title) }
    }

    /// The text without the lines for which `is_stock` says so.
    pub(crate) fn view(&self, mut is_stock: impl FnMut(&Line) -> bool) -> View {
        let mut kept = Vec::with_capacity(self.words.len());
        let mut dropped = 0;
        for line in &self.lines {
            if is_stock(line) {
                dropped += 1;
            } else {
                kept.extend_from_slice(&self.words[line.start as usize..line.end as usize]);
            }
        }
        // A text of nothing but stock lines is all there is to compare.
        if kept.len() < MIN_VIEW_WORDS && dropped > 0 {
            kept.clone_from(&self.words);
        }
        View::new(kept, self.width)
    }
}

const MIN_VIEW_WORDS: usize = 6;

fn line_hash(words: &[Word]) -> u32 {
    words.iter().fold(0x9E37_79B9_7F4A_7C15u64, |hash, word| mix(hash ^ u64::from(word.hash))) as u32
}

fn title_words(title: &str) -> Vec<u32> {
    let mut all = Vec::new();
    words(&clean_letters(title), |word| all.push(word.hash));
    all.sort_unstable();
    all.dedup();
    all
}

/// Three words, or five letters where more than a fifth of the letters set no spaces.
fn shingle_width(text: &str) -> usize {
    if text.is_ascii() {
        return 3;
    }
    let sample = text.chars().filter(|letter| letter.is_alphabetic()).take(2_000);
    let (dense, all) =
        sample.fold((0, 0), |(dense, all), letter| (dense + usize::from(is_dense_script(letter)), all + 1));
    if dense * 5 > all { 5 } else { 3 }
}

/// "GENEVA, Jan 10 (Agency) — Talks" is cut before "Talks": place, day and agency differ between
/// copies of one dispatch.
fn split_dateline(line: &str) -> (&str, &str) {
    const LONGEST: usize = 70;
    let head_end = line.char_indices().nth(LONGEST).map_or(line.len(), |(at, _)| at);
    let head = &line[..head_end];
    let Some((at, dash)) = head.char_indices().find(|(at, letter)| {
        matches!(letter, '-' | '–' | '—' | '―' | '−')
            && head[..*at].ends_with([' ', ')', '.', '\u{a0}'])
            && head[at + letter.len_utf8()..].starts_with([' ', '\u{a0}'])
    }) else {
        return ("", line);
    };
    let before = head[..at].trim();
    let first = before.split([' ', ',', '\u{a0}']).next().unwrap_or_default();
    let shouts = first.chars().filter(|letter| letter.is_alphabetic()).count() >= 3
        && !first.chars().any(char::is_lowercase);
    let credits = before.ends_with(')') && before.contains('(');
    if (shouts || credits) && before.split_whitespace().count() <= 9 {
        line.split_at(at + dash.len_utf8())
    } else {
        ("", line)
    }
}

/// A text ready for comparison: words, and their shingles sorted by hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) words: Vec<Word>,
    /// Hash and place of every shingle, sorted.
    pub(crate) shingles: Vec<(u64, u32)>,
    pub(crate) width: usize,
    /// Hashes of the words with a digit, sorted, each once.
    pub(crate) figures: Vec<u32>,
    /// Hashes of capitalised words, sorted, each once.
    pub(crate) names: Vec<u32>,
    /// Hashes of all words, sorted, each once.
    pub(crate) vocabulary: Vec<u32>,
}

impl View {
    fn new(words: Vec<Word>, width: usize) -> Self {
        let mut shingles: Vec<(u64, u32)> = words
            .windows(width)
            .enumerate()
            .map(|(place, run)| {
                (run.iter().fold(0, |hash, word| mix(hash ^ u64::from(word.hash))), place as u32)
            })
            .collect();
        shingles.sort_unstable();
        let figures = distinct(words.iter().filter(|word| word.kind & FIGURE != 0));
        let names = distinct(words.iter().filter(|word| word.kind & (NAME | FIGURE) == NAME));
        let vocabulary = distinct(words.iter());
        Self { words, shingles, width, figures, names, vocabulary }
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }
}

fn distinct<'a>(words: impl Iterator<Item = &'a Word>) -> Vec<u32> {
    let mut all: Vec<u32> = words.map(|word| word.hash).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A bijective mixer (the finaliser of SplitMix64, Steele et al. 2014).
pub(crate) fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_dateline(line: &str, rest: &str) {
        assert_eq!(split_dateline(line).1.trim(), rest);
    }

    #[test]
    fn datelines_are_cut_off() {
        check_dateline("GENEVA, Jan 10 (Agency) — Talks resumed", "Talks resumed");
        check_dateline("КИЇВ – Перемовини тривають", "Перемовини тривають");
        check_dateline("Moscow (Agency) - Talks resumed", "Talks resumed");
    }

    #[test]
    fn sentences_with_a_dash_are_no_datelines() {
        for line in ["The talks – the third this week – resumed", "A well-known plan", "US - what now", ""]
        {
            check_dateline(line, line);
        }
    }

    #[test]
    fn the_dateline_still_counts_for_the_exact_text() {
        let (one, other) = ("GENEVA (A) — Talks resumed", "VIENNA (B) — Talks resumed");
        assert_eq!(Features::new("", one).words, Features::new("", other).words);
        assert_ne!(Features::new("", one).key, Features::new("", other).key);
    }

    #[test]
    fn paragraphs_are_counted_as_the_text_parts_them() {
        let features = Features::new("", "one line\nsecond line\n\n\n \nnext paragraph\n\n—\n\nthe fourth");
        let paragraphs: Vec<u32> = features.lines.iter().map(|line| line.paragraph).collect();
        assert_eq!(paragraphs, [0, 0, 1, 3]);
    }

    #[test]
    fn a_text_of_stock_lines_alone_is_compared_whole() {
        let features = Features::new("", "Share this page\n\nAll rights are reserved");
        assert_eq!(features.view(|_| true).len(), features.words.len());
        assert_eq!(features.view(|line| line.paragraph == 0).len(), 7);
    }

    #[test]
    fn dense_scripts_get_longer_shingles() {
        assert_eq!(Features::new("", "外交交渉が再開された").width, 5);
        assert_eq!(Features::new("", "Переговори поновилися").width, 3);
    }
}
