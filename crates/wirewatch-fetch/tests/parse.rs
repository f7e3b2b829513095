//! Feeds of every format and in every state of decay, without a network.

#![allow(clippy::expect_used, reason = "tests")]

use proptest::prelude::*;
use wirewatch_fetch::{NotAFeedKind, ParsedFeed, parse_feed};
use wirewatch_model::Stamp;

const RSS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>Harbour Post</title><link>https://post.example/</link><description>News</description><ttl>20</ttl>
<item><title>Envoys meet again</title><link>https://post.example/1</link><guid isPermaLink="false">hp-1</guid>
<pubDate>Mon, 10 Jan 2022 09:30:00 +0200</pubDate><dc:creator>Ira Bond</dc:creator>
<description>Short &amp;amp; plain.</description><content:encoded><![CDATA[<p>Long text.</p>]]></content:encoded></item>
<item><title>Second</title><link>https://post.example/2</link><guid>https://post.example/2</guid></item>
<item><title>Third</title><link>https://post.example/3</link></item>
</channel></rss>"#;

const ATOM: &str = r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="uk"><title>Kray</title>
<link rel="self" href="https://kray.example/atom"/><link href="https://kray.example/"/><author><name>Desk</name></author>
<entry><id>tag:kray.example,2022:1</id><title type="html">One &amp;amp; two</title><link href="https://kray.example/1"/>
<published>2022-01-10T09:30:00+02:00</published><updated>2022-01-10T10:00:00+02:00</updated>
<summary>Short</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Long</p></div></content></entry>
<entry><id>tag:kray.example,2022:2</id><title>Two</title><link href="https://kray.example/2"/></entry>
</feed>"#;

const RDF: &str = r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://rdf.example/"><title>Rdf</title>
<link>https://rdf.example/</link><items><rdf:Seq><rdf:li rdf:resource="https://rdf.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://rdf.example/1"><title>One</title><link>https://rdf.example/1</link><dc:date>2022-01-10T09:30:00Z</dc:date></item>
</rdf:RDF>"#;

const JSON: &str = r#"{"version":"https://jsonfeed.org/version/1.1","title":"J","home_page_url":"https://j.example/",
"items":[{"id":1,"url":"https://j.example/1","title":"One","content_html":"<p>x</p>","date_published":"2022-01-10T09:30:00Z"},
{"id":"2","url":"https://j.example/2","content_text":"a < b"}]}"#;

fn read(body: &str) -> ParsedFeed {
    parse_feed(body.as_bytes(), None, None).expect("a feed")
}

fn titles(feed: &ParsedFeed) -> Vec<&str> {
    feed.entries.iter().map(|entry| entry.title.as_str()).collect()
}

#[test]
fn rss_2_is_read_whole() {
    let feed = read(RSS);
    assert!(feed.whole && feed.repairs.is_empty() && feed.rejects.is_empty());
    assert_eq!((feed.head.format.as_str(), feed.head.title.as_deref()), ("rss-2.0", Some("Harbour Post")));
    assert_eq!(feed.freshness.feed_ttl_secs, Some(1200));
    let first = &feed.entries[0];
    assert_eq!((first.id.as_deref(), first.key.as_str()), (Some("hp-1"), "i:hp-1"));
    assert_eq!(first.published.map(|stamp| stamp.to_string()).as_deref(), Some("2022-01-10T09:30:00+02:00"));
    assert_eq!(
        (first.summary.as_deref(), first.content.as_deref()),
        (Some("Short &amp; plain."), Some("<p>Long text.</p>"))
    );
    assert_eq!(first.authors, ["Ira Bond"]);
}

#[test]
fn the_other_formats_are_read_whole() {
    for (body, format, entries) in [(ATOM, "atom-1.0", 2), (RDF, "rss-1.0", 1), (JSON, "json-feed", 2)] {
        let feed = read(body);
        assert!(feed.whole && feed.repairs.is_empty(), "{format}: {:?}", feed.repairs);
        assert_eq!((feed.head.format.as_str(), feed.entries.len()), (format, entries));
    }
    let atom = read(ATOM);
    assert_eq!(
        (atom.entries[0].title.as_str(), atom.entries[0].content.as_deref()),
        ("One & two", Some("<p>Long</p>"))
    );
    assert_eq!(
        (atom.entries[1].authors.as_slice(), atom.entries[1].language.as_deref()),
        (&["Desk".to_owned()][..], Some("uk"))
    );
    assert_eq!(read(RDF).entries[0].id.as_deref(), Some("https://rdf.example/1"));
}

