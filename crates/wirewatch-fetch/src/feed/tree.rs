//! A small tree of one entry, or of one element of the feed's head, and the names in it. It borrows from
//! the text it is read from.

use std::borrow::Cow;

/// The vocabularies that matter; everything else is `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// RSS of any version, and Atom: their names do not clash where both may stand.
    Feed,
    /// Atom inside another format.
    Atom,
    Dublin,
    DublinTerms,
    Content,
    Media,
    Itunes,
    Syndication,
    Xhtml,
    Rdf,
    Yandex,
    FeedBurner,
    News,
    Other,
}

impl Space {
    /// The vocabulary a namespace address names, in any of the spellings seen.
    pub(crate) fn of_uri(uri: &str) -> Option<Self> {
        let uri = uri.trim().to_ascii_lowercase();
        let plain =
            uri.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches(['/', '#']);
        Some(match plain {
            "www.w3.org/2005/atom" | "purl.org/atom/ns" => Self::Atom,
            _ if plain.starts_with("purl.org/atom/") => Self::Atom,
            "purl.org/rss/1.0"
            | "my.netscape.com/rdf/simple/0.9"
            | "channel.netscape.com/rdf/simple/0.9"
            | "purl.org/net/rss1.1"
            | "backend.userland.com/rss"
            | "backend.userland.com/rss2"
            | "blogs.law.harvard.edu/tech/rss"
            | "cyber.law.harvard.edu/rss/rss.html"
            | "cyber.law.harvard.edu/rss" => Self::Feed,
            _ if plain.starts_with("backend.userland.com/") => Self::Feed,
            "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" => Self::Dublin,
            "purl.org/dc/terms" => Self::DublinTerms,
            "purl.org/rss/1.0/modules/content" => Self::Content,
            "purl.org/rss/1.0/modules/syndication" => Self::Syndication,
            "search.yahoo.com/mrss" | "video.search.yahoo.com/mrss" | "www.rssboard.org/media-rss" => {
                Self::Media
            }
            "www.itunes.com/dtds/podcast-1.0.dtd" | "example.com/dtds/podcast-1.0.dtd" => Self::Itunes,
            "www.w3.org/1999/xhtml" => Self::Xhtml,
            "www.w3.org/1999/02/22-rdf-syntax-ns" => Self::Rdf,
            "news.yandex.ru" => Self::Yandex,
            "rssnamespace.org/feedburner/ext/1.0" => Self::FeedBurner,
            "www.google.com/schemas/sitemap-news/0.9" => Self::News,
            _ => return None,
        })
    }

    /// The vocabulary a prefix usually stands for: counts when it is bound to nothing known.
    pub(crate) fn of_prefix(prefix: &str) -> Self {
        match prefix.to_ascii_lowercase().as_str() {
            "rss" => Self::Feed,
            "atom" | "atom10" | "atom03" | "a10" => Self::Atom,
            "dc" => Self::Dublin,
            "dcterms" | "dct" => Self::DublinTerms,
            "content" => Self::Content,
            "media" => Self::Media,
            "itunes" => Self::Itunes,
            "sy" | "syn" => Self::Syndication,
            "xhtml" => Self::Xhtml,
            "rdf" => Self::Rdf,
            "yandex" => Self::Yandex,
            "feedburner" => Self::FeedBurner,
            "news" => Self::News,
            _ => Self::Other,
        }
    }
}

/// Names and values.
pub(crate) type Attributes<'t> = Vec<(Cow<'t, str>, Cow<'t, str>)>;

/// An element with its attributes and what is in it.
pub(crate) struct Element<'t> {
    pub(crate) space: Space,
    /// Local name in lower case: feeds shout.
    pub(crate) name: Cow<'t, str>,
    pub(crate) attributes: Attributes<'t>,
    pub(crate) nodes: Vec<Node<'t>>,
}

/// What is in an element.
pub(crate) enum Node<'t> {
    Text(Cow<'t, str>),
    Element(Element<'t>),
}

impl<'t> Element<'t> {
    pub(crate) fn new(space: Space, name: Cow<'t, str>, attributes: Attributes<'t>) -> Self {
        Self { space, name, attributes, nodes: Vec::new() }
    }

    /// Whether it has this name; `Feed` stands for Atom too.
    pub(crate) fn is(&self, space: Space, name: &str) -> bool {
        self.name == name && (self.space == space || (space == Space::Feed && self.space == Space::Atom))
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element<'t>> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child with this name.
    pub(crate) fn child(&self, space: Space, name: &str) -> Option<&Element<'t>> {
        self.elements().find(|element| element.is(space, name))
    }

    pub(crate) fn add_text(&mut self, text: Cow<'t, str>) {
        match self.nodes.last_mut() {
            Some(Node::Text(last)) if !last.is_empty() => last.to_mut().push_str(&text),
            Some(Node::Text(last)) => *last = text,
            _ => self.nodes.push(Node::Text(text)),
        }
    }

    pub(crate) fn add_letters(&mut self, letters: Option<char>) {
        match self.nodes.last_mut() {
            Some(Node::Text(last)) => last.to_mut().extend(letters),
            _ => self.nodes.push(Node::Text(letters.into_iter().collect::<String>().into())),
        }
    }

    pub(crate) fn has_elements(&self) -> bool {
        self.elements().next().is_some()
    }

    /// All text in it, markup left out.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        if let [Node::Text(only)] = self.nodes.as_slice() {
            return Cow::Borrowed(only);
        }
        let mut out = String::new();
        self.collect_text(&mut out);
        Cow::Owned(out)
    }

    // The depth of the tree is bounded by the walk that builds it.
    fn collect_text(&self, out: &mut String) {
        for node in &self.nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Element(element) => element.collect_text(out),
            }
        }
    }

    /// What is in it, as markup.
    pub(crate) fn inner_markup(&self) -> String {
        let mut out = String::new();
        self.nodes.iter().for_each(|node| write_node(node, &mut out));
        out
    }

    /// One node as markup.
    pub(crate) fn markup_of(node: &Node<'_>) -> String {
        let mut out = String::new();
        write_node(node, &mut out);
        out
    }
}

fn write_node(node: &Node<'_>, out: &mut String) {
    match node {
        Node::Text(text) => escape(text, out),
        Node::Element(element) => {
            out.push('<');
            out.push_str(&element.name);
            for (name, value) in &element.attributes {
                if name.starts_with("xmlns") {
                    continue;
                }
                out.push(' ');
                out.push_str(name);
                out.push_str("=\"");
                escape(value, out);
                out.push('"');
            }
            out.push('>');
            if is_void(&element.name) && element.nodes.is_empty() {
                return;
            }
            element.nodes.iter().for_each(|node| write_node(node, out));
            out.push_str("</");
            out.push_str(&element.name);
            out.push('>');
        }
    }
}

/// Elements of HTML that have no end tag.
pub(crate) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "wbr"
    )
}

fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(letter),
        }
    }
}
