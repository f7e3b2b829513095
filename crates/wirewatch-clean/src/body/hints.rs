//! What class names and element names say of a part of a page.
//!
//! Authors of templates name parts for themselves, in a handful of languages and many spellings
//! (`articleBody`, `article-body`, `article__body`). Names are split into words for the short ones
//! (`ad`, `nav`) and squeezed into one string for the long ones, which one automaton finds.

use aho_corasick::AhoCorasick;
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

    /// The set with those of `other`.
    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set without those of `other`.
    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Words that count only when they stand alone in a name.
fn of_word(word: &str) -> Hints {
    match word {
        "article" | "post" | "story" | "entry" | "artikel" | "articulo" | "articolo" | "hentry" => {
            Hints::ARTICLE
        }
        "lead" | "lede" | "dek" | "deck" | "chapo" | "sapo" | "intro" | "standfirst" | "subtitle"
        | "subhead" | "subheadline" | "vorspann" | "ingress" | "lid" | "bajada" | "entradilla"
        | "sommario" | "abstract" | "anons" | "excerpt" => Hints::LEAD,
        "byline" | "dateline" | "date" | "time" | "timestamp" | "pubdate" | "autor" | "author"
        | "authors" | "auteur" | "autore" | "meta" | "metadata" | "datum" | "fecha" | "readtime"
        | "credits" | "published" | "updated" | "infos" | "kicker" | "eyebrow" | "posted" | "postmeta" => {
            Hints::BYLINE
        }
        "caption" | "captions" | "credit" | "figcaption" | "legend" | "legende" | "photo" | "foto"
        | "copyright" | "bildunterschrift" | "imagecaption" | "didascalia" => Hints::CAPTION,
        "related" | "recommended" | "recommendations" | "trending" | "popular" | "teaser" | "teasers"
        | "carousel" | "recirc" | "recirculation" | "latest" | "similar" | "upnext" | "rail" | "taboola"
        | "outbrain" | "promo" | "promos" | "upsell" | "onward" | "swiper" | "slick" => Hints::RELATED,
        "share" | "sharing" | "social" | "follow" | "facebook" | "twitter" | "whatsapp" | "sns"
        | "addthis" | "sharebar" | "likes" => Hints::SOCIAL,
        "comments" | "comment" | "disqus" | "respond" | "kommentare" | "comentarios" | "commenti"
        | "reactions" | "fbcomments" => Hints::COMMENTS,
        "ad" | "ads" | "adv" | "advert" | "sponsor" | "sponsored" | "newsletter" | "subscribe"
        | "subscription" | "paywall" | "cta" | "signup" | "signin" | "login" | "register" | "cookie"
        | "cookies" | "gdpr" | "consent" | "modal" | "popup" | "overlay" | "donate" | "donation"
        | "banner" | "werbung" | "reklama" | "publicidad" | "pub" | "poll" | "quiz" | "survey" | "apps"
        | "abo" | "piano" | "toolbar" | "tools" | "print" | "rating" | "disclaimer" | "newsletters"
        | "regwall" => Hints::PROMO,
        "nav" | "navbar" | "navigation" | "menu" | "breadcrumb" | "breadcrumbs" | "footer" | "pager"
        | "pagination" | "masthead" | "topbar" | "sitemap" | "search" | "skip" | "submenu" | "ticker"
        | "impressum" => Hints::NAV,
        "tags" | "tag" | "taglist" | "keywords" | "topics" | "labels" | "tagcloud" | "categories" => {
            Hints::TAGS
        }
        "bio" | "authorbox" | "aboutauthor" => Hints::BIO,
        "hidden" | "hide" | "invisible" | "offscreen" => Hints::HIDDEN,
        "sidebar" | "aside" | "secondary" => Hints::SIDE,
        "widget" | "widgets" => Hints::WIDGET,
        "headline" | "title" | "heading" => Hints::TITLE,
        _ => Hints::NONE,
    }
}

