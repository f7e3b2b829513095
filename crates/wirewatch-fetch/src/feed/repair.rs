//! The repair pass: text that is meant to be XML becomes text an XML reader takes.
//!
//! One pass over the tags, and no copy of a text that is sound. What stands before the root (warnings
//! of PHP, blank lines) goes, as do the declaration, processing instructions, comments and the document
//! type, so nothing outside is ever named to a parser. A bare `<` is escaped, tags and sections that
//! are never closed are, and characters XML forbids go. References are the walk's: it takes a bare `&`.

pub(crate) use super::prolog::element_name;
use super::{
    entities::numbered,
    prolog::{declared_entities, is_junk, root_start},
};
use memchr::{memchr, memchr_iter, memmem};
use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

/// Escapes may lengthen a text by this many bytes; further bare `<` go.
const MOST_GROWTH: usize = 256 * 1024;
/// How far before a section the name of its element is looked for, in bytes.
const LONGEST_TAG: usize = 256;

/// Mended text from its root element on.
pub(crate) struct Mended<'t> {
    pub(crate) text: Cow<'t, str>,
    /// Entities the document type declares as plain text.
    pub(crate) entities: HashMap<String, String>,
    /// What was mended, each once.
    pub(crate) repairs: BTreeSet<&'static str>,
}

/// Mends a text that has a root element somewhere; `None` when it has none.
pub(crate) fn mend(text: &str) -> Option<Mended<'_>> {
    let start = root_start(text)?;
    let mut repairs = BTreeSet::new();
    if is_junk(&text[..start]) {
        repairs.insert("junk-before-root");
    }
    let mended = match allowed(&text[start..], &mut repairs) {
        Cow::Borrowed(allowed) => Mender::new(allowed, &mut repairs).run(),
        Cow::Owned(allowed) => match Mender::new(&allowed, &mut repairs).run() {
            Cow::Owned(mended) => Cow::Owned(mended),
            Cow::Borrowed(_) => Cow::Owned(allowed),
        },
    };
    Some(Mended { text: mended, entities: declared_entities(&text[..start]), repairs })
}

/// The text without the characters XML forbids and without marks inside it. What stands at the places
/// of C1 control characters was meant as windows-1252 has it, as in numbered references.
fn allowed<'t>(text: &'t str, repairs: &mut BTreeSet<&'static str>) -> Cow<'t, str> {
    let bytes = text.as_bytes();
    let suspicious = |byte: u8| {
        (byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r') | (byte == 0x7f) | (byte == 0xef)
    };
    // Whole blocks without a branch, which is many times faster than letter by letter. 0xEF begins the
    // marks, 0xC2 the C1 characters.
    let mut blocks = bytes.chunks(1024);
    let forbidden = blocks.any(|block| block.iter().fold(false, |found, byte| found | suspicious(*byte)))
        && text.contains(is_forbidden);
    let moved = memchr_iter(0xc2, bytes).any(|at| matches!(bytes.get(at + 1), Some(0x80..=0x9f)));
    if forbidden {
        repairs.insert("forbidden-character");
    }
    if moved {
        repairs.insert("windows-character");
    }
    if !forbidden && !moved {
        return Cow::Borrowed(text);
    }
    let letters = text.chars().filter(|letter| !is_forbidden(*letter));
    Cow::Owned(
        letters
            .filter_map(|letter| if is_c1(letter) { numbered(letter.into()) } else { Some(letter) })
            .collect(),
    )
}

fn is_c1(letter: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&letter)
}

