//! The key that tells one revision of an article from the next.

use crate::fold::{FIGURE, clean_letters, words};
use xxhash_rust::xxh3::Xxh3;

/// Hash of what a reader would call the text: its words line by line, without white space,
/// typography, letter case, lines of counters ("1,234 views", "12 comments") and lines that only
/// say when ("Updated: 10 January, 14:05").
pub fn revision_key(title: &str, text: &str) -> u128 {
    let mut hasher = Xxh3::new();
    let mut line_words = Vec::new();
    for (number, line) in std::iter::once(title).chain(text.lines()).enumerate() {
        let line = clean_letters(line);
        if number > 0 && is_counter_or_clock(&line) {
            continue;
        }
        line_words.clear();
        words(&line, |word| line_words.push(word.hash));
        for hash in &line_words {
            hasher.update(&hash.to_le_bytes());
        }
        if number == 0 {
            // So that words moving between title and text make another key.
            hasher.update(&[0xFF]);
        }
    }
    hasher.digest128()
}

/// Beginnings of words that name what is counted, in the languages of the feeds.
const COUNTED: &[&str] = &[
    "view",
    "comment",
    "share",
    "like",
    "read",
    "min",
    "hour",
    "day",
    "repl",
    "react",
    "ago",
    "sec",
    "follower",
    "просмотр",
    "перегляд",
    "коментар",
    "комментар",
    "поділ",
    "подел",
    "читать",
    "читати",
    "хв",
    "мин",
    "час",
    "годин",
    "назад",
    "тому",
    "aufruf",
    "kommentar",
    "minute",
    "stunde",
    "vor",
    "gelesen",
    "vue",
    "partage",
    "lecture",
    "il",
    "heure",
    "wyświetl",
    "komentarz",
    "udostępn",
    "godzin",
    "temu",
    "vista",
    "comentario",
    "hace",
    "hora",
    "lectura",
    "visualiz",
    "condivis",
];

/// Beginnings of words that open a line about when a text was changed or put out.
const CLOCK: &[&str] = &[
    "updat",
    "modif",
    "publish",
    "posted",
    "оновл",
    "обновл",
    "опубл",
    "измен",
    "змінен",
    "aktual",
    "veröff",
    "stand",
    "publi",
    "mis",
    "actual",
    "aggiorn",
    "last",
    "zuletzt",
    "востаннє",
    "последн",
    "dernière",
    "ostatni",
    "última",
];

const LONGEST_CLOCK_LINE: usize = 14;
const LONGEST_COUNTER_LINE: usize = 8;

fn is_counter_or_clock(line: &str) -> bool {
    if line.len() > 160 {
        return false;
    }
    let mut figures = 0;
    let mut all = 0;
    words(line, |word| {
        all += 1;
        figures += usize::from(word.kind & FIGURE != 0);
    });
    if all == 0 || figures == 0 || all > LONGEST_CLOCK_LINE {
        return false;
    }
    let low = line.to_lowercase();
    let spelt = || low.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty());
    let begins = |word: &str, list: &[&str]| list.iter().any(|beginning| word.starts_with(beginning));
    let names_a_clock = has_clock(&low) || has_year(&low);
    if names_a_clock && spelt().take(2).any(|word| begins(word, CLOCK)) {
        return true;
    }
    if all > LONGEST_COUNTER_LINE {
        return false;
    }
    let counted = spelt().filter(|word| begins(word, COUNTED)).count();
    let other = spelt().count() - counted;
    (counted > 0 && other <= 1) || (has_clock(&low) && other <= 3)
}

/// "14:05"
fn has_clock(line: &str) -> bool {
    line.as_bytes().windows(4).any(|four| {
        four[0].is_ascii_digit() && four[1] == b':' && four[2].is_ascii_digit() && four[3].is_ascii_digit()
    })
}

/// "2022"
fn has_year(line: &str) -> bool {
    line.split(|letter: char| !letter.is_ascii_digit())
        .any(|digits| digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "Talks resumed in Geneva on 10 January.\n\nNo date was set for the next round.";

    #[track_caller]
    fn check_same(text: &str) {
        assert_eq!(revision_key("Talks resume", TEXT), revision_key("Talks resume", text), "{text}");
    }

    #[track_caller]
    fn check_other(text: &str) {
        assert_ne!(revision_key("Talks resume", TEXT), revision_key("Talks resume", text), "{text}");
    }

    #[test]
    fn white_space_and_typography_make_no_revision() {
        check_same("Talks resumed in Geneva on 10\u{a0}January.\nNo date was set — for the “next” round.  ");
    }

    #[test]
    fn counters_and_clock_lines_make_no_revision() {
        for line in [
            "1,234 views",
            "Comments (12)",
            "3 min read",
            "5 hours ago",
            "Updated: 10 January 2022, 14:05 GMT",
            "Last updated at 14:05",
            "Оновлено 10.01.2022, 14:05",
            "Обновлено: 14:05",
            "Просмотров: 4500",
            "Переглядів 87",
            "Aktualisiert am 10.01.2022 um 14:05 Uhr",
            "14:05, 10 January 2022",
        ] {
            check_same(&format!("{line}\n\n{TEXT}\n\n{line}"));
        }
    }

    #[test]
    fn changed_words_and_figures_make_a_revision() {
        check_other("Talks resumed in Geneva on 11 January.\n\nNo date was set for the next round.");
        check_other("Talks resumed in Geneva on 10 January.");
        check_other(&format!("{TEXT}\n\nThe ministry received 1,000 comments on the draft treaty."));
        assert_ne!(revision_key("Talks resume", TEXT), revision_key("Talks collapse", TEXT));
    }

    proptest! {
        #[test]
        fn nothing_panics(title in "\\PC{0,30}", text in "[\\PC\n]{0,120}") {
            let _ = revision_key(&title, &text);
        }
    }
}
