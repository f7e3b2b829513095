//! Plain text out of titles and names, and HTML out of plain text.

use super::entities::{named, numbered};
use std::borrow::Cow;

/// Longest title, in characters.
pub(crate) const TITLE_CHARS: usize = 500;
/// No more of a title with its markup is looked at than this, in bytes.
const TITLE_BYTES: usize = 32 * 1024;

/// A title that may hold markup: tags out, references resolved, one line, at most 500 characters.
pub(crate) fn title(html: &str) -> String {
    let looked_at = &html[..html.floor_char_boundary(TITLE_BYTES)];
    line(&resolve(&without_tags(looked_at)), TITLE_CHARS)
}

/// A title that is declared to be plain text.
pub(crate) fn plain_title(text: &str) -> String {
    line(text, TITLE_CHARS)
}

/// One line of plain text: white space runs are one blank, control, bidirectional and invisible
/// characters are out, no more than `most` characters.
pub(crate) fn line(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(4 * most));
    let (mut count, mut blank) = (0, false);
    for letter in text.chars() {
        if letter.is_whitespace() {
            blank = true;
            continue;
        }
        if is_hidden(letter) {
            continue;
        }
        if blank && count > 0 {
            out.push(' ');
            count += 1;
        }
        blank = false;
        if count >= most {
            break;
        }
        out.push(letter);
        count += 1;
    }
    while out.ends_with(' ') {
        out.pop();
    }
    out
}

/// Characters that steer a terminal or the direction of text, or show nothing. Joiners (U+200C,
/// U+200D) stay: Persian, Urdu and Hindi need them.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
}

/// Text with its tags and comments out: `<` begins a tag only before a letter, `/`, `!` or `?`. Of a
/// section that was escaped with the rest, what is in it stays.
fn without_tags(html: &str) -> Cow<'_, str> {
    if !html.contains('<') {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len());
    // Behind the last `>` no tag ends, and none is looked for: the time stays linear.
    let (mut rest, tail) = html.split_at(html.rfind('>').map_or(0, |last| last + 1));
    let last_section = html.rfind("]]>").unwrap_or(0);
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        if html.len() - tag.len() - tail.len() < last_section
            && let Some((inside, behind)) =
                tag.strip_prefix("<![CDATA[").and_then(|rest| rest.split_once("]]>"))
        {
            out.push_str(inside);
            rest = behind;
            continue;
        }
        let is_tag = tag[1..].starts_with(|next: char| next.is_ascii_alphabetic() || "/!?".contains(next));
        match is_tag.then(|| tag.find('>')).flatten() {
            Some(end) => {
                // Words on both sides of a tag stay apart when it breaks the line.
                if breaks_line(&tag[1..end]) {
                    out.push(' ');
                }
                rest = &tag[end + 1..];
            }
            None => {
                out.push('<');
                rest = &tag[1..];
            }
        }
    }
    out.push_str(rest);
    out.push_str(tail);
    Cow::Owned(out)
}

fn breaks_line(tag: &str) -> bool {
    let name = tag.trim_start_matches('/');
    ["br", "p", "div", "li", "h1", "h2", "h3", "td", "tr"].iter().any(|block| {
        name.get(..block.len()).is_some_and(|start| start.eq_ignore_ascii_case(block))
            && !name[block.len()..].starts_with(|next: char| next.is_ascii_alphanumeric())
    })
}

/// Text with its character references resolved, once.
pub(crate) fn resolve(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match reference(rest) {
            Some((letter, length)) => {
                out.extend(letter);
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The reference a text begins with: its character, if it stands for one, and its length in bytes.
fn reference(text: &str) -> Option<(Option<char>, usize)> {
    let end = text.bytes().take(LONGEST_REFERENCE + 2).position(|byte| byte == b';')?;
    Some((referred(text.get(1..end)?)?, end + 1))
}

/// Longest name or number of a reference, in bytes.
const LONGEST_REFERENCE: usize = 32;

/// What a reference of this name or number stands for: a character or, when XML forbids it, nothing.
/// `None` for what is no reference.
pub(crate) fn referred(name: &str) -> Option<Option<char>> {
    if name.len() > LONGEST_REFERENCE {
        return None;
    }
    let Some(number) = name.strip_prefix('#') else { return named(name).map(Some) };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hex) if hex.bytes().all(|digit| digit.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
        None if number.bytes().all(|digit| digit.is_ascii_digit()) => number.parse(),
        _ => return None,
    };
    Some(numbered(number.ok()?))
}

/// Plain text as HTML.
pub(crate) fn to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(html: &str, want: &str) {
        assert_eq!(title(html), want);
    }

    #[test]
    fn titles_are_plain_text() {
        check("Talks <b>resume</b> &amp; continue", "Talks resume & continue");
        check("One<br/>two", "One two");
        check("5 < 6 and 7 > 2", "5 < 6 and 7 > 2");
        check("Q&A: what next", "Q&A: what next");
        check("It&#8217;s &#146;open&rsquo;", "It\u{2019}s \u{2019}open\u{2019}");
        check("a <unclosed", "a <unclosed");
        check("<![CDATA[One <b>two</b>]]>", "One <b>two</b>");
        check("  many \n\t blanks ", "many blanks");
    }

    #[test]
    fn control_and_direction_characters_are_out() {
        check("a\u{1b}[31mb\u{202e}c\u{0}d\u{feff}", "a[31mbcd");
        check("&#27;&#0;x", "x");
    }

    #[test]
    fn titles_are_cut() {
        assert_eq!(title(&"б".repeat(2000)).chars().count(), TITLE_CHARS);
        assert_eq!(title(&"б ".repeat(2000)).chars().count(), TITLE_CHARS - 1);
    }

    proptest! {
        #[test]
        fn titles_hold_no_control_characters(text in "(?s).{0,200}") {
            let title = title(&text);
            prop_assert!(!title.chars().any(is_hidden));
            prop_assert!(title.chars().count() <= TITLE_CHARS);
        }

        #[test]
        fn plain_text_survives_the_way_through_html(text in "[ -~а-я]{0,60}") {
            let html = to_html(&text);
            prop_assert_eq!(resolve(&html), text);
        }
    }
}
