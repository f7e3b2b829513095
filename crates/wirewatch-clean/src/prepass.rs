//! One pass over the page's text before it is parsed: fewer bytes into the parser, and no way to make
//! the parser slow.
//!
//! Cut with their content: scripts (linked data is set aside), styles, comments, inline graphics,
//! form controls, frames. Dropped as tags: formatting elements, pictures, whatever the cleaner does
//! not look at. Kept tags keep only the attributes the cleaner reads. What bounds the parser:
//!
//! - formatting elements lose their tags, so the list of active formatting elements stays short
//!   (an HTML parser opens each of them again in every new paragraph: 29 kB make two million nodes);
//! - open elements are counted and tags nested deeper than [`MAX_DEPTH`] dropped, their text kept
//!   (a parser looks through all open elements at every tag);
//! - at most one attribute of each name, values cut.

mod tag;

use memchr::{memchr, memmem};
use std::collections::HashMap;
use std::ops::Range;
use tag::{Name, Treatment, treatment};

/// Nesting beyond this is flattened. Real pages stay under 60.
pub(crate) const MAX_DEPTH: usize = 200;

/// How far down the open elements a closing tag looks for its start.
const CLOSE_REACH: usize = 250;

/// A page made ready for the parser.
pub(crate) struct Prepared {
    /// The markup that is left.
    pub(crate) html: String,
    /// Where the page's linked data (`application/ld+json`) stands in the text that was given.
    pub(crate) linked_data: Vec<Range<usize>>,
}

/// Cuts a page down to what the cleaner reads. Linear in the length of the page.
pub(crate) fn prepare(page: &str) -> Prepared {
    let mut pass = Pass {
        page,
        out: String::with_capacity(page.len() / 2),
        linked_data: Vec::new(),
        open: Vec::new(),
        depth: 0,
        not_ahead: HashMap::new(),
    };
    pass.run();
    Prepared { html: pass.out, linked_data: pass.linked_data }
}

struct Open {
    name: Name,
    dropped: bool,
}

struct Pass<'a> {
    page: &'a str,
    out: String,
    linked_data: Vec<Range<usize>>,
    /// Open elements that must be closed by a tag of their own.
    open: Vec<Open>,
    /// How many of them went into the output.
    depth: usize,
    /// Closing marks known to be absent from here on, so that no search is made twice.
    not_ahead: HashMap<&'static str, ()>,
}

impl<'a> Pass<'a> {
    fn run(&mut self) {
        let bytes = self.page.as_bytes();
        let mut at = 0;
        while let Some(found) = memchr(b'<', &bytes[at..]) {
            self.text(at, at + found);
            at = self.markup(at + found);
        }
        self.text(at, bytes.len());
    }

    /// Copies text; white space between tags becomes one character.
    fn text(&mut self, from: usize, to: usize) {
        let text = &self.page[from..to];
        if text.is_empty() {
            return;
        }
        if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            if !self.out.ends_with(['\n', ' ']) {
                self.out.push('\n');
            }
        } else {
            self.out.push_str(text);
        }
    }

    /// Handles what begins with `<` at `at`; gives the position behind it.
    fn markup(&mut self, at: usize) -> usize {
        let bytes = self.page.as_bytes();
        match bytes.get(at + 1) {
            Some(b'!') if bytes[at..].starts_with(b"<!--") => {
                // An unclosed comment would swallow the rest of the page: only its mark is dropped.
                self.find_ahead("-->", at + 4).map_or(at + 4, |end| end + 3)
            }
            Some(b'!') if bytes[at..].get(2..9).is_some_and(|word| word.eq_ignore_ascii_case(b"doctype")) => {
                let end = memchr(b'>', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
                self.out.push_str("<!DOCTYPE html>");
                end
            }
            Some(b'!' | b'?') => {
                if bytes[at..].starts_with(b"<![CDATA[") {
                    return at + 9;
                }
                memchr(b'>', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1)
            }
            Some(b'/') if bytes.get(at + 2).is_some_and(u8::is_ascii_alphabetic) => self.end_tag(at),
            Some(letter) if letter.is_ascii_alphabetic() => self.start_tag(at),
            _ => {
                self.out.push_str("&lt;");
                at + 1
            }
        }
    }

    fn start_tag(&mut self, at: usize) -> usize {
        let (name, name_end) = tag::name(self.page.as_bytes(), at + 1);
        let attributes = tag::Attributes::new(self.page, name_end);
        let treatment = treatment(name);
        match treatment {
            Treatment::Cut(closing) => {
                let (is_linked_data, end) = tag::script_type(attributes);
                let Some(close) = self.find_ahead(closing, end) else { return end };
                if is_linked_data && name == Name::of("script") {
                    self.linked_data.push(end..close);
                }
                let bytes = self.page.as_bytes();
                memchr(b'>', &bytes[close..]).map_or(bytes.len(), |gt| close + gt + 1)
            }
            Treatment::Drop => tag::skip(attributes),
            Treatment::Void => tag::copy(&mut self.out, self.page, at, name, attributes),
            Treatment::Optional => tag::copy(&mut self.out, self.page, at, name, attributes),
            Treatment::Raw(closing) => {
                let end = tag::copy(&mut self.out, self.page, at, name, attributes);
                let close = self.find_ahead(closing, end).unwrap_or(end);
                self.out.push_str(&self.page[end..close]);
                if close == end {
                    // Without an end the parser would take the rest of the page for its content.
                    self.out.push_str(closing);
                    self.out.push('>');
                }
                close
            }
            Treatment::Nested => {
                let before = self.out.len();
                let end = tag::copy(&mut self.out, self.page, at, name, attributes);
                let bare_span = name == Name::of("span") && !self.out[before..].contains(' ');
                let dropped = self.depth >= MAX_DEPTH || bare_span;
                if dropped {
                    self.out.truncate(before);
                } else {
                    self.depth += 1;
                }
                self.open.push(Open { name, dropped });
                end
            }
        }
    }

    fn end_tag(&mut self, at: usize) -> usize {
        let bytes = self.page.as_bytes();
        let (name, name_end) = tag::name(bytes, at + 2);
        let end = memchr(b'>', &bytes[name_end..]).map_or(bytes.len(), |gt| name_end + gt + 1);
        let write = match treatment(name) {
            Treatment::Cut(_) | Treatment::Drop | Treatment::Void => false,
            Treatment::Optional | Treatment::Raw(_) => true,
            Treatment::Nested => {
                let start = self.open.iter().rev().take(CLOSE_REACH).position(|open| open.name == name);
                start.is_some_and(|back| {
                    let at = self.open.len() - 1 - back;
                    let dropped = self.open[at].dropped;
                    // A block's end closes what is open inside it; an inline element's end does not
                    // reach out of its block.
                    if tag::is_inline(name) {
                        self.depth -= usize::from(!dropped);
                        self.open.remove(at);
                    } else {
                        self.depth -= self.open[at..].iter().filter(|open| !open.dropped).count();
                        self.open.truncate(at);
                    }
                    !dropped
                })
            }
        };
        if write {
            self.out.push_str("</");
            self.out.push_str(&self.page[at + 2..name_end]);
            self.out.push('>');
        }
        end
    }

    /// Where `mark` stands at or after `from`, blind to ASCII case. Remembers what is not there.
    fn find_ahead(&mut self, mark: &'static str, from: usize) -> Option<usize> {
        if self.not_ahead.contains_key(mark) {
            return None;
        }
        let found = find_ignoring_case(self.page.as_bytes(), mark.as_bytes(), from);
        if found.is_none() {
            self.not_ahead.insert(mark, ());
        }
        found
    }
}

