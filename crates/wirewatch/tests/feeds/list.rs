//! What is followed: feeds added, set, removed, imported and exported.

use crate::{
    common::Session,
    support::{database, looked_after},
};

#[test]
fn a_feed_that_cannot_be_checked_is_not_added_by_chance() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let url = "https://no-such-name.invalid/rss";
    let ran = session.run(&["feeds", "add", url]).expect(3);
    assert!(
        ran.stderr.contains("--no-check") && ran.stderr.contains("its host has no address"),
        "{}",
        ran.stderr
    );
    assert!(!session.path("data").exists(), "nothing was added");
    session.run(&["feeds", "add", url, "--no-check", "--set", "interval_floor_secs=600"]).expect(0);
    let ran = session.run(&["feeds", "add", url, "--set", "interval_floor_secs=300"]).expect(0);
    assert!(ran.stderr.contains("--set changed nothing; wirewatch feeds set 1 …"), "{}", ran.stderr);
}

#[test]
fn settings_of_an_added_feed_are_changed_by_command() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "[[feed]]\nurl = \"https://listed.example/rss\"\n");
    let add = ["feeds", "add", "https://a.example/rss", "--no-check", "--folder", "World / Europe", "--set"];
    session.run(&[&add[..], &["interval_floor_secs=300"]].concat()).expect(0);
    session.run(&["feeds", "set", "a.example", "http1_only=true", "title=Mine", "topics=energy"]).expect(0);
    let exported = session.run(&["feeds", "export"]).expect(0).stdout;
    for words in ["http1_only=\"true\"", "interval_floor_secs=\"300\"", "title=\"Mine\"", "topics=\"energy\""]
    {
        assert!(exported.contains(words), "{words}: {exported}");
    }
    assert!(
        exported.contains("<outline text=\"World\"") && exported.contains("text=\"Europe\""),
        "{exported}"
    );
    session.run(&["feeds", "set", "a.example", "title=", "http1_only=", "headers.X-Key=${KEY}"]).expect(0);
    let ran = session.run(&["feeds", "export"]).expect(0);
    assert!(!ran.stdout.contains("http1_only") && !ran.stdout.contains("Mine"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("KEY") && ran.stderr.contains("headers of 1 feeds"), "{}", ran.stderr);
    for (args, reason) in [
        (["a.example", "topics=enrgy"], "did you mean energy?"),
        (["a.example", "interval_floor_secs=x"], "whole number"),
        (["listed.example", "http1_only=true"], "never written to"),
    ] {
        let ran = session.run(&[&["feeds", "set"], &args[..]].concat()).expect(2);
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
    }
}

#[test]
fn what_was_said_of_an_added_feed_is_shown_and_changed_by_command() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let add = ["feeds", "add", "https://a.example/rss", "--no-check"];
    session.run(&[&add[..], &["--title", "World news", "--set", "headers.X-Key=${KEY}"]].concat()).expect(0);
    let ran = session.run(&[&add[..], &["--kind", "wire", "--country", "DE"]].concat()).expect(0);
    assert!(
        ran.stderr.contains("--country, --kind changed nothing; wirewatch feeds set 1"),
        "{}",
        ran.stderr
    );
    session
        .run(&["feeds", "set", "1", "kind=wire", "name=The A", "country=de", "fetch_pages=false"])
        .expect(0);
    let row = session.run(&["feeds", "list"]).expect(0).json_lines().remove(0);
    assert_eq!(row["publisher"], "The A");
    assert_eq!(row["settings"], serde_json::json!({"fetch_pages": "false", "headers.X-Key": "(not shown)"}));
    let exported = session.run(&["feeds", "export"]).expect(0).stdout;
    assert!(exported.contains("wire"), "{exported}");
    let ran = session.run(&["feeds", "set", "1", "kind=wier"]).expect(2);
    assert!(ran.stderr.contains("no kind of publisher"), "{}", ran.stderr);
    session.run(&["feeds", "remove", "world NEWS"]).expect(0);
    assert_eq!(session.run(&["feeds", "list"]).expect(0).json_lines()[0]["off"], "removed by command");
    let other = Session::new();
    let url = "https://kyivindependent.com/news-archive/rss/";
    let ran = other.run(&["feeds", "set", url, "http1_only=true"]).expect(2);
    assert!(
        ran.stderr.contains("a list of your own") && ran.stderr.contains("wirewatch/feeds.toml"),
        "{}",
        ran.stderr
    );
}