/// feed-rs is the second opinion on sound feeds: what it reads, we read the same.
#[test]
fn a_news_sitemap_dates_its_entries_inside_an_element_of_its_own() {
    let feed = read(
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' \
         xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'><url><loc>https://press.example/a</loc>\
         <lastmod>2022-01-11</lastmod><n:news><n:publication><n:name>Press</n:name>\
         <n:language>UK</n:language></n:publication>\
         <n:publication_date>2022-01-10T08:00:00+02:00</n:publication_date><n:title>Talks</n:title></n:news>\
         </url></urlset>",
    );
    let entry = &feed.entries[0];
    assert_eq!((entry.title.as_str(), entry.language.as_deref()), ("Talks", Some("uk")));
    let Some(Stamp::Instant { at, .. }) = entry.published else { panic!("{:?}", entry.published) };
    assert_eq!(at.to_string(), "2022-01-10T06:00:00Z");
    assert!(entry.updated.is_some());
}

#[test]
fn sound_feeds_read_as_feed_rs_reads_them() {
    for body in [RSS, ATOM, RDF] {
        let ours = read(body);
        let theirs = feed_rs::parser::parse(body.as_bytes()).expect("sound");
        assert_eq!(ours.entries.len(), theirs.entries.len());
        for (ours, theirs) in ours.entries.iter().zip(&theirs.entries) {
            assert_eq!(ours.url.as_deref(), theirs.links.first().map(|link| link.href.as_str()));
            let when = |stamp: Option<wirewatch_model::Stamp>| stamp.map(|stamp| stamp.instant().as_second());
            assert_eq!(when(ours.published), theirs.published.map(|at| at.timestamp()));
            let content = theirs.content.as_ref().and_then(|content| content.body.clone());
            let plain = |text: &str| text.replace("<div>", "").replace("</div>", "").trim().to_owned();
            assert_eq!(ours.content.clone(), content.map(|text| plain(&text)));
        }
    }
}

#[test]
fn variants_feed_readers_lose_in_silence_are_read() {
    for (body, format) in [
        (RSS.replace(" version=\"2.0\"", ""), "rss-2.0"),
        (RSS.replace("<rss ", "<rss xmlns=\"http://publisher.example/own\" "), "rss-2.0"),
        (RSS.replace("version=\"2.0\"", "version=\"0.91\""), "rss-0.91"),
        (RSS.replace("<item>", "<ITEM>").replace("</item>", "</ITEM>").replace("<rss", "<RSS"), "rss-2.0"),
        (RSS.replace("<item>", "</channel><item>").replace("</channel></rss>", "</rss>"), "rss-2.0"),
    ] {
        let feed = read(&body);
        assert_eq!((feed.head.format.as_str(), feed.entries.len()), (format, 3), "{body}");
    }
    let old = RDF.replace("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/");
    assert_eq!((read(&old).head.format.as_str(), read(&old).entries.len()), ("rss-0.9", 1));
    let atom = ATOM.replace("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#");
    assert_eq!((read(&atom).head.format.as_str(), read(&atom).entries.len()), ("atom-0.3", 2));
}

#[test]
fn entries_that_are_not_ended_are_told_apart() {
    let feed = read(&RSS.replace("</item>", ""));
    // The last one ends with the channel; none swallows another.
    assert_eq!(titles(&feed), ["Envoys meet again", "Second", "Third"]);
    assert!(feed.repairs.iter().any(|repair| repair.0 == "unclosed-entry"));
}

#[test]
fn an_entry_keeps_the_prefixes_it_binds_when_it_ends_one_that_was_not_closed() {
    let item = |nth: u8, own: &str| {
        format!(
            "<item{own}><title>T{nth}</title><guid>g{nth}</guid><z:encoded>&lt;p&gt;Text {nth}&lt;/p&gt;</z:encoded>"
        )
    };
    let own = " xmlns:z='http://purl.org/rss/1.0/modules/content/'";
    let body = format!(
        "<rss version='2.0'><channel><title>c</title>{}{}</item></channel></rss>",
        item(1, own),
        item(2, own)
    );
    let texts: Vec<_> = read(&body).entries.into_iter().map(|entry| entry.content).collect();
    assert_eq!(texts, [Some("<p>Text 1</p>".to_owned()), Some("<p>Text 2</p>".to_owned())]);
}

#[test]
fn a_cut_body_keeps_its_whole_entries_only() {
    let whole = titles(&read(RSS)).len();
    for end in 0..RSS.len() {
        if !RSS.is_char_boundary(end) {
            continue;
        }
        let body = &RSS[..end];
        let ended = body.matches("</item>").count();
        match parse_feed(body.as_bytes(), None, None) {
            Ok(feed) => {
                assert_eq!(feed.entries.len(), ended, "{body}");
                assert!(!feed.whole || end == RSS.len(), "{body}");
            }
            Err(_) => assert_eq!(ended, 0, "{body}"),
        }
    }
    assert_eq!(whole, 3);
}

