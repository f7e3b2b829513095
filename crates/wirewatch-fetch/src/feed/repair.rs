//! The repair pass: text that is meant to be XML becomes text an XML reader takes.
//!
//! One pass over the tags. What stands before the root (warnings of PHP, blank lines) goes, as do the
//! declaration, processing instructions, comments and the document type, so nothing outside is ever
//! named to a parser. Internal entities that are plain text are filled in, once and bounded; HTML
//! references become characters; a bare `&` or `<` is escaped; characters XML forbids go.

use super::text::reference;
use std::collections::{BTreeSet, HashMap};

/// Declared entities are kept up to this many, each up to this many bytes, and filled in until the
/// text has grown by this many bytes.
const MOST_ENTITIES: usize = 64;
const LONGEST_ENTITY: usize = 256;
const MOST_GROWTH: usize = 256 * 1024;
/// The end of a document type is looked for this far, in bytes.
const LONGEST_SUBSET: usize = 64 * 1024;

/// Mended text from its root element on.
pub(crate) struct Mended {
    pub(crate) text: String,
    /// What was mended, each once.
    pub(crate) repairs: BTreeSet<&'static str>,
}

/// Mends a text that has a root element somewhere; `None` when it has none.
pub(crate) fn mend(text: &str) -> Option<Mended> {
    let start = root_start(text)?;
    let mut mender = Mender {
        entities: declared_entities(&text[..start]),
        out: String::with_capacity(text.len() - start + 64),
        growth_left: MOST_GROWTH,
        repairs: BTreeSet::new(),
    };
    if is_junk(&text[..start]) {
        mender.repairs.insert("junk-before-root");
    }
    mender.run(&text[start..]);
    Some(Mended { text: mender.out, repairs: mender.repairs })
}

/// Where the first element starts that can be the root: what PHP warnings are made of cannot.
fn root_start(text: &str) -> Option<usize> {
    let mut at = 0;
    let mut first = None;
    let mut doctypes = 0;
    while let Some(found) = text[at..].find('<') {
        let start = at + found;
        let rest = &text[start..];
        at = start + 1;
        if let Some(comment) = rest.strip_prefix("<!--") {
            at = start + 4 + comment.find("-->").map_or(comment.len(), |end| end + 3);
        } else if rest.starts_with("<!") {
            at = start + doctype_length(rest, doctypes);
            doctypes += 1;
        } else if rest.starts_with("<?") {
            at = start + rest.find('>').map_or(rest.len(), |end| end + 1);
        } else if rest[1..].starts_with(|next: char| next.is_alphabetic() || next == '_') {
            first.get_or_insert(start);
            let name = element_name(rest);
            if !["br", "b", "p", "i", "font", "div", "span", "script", "strong"]
                .iter()
                .any(|inline| name.eq_ignore_ascii_case(inline))
            {
                return Some(start);
            }
        }
    }
    first
}

/// The name an opening tag begins with.
pub(crate) fn element_name(tag: &str) -> &str {
    let name = tag.strip_prefix('<').unwrap_or(tag);
    let end =
        name.find(|letter: char| letter.is_whitespace() || "/>='\"<".contains(letter)).unwrap_or(name.len());
    &name[..end]
}

/// Length of a document type with its internal subset. A text has one document type; of what else
/// looks like one (`before` were seen) the subset is not looked for.
fn doctype_length(text: &str, before: usize) -> usize {
    let close = text.find('>').map_or(text.len(), |end| end + 1);
    if before > 4 {
        return close;
    }
    let Some(open) = text[..close].find('[') else { return close };
    let subset = &text.as_bytes()[open..text.len().min(open + LONGEST_SUBSET)];
    let end = subset.iter().enumerate().find_map(|(at, byte)| {
        let rest = subset[at + 1..].trim_ascii_start();
        (*byte == b']' && rest.first() == Some(&b'>')).then(|| subset.len() - rest.len() + 1)
    });
    end.map_or(close, |end| open + end)
}

fn declared_entities(prolog: &str) -> HashMap<&str, &str> {
    let mut entities = HashMap::new();
    for declaration in prolog.split("<!ENTITY").skip(1).take(MOST_ENTITIES) {
        let declaration = declaration.trim_start();
        let Some((name, rest)) = declaration.split_once(char::is_whitespace) else { continue };
        let rest = rest.trim_start();
        let Some(quote) = rest.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { continue };
        let Some(value) = rest[1..].split(quote).next() else { continue };
        // Plain text only: nothing that refers on, so nothing can grow by nesting.
        if value.len() <= LONGEST_ENTITY && !value.contains(['&', '%', '<']) {
            entities.insert(name, value);
        }
    }
    entities
}

