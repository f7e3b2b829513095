//! The commands that ask and change the database, through the real program.

mod common;

use common::{Session, fixture};
use serde_json::Value;

#[test]
fn questions_without_a_database_say_what_to_do() {
    let session = Session::new();
    for command in
        [&["list"][..], &["search", "talks"], &["stats"], &["show", "1"], &["new", "--reader", "desk"]]
    {
        let ran = session.run(command).expect(4);
        assert!(
            ran.stderr.contains("wirewatch.db") && ran.stderr.contains("wirewatch run"),
            "{}",
            ran.stderr
        );
    }
    assert!(!session.path("data").exists(), "asking makes nothing");
}

#[test]
fn a_file_that_is_no_database_of_ours_is_refused() {
    let session = Session::new();
    session.write("other.db", "not a database, but words of somebody who needs them");
    let ran = session.run(&["--db", "other.db", "list"]).expect(4);
    assert!(ran.stderr.contains("other.db"), "{}", ran.stderr);
    let text = std::fs::read_to_string(session.path("other.db")).expect("still there");
    assert!(text.starts_with("not a database"));
}

#[test]
fn feeds_are_added_removed_and_switched_on_again() {
    let session = Session::new();
    let feeds = |session: &Session| session.run(&["feeds", "list"]).expect(0).json_lines();
    assert!(feeds(&session).len() > 100, "the compiled-in list, before any run");

    session.write("config/wirewatch/feeds.toml", "[[feed]]\nurl = \"https://a.example/rss\"\n");
    session
        .run(&[
            "feeds",
            "add",
            "https://news.b.example/atom",
            "--no-check",
            "--name",
            "B News",
            "--kind",
            "wire",
        ])
        .expect(0);
    let find = |rows: &[Value], url: &str| rows.iter().find(|row| row["url"] == url).expect(url).clone();
    let rows = feeds(&session);
    assert_eq!(rows.len(), 2);
    let added = find(&rows, "https://news.b.example/atom");
    assert_eq!((added["publisher"].as_str(), added["origin"].as_str()), (Some("B News"), Some("added")));
    assert_eq!(find(&rows, "https://a.example/rss")["health"], "never-checked");

    session.run(&["feeds", "remove", "https://news.b.example/atom"]).expect(0);
    assert_eq!(find(&feeds(&session), "https://news.b.example/atom")["health"], "off");
    session.run(&["feeds", "add", "https://news.b.example/atom"]).expect(0);
    assert_ne!(find(&feeds(&session), "https://news.b.example/atom")["health"], "off");

    let ran = session.run(&["feeds", "remove", "https://nobody.example/"]).expect(2);
    assert!(ran.stderr.contains("feeds list"), "{}", ran.stderr);
    session.run(&["feeds", "add", "b"]).expect(2);
}

#[test]
fn opml_goes_in_and_out() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    session.write(
        "mine.opml",
        "<opml version='2.0'><body><outline text='Press'>\
         <outline text='A' xmlUrl='https://a.example/rss' htmlUrl='https://a.example/' language='uk'/>\
         <outline text='B &amp; Co' xmlUrl='https://b.example/atom?x=1&amp;y=2'/>\
         <outline text='odd' xmlUrl='gopher://c.example/'/></outline></body></opml>",
    );
    let ran = session.run(&["feeds", "import", "mine.opml"]).expect(3);
    assert!(ran.stderr.contains("gopher://c.example/"), "{}", ran.stderr);
    let exported = session.run(&["feeds", "export"]).expect(0).stdout;
    assert!(exported.contains("B &amp; Co"), "{exported}");

    let other = Session::new();
    other.write("config/wirewatch/feeds.toml", "");
    other.pipe(&["feeds", "import", "-"], &exported).expect(0);
    assert_eq!(other.run(&["feeds", "export"]).expect(0).stdout, exported);
    let empty = Session::new();
    let cut = &exported[..exported.find("</body>").expect("a body")];
    for text in ["<rss/>", cut] {
        let ran = empty.pipe(&["feeds", "import", "-"], text).expect(2);
        assert!(ran.stderr.contains("nothing was imported"), "{}", ran.stderr);
    }
    assert!(!empty.path("data").exists(), "not even a database was made");
}

