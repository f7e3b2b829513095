//! Feeds as text: RSS 2.0, RSS 1.0 (RDF), Atom 1.0 (RFC 4287) and JSON Feed 1.1.

use crate::raw::{Charset, FeedFormat};
use crate::text::escape;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};
use std::fmt::Write;
use wirewatch_model::Stamp;

/// A feed at one moment.
pub(crate) struct FeedView<'a> {
    pub(crate) title: &'a str,
    /// The site it belongs to.
    pub(crate) site: String,
    /// Its own address.
    pub(crate) address: String,
    pub(crate) description: &'a str,
    pub(crate) language: &'a str,
    pub(crate) charset: Charset,
    pub(crate) updated: Option<Stamp>,
    /// Newest first.
    pub(crate) entries: Vec<EntryView>,
}

/// An entry as a feed announces it.
pub(crate) struct EntryView {
    pub(crate) id: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) title: String,
    pub(crate) author: Option<String>,
    pub(crate) published: Stamp,
    /// When it was last edited; `None` for a first version.
    pub(crate) updated: Option<Stamp>,
    pub(crate) summary: Option<String>,
    pub(crate) content_html: Option<String>,
    pub(crate) section: String,
}

impl FeedFormat {
    pub(crate) fn content_type(self, charset: Charset) -> String {
        match self {
            Self::Rss2 => format!("application/rss+xml; charset={}", charset.label()),
            Self::Rss1 => format!("application/rdf+xml; charset={}", charset.label()),
            Self::Atom => format!("application/atom+xml; charset={}", charset.label()),
            Self::Json => "application/feed+json".to_owned(),
        }
    }

    /// The media type alone, for `<link rel="alternate">`.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Rss2 => "application/rss+xml",
            Self::Rss1 => "application/rdf+xml",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
        }
    }
}

impl Charset {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1251 => "windows-1251",
        }
    }

    /// The bytes of a document; letters the charset lacks become character references.
    pub(crate) fn encode(self, text: String) -> Vec<u8> {
        match self {
            Self::Utf8 => text.into_bytes(),
            Self::Windows1251 => encoding_rs::WINDOWS_1251.encode(&text).0.into_owned(),
        }
    }
}

/// The document of a feed.
pub(crate) fn write(format: FeedFormat, view: &FeedView<'_>) -> Vec<u8> {
    let text = match format {
        FeedFormat::Rss2 => rss2(view),
        FeedFormat::Rss1 => rss1(view),
        FeedFormat::Atom => atom(view),
        FeedFormat::Json => return json_feed(view).to_string().into_bytes(),
    };
    view.charset.encode(text)
}