fn is_junk(prolog: &str) -> bool {
    let mut doctypes = 0;
    let mut rest = prolog.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
    while !rest.is_empty() {
        let length = if rest.starts_with("<?") {
            rest.find('>').map(|end| end + 1)
        } else if rest.starts_with("<!--") {
            rest.find("-->").map(|end| end + 3)
        } else if rest.starts_with("<!") {
            doctypes += 1;
            Some(doctype_length(rest, doctypes))
        } else {
            None
        };
        let Some(length) = length else { return true };
        rest = rest[length..].trim_start();
    }
    false
}

struct Mender<'a> {
    entities: HashMap<&'a str, &'a str>,
    out: String,
    growth_left: usize,
    repairs: BTreeSet<&'static str>,
}

impl Mender<'_> {
    fn run(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('<') {
            self.characters(&rest[..at]);
            rest = &rest[at..];
            rest = self.markup(rest);
        }
        self.characters(rest);
    }

    /// Takes what begins with `<` and gives what follows it.
    fn markup<'t>(&mut self, text: &'t str) -> &'t str {
        if let Some(body) = text.strip_prefix("<![CDATA[") {
            return self.cdata(body);
        }
        if let Some(body) = text.strip_prefix("<!--") {
            return body.find("-->").map_or("", |end| &body[end + 3..]);
        }
        if text.starts_with("<?") || text.starts_with("<!") {
            return text.find('>').map_or("", |end| &text[end + 1..]);
        }
        let named = text[1..].trim_start_matches('/');
        let is_tag = text[1..].len() - named.len() <= 1
            && named.starts_with(|next: char| next.is_alphabetic() || next == '_' || next == ':');
        match tag_length(text).filter(|_| is_tag) {
            Some((length, true)) => {
                self.tag(&text[..length]);
                &text[length..]
            }
            // Its attributes cannot be told apart.
            Some((length, false)) => {
                self.repairs.insert("unclosed-quote");
                self.out.push('<');
                self.characters(element_name(text));
                self.out.push('>');
                &text[length..]
            }
            None => {
                self.repairs.insert("bare-less-than");
                self.out.push_str("&lt;");
                &text[1..]
            }
        }
    }

    fn cdata<'t>(&mut self, body: &'t str) -> &'t str {
        self.out.push_str("<![CDATA[");
        let (inside, rest) = match body.find("]]>") {
            Some(end) => (&body[..end], &body[end + 3..]),
            None => (body, ""),
        };
        self.allowed(inside);
        // A section that is cut off stays open: the reader must see that its element has no end.
        if inside.len() < body.len() {
            self.out.push_str("]]>");
        }
        rest
    }

    fn tag(&mut self, tag: &str) {
        if tag.contains('&') || tag[1..].contains('<') || !is_plain(tag) {
            let inner = tag[1..].replace('<', "&lt;");
            self.out.push('<');
            self.characters(&inner);
        } else {
            self.out.push_str(tag);
        }
    }

    /// Text between tags, and attribute values.
    fn characters(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            self.allowed(&rest[..at]);
            rest = &rest[at..];
            let length = self.ampersand(rest);
            rest = &rest[length..];
        }
        self.allowed(rest);
    }

    /// Takes what begins with `&` and says how much of it.
    fn ampersand(&mut self, text: &str) -> usize {
        let kept =
            ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"].into_iter().find(|kept| text.starts_with(kept));
        if let Some(kept) = kept {
            self.out.push_str(kept);
            return kept.len();
        }
        if let Some(value) = self.declared(text) {
            let (value, length) = (value.0.to_owned(), value.1);
            self.growth_left = self.growth_left.saturating_sub(value.len());
            self.allowed(&value);
            return length;
        }
        match reference(text) {
            Some((letter, length)) => {
                if !text.starts_with("&#") {
                    self.repairs.insert("html-entity");
                } else if letter.is_none() {
                    self.repairs.insert("forbidden-character");
                }
                match letter {
                    Some('<') => self.out.push_str("&lt;"),
                    Some('&') => self.out.push_str("&amp;"),
                    Some('"') => self.out.push_str("&quot;"),
                    Some('\'') => self.out.push_str("&apos;"),
                    Some('>') => self.out.push_str("&gt;"),
                    letter => self.out.extend(letter),
                }
                length
            }
            None => {
                self.repairs.insert("bare-ampersand");
                self.out.push_str("&amp;");
                1
            }
        }
    }

    fn declared(&self, text: &str) -> Option<(&str, usize)> {
        let end = text.bytes().take(64).position(|byte| byte == b';')?;
        let value = self.entities.get(text.get(1..end)?)?;
        (value.len() <= self.growth_left).then_some((*value, end + 1))
    }

    /// Copies text without the characters XML forbids and without marks inside it.
    fn allowed(&mut self, text: &str) {
        if is_plain(text) {
            self.out.push_str(text);
            return;
        }
        for letter in text.chars() {
            if is_forbidden(letter) {
                self.repairs.insert("forbidden-character");
            } else {
                self.out.push(letter);
            }
        }
    }
}