fn is_forbidden(letter: char) -> bool {
    matches!(letter, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Where a mark stands next. What was found is kept, so that looking from place after place is linear.
struct NextMark {
    mark: &'static [u8],
    found: Option<Option<usize>>,
}

impl NextMark {
    fn new(mark: &'static [u8]) -> Self {
        Self { mark, found: None }
    }

    fn find(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let known = self.found.filter(|found| found.is_none_or(|at| at >= from));
        let found = known.unwrap_or_else(|| memmem::find(&bytes[from..], self.mark).map(|at| from + at));
        self.found = Some(found);
        found
    }
}

fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    memmem::find(bytes, mark).is_some()
}

/// The pass. What is sound is copied in long pieces, and only once something was mended.
struct Mender<'t, 'r> {
    text: &'t str,
    out: String,
    /// How much of the text `out` stands for.
    taken: usize,
    growth_left: usize,
    section_end: NextMark,
    comment_end: NextMark,
    repairs: &'r mut BTreeSet<&'static str>,
}

impl<'t, 'r> Mender<'t, 'r> {
    fn new(text: &'t str, repairs: &'r mut BTreeSet<&'static str>) -> Self {
        Self {
            text,
            out: String::new(),
            taken: 0,
            growth_left: MOST_GROWTH,
            section_end: NextMark::new(b"]]>"),
            comment_end: NextMark::new(b"-->"),
            repairs,
        }
    }

    fn run(mut self) -> Cow<'t, str> {
        let mut at = 0;
        while let Some(found) = memchr(b'<', &self.text.as_bytes()[at..]) {
            at = self.markup(at + found);
        }
        if self.taken == 0 && self.out.is_empty() {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.taken..]);
        Cow::Owned(self.out)
    }

    /// Puts `by` in the place of a part of the text, and gives where the part ends.
    fn replace(&mut self, from: usize, to: usize, by: &str) -> usize {
        if self.out.capacity() == 0 {
            self.out.reserve(self.text.len());
        }
        self.out.push_str(&self.text[self.taken..from]);
        self.out.push_str(by);
        self.taken = to;
        to
    }

    /// Takes the `<` at a place and gives where what it begins ends.
    fn markup(&mut self, at: usize) -> usize {
        let text = &self.text[at..];
        let bytes = text.as_bytes();
        match bytes.get(1) {
            Some(b'!') if bytes.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"<![CDATA[")) => {
                self.section(at)
            }
            Some(b'!') if text.starts_with("<!--") => self.comment(at),
            Some(b'!' | b'?')
                if bytes.get(2).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'[') =>
            {
                let length = memchr(b'>', bytes).map_or(text.len(), |end| end + 1);
                self.replace(at, at + length, "")
            }
            _ => self.tag(at),
        }
    }

    /// A comment goes. One that is not closed before another begins ends with its first `>`, or it
    /// would take all between with it.
    fn comment(&mut self, at: usize) -> usize {
        let (bytes, start) = (self.text.as_bytes(), at + 4);
        let end = self.comment_end.find(bytes, start).filter(|end| !contains(&bytes[start..*end], b"<!--"));
        let end = end.map(|end| end + 3).unwrap_or_else(|| {
            self.repairs.insert("unclosed-comment");
            memchr(b'>', &bytes[start..]).map_or(bytes.len(), |end| start + end + 1)
        });
        self.replace(at, end, "")
    }

    /// A section that is cut off stays open: the reader must see that its element has no end. One that
    /// is not closed before its element ends and another section begins, is closed there.
    fn section(&mut self, at: usize) -> usize {
        let start = at + 9;
        if !self.text[at..].starts_with("<![CDATA[") {
            self.repairs.insert("lower-case-cdata");
            self.replace(at, start, "<![CDATA[");
        }
        let bytes = self.text.as_bytes();
        let end = self.section_end.find(bytes, start);
        let limit = end.unwrap_or(bytes.len());
        let next = memmem::find(&bytes[start..limit], b"<![CDATA[").map(|next| start + next);
        if (next.is_some() || end.is_none())
            && let Some(close) = self.element_end(at, start, next.unwrap_or(limit))
        {
            self.repairs.insert("unclosed-cdata");
            return self.replace(close, close, "]]>");
        }
        end.map_or(bytes.len(), |end| end + 3)
    }

    /// Where the element that holds the section at `at` ends, looked for between two places.
    fn element_end(&self, at: usize, from: usize, to: usize) -> Option<usize> {
        let before = self.text.ceil_char_boundary(at.saturating_sub(LONGEST_TAG));
        let tag = &self.text[before..at];
        let name = element_name(&tag[tag.rfind('<')?..]);
        if name.is_empty() {
            return None;
        }
        let end = format!("</{name}");
        memmem::find(&self.text.as_bytes()[from..to], end.as_bytes()).map(|found| from + found)
    }

    fn tag(&mut self, at: usize) -> usize {
        let text = &self.text[at..];
        let named = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
        let is_tag = named.starts_with(|next: char| next.is_alphabetic() || next == '_' || next == ':');
        match is_tag.then(|| tag_length(text)).flatten() {
            Some((length, true)) => at + length,
            // Its attributes cannot be told apart.
            Some((length, false)) => {
                self.repairs.insert("unclosed-quote");
                let end = if text.starts_with("</") { "</" } else { "<" };
                let name = format!("{end}{}>", element_name(&text[end.len() - 1..]).replace('&', ""));
                self.replace(at, at + length, &name)
            }
            None => {
                self.repairs.insert("bare-less-than");
                let escaped = if self.growth_left > 0 { "&lt;" } else { "" };
                self.growth_left = self.growth_left.saturating_sub(escaped.len());
                self.replace(at, at + 1, escaped)
            }
        }
    }
}

