use super::*;
use wirewatch_model::PublisherKind;
use wirewatch_tag::Tagger;

fn read(text: &str) -> anyhow::Result<Outlines> {
    let known =
        Publisher { name: "Known".to_owned(), domain: "known.example".to_owned(), ..Publisher::default() };
    let publishers = HashMap::from([(known.domain.clone(), known)]);
    parse(text, &TopicNames::new(&|| Ok(Tagger::builtin())), &publishers)
}

fn written(feeds: &[FeedSpec]) -> String {
    String::from_utf8(write(feeds).expect("written")).expect("UTF-8")
}

/// The addresses with their folders.
fn places(outlines: &Outlines) -> Vec<(&str, Option<&str>)> {
    outlines.feeds.iter().map(|feed| (feed.url.as_str(), feed.folder.as_deref())).collect()
}

#[test]
fn our_own_list_survives_the_round_trip() {
    let mut feeds = crate::feeds::read_list(crate::feeds::BUILT_IN).expect("compiled-in list");
    let outlines = read(&written(&feeds)).expect("readable");
    for feed in &mut feeds {
        feed.origin = Origin::Added;
    }
    assert!(outlines.refused.is_empty() && outlines.dropped.is_empty(), "{:?}", outlines.dropped);
    assert_eq!(outlines.feeds, feeds);
}

#[test]
fn folders_and_settings_survive_and_secrets_stay_here() {
    let feed = |url: &str, folder: Option<&str>, settings: &[&str]| {
        let mut feed = FeedSpec {
            url: url.to_owned(),
            publisher: Publisher {
                name: "A & \"B\" <C>".to_owned(),
                domain: domain_of(url),
                ..Publisher::default()
            },
            folder: folder.map(str::to_owned),
            origin: Origin::Added,
            ..FeedSpec::default()
        };
        for setting in settings {
            assign(&mut feed.settings, setting, &TopicNames::new(&|| Ok(Tagger::builtin())))
                .expect("a setting");
        }
        feed
    };
    let mut feeds = vec![
        feed("https://a.example/rss", None, &["interval_floor_secs=300", "topics=energy,sanctions"]),
        feed("https://b.example/rss", Some("World"), &["http1_only=true", "language=uk"]),
        feed("https://c.example/rss", Some("World/Europe"), &["user_agent=desk/1"]),
        feed("https://d.example/rss", Some("Home"), &["headers.X-Key=word"]),
    ];
    let text = written(&feeds);
    assert!(!text.contains("X-Key") && !text.contains("word\""), "{text}");
    assert!(left_out(&feeds).is_some_and(|words| words.contains("headers of 1 feeds")));
    assert_eq!(left_out(&feeds[..3]), None);
    feeds[3].settings = FeedSettings::default();
    let outlines = read(&text).expect("readable");
    assert_eq!(outlines.feeds, feeds);
    assert_eq!(written(&outlines.feeds), text);
}

#[test]
fn reads_lists_of_other_programs() {
    let outlines = read(concat!(
        "<?xml version=\"1.0\"?><opml version=\"1.0\"><body><outline text=\"Press\">",
        "<outline text=\"A &amp; B\" type=\"rss\" xmlUrl=\"https://a.example/rss?x=1&y=2\" htmlUrl=\"https://www.a.example\"/>",
        "<outline title='C' xmlurl='https://feeds.c.example/'></outline>",
        "<outline text=\"A again\" xmlUrl=\"https://a.example/rss?x=1&amp;y=2\"/>",
        "<outline text=\"odd\" xmlUrl=\"feed:x\"/>",
        "</outline></body></opml>",
    ))
    .expect("readable");
    assert_eq!(outlines.feeds.len(), 2, "{:?}", outlines.feeds);
    assert_eq!(outlines.feeds[0].title.as_deref(), Some("A & B"));
    assert_eq!(outlines.feeds[0].publisher.name, "a.example");
    assert_eq!(outlines.feeds[0].folder.as_deref(), Some("Press"));
    assert_eq!(outlines.feeds[0].url, "https://a.example/rss?x=1&y=2");
    assert_eq!(outlines.feeds[1].publisher.domain, "c.example");
    assert_eq!(outlines.feeds[1].publisher.kind, PublisherKind::Newspaper);
    assert_eq!(outlines.refused, ["line 1 \"odd\": 'feed:x' is no http or https address"]);
}

