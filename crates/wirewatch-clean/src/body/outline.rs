//! One walk over the tree: the page as a list of text blocks in reading order, each knowing the
//! elements it stands in, and what the markup says of the article beside its text.

use super::hints::{self, Hints};
use crate::meta::facts::{Element, Facts};
use crate::text;
use ego_tree::iter::Edge;
use scraper::{Html, Node};
use std::collections::HashMap;

/// What a block is by its element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Paragraph,
    Heading(u8),
    Item,
    Quote,
    Cell,
    Pre,
    Caption,
    /// Text of an element that says nothing of it (`div`, `section`).
    Plain,
}

/// One stretch of text without a block boundary.
#[derive(Debug)]
pub(crate) struct Block {
    /// The innermost [`Part`] it stands in.
    pub(crate) part: u32,
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// [`text::weight`] of the text.
    pub(crate) weight: u32,
    /// The share of it inside links.
    pub(crate) link_weight: u32,
    /// How many links it holds.
    pub(crate) links: u32,
    /// The table row it stands in; 0 for none.
    pub(crate) row: u32,
}

impl Block {
    /// Share of the text that is links, 0 to 1.
    pub(crate) fn link_density(&self) -> f32 {
        if self.weight == 0 { 0.0 } else { self.link_weight as f32 / self.weight as f32 }
    }
}

/// A block-level element.
#[derive(Debug)]
pub(crate) struct Part {
    /// The part around it; a part comes after the parts around it. The first is its own.
    pub(crate) parent: u32,
    pub(crate) tag: Tag,
    pub(crate) hints: Hints,
    /// Hash of element name and classes: equal for pieces of one split body.
    pub(crate) signature: u64,
    pub(crate) has_class: bool,
    /// Blocks inside: first, and one past the last.
    pub(crate) blocks: (u32, u32),
}

/// Elements that matter to the choice of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Body,
    Article,
    Main,
    Section,
    Header,
    Footer,
    Nav,
    Aside,
    Figure,
    List,
    Item,
    Table,
    Row,
    Cell,
    Paragraph,
    Quote,
    /// With its level, 1 to 4 (deeper ones are 4).
    Heading(u8),
    Form,
    Dialog,
    Pre,
    Caption,
    Other,
}

/// The page in blocks.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub(crate) parts: Vec<Part>,
    pub(crate) blocks: Vec<Block>,
}

/// Most blocks of a page; what comes after is not read.
const MAX_BLOCKS: usize = 20_000;

/// Walks a tree once.
pub(crate) fn outline<'a>(html: &'a Html, facts: &mut Facts<'a>) -> Outline {
    let mut walk = Walk {
        outline: Outline::default(),
        open: Vec::new(),
        text: String::new(),
        link_weight: 0,
        links: 0,
        link_depth: 0,
        head_depth: 0,
        row: 0,
        rows: 0,
        breaks: 0,
        known: HashMap::new(),
        squeezed: String::new(),
    };
    walk.open_part(Tag::Body, Hints::NONE, &Element::default());
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(element) => walk.open_element(&Element::read(element), facts),
                Node::Text(text) => walk.text(text, facts),
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    walk.close_element(element.name(), facts);
                }
            }
        }
        if walk.outline.blocks.len() >= MAX_BLOCKS {
            break;
        }
    }
    walk.finish()
}

struct Open {
    part: u32,
    /// The element's name decides nothing more, but inline elements can be parts too.
    is_part: bool,
    is_link: bool,
    row_before: u32,
}

struct Walk {
    outline: Outline,
    /// One entry for each open element.
    open: Vec<Open>,
    text: String,
    link_weight: u32,
    links: u32,
    link_depth: u32,
    head_depth: u32,
    row: u32,
    rows: u32,
    /// Line breaks since the last text.
    breaks: u32,
    /// Hints of class lists met before on this page.
    known: HashMap<String, Hints>,
    squeezed: String,
}

impl Walk {
    fn current(&self) -> u32 {
        self.open.last().map_or(0, |open| open.part)
    }

