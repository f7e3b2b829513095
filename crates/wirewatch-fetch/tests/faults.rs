//! One fault each on an invented feed of two entries: both are read, or the answer says what it is.

#![allow(clippy::expect_used, reason = "tests")]

use wirewatch_fetch::{NotAFeed, NotAFeedKind, ParsedFeed, parse_feed};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
const ONE: &str = "<item><title>One</title><link>https://post.example/1</link><pubDate>Mon, 10 Jan 2022 09:30:00 +0200</pubDate></item>";
const TWO: &str = "<item><title>Two</title><link>https://post.example/2</link></item>";

fn rss(inside: &str) -> String {
    format!(
        "{DECLARATION}<rss version=\"2.0\"><channel><title>Post</title><link>https://post.example/</link>{inside}</channel></rss>"
    )
}

fn sound() -> String {
    rss(&format!("{ONE}{TWO}"))
}

fn parse(body: &[u8], content_type: Option<&str>) -> Result<ParsedFeed, NotAFeed> {
    parse_feed(body, content_type, Some("https://post.example/rss"))
}

fn refused(body: &str) -> NotAFeed {
    parse(body.as_bytes(), None).expect_err(body)
}

/// Both entries are read, with titles and addresses.
#[track_caller]
fn both(fault: &str, body: &str) {
    let feed = parse(body.as_bytes(), None).unwrap_or_else(|error| panic!("{fault}: {error}"));
    let read: Vec<_> =
        feed.entries.iter().map(|entry| (entry.title.as_str(), entry.url.as_deref())).collect();
    let want = [("One", Some("https://post.example/1")), ("Two", Some("https://post.example/2"))];
    assert_eq!(read, want, "{fault}");
}

#[test]
fn entries_are_found_wherever_they_stand() {
    let swapped = |from: &str, to: &str| sound().replace(from, to);
    for (fault, body) in [
        ("a root of its own", swapped("rss", "news")),
        ("no root", format!("{ONE}{TWO}")),
        ("a list as root", format!("<items>{ONE}{TWO}</items>")),
        ("a list in an unknown root", format!("<data><list>{ONE}{TWO}</list></data>")),
        ("a list in the channel", rss(&format!("<items>{ONE}{TWO}</items>"))),
        ("behind the channel", format!("<rss><channel><title>Post</title></channel>{ONE}{TWO}</rss>")),
        ("behind the root", format!("<rss><channel><title>Post</title></channel></rss>{ONE}{TWO}")),
        ("one each in two channels", format!("<rss><channel>{ONE}</channel><channel>{TWO}</channel></rss>")),
        ("shouted", swapped("item>", "ITEM>").replace("rss", "RSS").replace("title>", "TITLE>")),
        (
            "under an unknown prefix",
            sound()
                .replace("item>", "x:item>")
                .replace("<title>", "<x:title>")
                .replace("</title>", "</x:title>"),
        ),
        ("under an undeclared prefix", swapped("item>", "rss:item>")),
        ("in the namespace of XHTML", swapped("<rss", "<rss xmlns=\"http://www.w3.org/1999/xhtml\"")),
        ("in the namespace of Media RSS", swapped("<rss", "<rss xmlns=\"http://search.yahoo.com/mrss/\"")),
        ("behind a title that is not ended", swapped("<title>Post</title>", "<title>Post")),
        ("behind an image that is not ended", swapped("<title>Post</title>", "<image><url>x</url>")),
        (
            "behind a comment that is not ended",
            swapped("<item><title>One", "<!-- made by x -><item><title>One"),
        ),
        ("behind a web page", format!("<html><body><p>Notice</p></body></html>{}", sound())),
        ("in a web page", sound().replace(DECLARATION, "<html><body>") + "</body></html>"),
        ("behind words", format!("Warning: include() on line 3\n{}", sound())),
        ("behind a second declaration", format!("{DECLARATION}{}", sound())),
        ("with a declaration that is not ended", swapped("?>", ">")),
    ] {
        both(fault, &body);
    }
}

