//! Which language a text is in, when nobody said.

use whatlang::{Detector, Lang};

/// The languages the rules are written in (BCP 47).
pub(crate) const LANGUAGES: [&str; 7] = ["en", "uk", "ru", "de", "fr", "pl", "es"];

/// Letters read for a judgement: trigram statistics are steady from a few hundred on, and reading
/// more would cost more than the rest of the tagging.
const SAMPLE_LETTERS: usize = 480;

/// The language of an article, or `None` when the text is too short or too mixed to tell.
///
/// Ukrainian and Russian are told apart by the letters only one of them has (`іїєґ` against `ыэъё`),
/// which is steadier than statistics on short texts full of the same names.
pub(crate) fn detect(title: &str, text: &str) -> Option<&'static str> {
    let sample: String = title.chars().chain([' ']).chain(text.chars()).take(SAMPLE_LETTERS).collect();
    let (mut cyrillic, mut letters, mut ukrainian, mut russian) = (0_u32, 0_u32, 0_u32, 0_u32);
    for letter in sample.chars().filter(|letter| letter.is_alphabetic()) {
        letters += 1;
        cyrillic += u32::from(matches!(letter, '\u{400}'..='\u{4ff}'));
        match letter {
            'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' | 'Ґ' => ukrainian += 1,
            'ы' | 'э' | 'ъ' | 'ё' | 'Ы' | 'Э' | 'Ъ' | 'Ё' => russian += 1,
            _ => {}
        }
    }
    if letters < 12 {
        return None;
    }
    // Belarusian has both sets of letters, Bulgarian and Serbian neither: those are left to statistics.
    if cyrillic * 2 > letters && (ukrainian >= 3 * russian.max(1) || (russian > 0 && ukrainian == 0)) {
        return Some(if ukrainian > russian { "uk" } else { "ru" });
    }
    if let Some(language) = by_function_words(&sample) {
        return Some(language);
    }
    let info = Detector::new().detect(&sample)?;
    if info.confidence() < 0.2 {
        return None;
    }
    code(info.lang())
}

/// Frequent function words that few other languages share.
const FUNCTION_WORDS: [(&str, [&str; 14]); 5] = [
    ("en", ["the", "of", "and", "to", "that", "is", "was", "for", "with", "on", "by", "his", "has", "from"]),
    (
        "de",
        ["der", "die", "und", "das", "den", "ist", "mit", "von", "für", "nicht", "auf", "dem", "ein", "im"],
    ),
    ("fr", ["le", "les", "des", "et", "est", "dans", "une", "qui", "pour", "du", "au", "sur", "pas", "ce"]),
    ("pl", ["w", "i", "na", "z", "się", "że", "nie", "jest", "do", "przez", "oraz", "po", "to", "od"]),
    ("es", ["el", "los", "las", "y", "que", "del", "en", "una", "por", "con", "para", "su", "es", "al"]),
];

/// A verdict from function words alone, when it is clear: at least five, and thrice as many as any other
/// language has. It spares most articles the statistics over all letter groups.
fn by_function_words(sample: &str) -> Option<&'static str> {
    let mut counts = [0_u32; FUNCTION_WORDS.len()];
    for word in sample.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()) {
        for (count, (_, words)) in counts.iter_mut().zip(&FUNCTION_WORDS) {
            *count += u32::from(words.contains(&word));
        }
    }
    let (best, most) = counts.iter().enumerate().max_by_key(|(_, count)| **count)?;
    let clear = counts.iter().enumerate().all(|(other, count)| other == best || count * 3 <= *most);
    (*most >= 5 && clear).then_some(FUNCTION_WORDS[best].0)
}

/// The two-letter code of the languages a feed of this story may come in.
fn code(language: Lang) -> Option<&'static str> {
    Some(match language {
        Lang::Eng => "en",
        Lang::Ukr => "uk",
        Lang::Rus => "ru",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Pol => "pl",
        Lang::Spa => "es",
        Lang::Ita => "it",
        Lang::Por => "pt",
        Lang::Nld => "nl",
        Lang::Swe => "sv",
        Lang::Dan => "da",
        Lang::Nob => "nb",
        Lang::Fin => "fi",
        Lang::Ces => "cs",
        Lang::Slk => "sk",
        Lang::Ron => "ro",
        Lang::Hun => "hu",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Srp => "sr",
        Lang::Hrv => "hr",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tur => "tr",
        Lang::Ell => "el",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_languages_of_the_story_apart() {
        for (text, want) in [
            ("The delegations met behind closed doors and agreed to meet again in the spring.", "en"),
            ("Делегації зустрілися за зачиненими дверима й домовилися зустрітися навесні.", "uk"),
            ("Делегации встретились за закрытыми дверями и договорились о новой встрече.", "ru"),
            (
                "Die Delegationen trafen sich hinter verschlossenen Türen und wollen im Frühjahr weiterreden.",
                "de",
            ),
            ("Les délégations se sont réunies à huis clos et se retrouveront au printemps.", "fr"),
            ("Delegacje spotkały się za zamkniętymi drzwiami i wrócą do rozmów na wiosnę.", "pl"),
            ("Las delegaciones se reunieron a puerta cerrada y volverán a verse en primavera.", "es"),
        ] {
            assert_eq!(detect("", text), Some(want), "{text}");
        }
    }

    #[test]
    fn says_nothing_of_what_it_cannot_read() {
        assert_eq!(detect("", ""), None);
        assert_eq!(detect("12:30", "14:45, 15:00"), None);
    }
}
