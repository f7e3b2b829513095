//! OPML 2.0, the form in which feed readers exchange their lists.
//!
//! Outlines without a feed are folders; what stands in them has their names as its path. What OPML has no
//! attribute for (kind, country, settings, why a feed is off) stands in attributes of our own namespace,
//! so that our own lists survive the round trip and other programs ignore it. Headers of the user's own may
//! be secrets and are never written.

use crate::feeds::{
    country, domain_of, feed_url, folder, kind_from_name, language, named, plain,
    settings::{self, TopicNames, assign, assignments},
};
use anyhow::{Context as _, bail};
use quick_xml::{
    Reader, Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use std::collections::{HashMap, HashSet};
use wirewatch_model::{FeedSettings, FeedSpec, Origin, Publisher};

const NAMESPACE: &str = "https://wirewatch.invalid/opml";

/// Folders beyond this depth are the same folder.
const DEEPEST: usize = 16;

/// Settings that neither leave with a list nor come in with one: they may hold secrets, and a list of
/// somebody else's could have secrets of this machine sent to an address of its own.
const STAYS_HERE: &[&str] = &["headers", "proxy"];

/// What an OPML file lists.
#[derive(Debug, Default)]
pub(crate) struct Outlines {
    /// Its feeds, each address once, in the order of the file.
    pub(crate) feeds: Vec<FeedSpec>,
    /// Outlines that look like feeds and cannot be taken, with the reason.
    pub(crate) refused: Vec<String>,
    /// Settings of feeds that cannot be taken, with the reason.
    pub(crate) dropped: Vec<String>,
}

/// Reads an OPML document; outlines without a feed are folders. `publishers` are those that are known, by
/// domain.
pub(crate) fn parse(
    text: &str,
    topics: &TopicNames<'_>,
    publishers: &HashMap<String, Publisher>,
) -> anyhow::Result<Outlines> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut outlines = Outlines::default();
    let mut seen = HashSet::new();
    let mut is_opml = false;
    let mut open = Open::default();
    loop {
        let line = lines.of(reader.buffer_position());
        let event = reader
            .read_event()
            .with_context(|| format!("not well-formed XML near byte {}", reader.error_position()))?;
        match &event {
            Event::Start(element) | Event::Empty(element) => {
                let name = element.local_name().as_ref().to_ascii_lowercase();
                let empty = matches!(event, Event::Empty(_));
                is_opml |= name == "opml";
                let is_outline = is_opml && name == "outline";
                let attributes = if is_outline { attributes(element) } else { HashMap::new() };
                let taken = if attributes.contains_key("xmlurl") {
                    outlines.feed(&attributes, &open, topics, publishers).map(Some)
                } else if is_outline {
                    not_lost(element, &attributes).map(|()| None)
                } else {
                    Ok(None)
                };
                match taken {
                    Ok(Some(feed)) if seen.insert(feed.url.clone()) => outlines.feeds.push(feed),
                    Ok(_) => {}
                    Err(reason) => outlines.refused.push(refusal(line, &attributes, &reason)),
                }
                if !empty {
                    open.enter(&attributes);
                }
            }
            // The reader sees to it that every end has a beginning.
            Event::End(_) => open.leave(),
            Event::Eof if !open.0.is_empty() => {
                bail!("the document is cut off: it ends before its last element does")
            }
            Event::Eof if is_opml => return Ok(outlines),
            Event::Eof => bail!("not an OPML document: it has no <opml> element"),
            _ => {}
        }
    }
}

/// Counts lines once over a text, for places that come in order.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line (from 1) of the element before which the reader stands.
    fn of(&mut self, place: u64) -> usize {
        let place = usize::try_from(place).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.at..place).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at = self.at.max(place);
        self.line
    }
}

fn refusal(line: usize, attributes: &HashMap<String, String>, reason: &str) -> String {
    let title = ["title", "text"].into_iter().find_map(|name| named(attributes.get(name)?));
    let title = title.map(|title| format!(" \"{title}\"")).unwrap_or_default();
    format!("line {line}{title}: {reason}")
}

/// Whether an outline without an address is meant as a feed all the same. Links and other lists
/// (`type="link"`, `type="include"`) are none.
fn not_lost(element: &BytesStart<'_>, attributes: &HashMap<String, String>) -> Result<(), String> {
    let broken = element.attributes().with_checks(false).any(|attribute| attribute.is_err());
    let written: &str = element;
    if broken && written.to_ascii_lowercase().contains("xmlurl") {
        return Err("its attributes are broken (is a value without quotes?)".to_owned());
    }
    match attributes.get("type").map(|kind| kind.to_ascii_lowercase()) {
        Some(kind) if matches!(kind.as_str(), "rss" | "atom") => {
            Err(format!("it is of type {kind} and has no address (xmlUrl)"))
        }
        _ => Ok(()),
    }
}