#[test]
fn faults_inside_an_entry_stay_inside_it() {
    let first = |from: &str, to: &str| sound().replacen(from, to, 1);
    for (fault, body) in [
        ("a title that is not ended", first("<title>One</title>", "<title>One")),
        ("a link that is not ended", first("/1</link>", "/1")),
        (
            "a section that is not ended",
            first("<title>One</title>", "<title>One</title><description><![CDATA[x</description>")
                .replace("<title>Two", "<description><![CDATA[y]]></description><title>Two"),
        ),
        ("a section in lower case", first("One", "<![cdata[One]]>")),
        ("an escaped section", first("One", "&lt;![CDATA[One]]&gt;")),
        ("an attribute without quotes", first("<title>One", "<title type=html>One")),
        ("a quote that is not closed", first("<title>One", "<title type=\"html>One")),
        ("an apostrophe in a tag", first("<title>One", "<title it's>One")),
        ("crossed tags", first("<title>One</title>", "<title><b>One</title></b>")),
        ("an end too many", first("</item>", "</item></item>")),
        ("the end of another format", sound().replace("</item>", "</entry>")),
        (
            "a link of another kind with a text",
            first(
                "<link>https://post.example/1",
                "<link rel=\"enclosure\">https://post.example/x</link><link>https://post.example/1",
            ),
        ),
        ("a dash in a comment", first("<title>One", "<!-- a -- b --><title>One")),
        (
            "undeclared entities",
            first(
                "<link>https://post.example/1",
                "<description>&nbsp;&bogus; & co</description><link>https://post.example/1",
            ),
        ),
    ] {
        both(fault, &body);
    }
}

#[test]
fn dates_are_found_under_every_name() {
    for date in [
        "<pubdate>Mon, 10 Jan 2022 09:30:00 +0200</pubdate>",
        "<dc:date>2022-01-10T09:30:00+02:00</dc:date>",
        "<x:date xmlns:x=\"http://purl.org/dc/elements/1.1/\">2022-01-10T09:30:00+02:00</x:date>",
        "<dcterms:issued>2022-01-10T09:30:00+02:00</dcterms:issued>",
        "<dcterms:created>2022-01-10T09:30:00+02:00</dcterms:created>",
        "<published>2022-01-10T09:30:00+02:00</published>",
        "<pubDate></pubDate><dc:date>2022-01-10T09:30:00+02:00</dc:date>",
        "<pubDate>soon</pubDate><dc:date>2022-01-10T09:30:00+02:00</dc:date>",
        "<pubDate><![CDATA[ Mon, 10 Jan 2022 09:30:00 +0200 ]]></pubDate>",
        "<pubDate>Mon, 10 Jan 2022 09:30:00 &#43;0200</pubDate>",
    ] {
        let feed = parse(rss(&format!("<item><title>t</title>{date}</item>")).as_bytes(), None).expect(date);
        let read = feed.entries[0].published.map(|stamp| stamp.to_string());
        assert_eq!(read.as_deref(), Some("2022-01-10T09:30:00+02:00"), "{date}");
    }
    for date in [
        "<a10:updated>2022-01-10T09:30:00+02:00</a10:updated>",
        "<atom:updated xmlns:atom=\"http://www.w3.org/2005/Atom\">2022-01-10T09:30:00+02:00</atom:updated>",
        "<dcterms:modified>2022-01-10T09:30:00+02:00</dcterms:modified>",
    ] {
        let feed = parse(rss(&format!("<item><title>t</title>{date}</item>")).as_bytes(), None).expect(date);
        let read = feed.entries[0].updated.map(|stamp| stamp.to_string());
        assert_eq!(read.as_deref(), Some("2022-01-10T09:30:00+02:00"), "{date}");
    }
}

