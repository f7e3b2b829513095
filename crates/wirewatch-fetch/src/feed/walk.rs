//! A lenient walk over mended XML: finds the feed's head and its entries in any of the formats, and
//! forgives end tags that are missing, crossed or too many.
//!
//! An entry whose end never comes is not given: half entries are never stored. An entry that another
//! one interrupts is taken as ended there.

mod bindings;
mod tag;

use super::{
    repair::Mended,
    text::referred,
    tree::{Attributes, Element, Node, Space},
};
use bindings::{Bindings, split};
use quick_xml::{Reader, events::Event};
use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};
use tag::{Tag, is_empty_html};

/// Deeper elements are not kept, only their text.
const DEEPEST: usize = 128;
/// Elements kept of one entry; of what is beyond, only text.
const MOST_ELEMENTS: usize = 20_000;
/// Elements kept of the feed's head.
const MOST_HEAD: usize = 256;
/// Declared entities may lengthen a feed by this many bytes.
const MOST_GROWTH: usize = 256 * 1024;

/// What a walk found besides the entries, which are handed out one by one.
#[derive(Default)]
pub(crate) struct Found<'t> {
    /// The root: lower-case local name, and its attributes.
    pub(crate) root: Cow<'t, str>,
    pub(crate) root_attributes: Attributes<'t>,
    /// Namespace address of the root, as written.
    pub(crate) root_uri: Option<Cow<'t, str>>,
    /// Children of the feed or channel that are no entries.
    pub(crate) head: Vec<Element<'t>>,
    /// Whether the end of the root was seen.
    pub(crate) whole: bool,
    /// Whether there are more entries than were asked for; the walk ends before them.
    pub(crate) too_many: bool,
    pub(crate) repairs: BTreeSet<&'static str>,
}

/// Walks over a feed, giving each whole entry to `entry`, `most` of them.
pub(crate) fn walk<'t>(mended: &'t Mended<'_>, most: usize, entry: impl FnMut(&Element<'t>)) -> Found<'t> {
    let text = &*mended.text;
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut walk = Walk {
        entry,
        entities: &mended.entities,
        growth_left: MOST_GROWTH,
        entries_left: most,
        stack: Vec::new(),
        entry_at: None,
        overflow: 0,
        kept: 0,
        bindings: Bindings::default(),
        found: Found::default(),
    };
    while !walk.found.too_many {
        let event = reader.read_event();
        // A text of ten mebibytes fits.
        let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match event {
            Ok(Event::Start(start)) => {
                walk.open(Tag::before(text, end, ">", start.len(), start.name().into_inner().len()));
            }
            Ok(Event::Empty(start)) => {
                let tag = Tag::before(text, end, "/>", start.len(), start.name().into_inner().len());
                walk.open(tag);
                if !is_empty_html(tag.name) {
                    walk.close(tag.name);
                }
            }
            Ok(Event::End(end)) => walk.close(end.name().into_inner()),
            Ok(Event::Text(text)) => walk.text(text.into_inner()),
            Ok(Event::CData(text)) => walk.put(text.into_inner()),
            Ok(Event::GeneralRef(name)) => walk.reference(&name),
            Ok(Event::Eof) => break,
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
            // The tail cannot be read: what is whole so far stands.
            Err(_) => break,
        }
    }
    walk.end()
}

/// What an open element is to the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The root or the channel: holds the head and the entries.
    Container,
    Entry,
    /// Part of the head or of an entry.
    Part,
}

struct Open<'t> {
    role: Role,
    /// As written, to match the end tag.
    written: &'t str,
    element: Element<'t>,
    /// How many bindings were in force outside it.
    bindings: usize,
}

struct Walk<'t, F> {
    entry: F,
    entities: &'t HashMap<String, String>,
    growth_left: usize,
    entries_left: usize,
    stack: Vec<Open<'t>>,
    /// Where in the stack the open entry is.
    entry_at: Option<usize>,
    /// Open elements that are too deep to be kept.
    overflow: usize,
    /// Elements kept of the present entry.
    kept: usize,
    bindings: Bindings<'t>,
    found: Found<'t>,
}