/// The elements that are open.
#[derive(Default)]
struct Open(Vec<Element>);

/// One of them; all but folders have no name.
struct Element {
    folder: Option<String>,
    commented: bool,
}

impl Open {
    fn enter(&mut self, attributes: &HashMap<String, String>) {
        let is_feed = attributes.contains_key("xmlurl");
        let name = attributes.get("text").or_else(|| attributes.get("title"));
        self.0.push(Element {
            folder: name.filter(|_| !is_feed).cloned(),
            commented: is_commented(attributes),
        });
    }

    fn leave(&mut self) {
        self.0.pop();
    }

    fn folder(&self) -> Option<String> {
        let names: Vec<&str> =
            self.0.iter().filter_map(|element| element.folder.as_deref()).take(DEEPEST).collect();
        folder(&names.join("/"))
    }

    /// What a folder is marked with counts for all that stands in it.
    fn commented(&self) -> bool {
        self.0.iter().any(|element| element.commented)
    }
}

fn is_commented(attributes: &HashMap<String, String>) -> bool {
    attributes.get("iscomment").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

impl Outlines {
    /// The feed an outline stands for.
    fn feed(
        &mut self,
        attributes: &HashMap<String, String>,
        open: &Open,
        topics: &TopicNames<'_>,
        publishers: &HashMap<String, Publisher>,
    ) -> Result<FeedSpec, String> {
        let get = |name: &str| attributes.get(name).cloned();
        let url = feed_url(attributes.get("xmlurl").map(String::as_str).unwrap_or_default())?;
        let domain = get("htmlurl").map(|home| domain_of(&home)).filter(|domain| !domain.is_empty());
        let domain = domain.unwrap_or_else(|| domain_of(&url));
        let (publisher, title) = match named_in(attributes, "wirewatch:publisher") {
            Some(name) => {
                // Our own lists repeat the publisher where the feed has no title.
                let text = named_in(attributes, "text").filter(|text| *text != name);
                (publisher(attributes, name, domain), named_in(attributes, "title").or(text))
            }
            None => {
                let known = publishers.get(&domain).cloned();
                let title = named_in(attributes, "title").or_else(|| named_in(attributes, "text"));
                (known.unwrap_or_else(|| publisher(attributes, domain.clone(), domain)), title)
            }
        };
        let commented = is_commented(attributes) || open.commented();
        let off = named_in(attributes, "wirewatch:off")
            .or_else(|| commented.then(|| "commented out in the imported list".to_owned()));
        let folder = open.folder().or_else(|| category(attributes));
        let settings = self.settings(attributes, &url, topics);
        Ok(FeedSpec { url, publisher, title, folder, off, origin: Origin::Added, settings })
    }

    fn settings(
        &mut self,
        attributes: &HashMap<String, String>,
        url: &str,
        topics: &TopicNames<'_>,
    ) -> FeedSettings {
        let mut settings = FeedSettings::default();
        for key in settings::KEYS {
            let Some(value) = attributes.get(&format!("wirewatch:{key}")) else { continue };
            if STAYS_HERE.contains(key) {
                self.dropped.push(format!("{url}: {key} is not taken from a list: set it here"));
                continue;
            }
            if let Err(reason) = assign(&mut settings, &format!("{key}={value}"), topics) {
                self.dropped.push(format!("{url}: {reason}"));
            }
        }
        settings
    }
}

fn named_in(attributes: &HashMap<String, String>, name: &str) -> Option<String> {
    named(attributes.get(name)?)
}

fn publisher(attributes: &HashMap<String, String>, name: String, domain: String) -> Publisher {
    let get = |name: &str| attributes.get(name);
    Publisher {
        name,
        domain,
        country: get("wirewatch:country").and_then(|code| country(code).ok()),
        language: get("language").and_then(|code| language(code).ok()),
        kind: get("wirewatch:kind").and_then(|kind| kind_from_name(kind)).unwrap_or_default(),
    }
}

/// The first of the categories, a path with slashes, for lists that have no folders.
fn category(attributes: &HashMap<String, String>) -> Option<String> {
    folder(attributes.get("category")?.split(',').next()?)
}

/// Writes feeds as OPML 2.0, each in its folder; folders come after the feeds beside them.
pub(crate) fn write(feeds: &[FeedSpec]) -> anyhow::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = BytesStart::new("opml").with_attributes([("version", "2.0"), ("xmlns:wirewatch", NAMESPACE)]);
    writer.write_event(Event::Start(root))?;
    writer.create_element("head").write_inner_content(|head| {
        head.create_element("title").write_text_content(BytesText::new("Feeds of wirewatch")).map(|_| ())
    })?;
    writer.write_event(Event::Start(BytesStart::new("body")))?;
    let paths: Vec<Vec<&str>> =
        feeds.iter().map(|feed| feed.folder.iter().flat_map(|path| path.split('/')).collect()).collect();
    let placed: Vec<Placed<'_>> = paths.iter().map(Vec::as_slice).zip(feeds).collect();
    write_folder(&mut writer, &placed)?;
    writer.write_event(Event::End(BytesEnd::new("body")))?;
    writer.write_event(Event::End(BytesEnd::new("opml")))?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

/// What of these feeds is not written, in words for a person.
pub(crate) fn left_out(feeds: &[FeedSpec]) -> Option<String> {
    let count = |has: fn(&FeedSpec) -> bool| feeds.iter().filter(|feed| has(feed)).count();
    let headers = count(|feed| !feed.settings.headers.is_empty());
    let proxies = count(|feed| feed.settings.proxy.is_some());
    (headers + proxies > 0).then(|| {
        format!("left out, for they may be secrets: the headers of {headers} feeds, the proxies of {proxies}")
    })
}

/// A feed with what is left of its path.
type Placed<'a> = (&'a [&'a str], &'a FeedSpec);

fn write_folder(writer: &mut Writer<Vec<u8>>, placed: &[Placed<'_>]) -> anyhow::Result<()> {
    for (_, feed) in placed.iter().filter(|(path, _)| path.is_empty()) {
        writer.write_event(Event::Empty(outline(feed)))?;
    }
    let mut written = HashSet::new();
    for name in placed.iter().filter_map(|(path, _)| path.first()) {
        if !written.insert(name) {
            continue;
        }
        let within: Vec<Placed<'_>> = placed
            .iter()
            .filter_map(|(path, feed)| {
                path.split_first().filter(|(first, _)| *first == name).map(|(_, rest)| (rest, *feed))
            })
            .collect();
        let folder = BytesStart::new("outline")
            .with_attributes([("text", plain(name).as_str()), ("title", plain(name).as_str())]);
        writer.write_event(Event::Start(folder))?;
        write_folder(writer, &within)?;
        writer.write_event(Event::End(BytesEnd::new("outline")))?;
    }
    Ok(())
}

fn outline(feed: &FeedSpec) -> BytesStart<'static> {
    let publisher = &feed.publisher;
    let title = feed.title.as_ref().unwrap_or(&publisher.name);
    let home = format!("https://{}/", publisher.domain);
    let mut outline = BytesStart::new("outline");
    let mut push = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            // Older databases hold what is no longer taken in.
            outline.push_attribute((name, plain(value).as_str()));
        }
    };
    push("type", Some("rss"));
    push("text", Some(title));
    push("title", feed.title.as_deref());
    push("xmlUrl", Some(&feed.url));
    push("htmlUrl", Some(&home));
    push("language", publisher.language.as_deref());
    push("isComment", feed.off.as_ref().map(|_| "true"));
    push("wirewatch:publisher", Some(&publisher.name));
    push("wirewatch:kind", Some(publisher.kind.as_str()));
    push("wirewatch:country", publisher.country.as_deref());
    push("wirewatch:off", feed.off.as_deref());
    for (key, value) in assignments(&feed.settings) {
        if STAYS_HERE.contains(&key) {
            continue;
        }
        push(&format!("wirewatch:{key}"), Some(&value));
    }
    outline
}

/// The attributes of an element, names in lower case. Values that break the rules of XML (a bare `&` in
/// an address is common) are taken as they stand.
fn attributes(element: &BytesStart<'_>) -> HashMap<String, String> {
    element
        .attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .map(|attribute| {
            let name = attribute.key.as_ref().to_ascii_lowercase();
            let raw = attribute.value.as_ref();
            let value =
                quick_xml::escape::unescape(raw).map_or_else(|_| raw.to_owned(), |text| text.into_owned());
            (name, value.trim().to_owned())
        })
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
