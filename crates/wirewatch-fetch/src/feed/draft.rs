//! What one entry's element says, in the terms of the model; links not yet made absolute.

use super::{
    dates::read_date,
    markup::{content, from_base64, is_base64, summary},
    text::{line, plain_title, resolve, title},
    tree::{Element, Node, Space},
};
use wirewatch_model::Stamp;

/// Longest name of an author, in characters.
pub(super) const NAME_CHARS: usize = 200;
/// Authors kept of one entry.
pub(super) const MOST_AUTHORS: usize = 20;

/// An entry as read, before it gets its key.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) id: Option<String>,
    /// Candidates for its address, best first, as written.
    pub(crate) links: Vec<String>,
    /// `xml:base` in force for the links, as written.
    pub(crate) base: Option<String>,
    pub(crate) title: String,
    pub(crate) published: Option<Stamp>,
    pub(crate) updated: Option<Stamp>,
    pub(crate) authors: Vec<String>,
    pub(crate) summary: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) language: Option<String>,
    /// Whether it holds anything at all.
    pub(crate) empty: bool,
}

impl Draft {
    /// Whether it says what entries say, and so is more than something that is called or placed like one.
    pub(super) fn says_something(&self) -> bool {
        let text = !self.title.is_empty() || self.summary.is_some() || self.content.is_some();
        text && (self.id.is_some() || !self.links.is_empty())
    }
}

/// Reads an `item` or `entry`.
pub(crate) fn draft(entry: &Element<'_>) -> Draft {
    Draft {
        id: id(entry),
        links: links(entry),
        base: base(entry),
        title: entry_title(entry),
        published: first_date(entry, PUBLISHED).or_else(|| first_date(news(entry)?, PUBLISHED)),
        updated: first_date(entry, UPDATED),
        authors: authors(entry),
        summary: summary(entry),
        content: content(entry),
        language: language(entry),
        empty: is_empty(entry),
    }
}

fn is_empty(entry: &Element<'_>) -> bool {
    let is_blank = |node: &Node<'_>| matches!(node, Node::Text(text) if text.trim().is_empty());
    entry.attributes.is_empty() && entry.nodes.iter().all(is_blank)
}

const PUBLISHED: &[(Space, &str)] = &[
    (Space::Feed, "pubdate"),
    (Space::Feed, "published"),
    (Space::Feed, "issued"),
    (Space::DublinTerms, "issued"),
    (Space::Dublin, "date"),
    (Space::DublinTerms, "created"),
    (Space::DublinTerms, "available"),
    (Space::News, "publication_date"),
    (Space::Feed, "date"),
    (Space::Feed, "created"),
    (Space::Dublin, "pubdate"),
    (Space::Other, "pubdate"),
];

const UPDATED: &[(Space, &str)] = &[
    (Space::Feed, "updated"),
    (Space::Feed, "modified"),
    (Space::DublinTerms, "modified"),
    (Space::Feed, "lastbuilddate"),
    (Space::Feed, "lastmod"),
    (Space::DublinTerms, "date"),
];

/// The first of the named children that holds a date we can read; of several with one name the last.
fn first_date(entry: &Element<'_>, names: &[(Space, &str)]) -> Option<Stamp> {
    names.iter().find_map(|(space, name)| {
        let same = entry.elements().filter(|child| child.is(*space, name));
        same.filter_map(|child| read_date(&child.text())).last()
    })
}