#[test]
fn folders_of_a_web_reader_are_outlines_around_outlines() {
    // One level, both names alike, feeds without a folder beside them.
    let outlines = read(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"1.0\">\n<head><title>Subscriptions</title></head>\n",
        "<body>\n<outline text=\"World\" title=\"World\">\n",
        "<outline type=\"rss\" text=\"A\" title=\"A\" xmlUrl=\"http://a.example/rss\" htmlUrl=\"http://a.example\"/>\n",
        "</outline>\n<outline type=\"rss\" text=\"B\" title=\"B\" xmlUrl=\"http://b.example/rss\"/></body></opml>",
    ))
    .expect("readable");
    assert_eq!(places(&outlines), [("http://a.example/rss", Some("World")), ("http://b.example/rss", None)]);
    // Folders in folders, some of them empty.
    let outlines = read(concat!(
        "<opml version=\"1.1\"><body><outline text='Press'><outline text='Empty'/>",
        "<outline text='Europe'><outline xmlUrl='https://a.example/'/></outline>",
        "<outline xmlUrl='https://b.example/'/></outline></body></opml>",
    ))
    .expect("readable");
    assert_eq!(
        places(&outlines),
        [("https://a.example/", Some("Press/Europe")), ("https://b.example/", Some("Press"))]
    );
}

#[test]
fn categories_stand_for_folders_and_a_marked_folder_marks_what_is_in_it() {
    let outlines = read(concat!(
        "<opml version='2.0'><body>",
        "<outline text='A' xmlUrl='https://a.example/' category='/World/Europe,/Energy'/>",
        "<outline text='Old' isComment='true'><outline text='B' xmlUrl='https://b.example/'/></outline>",
        "</body></opml>",
    ))
    .expect("readable");
    assert_eq!(
        places(&outlines),
        [("https://a.example/", Some("World/Europe")), ("https://b.example/", Some("Old"))]
    );
    assert!(outlines.feeds[0].off.is_none() && outlines.feeds[1].off.is_some());
}

#[test]
fn names_in_capitals_entities_and_feed_addresses_are_read() {
    let outlines = read(concat!(
        "<OPML VERSION='1.0'><BODY><OUTLINE TEXT='Q&amp;A &#8212; &quot;x&quot;' XMLURL='feed://a.example/rss'/>",
        "<OUTLINE TEXT='B' XMLURL='feed:https://b.example/rss'/></BODY></OPML>",
    ))
    .expect("readable");
    assert_eq!(places(&outlines), [("http://a.example/rss", None), ("https://b.example/rss", None)]);
    assert_eq!(outlines.feeds[0].title.as_deref(), Some("Q&A — \"x\""));
}

#[test]
fn a_setting_that_cannot_be_is_dropped_and_told() {
    let outlines = read(concat!(
        "<opml><body><outline xmlUrl='https://a.example/' wirewatch:interval_floor_secs='soon' ",
        "wirewatch:topics='energy'/></body></opml>",
    ))
    .expect("readable");
    assert_eq!(outlines.dropped, ["https://a.example/: interval_floor_secs must be a whole number from 0"]);
    assert_eq!(outlines.feeds[0].settings.topics, ["energy"]);
}

#[test]
fn folders_as_deep_as_a_well_are_one_folder() {
    let deep = "<outline text='x'>".repeat(1000);
    let text = format!(
        "<opml><body>{deep}<outline xmlUrl='https://a.example/'/>{}</body></opml>",
        "</outline>".repeat(1000)
    );
    let outlines = read(&text).expect("readable");
    assert_eq!(outlines.feeds[0].folder.as_ref().map(|path| path.split('/').count()), Some(DEEPEST));
}

const CUT: &str = "<opml><body><outline xmlUrl='https://a.example/'/>";
const MIXED: &str = "<opml><body><outline xmlUrl='https://a.example/'/></opml></body>";