    fn open_part(&mut self, tag: Tag, hints: Hints, element: &Element<'_>) -> u32 {
        let at = self.outline.parts.len() as u32;
        let first = self.outline.blocks.len() as u32;
        self.outline.parts.push(Part {
            parent: self.current(),
            tag,
            hints,
            signature: element.signature(),
            has_class: element.class.is_some_and(|class| !class.trim().is_empty()),
            blocks: (first, first),
        });
        at
    }

    fn open_element<'a>(&mut self, element: &Element<'a>, facts: &mut Facts<'a>) {
        facts.open(element, self.head_depth > 0);
        let mut open = Open { part: self.current(), is_part: false, is_link: false, row_before: self.row };
        match element.name {
            "head" => self.head_depth += 1,
            "br" => {
                self.line_break();
            }
            "hr" => self.flush(),
            "a" => {
                // An anchor without address is a place, not a link.
                open.is_link = element.href.is_some_and(|href| !href.starts_with('#'));
                self.link_depth += u32::from(open.is_link);
                self.links += u32::from(open.is_link);
            }
            _ => {}
        }
        let tag = part_tag(element.name);
        let mut hints = self.hints_of(element);
        let is_part = match tag {
            Some(_) => true,
            // A link or a span cuts a paragraph only when it surely is no part of its text.
            None => hints.any(Hints::HIDDEN.with(Hints::CAPTION).with(Hints::SOCIAL)),
        };
        if is_part && self.head_depth == 0 {
            self.flush();
            let tag = tag.unwrap_or(Tag::Other);
            hints = hints.with(hints_of_tag(tag));
            open.part = self.open_part(tag, hints, element);
            open.is_part = true;
            if tag == Tag::Row {
                self.rows += 1;
                self.row = self.rows;
            } else if tag == Tag::Table {
                self.row = 0;
            }
        }
        self.open.push(open);
    }

    fn close_element(&mut self, name: &str, facts: &mut Facts<'_>) {
        facts.close();
        let Some(open) = self.open.pop() else { return };
        if name == "head" {
            self.head_depth -= 1;
        }
        if open.is_part {
            // The text belongs to the part that ends here.
            self.open.push(Open { part: open.part, is_part: false, is_link: false, row_before: 0 });
            self.flush();
            self.open.pop();
            self.outline.parts[open.part as usize].blocks.1 = self.outline.blocks.len() as u32;
            self.row = open.row_before;
        }
        self.link_depth -= u32::from(open.is_link);
    }

    fn text(&mut self, text: &str, facts: &mut Facts<'_>) {
        facts.text(text);
        if self.head_depth > 0 {
            return;
        }
        if self.text.is_empty() && text.trim_start().is_empty() {
            return;
        }
        if !text.trim_start().is_empty() {
            self.breaks = 0;
        }
        let before = self.text.len();
        text::push_collapsed(&mut self.text, text);
        if self.link_depth > 0 {
            self.link_weight += text::weight(&self.text[before..]);
        }
    }

    /// One `br` is a line of the same paragraph, two are the end of it.
    fn line_break(&mut self) {
        self.breaks += 1;
        if self.breaks >= 2 {
            self.flush();
        } else if !self.text.is_empty() {
            self.text.truncate(self.text.trim_end().len());
            self.text.push('\n');
        }
    }

    fn flush(&mut self) {
        self.breaks = 0;
        let text = self.text.trim();
        if !text.is_empty() {
            let part = self.current();
            let kind = self.kind(part);
            self.outline.blocks.push(Block {
                part,
                kind,
                weight: text::weight(text),
                text: text.to_owned(),
                link_weight: self.link_weight,
                links: self.links,
                row: self.row,
            });
        }
        self.text.clear();
        self.link_weight = 0;
        // A block link goes on behind the boundary.
        self.links = u32::from(self.link_depth > 0);
    }

    /// What a block in this part is: by the part's element, or by the heading, quote or list item that
    /// a box without meaning stands in.
    fn kind(&self, part: u32) -> Kind {
        let parts = &self.outline.parts;
        let mut at = &parts[part as usize];
        for _ in 0..3 {
            if at.tag != Tag::Other {
                break;
            }
            at = &parts[at.parent as usize];
        }
        match at.tag {
            Tag::Heading(_) | Tag::Quote | Tag::Item => kind_of(at.tag),
            _ => kind_of(parts[part as usize].tag),
        }
    }

    fn hints_of(&mut self, element: &Element<'_>) -> Hints {
        let mut hints = Hints::NONE;
        for names in [element.class, element.id, element.component].into_iter().flatten() {
            hints = hints.with(match self.known.get(names) {
                Some(known) => *known,
                None => {
                    let found = hints::of_names(names, &mut self.squeezed);
                    self.known.insert(names.to_owned(), found);
                    found
                }
            });
        }
        match element.itemprop {
            Some("articleBody") => hints = hints.with(Hints::BODY),
            Some("headline") => hints = hints.with(Hints::TITLE),
            Some("description" | "alternativeHeadline") => hints = hints.with(Hints::LEAD),
            Some("comment") => hints = hints.with(Hints::COMMENTS),
            _ => {}
        }
        match element.role {
            Some("navigation" | "menu" | "menubar" | "search" | "banner" | "contentinfo") => {
                hints = hints.with(Hints::NAV);
            }
            Some("complementary") => hints = hints.with(Hints::SIDE),
            Some("dialog" | "alert" | "alertdialog") => hints = hints.with(Hints::PROMO),
            _ => {}
        }
        if element.hidden {
            hints = hints.with(Hints::HIDDEN);
        }
        hints
    }

    fn finish(mut self) -> Outline {
        // Only a page cut at a limit has parts still open.
        let blocks = self.outline.blocks.len() as u32;
        for open in &self.open {
            self.outline.parts[open.part as usize].blocks.1 = blocks;
        }
        self.outline.parts[0].blocks.1 = blocks;
        self.outline
    }
}