/// Words that count anywhere in a squeezed name.
const PARTS: &[(Hints, &[&str])] = &[
    (
        Hints::BODY,
        &[
            "articlebody",
            "articlecontent",
            "articletext",
            "articlecopy",
            "storybody",
            "storycontent",
            "storytext",
            "entrycontent",
            "postcontent",
            "postbody",
            "posttext",
            "newsbody",
            "newscontent",
            "newstext",
            "newsarticlebody",
            "contentbody",
            "bodycontent",
            "bodycopy",
            "bodytext",
            "textbody",
            "fieldnamebody",
            "articlesbody",
            "artikeltext",
            "artikelinhalt",
            "artikelbody",
            "textoarticulo",
            "cuerponoticia",
            "contenidonoticia",
            "noticiatexto",
            "testoarticolo",
            "textearticle",
            "singlecontent",
            "fulltext",
            "tdpostcontent",
            "articleparagraphs",
            "maintext",
            "detailtext",
            "articledetailbody",
            "storydetail",
            "newsdetail",
            "itemfulltext",
            "articlebodycontent",
            "pagecontentbody",
            "richtextbody",
            "textcontent",
        ],
    ),
    (
        Hints::LEAD,
        &[
            "standfirst",
            "articlelead",
            "articlesummary",
            "articleintro",
            "articlesubtitle",
            "postexcerpt",
            "storysummary",
            "articledek",
            "leadparagraph",
            "leadtext",
            "introtext",
            "articledescription",
            "articleexcerpt",
        ],
    ),
    (
        Hints::BYLINE,
        &[
            "byline",
            "articledate",
            "publishdate",
            "publisheddate",
            "articleauthor",
            "articlemeta",
            "postmeta",
            "entrymeta",
            "storymeta",
            "articleinfo",
            "postinfo",
            "articleheadermeta",
            "dateauthor",
            "readingtime",
            "timeago",
            "lastupdate",
            "authorname",
            "authordate",
        ],
    ),
    (
        Hints::CAPTION,
        &[
            "caption",
            "imagecredit",
            "photocredit",
            "imagecopyright",
            "bildquelle",
            "bildnachweis",
            "imgtext",
            "imagedescription",
            "photodescription",
            "mediacredit",
            "imagesource",
            "podpis",
            "leyenda",
            "imagelegend",
            "mediasubtitle",
            "mediainfo",
            "mediacaption",
            "bildunter",
            "bildtext",
            "imgcaption",
        ],
    ),
    (
        Hints::RELATED,
        &[
            "related",
            "recommend",
            "mostread",
            "mostpopular",
            "mostviewed",
            "morestories",
            "morenews",
            "moreon",
            "morefrom",
            "readmore",
            "readnext",
            "readalso",
            "alsoread",
            "seealso",
            "youmaylike",
            "youmayalso",
            "outbrain",
            "taboola",
            "trending",
            "popularposts",
            "latestnews",
            "nextarticle",
            "nextpost",
            "prevpost",
            "previouspost",
            "postnav",
            "teaserlist",
            "teaserbox",
            "linkbox",
            "relatedlinks",
            "inlinelink",
            "furtherreading",
            "verwandt",
            "mehrzum",
            "weitereartikel",
            "empfehl",
            "meistgelesen",
            "leggianche",
            "correlat",
            "relacionad",
            "destacad",
            "lireaussi",
            "alire",
            "czytaj",
            "polecane",
            "powiazan",
            "zobaczte",
            "leesook",
            "lasmer",
            "pohozhie",
            "chitayte",
            "otherarticles",
            "othernews",
            "morearticles",
            "suggested",
            "suggestions",
            "articlelist",
            "newslist",
            "postlist",
            "storylist",
            "crosslink",
            "recirc",
            "internallink",
            "jprelatedposts",
            "promobox",
            "articlesgrid",
            "tiepost",
            "samecategory",
            "moretopic",
            "moreby",
            "listitems",
            "bestof",
        ],
    ),
    (
        Hints::SOCIAL,
        &[
            "socialmedia",
            "socialshare",
            "sharebutton",
            "sharebar",
            "sharing",
            "sharetools",
            "sharelinks",
            "articleshare",
            "sharepost",
            "postshare",
            "shareicons",
            "addtoany",
            "sharethis",
            "socialicons",
            "sociallinks",
            "followus",
            "sharedaddy",
            "teilen",
            "compartir",
            "partage",
        ],
    ),
    (
        Hints::COMMENTS,
        &[
            "comments",
            "commentlist",
            "disqus",
            "kommentar",
            "commentaire",
            "comentario",
            "commentform",
            "commentthread",
            "fbcomment",
            "commentsection",
            "usercomment",
        ],
    ),
    (
        Hints::PROMO,
        &[
            "newsletter",
            "advert",
            "adsense",
            "adslot",
            "adunit",
            "adcontainer",
            "adwrapper",
            "adbox",
            "adplace",
            "googlead",
            "sponsored",
            "paywall",
            "subscri",
            "signup",
            "signin",
            "cookiebanner",
            "cookieconsent",
            "appdownload",
            "appbanner",
            "downloadapp",
            "mailinglist",
            "donat",
            "publicid",
            "publicit",
            "werbung",
            "anzeige",
            "reklam",
            "abonn",
            "abobox",
            "promotion",
            "affiliate",
            "bannerad",
            "emailsign",
            "registrationwall",
            "loginbox",
            "premiumbox",
            "piano",
            "errorreport",
            "printfriendly",
            "ctabox",
            "membership",
            "telegrambox",
            "feedbackform",
            "contactform",
            "weatherwidget",
            "buybox",
            "productbox",
            "gdpr",
        ],
    ),
    (
        Hints::NAV,
        &[
            "breadcrumb",
            "navbar",
            "sitenav",
            "mainnav",
            "menuitem",
            "mainmenu",
            "pagination",
            "sitefooter",
            "pagefooter",
            "globalfooter",
            "siteheader",
            "globalheader",
            "skiplink",
            "skipto",
            "tableofcontents",
            "tocbox",
            "articlefooter",
            "entryfooter",
            "postfooter",
        ],
    ),
    (
        Hints::TAGS,
        &[
            "taglist",
            "tagcloud",
            "articletags",
            "posttags",
            "entrytags",
            "tagslinks",
            "topiclist",
            "topictags",
            "keywordlist",
            "tagitem",
            "tagsbox",
            "taglinks",
        ],
    ),
    (
        Hints::BIO,
        &[
            "authorbio",
            "authorbox",
            "aboutauthor",
            "abouttheauthor",
            "authorinfo",
            "authordesc",
            "authorcard",
            "authorprofile",
            "biobox",
            "autorbox",
            "authordetail",
        ],
    ),
    (
        Hints::HIDDEN,
        &["visuallyhidden", "sronly", "screenreader", "displaynone", "ishidden", "uhidden", "visuallyhide"],
    ),
    (
        Hints::SIDE,
        &[
            "sidebar",
            "rightrail",
            "leftrail",
            "rightcol",
            "rightcolumn",
            "leftcol",
            "sidecolumn",
            "infobox",
            "factbox",
        ],
    ),
    (Hints::TITLE, &["articletitle", "posttitle", "entrytitle", "articleheadline"]),
];

static AUTOMATON: LazyLock<(AhoCorasick, Vec<Hints>)> = LazyLock::new(|| {
    let mut words = Vec::new();
    let mut hints = Vec::new();
    for (hint, parts) in PARTS {
        for part in *parts {
            words.push(*part);
            hints.push(*hint);
        }
    }
    #[allow(clippy::expect_used, reason = "a fixed list of short words is far below the automaton's limits")]
    let automaton = AhoCorasick::new(words).expect("a fixed list of words");
    (automaton, hints)
});

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
            let (automaton, of_part) = &*AUTOMATON;
            for found in automaton.find_overlapping_iter(squeezed.as_str()) {
                hints = hints.with(of_part[found.pattern().as_usize()]);
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
    fn utility_classes_say_nothing() {
        check("md:hidden lg:ad", Hints::NONE);
    }
}
