//! The texts of an entry as HTML, whatever way they were packed.

use super::{
    text::to_html,
    tree::{Element, Node, Space},
};
use base64::{Engine, engine::general_purpose::STANDARD};

pub(crate) fn summary(entry: &Element<'_>) -> Option<String> {
    let names = [
        (Space::Feed, "description"),
        (Space::Feed, "summary"),
        (Space::Dublin, "description"),
        (Space::DublinTerms, "abstract"),
        (Space::Itunes, "summary"),
        (Space::Media, "description"),
        (Space::Feed, "tagline"),
        (Space::Feed, "abstract"),
    ];
    let own = names.iter().find_map(|(space, name)| entry.child(*space, name).and_then(markup));
    let group = || entry.child(Space::Media, "group");
    own.or_else(|| group()?.child(Space::Media, "description").and_then(markup))
}

pub(crate) fn content(entry: &Element<'_>) -> Option<String> {
    let names = [
        (Space::Content, "encoded"),
        (Space::Yandex, "full-text"),
        (Space::Feed, "content"),
        (Space::Xhtml, "body"),
        (Space::Feed, "full-text"),
        (Space::Feed, "fulltext"),
        (Space::Feed, "fullitem"),
        (Space::Feed, "body"),
        (Space::Xhtml, "div"),
    ];
    names.iter().find_map(|(space, name)| {
        let same = entry.elements().filter(|child| child.is(*space, name));
        same.filter_map(markup).max_by_key(String::len)
    })
}

/// What an element holds, as HTML, by its declared type (Atom's, RSS's, Atom 0.3's `mode`).
fn markup(element: &Element<'_>) -> Option<String> {
    let kind = element.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
    let mut html = if is_base64(element) {
        let text = from_base64(&element.text());
        if kind == "text/plain" { to_html(&text) } else { text }
    } else if element.has_elements() {
        match only_div(element) {
            Some(div) if kind.contains("xhtml") => div.inner_markup(),
            _ => mixed(element),
        }
    } else if matches!(kind.as_str(), "text" | "text/plain") && element.space == Space::Atom {
        to_html(&element.text())
    } else {
        // A text of many megabytes is copied once.
        let text = element.text();
        let trimmed = text.trim();
        return (!trimmed.is_empty()).then(|| trimmed.to_owned());
    };
    html.truncate(html.trim_end().len());
    html.drain(..html.len() - html.trim_start().len());
    (!html.is_empty()).then_some(html)
}

/// Markup that was not escaped, perhaps beside text that was.
fn mixed(element: &Element<'_>) -> String {
    let mut out = String::new();
    for node in &element.nodes {
        match node {
            // The text of an element that is HTML by its meaning is HTML already.
            Node::Text(text) if element.space != Space::Atom => out.push_str(text),
            node => out.push_str(&Element::markup_of(node)),
        }
    }
    out
}

/// The one element of `type="xhtml"`.
fn only_div<'e, 't>(element: &'e Element<'t>) -> Option<&'e Element<'t>> {
    let mut elements = element.elements();
    elements.next().filter(|only| only.name == "div" && elements.next().is_none())
}

/// Atom 0.3's mode, or an Atom 1.0 type that is neither text nor XML.
pub(crate) fn is_base64(element: &Element<'_>) -> bool {
    if element.attribute("mode").is_some_and(|mode| mode.eq_ignore_ascii_case("base64")) {
        return true;
    }
    let kind = element.attribute("type").unwrap_or_default().to_ascii_lowercase();
    element.space == Space::Atom
        && element.attribute("mode").is_none()
        && kind.contains('/')
        && !kind.starts_with("text/")
        && !kind.ends_with("xml")
}

pub(crate) fn from_base64(text: &str) -> String {
    let packed: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    match STANDARD.decode(packed) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => text.to_owned(),
    }
}
