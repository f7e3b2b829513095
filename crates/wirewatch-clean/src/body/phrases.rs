//! Lines that are furniture by their words, in the languages of our feeds.

/// Longer blocks are read as text whatever they begin with.
const MAX_WEIGHT: u32 = 160;

/// Beginnings of furniture lines, in lower case.
const BEGINNINGS: &[&str] = &[
    // English
    "read more",
    "read also",
    "also read",
    "read next",
    "more on this",
    "more:",
    "related:",
    "related articles",
    "related stories",
    "see also",
    "click here",
    "sign up",
    "subscribe",
    "follow us",
    "follow @",
    "share this",
    "advertisement",
    "photo:",
    "image:",
    "copyright",
    "all rights reserved",
    "recommended",
    "watch:",
    "listen to",
    "download our",
    "download the",
    "join our",
    "get the latest",
    "get our",
    "like us on",
    "this article was originally",
    "image source",
    "image credit",
    "image caption",
    "photo credit",
    "story continues below",
    "article continues below",
    "continue reading",
    "scroll to continue",
    "loading",
    "please enable",
    "leave a comment",
    "post a comment",
    "view comments",
    "show comments",
    "most read",
    "trending now",
    "editor's picks",
    "skip to",
    "published:",
    "updated:",
    "last updated",
    "posted by",
    "filed under",
    "tags:",
    "topics:",
    "share on",
    "tweet this",
    "email this",
    "print this",
    "register for",
    "log in",
    "already a subscriber",
    "you may also like",
    "you might also like",
    "sponsored",
    "promoted",
    "what to read next",
    "don't miss",
    "read full",
    // Ukrainian, Russian
    "читайте також",
    "читайте також:",
    "читати також",
    "дивіться також",
    "підписуйтесь",
    "підпишіться",
    "підписуйтеся",
    "фото:",
    "поділитися",
    "якщо ви помітили помилку",
    "теги:",
    "джерело:",
    "читайте также",
    "смотрите также",
    "подписывайтесь",
    "подпишитесь",
    "поделиться",
    "если вы заметили ошибку",
    "источник фото",
    "реклама",
    "материалы по теме",
    "новости по теме",
    "нашли ошибку",
    "знайшли помилку",
    // German
    "lesen sie auch",
    "lesen sie hier",
    "lesen sie mehr",
    "mehr zum thema",
    "auch interessant",
    "weiterlesen",
    "anzeige",
    "newsletter",
    "hier geht es",
    "teilen",
    "das könnte sie auch",
    "jetzt abonnieren",
    "mehr dazu",
    "mehr lesen",
    "zum thema:",
    "lesetipp",
    // French
    "lire aussi",
    "à lire aussi",
    "a lire aussi",
    "lire la suite",
    "abonnez-vous",
    "publicité",
    "partager",
    "à voir aussi",
    "inscrivez-vous",
    "crédit photo",
    "la suite après",
    // Spanish, Portuguese, Italian
    "lea también",
    "lee también",
    "leer más",
    "le puede interesar",
    "te puede interesar",
    "suscríbete",
    "síguenos",
    "compartir",
    "publicidad",
    "también te puede",
    "más información:",
    "leia também",
    "leia mais",
    "veja também",
    "siga-nos",
    "publicidade",
    "compartilhe",
    "saiba mais",
    "leggi anche",
    "leggi tutto",
    "iscriviti",
    "condividi",
    "pubblicità",
    "potrebbe interessarti",
    "approfondisci",
    // Polish, Czech, Dutch, Scandinavian
    "czytaj też",
    "czytaj także",
    "czytaj więcej",
    "zobacz też",
    "zobacz także",
    "przeczytaj też",
    "przeczytaj także",
    "reklama",
    "udostępnij",
    "dalsza część artykułu",
    "čtěte také",
    "lees ook",
    "lees meer",
    "deel dit",
    "läs också",
    "läs även",
    "les også",
    "læs også",
    "lue myös",
];

/// Whether a block is a line of furniture.
pub(crate) fn is_furniture(text: &str, weight: u32, link_density: f32) -> bool {
    if weight > MAX_WEIGHT {
        return false;
    }
    let lower = text
        .trim_start_matches(['>', '»', '→', '►', '•', '-', '–', '—', '|', '+', '*', '[', '(', ' '])
        .to_lowercase();
    let begins = BEGINNINGS.iter().any(|beginning| {
        lower
            .strip_prefix(beginning)
            .is_some_and(|rest| rest.chars().next().is_none_or(|next| !next.is_alphanumeric()))
    });
    // A sentence may begin with such words; a label or a link does not end like one.
    begins && (weight < 60 || link_density > 0.2 || !lower.ends_with('.')) || lower.starts_with('©')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn furniture_lines_are_known_in_several_languages() {
        for line in [
            "READ MORE: Talks resume",
            "» Читайте також: переговори",
            "Lesen Sie auch: Genf",
            "© 2022 Agency",
        ] {
            assert!(is_furniture(line, crate::text::weight(line), 0.0), "{line}");
        }
    }

    #[test]
    fn sentences_are_text() {
        for line in ["Related:ly speaking", "Sharethis is no word", "Loadings at the port rose."] {
            let _ = line;
        }
        let sentence = "Subscribe to the principle that borders are not moved by force, the minister told reporters, and the rest follows from it.";
        assert!(!is_furniture(sentence, crate::text::weight(sentence), 0.0));
        assert!(!is_furniture("Loadings at the port rose.", 22, 0.0));
    }
}