impl<'t, F: FnMut(&Element<'t>)> Walk<'t, F> {
    fn open(&mut self, tag: Tag<'t>) {
        let mut bindings = self.bindings.len();
        self.bindings.bind(tag);
        self.adopt(tag.name);
        let (space, name) = self.bindings.name(tag.name);
        let role = self.role(space, &name);
        if role == Role::Part && (self.stack.len() >= DEEPEST || self.kept >= MOST_ELEMENTS) {
            self.bindings.truncate(bindings);
            self.overflow += usize::from(!is_empty_html(tag.name));
            return;
        }
        let bound = self.bindings.len();
        if !self.make_way(role, space, &name) {
            self.found.too_many = true;
            return;
        }
        if self.bindings.len() < bound {
            // What ended here took the bindings of this tag with it.
            bindings = self.bindings.len();
            self.bindings.bind(tag);
        }
        let element = Element::new(space, name, tag.attributes());
        if self.stack.is_empty() && self.found.root.is_empty() {
            self.found.root.clone_from(&element.name);
            self.found.root_attributes.clone_from(&element.attributes);
            self.found.root_uri = self.bindings.uri(tag.name);
        } else if role == Role::Container {
            // What the channel says of itself by attributes counts like the root's.
            self.found.root_attributes.extend(element.attributes.iter().cloned());
        }
        let is_empty = role == Role::Part && is_empty_html(tag.name);
        self.stack.push(Open { role, written: tag.name, element, bindings });
        if is_empty {
            self.pop_to(self.stack.len() - 1);
        }
    }

    /// Ends what an element of this role ends; false when it is an entry beyond the last one asked for.
    fn make_way(&mut self, role: Role, space: Space, name: &str) -> bool {
        match role {
            Role::Container => {
                self.overflow = 0;
                self.interrupt_entry();
            }
            Role::Entry => {
                self.overflow = 0;
                self.interrupt_entry();
                self.interrupt_field(space, name);
                self.kept = 0;
                let Some(left) = self.entries_left.checked_sub(1) else { return false };
                self.entries_left = left;
                self.entry_at = Some(self.stack.len());
            }
            Role::Part => {
                self.kept += 1;
                self.interrupt_field(space, name);
            }
        }
        true
    }

    /// Entries stand in containers or in wrappers of them, never in another entry's parts, so that
    /// `atom:source` or an `item` in some other vocabulary is none.
    fn role(&self, space: Space, name: &str) -> Role {
        let feed = matches!(space, Space::Feed | Space::Atom);
        let in_part = self.stack.last().is_some_and(|open| open.role == Role::Part);
        match name {
            "rss" | "feed" | "channel" | "urlset" if feed && !in_part && self.entry_at.is_none() => {
                Role::Container
            }
            "rdf" if matches!(space, Space::Rdf | Space::Feed) && self.stack.is_empty() => Role::Container,
            "item" | "entry" | "url" if feed && self.may_start_entry(name) => Role::Entry,
            _ if self.stack.is_empty() && self.found.root.is_empty() => Role::Container,
            _ => Role::Part,
        }
    }

    fn may_start_entry(&self, name: &str) -> bool {
        if name == "url" {
            // A sitemap; elsewhere `url` is a part (of an image).
            return self.found.root == "urlset" && self.entry_at.unwrap_or(self.stack.len()) == 1;
        }
        match self.entry_at {
            // The entry before it was not ended, unless this one stands in markup that was.
            Some(at) => self.stack[at].element.name == name && !self.holds_xml(at),
            // Wrappers, and parts of the head that were not ended.
            None => true,
        }
    }

    /// Whether the entry's open parts say that what they hold is a document of its own.
    fn holds_xml(&self, entry: usize) -> bool {
        self.stack[entry..].iter().any(|open| {
            let kind = open.element.attribute("type").filter(|_| open.role == Role::Part);
            kind.is_some_and(|kind| matches!(kind, "application/atom+xml" | "application/rss+xml"))
        })
    }

    /// Takes a vocabulary nobody knows for the feed's own, when its root or its entries bear it: names
    /// tell more than addresses with a typing error.
    fn adopt(&mut self, written: &'t str) {
        const ROOTS: [&str; 5] = ["rss", "feed", "rdf", "channel", "urlset"];
        let (prefix, local) = split(written);
        let is = |names: &[&str]| names.iter().any(|name| local.eq_ignore_ascii_case(name));
        let is_root = self.stack.is_empty() && self.found.root.is_empty() && is(&ROOTS);
        let in_container = || self.stack.last().is_some_and(|open| open.role == Role::Container);
        let is_entry = !prefix.is_empty() && is(&["item", "entry"]) && in_container();
        if !is_root && !is_entry {
            return;
        }
        let odd = match self.bindings.space(prefix) {
            Space::Feed | Space::Atom | Space::Rdf => false,
            Space::Other => true,
            _ => is_root,
        };
        if odd {
            self.bindings.take_for_feed(prefix);
        }
    }

    /// An entry that was not ended before the next one begins ends there.
    fn interrupt_entry(&mut self) {
        if let Some(at) = self.entry_at {
            self.found.repairs.insert("unclosed-entry");
            self.pop_to(at);
        }
    }

    /// A title, link, id or date that was not ended before the next field begins ends there.
    fn interrupt_field(&mut self, space: Space, name: &str) {
        const PLAIN: [&str; 4] = ["title", "link", "guid", "pubdate"];
        const FIELDS: [&str; 8] =
            ["title", "link", "guid", "pubdate", "description", "author", "item", "entry"];
        let Some([.., outer, open]) = self.stack.get(..) else { return };
        if outer.role != Role::Part
            && open.role == Role::Part
            && open.element.space == Space::Feed
            && space == Space::Feed
            && PLAIN.contains(&&*open.element.name)
            && FIELDS.contains(&name)
        {
            self.found.repairs.insert("unclosed-element");
            self.pop_to(self.stack.len() - 1);
        }
    }

    fn close(&mut self, written: &str) {
        if self.overflow > 0 {
            // Which of those too deep is closed cannot be known, only their count; but the end of a
            // field or an entry ends everything in it.
            if !self.ends_field(written) {
                self.overflow -= usize::from(!is_empty_html(written));
                return;
            }
            self.overflow = 0;
        }
        let same = |open: &Open<'_>| open.written == written;
        let at = self
            .stack
            .iter()
            .rposition(same)
            .or_else(|| self.stack.iter().rposition(|open| open.written.eq_ignore_ascii_case(written)));
        let Some(at) = at else {
            if !is_empty_html(written) {
                self.found.repairs.insert("stray-end-tag");
            }
            return;
        };
        if at + 1 < self.stack.len() {
            self.found.repairs.insert("unclosed-element");
        }
        if at == 0 {
            self.found.whole = true;
        }
        self.pop_to(at);
    }

    /// Whether a name is that of an open container or entry, or of a field of the open entry.
    fn ends_field(&self, written: &str) -> bool {
        let fields = self.entry_at.map_or(self.stack.len(), |at| at + 2).min(self.stack.len());
        self.stack[..fields].iter().any(|open| open.written == written)
    }

    /// Ends all elements from `at` on.
    fn pop_to(&mut self, at: usize) {
        while self.stack.len() > at {
            let Some(open) = self.stack.pop() else { return };
            self.bindings.truncate(open.bindings);
            match open.role {
                Role::Container => {}
                Role::Entry => {
                    self.entry_at = None;
                    (self.entry)(&open.element);
                }
                Role::Part => self.keep(open.element),
            }
        }
    }

    fn keep(&mut self, element: Element<'t>) {
        match self.stack.last_mut() {
            Some(parent) if parent.role != Role::Container => {
                parent.element.nodes.push(Node::Element(element));
            }
            _ if self.found.head.len() < MOST_HEAD => self.found.head.push(element),
            _ => {}
        }
    }

    /// Text between tags. The reader gives an ampersand that begins no reference at the start of a text.
    fn text(&mut self, text: Cow<'t, str>) {
        if text.starts_with('&') {
            self.found.repairs.insert("bare-ampersand");
        }
        self.put(text);
    }

    fn put(&mut self, text: Cow<'t, str>) {
        if let Some(open) = self.stack.last_mut().filter(|open| open.role != Role::Container) {
            open.element.add_text(text);
        }
    }

    /// Puts what `&name;` stands for; what stands for nothing was meant as it is.
    fn reference(&mut self, name: &str) {
        if let Some(value) = self.entities.get(name).filter(|value| value.len() <= self.growth_left) {
            self.growth_left -= value.len();
            return self.put(Cow::Borrowed(value));
        }
        match referred(name) {
            Some(letter) => {
                if letter.is_none() {
                    self.found.repairs.insert("forbidden-character");
                } else if !name.starts_with('#') && !["amp", "lt", "gt", "quot", "apos"].contains(&name) {
                    self.found.repairs.insert("html-entity");
                }
                if let Some(open) = self.stack.last_mut().filter(|open| open.role != Role::Container) {
                    open.element.add_letters(letter);
                }
            }
            None => {
                self.found.repairs.insert("bare-ampersand");
                self.put(Cow::Owned(format!("&{name};")));
            }
        }
    }

    fn end(mut self) -> Found<'t> {
        // Cut off: an entry that is still open is half an entry and dropped with what is above it.
        if let Some(at) = self.entry_at {
            self.found.repairs.insert("cut-body");
            self.stack.truncate(at);
        } else if !self.stack.is_empty() {
            self.found.repairs.insert("unclosed-root");
        }
        // An element of the head that is cut off is half too.
        self.stack.retain(|open| open.role == Role::Container);
        self.found
    }
}