#[test]
fn what_is_no_feed_is_told_by_what_it_is() {
    for (body, kind) in [
        ("", NotAFeedKind::Empty),
        (" \r\n\t", NotAFeedKind::Empty),
        ("<!DOCTYPE html><html><body>Hi</body></html>", NotAFeedKind::Html),
        (
            "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body/></html>",
            NotAFeedKind::Html,
        ),
        ("{\"error\":\"not found\"}", NotAFeedKind::Json),
        ("<opml version='2.0'><body/></opml>", NotAFeedKind::Opml),
        ("\u{89}", NotAFeedKind::Text),
        ("%PDF-1.4", NotAFeedKind::Binary),
        ("Service unavailable", NotAFeedKind::Text),
        ("<Error><Code>AccessDenied</Code></Error>", NotAFeedKind::Xml),
        ("<rss version='2.0'><channel><item><title>half", NotAFeedKind::Unreadable),
        ("<rss version='2.0'><channel><item/><item></item></channel></rss>", NotAFeedKind::Unreadable),
    ] {
        assert_eq!(parse_feed(body.as_bytes(), None, None).expect_err(body).kind, kind, "{body}");
    }
}

#[test]
fn nothing_outside_the_body_is_read_and_nothing_grows() {
    let bomb = "<!DOCTYPE rss [<!ENTITY a \"0123456789\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">\
                <!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let feed = read(&RSS.replacen("<rss", &format!("{bomb}<rss"), 1).replace("Second", "&c;&x;"));
    assert_eq!(feed.entries[1].title, "&c;&x;");
}

#[test]
fn too_many_entries_are_cut_and_reported() {
    for (head, entry, tail) in [
        ("<rss version='2.0'><channel>", "<item><title>x</title></item>", "</channel></rss>"),
        ("{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[", "{\"id\":1},", "{\"id\":2}]}"),
    ] {
        let feed = read(&format!("{head}{}{tail}", entry.repeat(20_000)));
        assert!(feed.entries.len() + feed.rejects.len() <= 5_000);
        assert!(!feed.whole);
        assert!(feed.repairs.iter().any(|repair| repair.0 == "too-many-entries"));
    }
}

#[test]
fn deep_and_wide_markup_is_bounded() {
    let deep = format!(
        "<rss><channel><item><description>{}x</description></item></channel></rss>",
        "<a>".repeat(100_000)
    );
    assert_eq!(read(&deep).entries.len(), 1);
    let breaks = format!(
        "<rss><channel><item><description>{}x</description><title>t</title></item></channel></rss>",
        "<p>a<br>".repeat(300)
    );
    assert_eq!(titles(&read(&breaks)), ["t"], "markup that is never closed ends with its field");
    let wide = format!(
        "<rss><channel><item><title>t</title><description>{}</description></item></channel></rss>",
        "<br/>".repeat(100_000)
    );
    assert_eq!(read(&wide).entries.len(), 1);
    let attributes =
        format!("<rss><channel><item {}><title>t</title></item></channel></rss>", "a='1' ".repeat(100_000));
    assert_eq!(read(&attributes).entries.len(), 1);
}

#[test]
fn titles_cannot_steer_a_terminal() {
    let feed = read(&RSS.replace("Second", "a&#27;[31m\u{202e}b\u{8}\nc&lt;script&gt;x&lt;/script&gt;"));
    assert_eq!(feed.entries[1].title, "a[31mb cx");
}

fn sound() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(RSS), Just(ATOM), Just(RDF), Just(JSON)]
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_feed(&body, None, None);
    }

    #[test]
    fn no_mutation_makes_it_panic(body in sound(), edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0usize..40), 1..8)) {
        let mut bytes = body.as_bytes().to_vec();
        for (at, byte, cut) in edits {
            let at = at.index(bytes.len());
            if cut > 30 { bytes.drain(at..(at + cut).min(bytes.len())); } else { bytes[at] = byte; }
            if bytes.is_empty() { break; }
        }
        if let Ok(feed) = parse_feed(&bytes, Some("text/xml"), Some("https://post.example/rss")) {
            prop_assert!(feed.entries.iter().all(|entry| !entry.key.is_empty()));
            for entry in &feed.entries {
                prop_assert!(entry.url.as_deref().is_none_or(|url| url.starts_with("http")));
                prop_assert!(!entry.title.chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn tag_soup_never_panics(soup in proptest::collection::vec(prop_oneof![
        Just("<rss>"), Just("<channel>"), Just("<item>"), Just("</item>"), Just("<title>"), Just("</title>"), Just("<![CDATA["),
        Just("]]>"), Just("&"), Just("<"), Just("<entry xmlns='x'>"), Just("</entry>"), Just("<a b=\"c>"), Just("text"), Just("<br>"),
        Just("<!--"), Just("-->"), Just("</channel>"), Just("<feed>"), Just("<link href='//x'/>"), Just("<?x"), Just("<!x [")
    ], 0..40)) {
        let _ = parse_feed(soup.concat().as_bytes(), None, None);
    }
}
