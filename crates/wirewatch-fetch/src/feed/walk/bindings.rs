//! Which vocabulary a prefix stands for at a place of the text.

use super::{
    super::tree::Space,
    tag::{Tag, lower},
};
use std::borrow::Cow;

/// Namespace bindings in force at once.
const MOST_BINDINGS: usize = 256;

/// The namespace bindings in force, innermost last.
#[derive(Default)]
pub(super) struct Bindings<'t>(Vec<Binding<'t>>);

/// A namespace binding: prefix, address as written, and what that is.
struct Binding<'t> {
    prefix: &'t str,
    uri: Cow<'t, str>,
    space: Option<Space>,
}

impl<'t> Bindings<'t> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets all but the outermost `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Takes in what a tag binds.
    pub(super) fn bind(&mut self, tag: Tag<'t>) {
        if !tag.may_bind() {
            return;
        }
        for attribute in tag.raw_attributes() {
            let key = attribute.key.into_inner();
            let prefix = match key.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) if rest.starts_with(':') => &rest[1..],
                _ => continue,
            };
            if self.0.len() < MOST_BINDINGS {
                let space = Space::of_uri(&attribute.value);
                self.0.push(Binding { prefix, uri: attribute.value, space });
            }
        }
    }

    /// Takes what a prefix is bound to for the feed's own vocabulary.
    pub(super) fn take_for_feed(&mut self, prefix: &'t str) {
        let uri = self.binding(prefix).map(|binding| binding.uri.clone()).unwrap_or_default();
        self.0.push(Binding { prefix, uri, space: Some(Space::Feed) });
    }

    /// The address a name is bound to.
    pub(super) fn uri(&self, written: &str) -> Option<Cow<'t, str>> {
        let (prefix, _) = split(written);
        self.binding(prefix).map(|binding| binding.uri.clone())
    }

    /// The vocabulary of a name, and the name in it in lower case.
    pub(super) fn name(&self, written: &'t str) -> (Space, Cow<'t, str>) {
        let (prefix, local) = split(written);
        (self.space(prefix), lower(local))
    }

    /// The vocabulary a prefix stands for.
    pub(super) fn space(&self, prefix: &str) -> Space {
        let bound = self.binding(prefix).and_then(|binding| binding.space);
        match (bound, prefix) {
            (Some(space), _) => space,
            // A default namespace that nobody knows is the publisher's own name for RSS.
            (None, "") => Space::Feed,
            (None, prefix) => Space::of_prefix(prefix),
        }
    }

    fn binding(&self, prefix: &str) -> Option<&Binding<'t>> {
        self.0.iter().rev().find(|binding| binding.prefix == prefix)
    }
}

/// The prefix of a name, or none, and the local name.
pub(super) fn split(written: &str) -> (&str, &str) {
    written.split_once(':').unwrap_or(("", written))
}