fn rss2(view: &FeedView<'_>) -> String {
    let mut out = prologue(view);
    out.push_str("<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n");
    element(&mut out, "title", view.title);
    element(&mut out, "link", &view.site);
    element(&mut out, "description", view.description);
    element(&mut out, "language", view.language);
    line(&mut out, &format!("<atom:link rel=\"self\" href=\"{}\"/>", escape(&view.address)));
    if let Some(updated) = view.updated {
        element(&mut out, "lastBuildDate", &rfc2822(updated));
    }
    for entry in &view.entries {
        out.push_str("<item>\n");
        element(&mut out, "title", &entry.title);
        optional(&mut out, "link", entry.link.as_deref());
        if let Some(id) = &entry.id {
            line(&mut out, &format!("<guid isPermaLink=\"false\">{}</guid>", escape(id)));
        }
        element(&mut out, "pubDate", &rfc2822(entry.published));
        if let Some(updated) = entry.updated {
            element(&mut out, "atom:updated", &updated.to_string());
        }
        optional(&mut out, "dc:creator", entry.author.as_deref());
        element(&mut out, "category", &entry.section);
        optional(&mut out, "description", entry.summary.as_deref());
        if let Some(html) = &entry.content_html {
            line(&mut out, &format!("<content:encoded><![CDATA[{html}]]></content:encoded>"));
        }
        out.push_str("</item>\n");
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

fn rss1(view: &FeedView<'_>) -> String {
    let mut out = prologue(view);
    out.push_str("<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\n");
    line(&mut out, &format!("<channel rdf:about=\"{}\">", escape(&view.address)));
    element(&mut out, "title", view.title);
    element(&mut out, "link", &view.site);
    element(&mut out, "description", view.description);
    element(&mut out, "dc:language", view.language);
    if let Some(updated) = view.updated {
        element(&mut out, "dc:date", &updated.to_string());
    }
    out.push_str("<items><rdf:Seq>\n");
    for entry in &view.entries {
        let about = entry.id.as_deref().unwrap_or_default();
        line(&mut out, &format!("<rdf:li rdf:resource=\"{}\"/>", escape(about)));
    }
    out.push_str("</rdf:Seq></items>\n</channel>\n");
    for entry in &view.entries {
        let about = entry.id.as_deref().unwrap_or_default();
        line(&mut out, &format!("<item rdf:about=\"{}\">", escape(about)));
        element(&mut out, "title", &entry.title);
        optional(&mut out, "link", entry.link.as_deref());
        element(&mut out, "dc:date", &entry.published.to_string());
        if let Some(updated) = entry.updated {
            element(&mut out, "dcterms:modified", &updated.to_string());
        }
        optional(&mut out, "dc:creator", entry.author.as_deref());
        element(&mut out, "dc:subject", &entry.section);
        optional(&mut out, "description", entry.summary.as_deref());
        if let Some(html) = &entry.content_html {
            line(&mut out, &format!("<content:encoded><![CDATA[{html}]]></content:encoded>"));
        }
        out.push_str("</item>\n");
    }
    out.push_str("</rdf:RDF>\n");
    out
}

fn atom(view: &FeedView<'_>) -> String {
    let mut out = prologue(view);
    line(
        &mut out,
        &format!("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">", escape(view.language)),
    );
    element(&mut out, "title", view.title);
    element(&mut out, "subtitle", view.description);
    element(&mut out, "id", &view.address);
    line(&mut out, &format!("<link rel=\"self\" href=\"{}\"/>", escape(&view.address)));
    line(&mut out, &format!("<link rel=\"alternate\" href=\"{}\"/>", escape(&view.site)));
    optional(&mut out, "updated", view.updated.map(|at| at.to_string()).as_deref());
    for entry in &view.entries {
        out.push_str("<entry>\n");
        element(&mut out, "title", &entry.title);
        optional(&mut out, "id", entry.id.as_deref());
        if let Some(link) = &entry.link {
            line(
                &mut out,
                &format!("<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>", escape(link)),
            );
        }
        element(&mut out, "published", &entry.published.to_string());
        element(&mut out, "updated", &entry.updated.unwrap_or(entry.published).to_string());
        if let Some(author) = &entry.author {
            line(&mut out, &format!("<author><name>{}</name></author>", escape(author)));
        }
        line(&mut out, &format!("<category term=\"{}\"/>", escape(&entry.section)));
        optional(&mut out, "summary", entry.summary.as_deref());
        if let Some(html) = &entry.content_html {
            line(&mut out, &format!("<content type=\"html\">{}</content>", escape(html)));
        }
        out.push_str("</entry>\n");
    }
    out.push_str("</feed>\n");
    out
}

fn json_feed(view: &FeedView<'_>) -> Value {
    let items: Vec<Value> = view.entries.iter().map(json_item).collect();
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": view.title,
        "home_page_url": view.site,
        "feed_url": view.address,
        "description": view.description,
        "language": view.language,
        "items": items,
    })
}

fn json_item(entry: &EntryView) -> Value {
    let mut item = json!({
        "id": entry.id,
        "title": entry.title,
        "date_published": entry.published.to_string(),
        "tags": [entry.section],
    });
    let more = [
        ("url", entry.link.clone().map(Value::from)),
        ("summary", entry.summary.clone().map(Value::from)),
        ("content_html", entry.content_html.clone().map(Value::from)),
        ("date_modified", entry.updated.map(|at| at.to_string().into())),
        ("authors", entry.author.as_ref().map(|name| json!([{ "name": name }]))),
    ];
    for (key, value) in more {
        if let Some(value) = value {
            item[key] = value;
        }
    }
    item
}

fn prologue(view: &FeedView<'_>) -> String {
    format!("<?xml version=\"1.0\" encoding=\"{}\"?>\n", view.charset.label())
}

fn element(out: &mut String, name: &str, text: &str) {
    line(out, &format!("<{name}>{}</{name}>", escape(text)));
}

fn optional(out: &mut String, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        element(out, name, text);
    }
}

fn line(out: &mut String, text: &str) {
    // Writing into a String does not fail.
    let _ = writeln!(out, "{text}");
}

/// RFC 2822 in the offset the time was written in.
fn rfc2822(stamp: Stamp) -> String {
    let offset = match stamp {
        Stamp::Instant { offset_secs: Some(secs), .. } => Offset::from_seconds(secs).unwrap_or(Offset::UTC),
        _ => Offset::UTC,
    };
    let zoned = stamp.instant().to_zoned_datetime(TimeZone::fixed(offset));
    jiff::fmt::rfc2822::to_string(&zoned).unwrap_or_default()
}
