//! OPML 2.0, the form in which feed readers exchange their lists.
//!
//! What OPML has no attribute for (kind, country, why a feed is off) stands in attributes of our own
//! namespace, so that our own lists survive the round trip and other programs ignore it.

use crate::feeds::{country, domain_of, feed_url, kind_from_name, language};
use anyhow::{Context as _, bail};
use quick_xml::{
    Reader, Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use std::collections::{HashMap, HashSet};
use wirewatch_model::{FeedSpec, Origin, Publisher};

const NAMESPACE: &str = "https://wirewatch.invalid/opml";

/// What an OPML file lists.
#[derive(Debug, Default)]
pub(crate) struct Outlines {
    /// Its feeds, each address once, in the order of the file.
    pub(crate) feeds: Vec<FeedSpec>,
    /// Outlines that look like feeds and cannot be taken, with the reason.
    pub(crate) refused: Vec<String>,
}

/// Reads an OPML document; folders are opened, outlines without a feed are passed over.
pub(crate) fn parse(text: &str) -> anyhow::Result<Outlines> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut outlines = Outlines::default();
    let mut seen = HashSet::new();
    let mut is_opml = false;
    let mut open = 0_usize;
    loop {
        let event = reader
            .read_event()
            .with_context(|| format!("not well-formed XML near byte {}", reader.error_position()))?;
        match &event {
            Event::Start(_) => open += 1,
            // The reader sees to it that every end has a beginning.
            Event::End(_) => open = open.saturating_sub(1),
            _ => {}
        }
        match event {
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                "opml" => is_opml = true,
                "outline" if is_opml => match feed(&attributes(&element)) {
                    Some(Ok(feed)) if seen.insert(feed.url.clone()) => outlines.feeds.push(feed),
                    Some(Err(reason)) => outlines.refused.push(reason),
                    Some(Ok(_)) | None => {}
                },
                _ => {}
            },
            Event::Eof if open > 0 => bail!("the document is cut off: it ends before its last element does"),
            Event::Eof if is_opml => return Ok(outlines),
            Event::Eof => bail!("not an OPML document: it has no <opml> element"),
            _ => {}
        }
    }
}

/// Writes feeds as OPML 2.0.
pub(crate) fn write(feeds: &[FeedSpec]) -> anyhow::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = BytesStart::new("opml").with_attributes([("version", "2.0"), ("xmlns:wirewatch", NAMESPACE)]);
    writer.write_event(Event::Start(root))?;
    writer.create_element("head").write_inner_content(|head| {
        head.create_element("title").write_text_content(BytesText::new("Feeds of wirewatch")).map(|_| ())
    })?;
    writer.write_event(Event::Start(BytesStart::new("body")))?;
    for feed in feeds {
        writer.write_event(Event::Empty(outline(feed)))?;
    }
    writer.write_event(Event::End(BytesEnd::new("body")))?;
    writer.write_event(Event::End(BytesEnd::new("opml")))?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn outline(feed: &FeedSpec) -> BytesStart<'static> {
    let publisher = &feed.publisher;
    let title = feed.title.as_ref().unwrap_or(&publisher.name);
    let home = format!("https://{}/", publisher.domain);
    let mut outline = BytesStart::new("outline");
    let mut push = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            outline.push_attribute((name, value));
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

/// The feed an outline stands for; `None` for a folder.
fn feed(attributes: &HashMap<String, String>) -> Option<Result<FeedSpec, String>> {
    let get = |name: &str| attributes.get(name).cloned();
    let url = match feed_url(attributes.get("xmlurl")?) {
        Ok(url) => url,
        Err(reason) => return Some(Err(reason)),
    };
    let domain = get("htmlurl").map(|home| domain_of(&home)).filter(|domain| !domain.is_empty());
    let title = get("title");
    let name = get("wirewatch:publisher").or_else(|| get("text")).or_else(|| title.clone());
    let domain = domain.unwrap_or_else(|| domain_of(&url));
    let publisher = Publisher {
        name: name.unwrap_or_else(|| domain.clone()),
        domain,
        country: get("wirewatch:country").and_then(|code| country(&code).ok()),
        language: get("language").and_then(|code| language(&code).ok()),
        kind: get("wirewatch:kind").and_then(|kind| kind_from_name(&kind)).unwrap_or_default(),
    };
    let commented = get("iscomment").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let off =
        get("wirewatch:off").or_else(|| commented.then(|| "commented out in the imported list".to_owned()));
    Some(Ok(FeedSpec { url, publisher, title, off, origin: Origin::Added, ..FeedSpec::default() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirewatch_model::PublisherKind;

    #[test]
    fn our_own_list_survives_the_round_trip() {
        let mut feeds = crate::feeds::load(None).expect("compiled-in list");
        let text = String::from_utf8(write(&feeds).expect("written")).expect("UTF-8");
        let read = parse(&text).expect("readable");
        for feed in &mut feeds {
            feed.origin = Origin::Added;
        }
        assert!(read.refused.is_empty());
        assert_eq!(read.feeds, feeds);
    }

    #[test]
    fn reads_lists_of_other_programs() {
        let read = parse(concat!(
            "<?xml version=\"1.0\"?><opml version=\"1.0\"><body><outline text=\"Press\">",
            "<outline text=\"A &amp; B\" type=\"rss\" xmlUrl=\"https://a.example/rss?x=1&y=2\" htmlUrl=\"https://www.a.example\"/>",
            "<outline title='C' xmlurl='https://feeds.c.example/'></outline>",
            "<outline text=\"A again\" xmlUrl=\"https://a.example/rss?x=1&amp;y=2\"/>",
            "<outline text=\"odd\" xmlUrl=\"feed:x\"/>",
            "</outline></body></opml>",
        ))
        .expect("readable");
        assert_eq!(read.feeds.len(), 2, "{:?}", read.feeds);
        assert_eq!(read.feeds[0].publisher.name, "A & B");
        assert_eq!(read.feeds[0].url, "https://a.example/rss?x=1&y=2");
        assert_eq!(read.feeds[1].publisher.domain, "c.example");
        assert_eq!(read.feeds[1].publisher.kind, PublisherKind::Newspaper);
        assert_eq!(read.refused, ["'feed:x' is no http or https address"]);
    }

    const CUT: &str = "<opml><body><outline xmlUrl='https://a.example/'/>";
    const MIXED: &str = "<opml><body><outline xmlUrl='https://a.example/'/></opml></body>";

    #[test]
    fn refuses_what_is_no_opml() {
        for text in ["", "<html><body>no</body></html>", "<opml><body><outline", "plain words", CUT, MIXED] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
