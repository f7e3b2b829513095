//! The tags of a page, read leniently in one pass: a page is full of faults, and only its links matter.

use std::collections::HashMap;

/// Longest text of a link that is read, in bytes.
const LONGEST_TEXT: usize = 200;

/// A link element, an anchor or a base of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag {
    /// `link`, `a` or `base`.
    pub(super) name: &'static str,
    attributes: HashMap<String, String>,
    /// The text of an anchor, its beginning.
    pub(super) text: String,
}

impl Tag {
    /// An attribute, without regard to the case of its name; nothing when it is absent or empty.
    pub(super) fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// The links of a page, in its order. Linear in the length of the page.
pub(super) fn tags(page: &str) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::new();
    // Whether the last tag is an anchor that is still open.
    let mut open = false;
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        if open && let Some(tag) = tags.last_mut() {
            add_text(&mut tag.text, &rest[..at]);
        }
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let name_end =
            rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '/').unwrap_or(rest.len());
        let name = rest[..name_end].trim_end_matches('/').to_ascii_lowercase();
        if matches!(name.as_str(), "/a" | "/nav" | "/body") || name == "a" {
            open = false;
        }
        let kept = match name.as_str() {
            "a" => "a",
            "link" => "link",
            "base" => "base",
            "script" | "style" => {
                rest = after_raw_text(&rest[name_end..], &name);
                continue;
            }
            _ => {
                rest = &rest[name_end..];
                if let Some(at) =
                    rest.find(['>', '<']).filter(|at| !name.is_empty() && rest[*at..].starts_with('>'))
                {
                    rest = &rest[at + 1..];
                }
                continue;
            }
        };
        let (attributes, after) = attributes(&rest[name_end..]);
        rest = after;
        open = kept == "a";
        tags.push(Tag { name: kept, attributes, text: String::new() });
    }
    tags
}

/// What follows the end of an element whose content is no markup.
fn after_raw_text<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return rest;
        }
    }
    ""
}

fn add_text(text: &mut String, more: &str) {
    for word in more.split_whitespace() {
        if text.len() + word.len() > LONGEST_TEXT {
            return;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
}

/// The attributes of a tag, and what follows it. The first of two with one name counts.
fn attributes(text: &str) -> (HashMap<String, String>, &str) {
    let mut attributes = HashMap::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
        let Some(first) = rest.chars().next() else { return (attributes, "") };
        if first == '>' {
            return (attributes, &rest[1..]);
        }
        if first == '<' {
            // The tag was never closed: what follows is another one.
            return (attributes, rest);
        }
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, letter)| letter.is_whitespace() || matches!(letter, '=' | '>' | '/' | '<'))
            .map_or(rest.len(), |(at, _)| at);
        let (name, after) = rest.split_at(end);
        let after = after.trim_start();
        let Some(value) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let (value, after) = attribute_value(value.trim_start());
        attributes.entry(name.to_ascii_lowercase()).or_insert_with(|| unescaped(value.trim()));
        rest = after;
    }
}

fn attribute_value(text: &str) -> (&str, &str) {
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''));
    match quote {
        Some(quote) => text[1..].split_once(quote).unwrap_or(("", "")),
        None => {
            let end = text.find(|letter: char| letter.is_whitespace() || letter == '>').unwrap_or(text.len());
            text.split_at(end)
        }
    }
}

fn unescaped(value: &str) -> String {
    match quick_xml::escape::unescape(value) {
        Ok(text) => text.into_owned(),
        // A bare `&` in an address is common.
        Err(_) => value.replace("&amp;", "&"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links(page: &str) -> Vec<(&'static str, String, String)> {
        let tags = tags(page).into_iter();
        tags.map(|tag| (tag.name, tag.get("href").to_owned(), tag.text)).collect()
    }

    #[track_caller]
    fn check(page: &str, want: &[(&'static str, &str, &str)]) {
        let want: Vec<_> =
            want.iter().map(|(name, href, text)| (*name, (*href).to_owned(), (*text).to_owned())).collect();
        assert_eq!(links(page), want);
    }

    #[test]
    fn tags_are_read_whatever_way_they_are_written() {
        check("<LINK HREF='/rss' rel=alternate/>", &[("link", "/rss", "")]);
        check(
            "<link href=/rss><a\nhref = \"/a?x=1&amp;y=2\" >RSS <b>feed</b></a> no",
            &[("link", "/rss", ""), ("a", "/a?x=1&y=2", "RSS feed")],
        );
        check("<a href='/x?a=1&b=2'>one<a href=/y>two", &[("a", "/x?a=1&b=2", "one"), ("a", "/y", "")]);
        check("<a disabled href=/z>лента\n новостей</a>", &[("a", "/z", "лента новостей")]);
    }

    #[test]
    fn what_is_no_markup_is_no_link() {
        check("<!-- <a href=/no> --><script>'<a href=/no>'</SCRIPT><a href=/yes></a>", &[("a", "/yes", "")]);
        check("<style>a{}</style><base href='/b/'>", &[("base", "/b/", "")]);
        check("<article href=/no><abbr href=/no>", &[]);
        check("<script>never closed <a href=/no>", &[]);
        check("<a href='never closed", &[("a", "", "")]);
        check("a < b <a href=/yes", &[("a", "/yes", "")]);
    }

    proptest! {
        #[test]
        fn never_panics_and_finds_no_more_links_than_tags(page in "(<(a|link|base|script|/a|!--)?|[ a-zа-я'\"=>/]|-->|href=){0,80}") {
            let found = tags(&page);
            prop_assert!(found.len() <= page.matches('<').count());
            prop_assert!(found.iter().all(|tag| tag.text.len() <= LONGEST_TEXT));
        }
    }
}
