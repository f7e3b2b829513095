//! What class names and element names say of a part of a page.
//!
//! Authors of templates name parts for themselves, in a handful of languages and many spellings
//! (`articleBody`, `article-body`, `article__body`). Names are split into words for the short ones
//! (`ad`, `nav`) and squeezed into one string for the long ones, which one automaton finds.
//! The words are in `hints.txt`.

use aho_corasick::AhoCorasick;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A set of hints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints(u32);

impl Hints {
    pub(crate) const NONE: Self = Self(0);
    /// Holds the text of an article.
    pub(crate) const BODY: Self = Self(1);
    /// Holds an article with its furniture.
    pub(crate) const ARTICLE: Self = Self(1 << 1);
    /// The standfirst.
    pub(crate) const LEAD: Self = Self(1 << 2);
    /// Author, date, place.
    pub(crate) const BYLINE: Self = Self(1 << 3);
    /// Below a picture.
    pub(crate) const CAPTION: Self = Self(1 << 4);
    /// Other articles.
    pub(crate) const RELATED: Self = Self(1 << 5);
    /// Share and follow buttons.
    pub(crate) const SOCIAL: Self = Self(1 << 6);
    /// Readers' comments.
    pub(crate) const COMMENTS: Self = Self(1 << 7);
    /// Newsletters, subscriptions, advertisements, apps, donations, cookies.
    pub(crate) const PROMO: Self = Self(1 << 8);
    /// Menus, headers, footers, breadcrumbs, pagers.
    pub(crate) const NAV: Self = Self(1 << 9);
    /// Keywords of the article.
    pub(crate) const TAGS: Self = Self(1 << 10);
    /// About the author.
    pub(crate) const BIO: Self = Self(1 << 11);
    /// Not shown.
    pub(crate) const HIDDEN: Self = Self(1 << 12);
    /// Beside the article.
    pub(crate) const SIDE: Self = Self(1 << 13);
    /// A headline.
    pub(crate) const TITLE: Self = Self(1 << 14);

    /// A box of the site's software, article or not.
    pub(crate) const WIDGET: Self = Self(1 << 15);

    /// Everything that is no text of the article.
    pub(crate) const FURNITURE: Self = Self(
        Self::BYLINE.0
            | Self::CAPTION.0
            | Self::RELATED.0
            | Self::SOCIAL.0
            | Self::COMMENTS.0
            | Self::PROMO.0
            | Self::NAV.0
            | Self::TAGS.0
            | Self::BIO.0
            | Self::HIDDEN.0
            | Self::SIDE.0
            | Self::WIDGET.0,
    );

    /// Whether any hint of `other` is in the set.
    pub(crate) fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The hint of a name in `hints.txt`; none for a name that is no hint.
    fn named(name: &str) -> Self {
        match name {
            "BODY" => Self::BODY,
            "ARTICLE" => Self::ARTICLE,
            "LEAD" => Self::LEAD,
            "BYLINE" => Self::BYLINE,
            "CAPTION" => Self::CAPTION,
            "RELATED" => Self::RELATED,
            "SOCIAL" => Self::SOCIAL,
            "COMMENTS" => Self::COMMENTS,
            "PROMO" => Self::PROMO,
            "NAV" => Self::NAV,
            "TAGS" => Self::TAGS,
            "BIO" => Self::BIO,
            "HIDDEN" => Self::HIDDEN,
            "SIDE" => Self::SIDE,
            "WIDGET" => Self::WIDGET,
            "TITLE" => Self::TITLE,
            _ => Self::NONE,
        }
    }

    /// The set with those of `other`.
    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set without those of `other`.
    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// The words of `hints.txt`.
struct Words {
    /// Words that count only when they stand alone in a name.
    alone: HashMap<&'static str, Hints>,
    /// Finds the words that count anywhere in a squeezed name.
    parts: AhoCorasick,
    hints_of_parts: Vec<Hints>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut alone = HashMap::new();
    let mut parts = Vec::new();
    let mut hints_of_parts = Vec::new();
    for line in include_str!("hints.txt").lines() {
        let Some((kind, words)) = line.split_once(':').filter(|_| !line.starts_with('#')) else { continue };
        let (kind, name) = kind.split_once(' ').unwrap_or((kind, ""));
        let hint = Hints::named(name);
        for word in words.split_whitespace() {
            if kind == "word" {
                alone.insert(word, hint);
            } else {
                parts.push(word);
                hints_of_parts.push(hint);
            }
        }
    }
    #[allow(clippy::expect_used, reason = "a fixed list of short words is far below the automaton's limits")]
    let parts = AhoCorasick::new(parts).expect("a fixed list of words");
    Words { alone, parts, hints_of_parts }
});

fn of_word(word: &str) -> Hints {
    if word.len() < 2 { Hints::NONE } else { WORDS.alone.get(word).copied().unwrap_or(Hints::NONE) }
}

/// The hints of a class list, an id or a test name.
pub(crate) fn of_names(names: &str, squeezed: &mut String) -> Hints {
    let mut hints = Hints::NONE;
    for name in names.split_ascii_whitespace() {
        // Utility classes (`md:hidden`, `[&_p]:mt-2`) say how a part looks, not what it is.
        if name.contains([':', '[']) {
            continue;
        }
        squeezed.clear();
        let mut word_start = 0;
        let mut last_lower = false;
        for byte in name.bytes() {
            let starts = !byte.is_ascii_alphanumeric() || byte.is_ascii_uppercase() && last_lower;
            if starts {
                hints = hints.with(of_word(squeezed.get(word_start..).unwrap_or_default()));
                word_start = squeezed.len();
            }
            last_lower = byte.is_ascii_lowercase() || byte.is_ascii_digit();
            if byte.is_ascii_alphanumeric() {
                squeezed.push(char::from(byte.to_ascii_lowercase()));
            }
        }
        hints = hints.with(of_word(squeezed.get(word_start..).unwrap_or_default()));
        if squeezed.len() >= 5 {
            for found in WORDS.parts.find_overlapping_iter(squeezed.as_str()) {
                hints = hints.with(WORDS.hints_of_parts[found.pattern().as_usize()]);
            }
        }
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &str, want: Hints) {
        assert_eq!(of_names(names, &mut String::new()), want, "{names}");
    }

    #[test]
    fn spellings_of_one_name_mean_the_same() {
        for name in ["article-body", "article__body", "c-articleBody"] {
            assert!(of_names(name, &mut String::new()).any(Hints::BODY), "{name}");
        }
    }

    #[test]
    fn short_words_count_only_when_they_stand_alone() {
        check("ad", Hints::PROMO);
        check("heading-ad", Hints::PROMO.with(Hints::TITLE));
        check("shadow gradient", Hints::NONE);
        check("navy", Hints::NONE);
    }

    #[test]
    fn every_line_of_the_list_names_a_hint() {
        for line in include_str!("hints.txt").lines().filter(|line| line.starts_with(['w', 'p'])) {
            let (kind, _) = line.split_once(':').expect(line);
            let (kind, name) = kind.split_once(' ').expect(line);
            assert!(matches!(kind, "word" | "part") && Hints::named(name) != Hints::NONE, "{line}");
        }
    }

    #[test]
    fn utility_classes_say_nothing() {
        check("md:hidden lg:ad", Hints::NONE);
    }
}