#[test]
fn an_import_changes_nothing_that_is_known() {
    let session = Session::new();
    session.write(
        "config/wirewatch/feeds.toml",
        "[[feed]]\nurl = \"https://listed.example/rss\"\noff = \"dead\"\n",
    );
    session.run(&["feeds", "add", "https://mine.example/rss", "--no-check"]).expect(0);
    session.run(&["feeds", "remove", "https://mine.example/rss"]).expect(0);
    let exported = session.run(&["feeds", "export"]).expect(0).stdout;
    assert_eq!(exported.matches("wirewatch:off=").count(), 2, "{exported}");
    session.write(
        "others.opml",
        "<opml><body><outline xmlUrl='https://mine.example/rss'/>\
         <outline xmlUrl='https://listed.example/rss'/><outline xmlUrl='https://new.example/rss'/></body></opml>",
    );
    let off = |session: &Session| {
        let rows = session.run(&["feeds", "list"]).expect(0).json_lines();
        rows.iter().filter(|row| row["health"] == "off").count()
    };
    session.run(&["feeds", "import", "others.opml"]).expect(0);
    assert_eq!(off(&session), 2);
    session.run(&["feeds", "import", "others.opml", "--switch-on"]).expect(0);
    assert_eq!(off(&session), 0);

    let other = Session::new();
    other.write("config/wirewatch/feeds.toml", "");
    other.pipe(&["feeds", "import", "-"], &exported).expect(0);
    assert_eq!(off(&other), 2, "what the file marks as off is taken as off");
}

#[test]
fn a_listed_feed_is_removed_before_the_first_run_and_stays_so() {
    let session = Session::new();
    let url = "http://100.64.0.1:9/rss";
    session.write("config/wirewatch/feeds.toml", &format!("[[feed]]\nurl = \"{url}\"\n"));
    session.run(&["feeds", "remove", "https://nobody.example/"]).expect(2);
    assert!(!session.path("data").exists(), "nothing was removed, nothing was made");
    session.run(&["feeds", "remove", url]).expect(0);
    // The run brings the list in and asks nothing: the only feed is off.
    session.run(&["run", "--once"]).expect(0);
    let rows = session.run(&["feeds", "list"]).expect(0).json_lines();
    assert_eq!((rows.len(), &rows[0]["health"]), (1, &Value::from("off")), "{rows:?}");
    session.run(&["feeds", "add", url]).expect(0);
    assert_eq!(session.run(&["feeds", "list"]).expect(0).json_lines()[0]["health"], "never-checked");
}

