//! A start tag, read from the text itself.

use super::super::{text::resolve, tree::Attributes};
use quick_xml::events::attributes;
use std::borrow::Cow;

/// Attributes kept of one element.
const MOST_ATTRIBUTES: usize = 64;

/// A start tag as it stands in the text.
#[derive(Clone, Copy)]
pub(super) struct Tag<'t> {
    pub(super) name: &'t str,
    /// Name and attributes.
    inside: &'t str,
}

impl<'t> Tag<'t> {
    /// The tag that ends at `end` with `close`; lengths in bytes. (The reader's own slices live no
    /// longer than its events.)
    pub(super) fn before(text: &'t str, end: usize, close: &str, length: usize, name: usize) -> Self {
        let end = end.saturating_sub(close.len());
        let inside = text.get(end.saturating_sub(length)..end).unwrap_or_default();
        Self { name: inside.get(..name).unwrap_or_default(), inside }
    }

    /// Whether it may bind namespaces: most tags do not, and need not be looked through.
    pub(super) fn may_bind(self) -> bool {
        self.inside.contains("xmlns")
    }

    /// The attributes as written.
    pub(super) fn raw_attributes(self) -> impl Iterator<Item = attributes::Attribute<'t>> {
        let mut all = attributes::Attributes::new(self.inside, self.name.len());
        all.with_checks(false);
        all.flatten().take(MOST_ATTRIBUTES)
    }

    /// The attributes with names in lower case and references resolved.
    pub(super) fn attributes(self) -> Attributes<'t> {
        if self.inside.len() == self.name.len() {
            return Vec::new();
        }
        let named = |attribute: attributes::Attribute<'t>| {
            let key = attribute.key.into_inner();
            // `xml:` names and namespace bindings keep their prefix, others are told apart by name alone.
            let name = if key.starts_with("xml") { key } else { key.rsplit(':').next().unwrap_or(key) };
            let value = match attribute.value {
                Cow::Borrowed(value) => resolve(value),
                Cow::Owned(value) => Cow::Owned(resolve(&value).into_owned()),
            };
            (lower(name), value)
        };
        self.raw_attributes().map(named).collect()
    }
}

/// Elements of HTML that never hold anything and are nothing else in a feed.
pub(super) fn is_empty_html(written: &str) -> bool {
    ["br", "hr", "img", "input", "wbr", "embed", "area", "col"]
        .iter()
        .any(|name| written.eq_ignore_ascii_case(name))
}

pub(super) fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
