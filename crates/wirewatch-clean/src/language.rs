//! The language of a text: letters first where they decide, the page's declaration where the text
//! agrees, trigrams where neither does.

/// How much of a text is looked at, in characters.
const SAMPLE: usize = 1_500;

/// Letters counted in a sample.
#[derive(Default)]
struct Letters {
    latin: u32,
    cyrillic: u32,
    other: u32,
    ukrainian: u32,
    russian: u32,
    belarusian: u32,
    serbian: u32,
    hard_sign: u32,
}

/// BCP 47 code of a text; `declared` is what the page says of itself.
///
/// Templates often declare the language of the site's front page (or of the software), so that a
/// declaration holds only when the script agrees and nothing surer speaks against it.
pub(crate) fn of_text(text: &str, declared: Option<&str>) -> Option<String> {
    let declared = declared.and_then(primary);
    let letters = count(text);
    let total = letters.latin + letters.cyrillic + letters.other;
    if total < 20 {
        return declared;
    }
    if letters.cyrillic * 2 > total {
        return cyrillic(&letters, text, declared);
    }
    let declared = declared.filter(|code| !written_in_cyrillic(code));
    let sample = &text[..text.char_indices().nth(SAMPLE).map_or(text.len(), |(at, _)| at)];
    if let Some(code) = declared.as_deref()
        && has_function_words(sample, code)
    {
        return declared;
    }
    match whatlang::detect(sample) {
        Some(info) if info.is_reliable() && total > 200 => Some(code_of(info.lang())).or(declared),
        Some(info) => declared.or_else(|| Some(code_of(info.lang()))),
        None => declared,
    }
}

/// Commonest words of the languages most pages are in, those the languages do not share.
const FUNCTION_WORDS: &[(&str, &[&str])] = &[
    ("en", &["the", "and", "of", "to", "that", "was", "with", "for", "is", "by", "his", "has"]),
    ("de", &["der", "die", "und", "das", "nicht", "von", "mit", "ist", "dem", "ein", "eine", "auch", "sich"]),
    ("fr", &["les", "des", "est", "dans", "une", "pour", "qui", "sur", "pas", "avec", "ont", "du", "et"]),
    ("es", &["el", "los", "las", "una", "por", "con", "del", "para", "como", "su", "más", "y"]),
    ("it", &["il", "della", "di", "che", "per", "gli", "con", "sono", "del", "nel", "alla", "è"]),
    ("pt", &["o", "os", "uma", "para", "com", "não", "do", "da", "dos", "em", "ao", "são"]),
    ("pl", &["w", "na", "się", "nie", "jest", "że", "do", "z", "oraz", "przez", "jak", "po"]),
    ("nl", &["het", "een", "van", "niet", "op", "zijn", "voor", "met", "aan", "ook", "maar", "de"]),
];

/// Whether a declared language is borne out by its commonest words; saves the trigrams.
fn has_function_words(sample: &str, code: &str) -> bool {
    let Some((_, function_words)) = FUNCTION_WORDS.iter().find(|(known, _)| *known == code) else {
        return false;
    };
    let mut words = 0;
    let mut found = 0;
    for word in sample.split_whitespace().take(250) {
        words += 1;
        found += usize::from(function_words.iter().any(|function| word.eq_ignore_ascii_case(function)));
    }
    words >= 20 && found * 100 >= words * 14
}

fn count(text: &str) -> Letters {
    let mut letters = Letters::default();
    for letter in text.chars().take(SAMPLE) {
        match letter {
            'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' | 'Ґ' => {
                letters.cyrillic += 1;
                letters.ukrainian += 1;
                // Belarusian has the first of them too; its own letter tells it apart.
            }
            'ў' | 'Ў' => {
                letters.cyrillic += 1;
                letters.belarusian += 1;
            }
            'ы' | 'э' | 'ё' | 'Ы' | 'Э' | 'Ё' => {
                letters.cyrillic += 1;
                letters.russian += 1;
            }
            'ъ' | 'Ъ' => {
                letters.cyrillic += 1;
                letters.hard_sign += 1;
            }
            'ђ' | 'ј' | 'љ' | 'њ' | 'ћ' | 'џ' | 'Ђ' | 'Ј' | 'Љ' | 'Њ' | 'Ћ' | 'Џ' => {
                letters.cyrillic += 1;
                letters.serbian += 1;
            }
            '\u{400}'..='\u{4FF}' => letters.cyrillic += 1,
            letter if letter.is_ascii_alphabetic() || matches!(letter, '\u{C0}'..='\u{24F}') => {
                letters.latin += 1;
            }
            letter if letter.is_alphabetic() => letters.other += 1,
            _ => {}
        }
    }
    letters
}