#[test]
fn labels_of_the_encoding_are_believed_as_far_as_the_bytes_bear_them_out() {
    const NEWS: &str = "Перемовини тривають далі";
    let text = sound().replace("One", NEWS);
    let declared = |name: &str| text.replace("UTF-8", name);
    let windows = |text: &str| encoding_of(text, encoding_rs::WINDOWS_1251);
    for (fault, body, content_type) in [
        ("windows-1251, declared", windows(&declared("windows-1251")), None),
        ("windows-1251 under a claim of UTF-8", windows(&text), Some("text/xml; charset=utf-8")),
        ("windows-1251 under a server's default", windows(&text), Some("text/xml; charset=ISO-8859-1")),
        ("windows-1251, spelled oddly", windows(&declared("cp-1251")), None),
        ("koi8-u, declared", encoding_of(&declared("koi8-u"), encoding_rs::KOI8_U), None),
        ("UTF-8 under a claim of UTF-7", text.clone().into_bytes(), Some("text/xml; charset=utf-7")),
        ("UTF-8 under a name that is none", declared("utf8mb4").into_bytes(), None),
        (
            "UTF-8 under windows-1251",
            declared("windows-1251").into_bytes(),
            Some("text/xml; charset=windows-1251"),
        ),
        ("UTF-16 without mark", text.encode_utf16().flat_map(u16::to_le_bytes).collect(), None),
        (
            "UTF-16 with a mark, called UTF-8",
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect(),
            Some("text/xml; charset=utf-8"),
        ),
        ("one bad byte elsewhere", [text.as_bytes(), b"<!-- \xd1 -->"].concat(), None),
    ] {
        let feed = parse(&body, content_type).expect(fault);
        assert_eq!(feed.entries[0].title, NEWS, "{fault}");
    }
    let twice = sound().replace("One", "ÐÐ¾Ð²Ð¸Ð½Ð¸");
    assert_eq!(
        parse(twice.as_bytes(), None).expect("a feed").entries[0].title,
        "ÐÐ¾Ð²Ð¸Ð½Ð¸",
        "left as it is"
    );
}

fn encoding_of(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    encoding.encode(text).0.into_owned()
}

#[test]
fn a_feed_without_entries_is_one_only_when_it_holds_none() {
    let image = rss("<image><url>https://post.example/l.png</url><title>Post</title><link>x</link></image>");
    assert_eq!(parse(image.as_bytes(), None).expect("an empty feed").entries.len(), 0);
    for body in [
        rss("<article><title>One</title><link>https://post.example/1</link></article>"),
        rss("<item><title>One</title>"),
        rss("<item/><item></item>"),
        "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":{\"1\":{}}}".to_owned(),
        "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{},{}]}".to_owned(),
    ] {
        let body = body.trim_end_matches("</channel></rss>");
        assert_eq!(refused(body).kind, NotAFeedKind::Unreadable, "{body}");
    }
}

#[test]
fn what_is_no_feed_says_what_it_is_and_what_to_do() {
    let page =
        |inside: &str| format!("<!DOCTYPE html><html><head>{inside}</head><body><p>Hi</p></body></html>");
    for (body, kind, part) in [
        (page("<title>Our front page</title>"), NotAFeedKind::Html, "Our front page"),
        (page("<title>Sign in</title><form><input type='password'></form>"), NotAFeedKind::Login, "Sign in"),
        (page("<title>Just a moment...</title>"), NotAFeedKind::Wall, "Cloudflare"),
        (page("<script src='/_Incapsula_Resource?x'></script>"), NotAFeedKind::Wall, "Imperva"),
        (page("<title>Before you continue to Post</title>"), NotAFeedKind::Consent, "Before you continue"),
        ("{\"status\":403,\"message\":\"no such feed\"}".to_owned(), NotAFeedKind::Json, "no such feed"),
        ("{\"error\":{\"message\":\"no such feed\"}}".to_owned(), NotAFeedKind::Json, "no such feed"),
        (
            "<Error><Code>AccessDenied</Code><Message>No way in</Message></Error>".to_owned(),
            NotAFeedKind::Xml,
            "No way in",
        ),
        ("<opml><body><outline/></body></opml>".to_owned(), NotAFeedKind::Opml, "feeds import"),
        (
            "<sitemapindex><sitemap><loc>https://post.example/news.xml</loc></sitemap></sitemapindex>"
                .to_owned(),
            NotAFeedKind::SitemapIndex,
            "https://post.example/news.xml",
        ),
        ("\nService unavailable\u{1b}[31m".to_owned(), NotAFeedKind::Text, "Service unavailable[31m"),
    ] {
        let refusal = refused(&body);
        assert_eq!(refusal.kind, kind, "{body}");
        assert!(refusal.message.contains(part), "{}", refusal.message);
        assert!(!refusal.message.chars().any(char::is_control));
    }
}