#[test]
fn names_that_steer_a_terminal_are_taken_without_what_steers() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let names = ["--title", "A\u{202e}\u{1b}B", "--name", "P\u{7}", "--folder", "W\u{1}"];
    session.run(&[&["feeds", "add", "https://a.example/rss", "--no-check"], &names[..]].concat()).expect(0);
    let exported = session.run(&["feeds", "export"]).expect(0).stdout;
    for words in ["title=\"AB\"", "wirewatch:publisher=\"P\"", "text=\"W\""] {
        assert!(exported.contains(words), "{words}: {exported}");
    }
    session.run(&["feeds", "set", "a.example", "title=C\u{7}", "folder=\u{202e}X"]).expect(0);
    let exported = session.run(&["feeds", "export"]).expect(0).stdout;
    assert!(exported.contains("title=\"C\"") && exported.contains("text=\"X\""), "{exported}");
}

#[test]
fn lists_in_other_encodings_are_imported() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let outline =
        "<opml><body><outline text='\u{41c}\u{438}\u{440}' xmlUrl='https://NAME.example/'/></body></opml>";
    // Cyrillic letters stand 0x350 before their place in Unicode.
    let windows: Vec<u8> =
        format!("<?xml version='1.0' encoding='windows-1251'?>{}", outline.replace("NAME", "a"))
            .chars()
            .map(|letter| {
                u8::try_from(u32::from(letter)).unwrap_or_else(|_| (u32::from(letter) - 0x350) as u8)
            })
            .collect();
    let wide: Vec<u8> = format!("\u{feff}{}", outline.replace("NAME", "b"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes) in [("windows.opml", windows), ("wide.opml", wide)] {
        let path = session.write(name, "");
        std::fs::write(&path, bytes).expect("written");
        session.run(&["feeds", "import", name]).expect(0);
    }
    let rows = session.run(&["feeds", "list"]).expect(0).json_lines();
    let titles: Vec<&str> = rows.iter().filter_map(|row| row["title"].as_str()).collect();
    assert_eq!(titles, ["\u{41c}\u{438}\u{440}"; 2]);
}

#[test]
fn a_database_of_the_demo_and_one_of_real_feeds_stay_apart() {
    let session = looked_after();
    let ran = session.run(&["run", "--demo", "--once", "--db", "data/wirewatch/wirewatch.db"]).expect(2);
    assert!(ran.stderr.contains("follows real feeds"), "{}", ran.stderr);
    let database = database(&session);
    let off = || database.query_row("SELECT count(off) FROM feed", [], |row| row.get::<_, i64>(0));
    assert_eq!(off().expect("read"), 1, "none was switched off");
    database.execute_batch("INSERT INTO meta VALUES ('demo', 'press')").expect("marked");
    let ran = session.run(&["run", "--once"]).expect(2);
    assert!(ran.stderr.contains("follows the simulated press"), "{}", ran.stderr);
    // The list of real feeds is not what a demo follows.
    session.write("config/wirewatch/feeds.toml", "[[feed]]\nurl = \"https://listed.example/rss\"\n");
    assert_eq!(session.run(&["feeds", "list"]).expect(0).json_lines().len(), 5);
    session.run(&["feeds", "health", "https://listed.example/rss"]).expect(2);
}

#[test]
fn no_command_brings_real_feeds_into_a_database_of_the_demo() {
    let session = looked_after();
    database(&session)
        .execute_batch(
            "INSERT INTO meta VALUES ('demo', 'press'); UPDATE feed SET origin = 'added' WHERE id = 4",
        )
        .expect("marked");
    session.write("config/wirewatch/feeds.toml", "[[feed]]\nurl = \"https://listed.example/rss\"\n");
    session.write(
        "list.opml",
        "<opml version='2.0'><body><outline type='rss' xmlUrl='https://new.example/rss'/></body></opml>",
    );
    let all = "SELECT group_concat(id || url || settings || coalesce(off, '-')) FROM feed";
    let feeds = || database(&session).query_row(all, [], |row| row.get::<_, String>(0)).expect("read");
    let before = feeds();
    for command in [
        &["add", "https://new.example/rss", "--no-check"][..],
        &["import", "list.opml"],
        &["set", "4", "http1_only=true"],
    ] {
        let ran = session.run(&[&["feeds"][..], command].concat()).expect(2);
        assert!(ran.stderr.contains("leave --db out, or name another file"), "{command:?}: {}", ran.stderr);
        assert_eq!(feeds(), before, "{command:?}");
    }
    // Every feed is asked, and none of the list comes in for it.
    session.run(&["backfill", "feeds", "-q"]).expect(3);
    assert_eq!(feeds(), before);
    // One of their own takes them.
    session.run(&["--db", "mine.db", "feeds", "add", "https://new.example/rss", "--no-check"]).expect(0);
}
