//! The text cut out of a page, with its metadata.

use crate::Stamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use xxhash_rust::xxh3::Xxh3;

/// Where the text of an article came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Cut out of the page's markup.
    Page,
    /// The page's own structured data (`articleBody`), which agreed with the page.
    StructuredData,
    /// The content the feed carried (80 words or more).
    FeedContent,
    /// Title and summary of the feed.
    FeedSummary,
}

impl Method {
    /// The name as it stands in tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::StructuredData => "structured-data",
            Self::FeedContent => "feed-content",
            Self::FeedSummary => "feed-summary",
        }
    }

    /// Whether the text is the feed's, not the page's.
    pub fn is_from_feed(self) -> bool {
        matches!(self, Self::FeedContent | Self::FeedSummary)
    }
}

/// An article as its page tells it: text and metadata, nothing judged yet.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct CleanArticle {
    /// The address that answered, after redirects; the entry's own when there was no page.
    pub url: String,
    /// The address the page declares as canonical, absolute, as declared. A claim, not an identity.
    pub canonical_url: Option<String>,
    /// The headline, without the site's name.
    pub title: String,
    /// People (or an agency's desk), not the site.
    pub authors: Vec<String>,
    /// The site's name as the page gives it.
    pub publisher: Option<String>,
    /// When it was first published, by its own word.
    pub published: Option<Stamp>,
    /// When it was last changed, by its own word.
    pub modified: Option<Stamp>,
    /// BCP 47 code: declared by the page or read from the text.
    pub language: Option<String>,
    /// The section or rubric.
    pub section: Option<String>,
    /// The page's own keywords.
    pub keywords: Vec<String>,
    /// The lead picture's address.
    pub image: Option<String>,
    /// Paragraphs joined by one blank line; no markup.
    pub text: String,
    /// Where the text came from.
    pub method: Method,
}

impl CleanArticle {
    /// The paragraphs of the text.
    pub fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty())
    }
}

impl fmt::Debug for CleanArticle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CleanArticle")
            .field("url", &self.url)
            .field("method", &self.method)
            .field("text_bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// Words of a text: runs of letters and digits. Scripts without spaces count two letters as a word.
pub fn word_count(text: &str) -> u32 {
    let mut words = 0;
    let mut dense = 0;
    let mut inside = false;
    for letter in text.chars() {
        if is_dense_script(letter) {
            dense += 1;
            inside = false;
        } else if letter.is_alphanumeric() {
            words += u32::from(!inside);
            inside = true;
        } else if !matches!(letter, '\'' | '’' | '-') {
            inside = false;
        }
    }
    words + dense / 2
}

/// Chinese, Japanese and Thai letters, whose words are not set apart by spaces.
fn is_dense_script(letter: char) -> bool {
    matches!(letter, '\u{0E00}'..='\u{0E7F}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

/// Hash of a text's letters and digits alone (128-bit XXH3 over NFKC lower case): two texts that
/// differ only in white space, punctuation, quotes or invisible characters have the same.
///
/// `None` for a text without a letter or digit, which is equal to nothing.
pub fn text_hash(text: &str) -> Option<u128> {
    let mut letters = LetterHasher::default();
    // Almost every text is NFKC already; normalising it letter by letter would be most of the cost.
    match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => text.chars().for_each(|letter| letters.add(letter)),
        IsNormalized::No | IsNormalized::Maybe => text.nfkc().for_each(|letter| letters.add(letter)),
    }
    letters.finish()
}

/// Feeds letters and digits in lower case to the hash, in runs.
struct LetterHasher {
    hasher: Xxh3,
    run: [u8; 256],
    used: usize,
    any: bool,
}

impl Default for LetterHasher {
    fn default() -> Self {
        Self { hasher: Xxh3::new(), run: [0; 256], used: 0, any: false }
    }
}

impl LetterHasher {
    fn add(&mut self, letter: char) {
        if letter.is_ascii() {
            if letter.is_ascii_alphanumeric() {
                self.push(letter.to_ascii_lowercase());
            }
        } else {
            letter
                .to_lowercase()
                .filter(|letter| letter.is_alphanumeric())
                .for_each(|letter| self.push(letter));
        }
    }

    fn push(&mut self, letter: char) {
        if self.used + 4 > self.run.len() {
            self.flush();
        }
        self.used += letter.encode_utf8(&mut self.run[self.used..]).len();
        self.any = true;
    }

    fn flush(&mut self) {
        self.hasher.update(&self.run[..self.used]);
        self.used = 0;
    }

    fn finish(mut self) -> Option<u128> {
        self.flush();
        self.any.then(|| self.hasher.digest128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typography_does_not_change_the_hash() {
        let plain = text_hash("\"Talks\" resumed - in Geneva.");
        assert_eq!(plain, text_hash("“Talks” resumed – in\u{a0}Gene\u{ad}va"));
        assert_ne!(plain, text_hash("\"Talks\" resumed in Vienna."));
    }

    #[test]
    fn a_text_without_letters_is_equal_to_nothing() {
        assert_eq!(text_hash(" … — !"), None);
        assert_eq!(text_hash(""), None);
    }

    #[test]
    fn counts_words_in_scripts_with_and_without_spaces() {
        assert_eq!(word_count("The U.S. doesn't say."), 5);
        assert_eq!(word_count("Переговори у Женеві"), 3);
        assert_eq!(word_count("外交交渉"), 2);
        assert_eq!(word_count(""), 0);
    }
}