fn find_ignoring_case(bytes: &[u8], mark: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    if !mark.starts_with(b"</") {
        return memmem::find(rest, mark).map(|at| from + at);
    }
    memmem::find_iter(rest, b"</")
        .find(|at| rest[*at..].get(..mark.len()).is_some_and(|found| found.eq_ignore_ascii_case(mark)))
        .map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(page: &str, want: &str) {
        assert_eq!(prepare(page).html, want);
    }

    #[test]
    fn scripts_styles_comments_and_graphics_are_cut() {
        check(
            "<p>A<script>if (1<2) '</p>'</script>B<STYLE>p{}</Style><!-- <p> --><svg><title>x</title></svg>C",
            "<p>ABC",
        );
    }

    #[test]
    fn linked_data_is_set_aside() {
        let page = "<script type='application/ld+json'>{\"a\":1}</script><script>x</script>";
        let prepared = prepare(page);
        assert_eq!(prepared.linked_data.len(), 1);
        assert_eq!(&page[prepared.linked_data[0].clone()], "{\"a\":1}");
        assert_eq!(prepared.html, "");
    }

    #[test]
    fn what_is_never_closed_does_not_swallow_the_page() {
        check("<p>A<!-- B<p>C", "<p>A B<p>C");
        check("<p>A<script>B<p>C", "<p>AB<p>C");
        assert!(prepare("<title>A<p>B").html.contains("<p>B"));
    }

    #[test]
    fn only_what_the_cleaner_reads_stays_on_a_tag() {
        check(
            "<div onclick=\"a>b\" CLASS='x y' data-z=1 style='color:red'><a href=/b target=_blank><b>T</b></a></div>",
            "<div class=\"x y\"><a href=\"/b\">T</a></div>",
        );
        check("<div style='display: none'>x</div>", "<div hidden=\"\">x</div>");
    }

    #[test]
    fn a_comparison_is_no_tag() {
        check("<p>1 < 2 and 3 <4", "<p>1 &lt; 2 and 3 &lt;4");
    }

    #[test]
    fn deep_nesting_is_flattened_and_its_text_kept() {
        let deep = prepare(&format!("{}text{}after", "<div>".repeat(40_000), "</div>".repeat(40_000))).html;
        assert_eq!(deep.matches("<div>").count(), MAX_DEPTH);
        assert_eq!(deep.matches("</div>").count(), MAX_DEPTH);
        assert!(deep.contains("text") && deep.ends_with("after"));
    }

    #[test]
    fn unclosed_list_items_do_not_count_as_nesting() {
        let items = prepare(&"<li><p>x".repeat(1_000)).html;
        assert_eq!(items.matches("<li>").count(), 1_000);
    }

    proptest! {
        #[test]
        fn any_text_is_cut_down_without_a_panic(page in "(<|>|/|!--|-->|script|div|p|span|a|title|\"|'|=| |x|ї){0,60}") {
            let prepared = prepare(&page);
            for range in prepared.linked_data {
                prop_assert!(page.get(range).is_some());
            }
        }
    }
}