/// Whether no forbidden character can be in a text, by a look at its bytes: 0xEF begins the marks.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte >= b' ' && byte != 0x7f && byte != 0xef || matches!(byte, b'\t' | b'\n' | b'\r'))
}

fn is_forbidden(letter: char) -> bool {
    matches!(letter, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Length of a tag and whether its quotes are closed; `None` when it has no end. A quote that is never
/// closed ends with the first `>` behind it.
fn tag_length(text: &str) -> Option<(usize, bool)> {
    let mut quote = None;
    let mut first_close = None;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match (quote, byte) {
            (None, b'>') => return Some((at + 1, true)),
            (None, b'<') => return None,
            // Only a quote after `=` opens a value.
            (None, b'"' | b'\'') if text[..at].trim_end().ends_with('=') => quote = Some(byte),
            (Some(open), byte) if open == byte => (quote, first_close) = (None, None),
            (Some(_), b'>') => {
                first_close.get_or_insert(at + 1);
            }
            // Markup inside a value: the quote was never closed.
            (Some(_), b'<') if first_close.is_some() => break,
            _ => {}
        }
    }
    first_close.map(|length| (length, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, want: &str, repairs: &[&str]) {
        let mended = mend(text).expect("a root");
        assert_eq!(mended.text, want);
        assert_eq!(mended.repairs.into_iter().collect::<Vec<_>>(), repairs);
    }

    #[test]
    fn sound_text_is_left_alone() {
        let text = "<rss version=\"2.0\"><title>A &amp; B &lt;c&gt; <![CDATA[x & y <z>]]></title></rss>";
        check(text, text, &[]);
    }

    #[test]
    fn the_prolog_goes() {
        check(
            "<?xml version='1.0'?>\n<!-- a <rss> --><!DOCTYPE rss [<!ENTITY x \"y\">]>\n<rss/>",
            "<rss/>",
            &[],
        );
        check("<br />\n<b>Warning</b>: include() <rss/>", "<rss/>", &["junk-before-root"]);
        check("\u{feff}\u{feff}\n<rss/>", "<rss/>", &[]);
    }

    #[test]
    fn bare_marks_are_escaped() {
        check("<a>Q & A &unknown; x&y</a>", "<a>Q &amp; A &amp;unknown; x&amp;y</a>", &["bare-ampersand"]);
        check("<a>5 < 6 <3</a>", "<a>5 &lt; 6 &lt;3</a>", &["bare-less-than"]);
        check("<a href=\"x?a=1&b=2\">", "<a href=\"x?a=1&amp;b=2\">", &["bare-ampersand"]);
    }

    #[test]
    fn html_references_become_characters() {
        check("<a>a&nbsp;b&mdash;c</a>", "<a>a\u{a0}b\u{2014}c</a>", &["html-entity"]);
        check("<a>&#146;&#60;&#x26;</a>", "<a>\u{2019}&lt;&amp;</a>", &[]);
    }

    #[test]
    fn forbidden_characters_go() {
        check("<a>a\0b\u{1b}c\u{feff}&#0;&#27;d</a>", "<a>abcd</a>", &["forbidden-character"]);
        check("<a><![CDATA[a\u{b}b]]></a>", "<a><![CDATA[ab]]></a>", &["forbidden-character"]);
    }

    #[test]
    fn declared_entities_are_filled_in_once_and_bounded() {
        check("<!DOCTYPE r [<!ENTITY who \"Press\">]><r>&who;</r>", "<r>Press</r>", &[]);
        let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><r>&b;</r>";
        check(bomb, "<r>&amp;b;</r>", &["bare-ampersand"]);
        let many =
            format!("<!DOCTYPE r [<!ENTITY a \"{}\">]><r>{}</r>", "a".repeat(250), "&a;".repeat(10_000));
        assert!(mend(&many).expect("a root").text.len() < MOST_GROWTH + 100_000);
        check(
            "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r>&x;</r>",
            "<r>&amp;x;</r>",
            &["bare-ampersand"],
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_with_its_tag() {
        check("<a href=\"x>text</a><b/>", "<a>text</a><b/>", &["unclosed-quote"]);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(?s).{0,200}") {
            let _ = mend(&text);
        }

        #[test]
        fn markup_never_panics(text in "[<>a&;#!\\[\\]CDAT\"'=/ -]{0,80}") {
            let _ = mend(&text);
        }

        #[test]
        fn no_forbidden_character_is_left(text in "<r>(?s).{0,100}") {
            let mended = mend(&text).expect("a root");
            prop_assert!(!mended.text.chars().any(is_forbidden));
        }
    }
}