#[test]
fn refuses_what_is_no_opml() {
    for text in ["", "<html><body>no</body></html>", "<opml><body><outline", "plain words", CUT, MIXED] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn two_feeds_of_one_site_keep_their_names_and_their_publisher() {
    let outlines = read(concat!(
        "<opml><body><outline text='BBC World' xmlUrl='https://feeds.bbc.example/world'/>",
        "<outline text='x' title='BBC Sport' xmlUrl='https://feeds.bbc.example/sport'/>",
        "<outline text='Mine' xmlUrl='https://known.example/rss'/>",
        "<outline text='Mine' wirewatch:publisher='Told' xmlUrl='https://known.example/two'/></body></opml>",
    ))
    .expect("readable");
    let names: Vec<(&str, &str)> = (outlines.feeds.iter())
        .map(|feed| (feed.title.as_deref().unwrap_or_default(), feed.publisher.name.as_str()))
        .collect();
    assert_eq!(
        names,
        [("BBC World", "bbc.example"), ("BBC Sport", "bbc.example"), ("Mine", "Known"), ("Mine", "Told")]
    );
}

#[test]
fn a_setting_that_is_left_out_is_not_stored() {
    let outlines = read(concat!(
        "<opml><body><outline xmlUrl='https://a.example/' wirewatch:interval_floor_secs='5' ",
        "wirewatch:proxy='http://u:secret@h.example:1'/></body></opml>",
    ))
    .expect("readable");
    assert_eq!(outlines.dropped.len(), 2, "{:?}", outlines.dropped);
    assert!(!outlines.dropped.concat().contains("secret"), "{:?}", outlines.dropped);
    assert_eq!(outlines.feeds[0].settings, FeedSettings::default());
    assert!(!written(&outlines.feeds).contains("secret"));
}

#[test]
fn no_list_says_through_which_proxy_or_with_which_secrets_a_feed_is_asked() {
    let outlines = read(concat!(
        "<opml><body><outline xmlUrl='https://a.example/' wirewatch:proxy='http://u:${HOME}@h.example:1' ",
        "wirewatch:headers='x' wirewatch:http1_only='true'/></body></opml>",
    ))
    .expect("readable");
    assert_eq!(outlines.dropped.len(), 2, "{:?}", outlines.dropped);
    let kept = FeedSettings { http1_only: Some(true), ..FeedSettings::default() };
    assert_eq!(outlines.feeds[0].settings, kept);
    let proxied = FeedSettings { proxy: Some("http://p.example:3128".to_owned()), ..kept };
    let feeds = [FeedSpec { settings: proxied, ..outlines.feeds[0].clone() }];
    assert!(!written(&feeds).contains("p.example"));
    assert!(left_out(&feeds).is_some());
}

#[test]
fn what_looks_like_a_feed_and_is_none_is_named_with_its_line() {
    let outlines = read(concat!(
        "<opml><body>\n<outline text='A' xmlUrl='https://a.example/'/>\n",
        "<outline type='rss' text='No address'/>\n",
        "<outline text='Unquoted' xmlUrl=https://b.example/ />\n<outline text='C' xmlUrl='https://c.example/'/>\n",
        "<outline text='Locked' xmlUrl='https://u:secret@d.example/'/>\n",
        "<outline type='link' text='L' url='https://l.example/'/><outline type='include' url='x'/></body></opml>",
    ))
    .expect("readable");
    assert_eq!(places(&outlines), [("https://a.example/", None), ("https://c.example/", None)]);
    let starts = ["line 3 \"No address\": ", "line 4 \"Unquoted\": ", "line 6 \"Locked\": "];
    assert_eq!(outlines.refused.len(), starts.len(), "{:?}", outlines.refused);
    for (refused, start) in outlines.refused.iter().zip(starts) {
        assert!(refused.starts_with(start) && !refused.contains("secret"), "{refused}");
    }
}

#[test]
fn what_steers_terminals_is_neither_read_nor_written() {
    let outlines = read(concat!(
        "<opml><body><outline text='W&#27;[2J'><outline text='A&#x202e;&#1;B' wirewatch:publisher='P&#7;' ",
        "xmlUrl='https://a.example/'/></outline></body></opml>",
    ))
    .expect("readable");
    let mut feed = outlines.feeds[0].clone();
    assert_eq!((feed.title.as_deref(), feed.folder.as_deref()), (Some("AB"), Some("W[2J")));
    assert_eq!(feed.publisher.name, "P");
    feed.title = Some("old\u{1}\u{ffff}".to_owned());
    let text = written(&[feed]);
    assert!(text.contains("title=\"old\"") && !text.contains('\u{1}'), "{text}");
}