fn cyrillic(letters: &Letters, text: &str, declared: Option<String>) -> Option<String> {
    let share = |count: u32| count as f32 / letters.cyrillic as f32;
    let code = if letters.belarusian > 0 && share(letters.belarusian) > 0.003 {
        "be"
    } else if share(letters.serbian) > 0.01 {
        if text.contains(['ѓ', 'ќ', 'ѕ']) { "mk" } else { "sr" }
    } else if letters.ukrainian > letters.russian && share(letters.ukrainian) > 0.01 {
        "uk"
    } else if letters.russian > letters.ukrainian && share(letters.russian) > 0.005 {
        "ru"
    } else if share(letters.hard_sign) > 0.005 {
        "bg"
    } else {
        return declared.filter(|code| written_in_cyrillic(code)).or_else(|| {
            let lang = whatlang::detect_lang(text)?;
            Some(code_of(lang))
        });
    };
    Some(code.to_owned())
}

fn written_in_cyrillic(code: &str) -> bool {
    matches!(code, "uk" | "ru" | "be" | "bg" | "sr" | "mk" | "kk" | "ky" | "mn" | "tg")
}

/// The language of a declaration such as `en-GB`, `uk_UA` or `ua`.
fn primary(declared: &str) -> Option<String> {
    let code = declared.trim().split(['-', '_', ',', ' ']).next()?.to_ascii_lowercase();
    let code = match code.as_str() {
        "ua" => "uk",
        "eng" | "english" => "en",
        "jp" => "ja",
        "cz" => "cs",
        "gr" => "el",
        "iw" => "he",
        "no" | "nn" => "nb",
        code => code,
    };
    ((2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase()))
        .then(|| code.to_owned())
}

/// BCP 47 of whatlang's ISO 639-3.
fn code_of(lang: whatlang::Lang) -> String {
    use whatlang::Lang as L;
    let short = match lang {
        L::Eng => "en",
        L::Rus => "ru",
        L::Ukr => "uk",
        L::Bel => "be",
        L::Deu => "de",
        L::Fra => "fr",
        L::Pol => "pl",
        L::Spa => "es",
        L::Ita => "it",
        L::Por => "pt",
        L::Nld => "nl",
        L::Cmn => "zh",
        L::Jpn => "ja",
        L::Kor => "ko",
        L::Ara => "ar",
        L::Pes => "fa",
        L::Heb => "he",
        L::Hin => "hi",
        L::Ben => "bn",
        L::Tur => "tr",
        L::Ell => "el",
        L::Bul => "bg",
        L::Srp => "sr",
        L::Mkd => "mk",
        L::Ces => "cs",
        L::Slk => "sk",
        L::Slv => "sl",
        L::Hrv => "hr",
        L::Hun => "hu",
        L::Ron => "ro",
        L::Swe => "sv",
        L::Dan => "da",
        L::Nob => "nb",
        L::Fin => "fi",
        L::Est => "et",
        L::Lav => "lv",
        L::Lit => "lt",
        L::Kat => "ka",
        L::Hye => "hy",
        L::Aze => "az",
        L::Tam => "ta",
        L::Tel => "te",
        L::Urd => "ur",
        L::Mar => "mr",
        L::Guj => "gu",
        L::Tha => "th",
        L::Vie => "vi",
        L::Ind => "id",
        L::Cat => "ca",
        L::Lat => "la",
        L::Afr => "af",
        other => return other.code().to_owned(),
    };
    short.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, declared: Option<&str>, want: &str) {
        assert_eq!(of_text(text, declared).as_deref(), Some(want), "{text}");
    }

    #[test]
    fn letters_tell_the_cyrillic_languages_apart() {
        check("Переговори у Женеві тривали цілий день, її зустріли біля будівлі.", Some("ru"), "uk");
        check("Переговоры в Женеве продолжались весь день, это были трудные часы.", Some("uk"), "ru");
        check("Перамовы ў Жэневе доўжыліся ўвесь дзень, і гэта быў цяжкі дзень.", None, "be");
        check(
            "Преговорите в Женева продължиха цял ден и бяха трудни, според българския външен министър.",
            None,
            "bg",
        );
        check(
            "Преговори у Женеви трајали су цео дан и били су тешки, каже министар спољних послова.",
            None,
            "sr",
        );
    }

    #[test]
    fn a_declaration_must_fit_the_script() {
        check("The talks in Geneva went on for the whole day and ended without result.", Some("uk-UA"), "en");
        check("Talks resumed in Geneva.", Some("en-GB"), "en");
    }

    #[test]
    fn a_wrong_declaration_of_a_long_text_is_corrected() {
        let text =
            "Die Gespräche in Genf dauerten den ganzen Tag und endeten am Abend ohne Ergebnis. ".repeat(6);
        check(&text, Some("en"), "de");
    }

    #[test]
    fn nothing_is_said_of_next_to_nothing() {
        assert_eq!(of_text("…", None), None);
        check("OK", Some("ua"), "uk");
    }
}