#[test]
fn a_feed_that_cannot_be_is_refused_with_the_reason() {
    let session = Session::new();
    for (args, reason) in [
        (&["https://desk:secret@a.example/rss"][..], "password"),
        (&["http://192.168.0.1/rss"], "public internet"),
        (&["https://a.example/rss", "--publisher", "not a domain"], "no domain"),
        (&["https://a.example/rss", "--country", "UKR"], "two letters"),
        (&["https://a.example/rss", "--language", "english"], "language code"),
        (&["https://a.example/rss", "--kind", "blog"], "think-tank, state-controlled"),
    ] {
        let ran = session.run(&[&["feeds", "add"], args].concat()).expect(2);
        assert!(ran.stderr.contains(reason) && !ran.stderr.contains("secret"), "{}", ran.stderr);
    }
    session.write("config/wirewatch/feeds.toml", "");
    session.run(&["feeds", "add", "HTTPS://A.Example:443/rss#new", "--no-check"]).expect(0);
    session.run(&["feeds", "add", "https://a.example/rss"]).expect(0);
    let rows = session.run(&["feeds", "list"]).expect(0).json_lines();
    assert_eq!((rows.len(), &rows[0]["url"]), (1, &Value::from("https://a.example/rss")));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_no_database() {
    let session = Session::new();
    session.write("folder/file", "x");
    let pipe = session.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    for (path, reason) in
        [("folder", "is a folder"), ("pipe", "no regular file"), ("folder/file/x.db", "cannot be looked at")]
    {
        for command in ["list", "run"] {
            let ran = session.run(&["--db", path, command]).expect(2);
            assert!(ran.stderr.contains(reason) && !ran.stderr.contains("no database at"), "{}", ran.stderr);
        }
    }
}

#[test]
fn topics_and_seeds_are_there_without_a_database() {
    let session = Session::new();
    let topics = session.run(&["topics", "list"]).expect(0).json_lines();
    assert_eq!(topics.len(), 20);
    assert!(topics.iter().all(|topic| topic["threshold"].to_string().len() <= 4), "{topics:?}");
    assert!(topics.iter().all(|topic| topic["definition"].as_str().is_some_and(|text| !text.is_empty())));
    let seeds = session.run(&["seeds", "list", "--format", "csv"]).expect(0).stdout;
    assert_eq!(seeds.lines().count(), 6, "{seeds}");
}

#[test]
fn a_seed_is_learnt_from_text_and_from_a_page() {
    let session = Session::new();
    session.write("talks.txt", "NATO and Russia talk in Geneva\n\nRussian troops near Ukraine worried NATO.\n\nNATO troops went east, and sanctions on Russia were discussed by NATO.\n");
    let learnt = session.run(&["seeds", "learn", "talks.txt"]).expect(0).stdout;
    assert!(learnt.contains("title = \"NATO and Russia talk in Geneva\""), "{learnt}");
    assert!(!learnt.contains("worried"), "a profile holds no sentence of its source");
    let page = fixture("harbour.html");
    let learnt = session.run(&["seeds", "learn", &page.display().to_string()]).expect(0).stdout;
    assert!(learnt.contains("Grain ships leave Odesa"), "{learnt}");
    session.write("empty.txt", "\n");
    session.run(&["seeds", "learn", "empty.txt"]).expect(4);
}

#[test]
fn clean_shows_one_page_to_a_person() {
    let session = Session::new();
    let page = fixture("harbour.html").display().to_string();
    let text = session.run(&["clean", &page, "--explain", "--format", "table"]).expect(0).stdout;
    for fact in ["Grain ships leave Odesa after talks", "Ilse Marren", "method", "+ Three ships", "\n- "] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    let json = session.run(&["clean", &page, "--url", "https://harbour.example/x/y"]).expect(0).json_lines();
    assert_eq!(json[0]["publisher"], "Harbour Post");
    session.write("short.html", "<html><body><p>Nothing here.</p></body></html>");
    let rejected = session.run(&["clean", "short.html"]).expect(0).json_lines();
    assert!(rejected[0]["rejected"].is_string(), "{rejected:?}");
    let ran = session.run(&["clean", &page, "--url", "nonsense"]).expect(2);
    assert!(ran.stderr.contains("--url: 'nonsense'"), "{}", ran.stderr);
    let ran = session.run(&["clean", "nowhere.html"]).expect(4);
    assert!(ran.stderr.contains("nowhere.html"), "{}", ran.stderr);
}

#[test]
fn a_name_that_cannot_be_a_reader_is_refused() {
    let session = Session::new();
    session.run(&["new", "--reader", "a b"]).expect(2);
    session.run(&["new"]).expect(2);
    session.run(&["new", "--reader", "desk", "--peek", "--ack", "7"]).expect(2);
    session.run(&["new", "--reader", "desk", "--from", "now", "--peek"]).expect(2);
}
