//! What the markup says of the article beside its text: meta elements, microdata, times, bylines.
//! Filled by the same walk that reads the blocks.

use crate::text;
use scraper::node;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The attributes the cleaner looks at, read once for each element.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Element<'a> {
    pub(crate) name: &'a str,
    pub(crate) class: Option<&'a str>,
    pub(crate) id: Option<&'a str>,
    /// A name for tests or components (`data-testid` and its kin).
    pub(crate) component: Option<&'a str>,
    pub(crate) itemprop: Option<&'a str>,
    pub(crate) itemtype: Option<&'a str>,
    pub(crate) role: Option<&'a str>,
    pub(crate) rel: Option<&'a str>,
    pub(crate) href: Option<&'a str>,
    pub(crate) content: Option<&'a str>,
    pub(crate) datetime: Option<&'a str>,
    pub(crate) hidden: bool,
    lang: Option<&'a str>,
    meta_name: Option<&'a str>,
    property: Option<&'a str>,
}

impl<'a> Element<'a> {
    /// Reads the attributes.
    pub(crate) fn read(element: &'a node::Element) -> Self {
        let mut read = Self { name: element.name(), ..Self::default() };
        for (name, value) in element.attrs() {
            match name {
                "class" => read.class = Some(value),
                "id" => read.id = Some(value),
                "href" => read.href = Some(value),
                "content" => read.content = Some(value),
                "name" => read.meta_name = Some(value),
                "property" => read.property = Some(value),
                "itemprop" => read.itemprop = Some(value.trim()),
                "itemtype" => read.itemtype = Some(value),
                "rel" => read.rel = Some(value),
                "datetime" => read.datetime = Some(value),
                "lang" => read.lang = Some(value),
                "role" => read.role = Some(value),
                "hidden" => read.hidden = true,
                "aria-hidden" => read.hidden |= value.eq_ignore_ascii_case("true"),
                "data-testid" | "data-component" | "data-type" | "data-qa" | "data-module" | "data-t"
                | "data-name" => {
                    read.component = read.component.or(Some(value));
                }
                _ => {}
            }
        }
        read
    }

    /// Hash of name and classes.
    pub(crate) fn signature(&self) -> u64 {
        let seed = xxh3_64_with_seed(self.name.as_bytes(), 0);
        xxh3_64_with_seed(self.class.unwrap_or_default().as_bytes(), seed)
    }
}

/// What an element's own text is collected for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Title,
    Time,
    AuthorLink,
    Byline,
    Microdata(Microdata),
}

/// Properties of microdata that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Microdata {
    Headline,
    Author,
    Published,
    Modified,
    Section,
    Publisher,
}

/// A text or value that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) want: Want,
    /// `content` or `datetime` of the element.
    pub(crate) value: Option<&'a str>,
    pub(crate) text: String,
}

/// Everything found.
#[derive(Debug, Default)]
pub(crate) struct Facts<'a> {
    /// `meta` elements: name or property in lower case, and content.
    pub(crate) metas: Vec<(String, &'a str)>,
    pub(crate) canonical: Option<&'a str>,
    pub(crate) html_lang: Option<&'a str>,
    pub(crate) found: Vec<Found<'a>>,
    depth: u32,
    /// Elements whose text is being collected: index into `found`, and their depth.
    collecting: Vec<(usize, u32)>,
}

/// Bounds of what is collected: no page says more of one article.
const MAX_FOUND: usize = 300;
const MAX_METAS: usize = 400;
const MAX_TEXT_BYTES: usize = 600;

impl<'a> Facts<'a> {
    /// The first content of the first of these names that has one.
    pub(crate) fn meta(&self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|name| self.metas(name).next())
    }

    /// All contents of a name.
    pub(crate) fn metas(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.metas.iter().filter(move |(known, _)| known == name).map(|(_, content)| *content)
    }

    /// What was found for one purpose.
    pub(crate) fn of(&self, want: Want) -> impl Iterator<Item = &Found<'a>> {
        self.found.iter().filter(move |found| found.want == want)
    }

    pub(crate) fn open(&mut self, element: &Element<'a>, in_head: bool) {
        self.depth += 1;
        match element.name {
            "html" if self.html_lang.is_none() => self.html_lang = element.lang,
            "meta" => return self.add_meta(element),
            "link"
                if element.rel.is_some_and(|rel| rel.eq_ignore_ascii_case("canonical"))
                    && self.canonical.is_none() =>
            {
                self.canonical = element.href;
            }
            _ => {}
        }
        if let Some(want) = wanted(element, in_head)
            && self.found.len() < MAX_FOUND
        {
            let value = element.datetime.or(element.content);
            self.collecting.push((self.found.len(), self.depth));
            self.found.push(Found { want, value, text: String::new() });
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        for (at, _) in &self.collecting {
            let found = &mut self.found[*at];
            if found.text.len() < MAX_TEXT_BYTES {
                text::push_collapsed(&mut found.text, &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]);
                // Pieces of different elements are different words.
                if !found.text.ends_with(' ') {
                    found.text.push(' ');
                }
            }
        }
    }

    pub(crate) fn close(&mut self) {
        while self.collecting.last().is_some_and(|(_, depth)| *depth >= self.depth) {
            self.collecting.pop();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn add_meta(&mut self, element: &Element<'a>) {
        let Some(content) = element.content.map(str::trim).filter(|content| !content.is_empty()) else {
            return;
        };
        if let Some(want) = element.itemprop.and_then(microdata)
            && self.found.len() < MAX_FOUND
        {
            let want = Want::Microdata(want);
            self.found.push(Found { want, value: Some(content), text: String::new() });
        }
        for name in [element.property, element.meta_name].into_iter().flatten() {
            if self.metas.len() < MAX_METAS {
                self.metas.push((name.trim().to_ascii_lowercase(), content));
            }
        }
    }
}

fn wanted(element: &Element<'_>, in_head: bool) -> Option<Want> {
    if element.name == "title" {
        return in_head.then_some(Want::Title);
    }
    if let Some(want) = element.itemprop.and_then(microdata) {
        return Some(Want::Microdata(want));
    }
    if element.name == "time" {
        return Some(Want::Time);
    }
    if element.name == "a"
        && element.rel.is_some_and(|rel| rel.split_ascii_whitespace().any(|word| word == "author"))
    {
        return Some(Want::AuthorLink);
    }
    let names = [element.class, element.component];
    let is_byline = names.into_iter().flatten().any(|names| {
        names.len() < 300 && {
            let lower = names.to_ascii_lowercase();
            ["byline", "author", "autor", "auteur"].iter().any(|word| lower.contains(word))
        }
    });
    is_byline.then_some(Want::Byline)
}

fn microdata(property: &str) -> Option<Microdata> {
    Some(match property.split_ascii_whitespace().next()? {
        "headline" => Microdata::Headline,
        "author" | "creator" => Microdata::Author,
        "datePublished" | "dateCreated" => Microdata::Published,
        "dateModified" => Microdata::Modified,
        "articleSection" => Microdata::Section,
        "publisher" => Microdata::Publisher,
        _ => return None,
    })
}