/// The tag of a block-level element; `None` for inline ones.
fn part_tag(name: &str) -> Option<Tag> {
    Some(match name {
        "div" | "address" | "details" | "summary" | "fieldset" | "hgroup" | "center" | "legend" | "dl"
        | "search" => Tag::Other,
        "p" => Tag::Paragraph,
        "body" => Tag::Body,
        "article" => Tag::Article,
        "main" => Tag::Main,
        "section" => Tag::Section,
        "header" => Tag::Header,
        "footer" => Tag::Footer,
        "nav" | "menu" => Tag::Nav,
        "aside" => Tag::Aside,
        "figure" => Tag::Figure,
        "figcaption" | "caption" => Tag::Caption,
        "ul" | "ol" => Tag::List,
        "li" | "dt" | "dd" => Tag::Item,
        "table" | "tbody" | "thead" | "tfoot" => Tag::Table,
        "tr" => Tag::Row,
        "td" | "th" => Tag::Cell,
        "blockquote" => Tag::Quote,
        "h1" => Tag::Heading(1),
        "h2" => Tag::Heading(2),
        "h3" => Tag::Heading(3),
        "h4" | "h5" | "h6" => Tag::Heading(4),
        "form" => Tag::Form,
        "dialog" => Tag::Dialog,
        "pre" => Tag::Pre,
        // Elements of a site's own making are boxes more often than not.
        _ if name.contains('-') => Tag::Other,
        _ => return None,
    })
}

fn hints_of_tag(tag: Tag) -> Hints {
    match tag {
        Tag::Nav | Tag::Footer => Hints::NAV,
        Tag::Aside => Hints::SIDE,
        Tag::Caption | Tag::Figure => Hints::CAPTION,
        Tag::Form | Tag::Dialog => Hints::PROMO,
        Tag::Article | Tag::Main => Hints::ARTICLE,
        _ => Hints::NONE,
    }
}

fn kind_of(tag: Tag) -> Kind {
    match tag {
        Tag::Paragraph => Kind::Paragraph,
        Tag::Heading(level) => Kind::Heading(level),
        Tag::Item => Kind::Item,
        Tag::Quote => Kind::Quote,
        Tag::Cell | Tag::Row | Tag::Table => Kind::Cell,
        Tag::Pre => Kind::Pre,
        Tag::Caption | Tag::Figure => Kind::Caption,
        _ => Kind::Plain,
    }
}