/// Dates of a feed's head.
pub(crate) fn head_date(head: &[Element<'_>]) -> Option<Stamp> {
    let find = |(space, name): &(Space, &str)| {
        head.iter().filter(|child| child.is(*space, name)).find_map(|child| read_date(&child.text()))
    };
    UPDATED.iter().chain(PUBLISHED).find_map(find)
}

fn trimmed(element: &Element<'_>) -> Option<String> {
    let text = element.text();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn id(entry: &Element<'_>) -> Option<String> {
    let child = |space, name| entry.child(space, name).and_then(trimmed);
    let about =
        || entry.attribute("about").map(str::trim).filter(|about| !about.is_empty()).map(str::to_owned);
    child(Space::Feed, "guid")
        .or_else(|| child(Space::Feed, "id"))
        .or_else(about)
        .or_else(|| child(Space::Dublin, "identifier"))
}

fn links(entry: &Element<'_>) -> Vec<String> {
    let mut links = Vec::new();
    let mut add = |link: Option<String>| links.extend(link);
    add(entry.child(Space::FeedBurner, "origlink").and_then(trimmed));
    let atom = || {
        entry.elements().filter(|child| child.is(Space::Feed, "link") && child.attribute("href").is_some())
    };
    let alternate = |link: &&Element<'_>| {
        // Registered relations may be written as addresses (RFC 4287 §4.2.7.2).
        let relation = link.attribute("rel").map(|rel| rel.rsplit('/').next().unwrap_or(rel).trim());
        relation.is_none_or(|rel| rel.is_empty() || rel.eq_ignore_ascii_case("alternate"))
    };
    let is_html = |link: &&Element<'_>| link.attribute("type").is_none_or(|kind| kind.contains("html"));
    let href = |link: &Element<'_>| link.attribute("href").map(|href| href.trim().to_owned());
    for link in entry.elements().filter(|child| child.is(Space::Feed, "link")).filter(alternate) {
        add(anchor(link).or_else(|| trimmed(link)));
    }
    add(atom().filter(alternate).find(is_html).and_then(href));
    add(atom().find(alternate).and_then(href));
    let permalink = |guid: &&Element<'_>| {
        guid.attribute("ispermalink").is_none_or(|value| !value.trim().eq_ignore_ascii_case("false"))
    };
    let guid = entry.child(Space::Feed, "guid").filter(permalink).and_then(trimmed);
    add(guid.filter(|guid| is_web(guid) || is_path(guid)));
    add(entry.attribute("about").filter(|about| is_web(about)).map(str::to_owned));
    add(entry.child(Space::Feed, "loc").and_then(trimmed));
    // An Atom entry without any link: an id that is a web address mostly is the page's.
    add(entry.child(Space::Feed, "id").and_then(trimmed).filter(|id| is_web(id) || is_path(id)));
    add(entry.attribute("href").map(str::to_owned));
    add(entry.child(Space::Feed, "url").and_then(trimmed));
    add(entry.child(Space::Feed, "content").and_then(|content| content.attribute("src")).map(str::to_owned));
    links.retain(|link| !link.is_empty());
    links
}

fn is_web(address: &str) -> bool {
    let start = address.trim().get(..8).unwrap_or(address.trim()).to_ascii_lowercase();
    start.starts_with("http://") || start.starts_with("https://")
}

/// The address of an anchor somebody put where an address belongs, as markup or escaped.
fn anchor(link: &Element<'_>) -> Option<String> {
    if let Some(address) = link.elements().find_map(|child| child.attribute("href")) {
        return Some(address.trim().to_owned());
    }
    let text = link.text();
    let (_, behind) = text.trim_start().strip_prefix("<a ")?.split_once("href=")?;
    let quote = behind.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    behind[1..].split(quote).next().map(str::to_owned)
}

/// A path from the root of the site, as some write their permalinks.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.contains(char::is_whitespace)
}

/// `xml:base` of the entry or of its links.
fn base(entry: &Element<'_>) -> Option<String> {
    let own = |element: &Element<'_>| element.attribute("xml:base").map(|base| base.trim().to_owned());
    let link = entry.child(Space::Feed, "link").and_then(own);
    match (own(entry), link) {
        // A relative base of the link counts from that of the entry; joined when it is resolved.
        (Some(entry), Some(link)) if !is_web(&link) => Some(entry),
        (entry, link) => link.or(entry),
    }
}

fn entry_title(entry: &Element<'_>) -> String {
    let named = |space| named_in(entry, space);
    named(Space::Feed)
        .or_else(|| named(Space::Dublin))
        .or_else(|| named(Space::News))
        .or_else(|| named_in(news(entry)?, Space::News))
        .or_else(|| named(Space::Media))
        .or_else(|| named(Space::Itunes))
        .unwrap_or_default()
}

fn named_in(element: &Element<'_>, space: Space) -> Option<String> {
    element.child(space, "title").map(title_of).filter(|title| !title.is_empty())
}

/// What a news sitemap says of an entry.
fn news<'e, 'a>(entry: &'e Element<'a>) -> Option<&'e Element<'a>> {
    entry.child(Space::News, "news")
}

