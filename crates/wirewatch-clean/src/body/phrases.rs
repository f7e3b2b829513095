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

/// Beginnings of headings that announce other articles, in lower case.
const RELATED_HEADINGS: &[&str] = &[
    "more ",
    "related",
    "read more",
    "read also",
    "read next",
    "latest",
    "most read",
    "most popular",
    "popular",
    "recommended",
    "trending",
    "see also",
    "you may",
    "you might",
    "top stories",
    "top news",
    "other news",
    "further reading",
    "don't miss",
    "keep reading",
    "up next",
    "also on",
    "from around the web",
    "editors' picks",
    "editor's picks",
    "what to read",
    "mehr ",
    "weitere ",
    "auch interessant",
    "lesen sie",
    "das könnte",
    "meistgelesen",
    "zum thema",
    "passend dazu",
    "aktuelle meldungen",
    "neueste ",
    "à lire",
    "a lire",
    "lire aussi",
    "sur le même",
    "les plus lus",
    "articles liés",
    "lea también",
    "te puede",
    "más noticias",
    "más leídas",
    "noticias relacionadas",
    "notas relacionadas",
    "leia também",
    "leia mais",
    "mais lidas",
    "veja também",
    "notícias relacionadas",
    "leggi anche",
    "potrebbe",
    "articoli correlati",
    "più letti",
    "altre notizie",
    "czytaj",
    "zobacz",
    "polecane",
    "najpopularniejsze",
    "powiązane",
    "lees ook",
    "meer ",
    "läs mer",
    "läs också",
    "les også",
    "læs også",
    "flere ",
    "fler ",
    "mer om",
    "mere om",
    "читайте",
    "читати",
    "дивіться",
    "також",
    "інші новини",
    "новини по темі",
    "новини за темою",
    "останні новини",
    "популярн",
    "більше ",
    "схожі",
    "ще за темою",
    "за темою",
    "матеріали по темі",
    "другие новости",
    "новости по теме",
    "последние новости",
    "материалы по теме",
    "ещё по теме",
    "еще по теме",
    "по теме",
    "похожие",
    "рекомендуем",
    "рекомендовані",
    "смотрите",
    "главное",
    "самое читаемое",
    "ilgili",
    "diğer haberler",
    "čtěte",
    "související",
    "関連記事",
    "おすすめ",
    "あわせて読みたい",
    "人気記事",
    "相关",
    "推荐",
];

/// Words of sentences that invite to something beside the article, in lower case.
const INVITATIONS: &[&str] = &[
    "newsletter",
    "sign up for",
    "sign up to",
    "subscribe to our",
    "follow us on",
    "google news",
    "our app",
    "download the app",
    "get in touch with",
    "join our",
    "whatsapp channel",
    "whatsapp-channel",
    "check our news page",
    "earn a commission",
    "affiliate",
    "support our journalism",
    "make a donation",
    "click here",
    "telegram channel",
    "hier geht es",
    "abonnieren",
    "whatsapp-kanal",
    "folgen sie uns",
    "suivez-nous",
    "abonnez-vous",
    "inscrivez-vous",
    "suscríb",
    "síguenos",
    "inscreva-se",
    "siga o",
    "iscriviti",
    "seguici",
    "zapisz się",
    "obserwuj nas",
    "подписывайтесь",
    "подпишитесь",
    "подписаться",
    "наш telegram",
    "нашем telegram",
    "telegram-канал",
    "телеграм-канал",
    "підписуйтесь",
    "підпишіться",
    "підписатися",
    "наш телеграм",
    "нашому telegram",
    "google новин",
    "google-новин",
];

/// Whether a sentence invites the reader to something beside the article.
pub(crate) fn is_invitation(text: &str, weight: u32) -> bool {
    weight <= MAX_INVITATION_WEIGHT && {
        let lower = text.to_lowercase();
        INVITATIONS.iter().any(|words| lower.contains(words))
    }
}

const MAX_INVITATION_WEIGHT: u32 = 320;

/// What pictures' credits look like at the end of a caption, in lower case.
const CREDITS: &[&str] = &[
    "photo:",
    "photo by",
    "photograph:",
    "photographer:",
    "foto:",
    "bild:",
    "bildrechte:",
    "bildquelle:",
    "credit:",
    "image:",
    "picture:",
    "pic:",
    "getty images",
    "/getty",
    "/afp",
    "afp/",
    "/reuters",
    "reuters/",
    "via reuters",
    "via ap",
    "ap photo",
    "(ap)",
    "shutterstock",
    "imago",
    "dpa/",
    "/dpa",
    "picture alliance",
    "фото:",
    "crédit photo",
    "crédits :",
    "©",
    "file photo",
    "courtesy of",
];

/// Whether a block ends as captions do, with the name of who made the picture.
pub(crate) fn ends_in_credit(text: &str, weight: u32) -> bool {
    if weight > 450 || text.trim_end().ends_with(['.', '?', '!']) && weight > 250 {
        return false;
    }
    let tail = &text[text.ceil_char_boundary(text.len().saturating_sub(60))..];
    let lower = tail.to_lowercase();
    CREDITS.iter().any(|credit| lower.contains(credit))
}

/// Whether a heading or a label announces other articles.
pub(crate) fn is_related_heading(text: &str) -> bool {
    let lower = text.trim_start_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
    RELATED_HEADINGS.iter().any(|beginning| lower.starts_with(beginning))
}

/// Beginnings of longer boxes: embeds that wait for consent, sign-in walls, house rules.
const BOXES: &[&str] = &[
    "an dieser stelle finden sie",
    "an dieser stelle befindet sich",
    "ich bin damit einverstanden",
    "empfohlener redaktioneller inhalt",
    "externer inhalt",
    "empfohlener externer inhalt",
    "zur anzeige",
    "mit der anzeige",
    "hier finden sie externe",
    "create an account",
    "sign in to",
    "this site is protected by recaptcha",
    "by signing up",
    "by subscribing",
    "by submitting",
    "by clicking",
    "you can unsubscribe",
    "our website is your destination",
    "this content is hosted",
    "this content is not available",
    "to enjoy additional benefits",
    "unlock this article",
    "en cliquant sur",
    "vous pouvez vous désinscrire",
    "ce contenu est bloqué",
    "al hacer clic",
    "cliccando su",
    "view this post on instagram",
    "tweet anzeigen",
    "comments are moderated",
    "この記事は会員限定",
    "この記事は有料",
    "無料会員登録",
    "会員登録",
    "the views expressed in this",
    "all rights reserved",
    "no part of this",
    "this material may not be",
    "копирование материалов",
    "использование материалов",
    "використання матеріалів",
    "передрук",
    "перепечатка",
    "если вы нашли ошибку",
    "якщо ви знайшли помилку",
    "підписатися на",
    "подписаться на",
];

const MAX_BOX_WEIGHT: u32 = 500;

/// Whether a block is a line of furniture.
pub(crate) fn is_furniture(text: &str, weight: u32, link_density: f32) -> bool {
    if weight > MAX_WEIGHT {
        return false;
    }
    let lower = text
        .trim_start_matches(['>', '»', '→', '►', '•', '-', '–', '—', '|', '+', '*', '[', '(', ' '])
        .to_lowercase();
    if BOXES.iter().any(|beginning| lower.starts_with(beginning)) {
        return true;
    }
    if weight > MAX_WEIGHT {
        return false;
    }
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
