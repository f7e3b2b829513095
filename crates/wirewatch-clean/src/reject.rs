//! What is no article, and why.

use crate::body::Body;
use crate::text;
use serde::{Deserialize, Serialize};
use wirewatch_model::{address, word_count};

/// Why a page or an entry is no article.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum NotArticle {
    /// Less text than the shortest news item.
    #[error("too little text ({words} words)")]
    TooLittleText {
        /// Words that were found.
        words: u32,
    },
    /// A front page, a section or another list of articles.
    #[error("a list of links, no article")]
    LinkPage,
    /// The server answers 200 and the page says that there is nothing.
    #[error("an error page")]
    SoftError,
    /// A check for robots.
    #[error("a check for robots")]
    BotWall,
    /// A page that asks for consent, a login or scripts before it shows anything.
    #[error("a wall that asks for consent, a login or scripts")]
    ConsentWall,
    /// Not HTML.
    #[error("not an HTML page ({kind})")]
    NotHtml {
        /// What it is.
        kind: String,
    },
}

/// A news item may be this short.
const LEAST_WORDS: u32 = 15;

/// Texts longer than this are never taken for a wall or an error page.
const WALL_WORDS: u32 = 120;

/// A text this short is a notice when it says so.
const FEW_WORDS: u32 = 50;

const BOT_WALL: &[&str] = &[
    "verify you are human",
    "checking your browser",
    "are you a robot",
    "enable javascript and cookies",
    "attention required",
    "just a moment",
    "unusual traffic",
    "ddos protection",
    "access denied",
    "pardon our interruption",
    "captcha",
    "why have i been blocked",
    "перевірка браузера",
    "проверка браузера",
    "подтвердите, что вы не робот",
];
const CONSENT_WALL: &[&str] = &[
    "before you continue",
    "we value your privacy",
    "we use cookies",
    "accept all cookies",
    "wir verwenden cookies",
    "mit werbung weiterlesen",
    "please enable javascript",
    "javascript is disabled",
    "you need to enable javascript",
    "please log in",
    "accepter et continuer",
    "zustimmen und weiter",
];
const SOFT_ERROR: &[&str] = &[
    "page not found",
    "404 not found",
    "page doesn't exist",
    "page does not exist",
    "no longer available",
    "seite nicht gefunden",
    "page introuvable",
    "página no encontrada",
    "pagina non trovata",
    "nie znaleziono strony",
    "strona nie istnieje",
    "сторінку не знайдено",
    "сторінка не знайдена",
    "страница не найдена",
    "página não encontrada",
];

/// What the body of an answer is when it is surely no HTML.
pub(crate) fn not_html(body: &[u8], content_type: Option<&str>) -> Option<NotArticle> {
    let kind = match body {
        [b'%', b'P', b'D', b'F', ..] => "PDF",
        [0x89, b'P', b'N', b'G', ..] | [0xFF, 0xD8, 0xFF, ..] | [b'G', b'I', b'F', b'8', ..] => "image",
        [b'P', b'K', 3, 4, ..] | [0x1F, 0x8B, ..] => "archive",
        _ => {
            let declared = content_type?.split(';').next()?.trim().to_ascii_lowercase();
            let binary = [
                "image/",
                "video/",
                "audio/",
                "font/",
                "application/pdf",
                "application/zip",
                "application/json",
            ];
            if !binary.iter().any(|kind| declared.starts_with(kind)) || looks_like_html(body) {
                return None;
            }
            return Some(NotArticle::NotHtml { kind: declared });
        }
    };
    Some(NotArticle::NotHtml { kind: kind.to_owned() })
}

fn looks_like_html(body: &[u8]) -> bool {
    let head = body[..body.len().min(1_024)].to_ascii_lowercase();
    memchr::memmem::find(&head, b"<html").is_some()
        || memchr::memmem::find(&head, b"<!doctype html").is_some()
}

/// What speaks for and against a page.
pub(crate) struct Evidence<'a> {
    pub(crate) url: Option<&'a str>,
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) body: &'a Body,
    /// All text of the page, weight and weight of links.
    pub(crate) page_weight: u32,
    pub(crate) page_link_weight: u32,
    /// Linked data, Open Graph or microdata call the page an article, or it has a publication time.
    pub(crate) is_declared: bool,
}

/// Why the page is no article; `None` when it is one.
pub(crate) fn judge(evidence: &Evidence<'_>) -> Option<NotArticle> {
    let words = word_count(evidence.text);
    if !evidence.is_declared
        && words < WALL_WORDS
        && let Some(reason) = wall(evidence, words)
    {
        return Some(reason);
    }
    let is_front = evidence.url.is_some_and(address::is_front_page);
    let links = evidence.page_link_weight as f32 / evidence.page_weight.max(1) as f32;
    let little = words < 60 || evidence.body.share < 0.3;
    // Headlines that are links stand between what was taken for paragraphs.
    let body = evidence.body;
    let teasers = body.linked_headings >= 6 && body.linked_headings * 5 > body.kept * 2;
    let lists = teasers && body.linked_headings * 60 > words as usize;
    if !evidence.is_declared && (lists || is_front && (links > 0.4 || little))
        || !evidence.is_declared && links > 0.6 && little && words < 150
        || evidence.body.link_density > 0.5
    {
        return Some(NotArticle::LinkPage);
    }
    let least = if evidence.is_declared { LEAST_WORDS / 2 } else { LEAST_WORDS };
    let only_title = words < 60 && text::folded(evidence.text) == text::folded(evidence.title);
    (words < least || only_title).then_some(NotArticle::TooLittleText { words })
}

/// What a short page says of itself. A news item may speak of robots and missing pages, too: its title
/// does not begin with it, and its text is longer than a sentence or two.
fn wall(evidence: &Evidence<'_>, words: u32) -> Option<NotArticle> {
    let title = evidence.title.to_lowercase();
    let notice =
        if words < FEW_WORDS { format!("{title}\n{}", evidence.text.to_lowercase()) } else { String::new() };
    let says =
        |phrases: &[&str]| phrases.iter().any(|phrase| title.starts_with(phrase) || notice.contains(phrase));
    if says(BOT_WALL) {
        Some(NotArticle::BotWall)
    } else if says(SOFT_ERROR) || matches!(title.as_str(), "404" | "not found" | "error" | "error 404") {
        Some(NotArticle::SoftError)
    } else if says(CONSENT_WALL) {
        Some(NotArticle::ConsentWall)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_html_is_named() {
        assert_eq!(not_html(b"%PDF-1.7", None), Some(NotArticle::NotHtml { kind: "PDF".to_owned() }));
        assert!(not_html(b"{}", Some("application/json")).is_some());
        assert_eq!(not_html(b"<!DOCTYPE html><p>x", Some("image/png")), None);
        assert_eq!(not_html(b"<p>x", Some("text/plain")), None);
    }
}