/// A title as plain text, by its declared type: Atom's plain text holds no markup.
pub(crate) fn title_of(element: &Element<'_>) -> String {
    let kind = element.attribute("type").unwrap_or_default().to_ascii_lowercase();
    if is_base64(element) {
        return title(&from_base64(&element.text()));
    }
    if element.has_elements() {
        return title(&element.inner_markup());
    }
    let text = element.text();
    if element.space == Space::Atom && matches!(kind.as_str(), "text" | "text/plain") {
        plain_title(&text)
    } else {
        title(&text)
    }
}

fn authors(entry: &Element<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: String| {
        if !name.is_empty() && names.len() < MOST_AUTHORS && !names.contains(&name) {
            names.push(name);
        }
    };
    entry.elements().filter(|child| child.is(Space::Feed, "author")).map(person).for_each(&mut add);
    entry.elements().filter(|child| child.is(Space::Dublin, "creator")).map(person).for_each(&mut add);
    if names.is_empty() {
        let other = [(Space::Itunes, "author"), (Space::Dublin, "author"), (Space::DublinTerms, "creator")];
        let found = other.into_iter().find_map(|(space, name)| entry.child(space, name));
        names.extend(found.map(person).filter(|name| !name.is_empty()));
    }
    names
}

/// Authors a feed's head names for entries without one.
pub(crate) fn head_authors(head: &[Element<'_>]) -> Vec<String> {
    head.iter()
        .filter(|child| child.is(Space::Feed, "author"))
        .map(person)
        .filter(|name| !name.is_empty())
        .collect()
}

/// The name in `<author>`: Atom's `name` child, or RSS's text, where an address stands beside the name.
fn person(element: &Element<'_>) -> String {
    let part = |name| element.child(Space::Feed, name).and_then(trimmed);
    let text = part("name").or_else(|| part("email")).unwrap_or_else(|| {
        if element.has_elements() { title(&element.inner_markup()) } else { element.text().into_owned() }
    });
    line(without_address(&line(&resolve(&text), NAME_CHARS)), NAME_CHARS)
}

/// `name@press.example (A Name)` and `A Name <name@press.example>` are `A Name`; an address alone stays.
fn without_address(text: &str) -> &str {
    if let Some((before, inside)) = text.split_once('(')
        && let Some(inside) = inside.trim_end().strip_suffix(')')
        && !before.trim().is_empty()
        && !inside.trim().is_empty()
    {
        return match (before.contains('@'), inside.contains('@')) {
            (true, _) => inside.trim(),
            (false, true) => before.trim(),
            (false, false) => text,
        };
    }
    if let Some((name, address)) = text.split_once('<')
        && address.contains('@')
        && !name.trim().is_empty()
    {
        return name.trim().trim_matches('"');
    }
    text
}

fn language(entry: &Element<'_>) -> Option<String> {
    let own = entry.attribute("xml:lang").map(str::to_owned);
    let publication = || news(entry)?.child(Space::News, "publication")?.child(Space::News, "language");
    own.or_else(|| entry.child(Space::Dublin, "language").or_else(publication).and_then(trimmed))
        .and_then(|code| language_code(&code))
}

/// A language code in the form of BCP 47: `uk`, `en-GB`; `None` for what cannot be one.
pub(crate) fn language_code(text: &str) -> Option<String> {
    let text = text.trim();
    let mut parts = text.split(['-', '_']);
    let primary = parts.next()?;
    let is_code = (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !is_code || text.len() > 20 {
        return None;
    }
    let mut code = primary.to_ascii_lowercase();
    for part in parts.filter(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        code.push('-');
        code.push_str(&if part.len() == 2 { part.to_ascii_uppercase() } else { part.to_owned() });
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{repair::mend, walk::walk};

    fn only(xml: &str) -> Draft {
        let mut drafts = Vec::new();
        walk(&mend(xml).expect("a root"), 9, |entry| drafts.push(draft(entry)));
        assert_eq!(drafts.len(), 1, "{xml}");
        drafts.pop().expect("one")
    }

    fn item(inner: &str) -> Draft {
        only(&format!("<rss><channel><item>{inner}</item></channel></rss>"))
    }

    fn atom(inner: &str) -> Draft {
        only(&format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry>{inner}</entry></feed>"))
    }

    #[test]
    fn authors_are_names() {
        let author = |inner: &str| item(inner).authors;
        assert_eq!(author("<author>Olena Koval</author>"), ["Olena Koval"]);
        assert_eq!(author("<author>ok@press.example (Olena Koval)</author>"), ["Olena Koval"]);
        assert_eq!(author("<author>Olena Koval &lt;ok@press.example&gt;</author>"), ["Olena Koval"]);
        assert_eq!(author("<author>Olena Koval (ok@press.example)</author>"), ["Olena Koval"]);
        assert_eq!(author("<author>ok@press.example</author>"), ["ok@press.example"]);
        assert_eq!(author("<dc:creator>One</dc:creator><dc:creator>Two</dc:creator>"), ["One", "Two"]);
        assert_eq!(atom("<author><name>One</name><email>a@b.example</email></author>").authors, ["One"]);
    }

    #[test]
    fn links_are_found_wherever_they_stand() {
        let link = |inner: &str| item(inner).links.into_iter().next();
        assert_eq!(link("<link> http://a.example/1 </link>").as_deref(), Some("http://a.example/1"));
        assert_eq!(link("<guid>http://a.example/2</guid>").as_deref(), Some("http://a.example/2"));
        assert_eq!(link("<guid isPermaLink=\"false\">http://a.example/2</guid>"), None);
        assert_eq!(link("<atom:link href=\"http://a.example/3\"/>").as_deref(), Some("http://a.example/3"));
        assert_eq!(link("<atom:link rel=\"self\" href=\"http://a.example/3\"/>"), None);
        assert_eq!(
            link("<link><a href=\"http://a.example/3\">x</a></link>").as_deref(),
            Some("http://a.example/3")
        );
        assert_eq!(
            link("<link>&lt;a href='http://a.example/3'>x&lt;/a></link>").as_deref(),
            Some("http://a.example/3")
        );
        assert_eq!(link("<guid>/2022/1</guid>").as_deref(), Some("/2022/1"));
        let alternate =
            "<link rel=\"http://www.iana.org/assignments/relation/alternate\" href=\"http://a.example/3\"/>";
        assert_eq!(atom(alternate).links[0], "http://a.example/3");
        assert_eq!(atom("<content src=\"http://a.example/3\"/>").links[0], "http://a.example/3");
        let entry = atom(
            "<link rel=\"replies\" href=\"http://a.example/r\"/><link rel=\"alternate\" href=\"http://a.example/4\"/>",
        );
        assert_eq!(entry.links[0], "http://a.example/4");
    }

    #[test]
    fn texts_are_html() {
        assert_eq!(item("<description>a &amp;lt; b</description>").summary.as_deref(), Some("a &lt; b"));
        assert_eq!(item("<description><p>a</p> b</description>").summary.as_deref(), Some("<p>a</p> b"));
        assert_eq!(atom("<content type=\"text\">a &lt; b</content>").content.as_deref(), Some("a &lt; b"));
        assert_eq!(
            atom("<content type=\"html\">&lt;b&gt;x&lt;/b&gt;</content>").content.as_deref(),
            Some("<b>x</b>")
        );
        let xhtml =
            "<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x</p></div></content>";
        assert_eq!(atom(xhtml).content.as_deref(), Some("<p>x</p>"));
        assert_eq!(
            atom("<content type=\"application/octet-stream\">PGI+eDwvYj4=</content>").content.as_deref(),
            Some("<b>x</b>")
        );
        assert_eq!(
            item("<yandex:full-text>x</yandex:full-text><description>y</description>").content.as_deref(),
            Some("x")
        );
    }

    #[test]
    fn a_caption_is_no_title_and_no_summary() {
        let entry = item(
            "<media:title>caption</media:title><title>real</title><media:description>c</media:description><description>d</description>",
        );
        assert_eq!((entry.title.as_str(), entry.summary.as_deref()), ("real", Some("d")));
    }

    #[test]
    fn language_codes() {
        assert_eq!(language_code("en_gb").as_deref(), Some("en-GB"));
        assert_eq!(language_code("UK").as_deref(), Some("uk"));
        assert_eq!(language_code("english"), None);
    }
}