/// Length of a tag and whether its quotes are in order; `None` when it has no end. A quote that is
/// never closed ends with the first `>` behind it.
fn tag_length(text: &str) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut first_close = None;
    let mut in_order = true;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        match (quote, byte) {
            (None, b'>') => return Some((at + 1, in_order)),
            (None, b'<') => return None,
            // Only a quote after `=` opens a value.
            (None, b'"' | b'\'') if bytes[..at].trim_ascii_end().ends_with(b"=") => quote = Some(byte),
            (None, b'"' | b'\'') => in_order = false,
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
    fn a_bare_less_than_is_escaped() {
        check("<a>5 < 6 <3</a>", "<a>5 &lt; 6 &lt;3</a>", &["bare-less-than"]);
    }

    #[test]
    fn forbidden_characters_go() {
        check("<a>a\0b\u{1b}c\u{feff}d</a>", "<a>abcd</a>", &["forbidden-character"]);
        check(
            "<a>don\u{92}t \u{96} \u{ab}x\u{bb}\u{81}</a>",
            "<a>don\u{2019}t \u{2013} \u{ab}x\u{bb}</a>",
            &["windows-character"],
        );
        check("<a><![CDATA[a\u{b}b]]></a>", "<a><![CDATA[ab]]></a>", &["forbidden-character"]);
    }

    #[test]
    fn the_text_hardly_grows() {
        let many = format!("<r>{}</r>", "<".repeat(1_000_000));
        assert!(mend(&many).expect("a root").text.len() < many.len() + MOST_GROWTH);
    }

    #[test]
    fn sections_that_are_not_closed_end_with_their_element() {
        check(
            "<r><a><![CDATA[one</a><a><![CDATA[two]]></a></r>",
            "<r><a><![CDATA[one]]></a><a><![CDATA[two]]></a></r>",
            &["unclosed-cdata"],
        );
        check("<r><a><![CDATA[one</a></r>", "<r><a><![CDATA[one]]></a></r>", &["unclosed-cdata"]);
        check("<r><a><![CDATA[one", "<r><a><![CDATA[one", &[]);
        check("<a><![cdata[x]]></a>", "<a><![CDATA[x]]></a>", &["lower-case-cdata"]);
        let code = "<a><![CDATA[<p>in <![CDATA[a section]]></p></a>";
        check(code, code, &[]);
    }

    #[test]
    fn a_comment_that_is_never_closed_takes_nothing_with_it() {
        check("<r><!-- made by x -><a/><!-- y --></r>", "<r><a/></r>", &["unclosed-comment"]);
        check("<r><!-- <a/> --><b/></r>", "<r><b/></r>", &[]);
        check("<r><!-- made by x -><a/></r>", "<r><a/></r>", &["unclosed-comment"]);
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_with_its_tag() {
        check("<a href=\"x>text</a><b/>", "<a>text</a><b/>", &["unclosed-quote"]);
        check("<a it's>text</a>'<b/>", "<a>text</a>'<b/>", &["unclosed-quote"]);
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
