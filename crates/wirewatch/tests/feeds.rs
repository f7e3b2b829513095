//! Looking after the list of feeds, through the real program.

#![allow(clippy::expect_used, reason = "a helper of tests: a failure is a failed test")]

mod common;

use common::Session;
use serde_json::Value;
use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

/// A press behind a proxy on loopback, which is how a test reaches a press at all: no other address of this
/// machine is ever asked. Gives the settings that lead there.
fn press(answer: fn(&str) -> Option<(&'static str, String)>) -> [String; 4] {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = format!("proxy=http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && socket.read_exact(&mut byte).is_ok() {
                request.push(byte[0]);
            }
            let request = String::from_utf8_lossy(&request);
            let address = request.split(' ').nth(1).unwrap_or_default();
            let path = address.split_once(".example").map_or("", |(_, path)| path);
            let (status, kind, body) = match answer(path) {
                Some((kind, body)) => ("200 OK", kind, body),
                None => ("404 Not Found", "text/plain", String::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nConnection: close\r\nETag: \"7\"\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let _ = socket.write_all(&[head.as_bytes(), body.as_bytes()].concat());
        }
    });
    ["--set".to_owned(), proxy, "--set".to_owned(), "host_pause_ms=0".to_owned()]
}

const FEED: &str = "application/rss+xml";

fn feed(title: &str) -> String {
    let item = |nth: u32| {
        format!("<item><title>Talks {nth}</title><link>http://press.example/{title}/{nth}</link></item>")
    };
    let items: String = (1..=4).map(item).collect();
    format!(
        "<rss version='2.0'><channel><title>{title}</title><language>uk</language>{items}</channel></rss>"
    )
}

/// A page with two feeds, one with the comments on it as well, and the feeds themselves.
fn site(path: &str) -> Option<(&'static str, String)> {
    let link = |path: &str| format!("<link rel=alternate type='application/rss+xml' href='{path}'>");
    match path {
        "/" => Some(("text/html", format!("{}{}", link("/rss"), link("/world.rss")))),
        "/blog" => Some(("text/html", format!("{}{}", link("/comments/feed"), link("/rss")))),
        "/rss" => Some((FEED, feed("Press"))),
        "/world.rss" => Some((FEED, feed("World"))),
        "/comments/feed" => Some((FEED, feed("Comments"))),
        "/empty.rss" => {
            Some((FEED, "<rss version='2.0'><channel><title>Empty</title></channel></rss>".to_owned()))
        }
        _ => None,
    }
}

/// Runs a command of feeds with the settings that lead to a press.
fn feeds(session: &Session, args: &[&str], settings: &[String]) -> common::Ran {
    let args = ["feeds"].iter().chain(args).map(|text| (*text).to_owned()).chain(settings.iter().cloned());
    session.run(&args.collect::<Vec<String>>())
}

/// Addresses inside a carrier's network: a list takes them, and the guard of the fetcher never asks them.
const LIST: &str = "\
[publishers]
\"gone.example\" = { name = \"Gone Daily\" }
\"walled.example\" = { name = \"Walled Post\" }
\"still.example\" = { name = \"Still Waters\" }
[[feed]]
url = \"http://100.64.0.1:9/gone\"
publisher = \"gone.example\"
[[feed]]
url = \"http://100.64.0.1:9/walled\"
publisher = \"walled.example\"
title = \"World\"
[[feed]]
url = \"http://100.64.0.1:9/still\"
publisher = \"still.example\"
[[feed]]
url = \"http://100.64.0.1:9/well\"
[[feed]]
url = \"http://100.64.0.1:9/off\"
off = \"not wanted\"
";

/// A database whose feeds were checked and came to these states since.
fn looked_after() -> Session {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", LIST);
    session.run(&["run", "--once"]).expect(3);
    let database = rusqlite::Connection::open(session.path("data/wirewatch/wirewatch.db")).expect("opens");
    database
        .execute_batch(
            "UPDATE feed SET health = 'failing', failures = 9, failure = 'status', http_status = 404,
                    message = 'status 404 not found' WHERE url LIKE '%/gone';
             UPDATE feed SET health = 'blocked', failure = 'blocked', message = 'Cloudflare', http_status = 403
              WHERE url LIKE '%/walled';
             UPDATE feed SET health = 'stale', newest_entry = 0, recent = '[300000000,200000000,100000000]'
              WHERE url LIKE '%/still';
             UPDATE feed SET health = 'ok' WHERE url LIKE '%/well'",
        )
        .expect("changed");
    session
}

#[test]
fn health_shows_who_needs_a_person_worst_first_and_what_to_do() {
    let session = looked_after();
    let ran = session.run(&["feeds", "health"]).expect(0);
    let rows = ran.json_lines();
    let states: Vec<&str> = rows.iter().filter_map(|row| row["state"].as_str()).collect();
    assert_eq!(states, ["failing", "blocked", "stale"]);
    assert!(ran.stderr.contains("5 feeds: 1 failing, 1 blocked, 1 stale, 1 off, 1 ok"), "{}", ran.stderr);
    let says = |nth: usize, field: &str, words: &str| {
        let text = rows[nth][field].as_str().unwrap_or_default();
        assert!(text.contains(words), "{field}: {text}");
    };
    says(0, "finding", "404 not found (9 checks in a row)");
    says(0, "advice", "wirewatch feeds discover gone.example");
    says(1, "feed", "Walled Post: World");
    says(1, "finding", "Cloudflare");
    says(1, "advice", "http1_only");
    says(2, "finding", "usually one every 2 min");
    assert!(rows[0]["since"].is_string() && rows[0]["next_due"].is_string());

    let all = session.run(&["feeds", "health", "--all"]).expect(0).json_lines();
    assert_eq!(all.len(), 5);
    let ok = session.run(&["feeds", "health", "--state", "ok"]).expect(0).json_lines();
    assert_eq!((ok.len(), &ok[0]["url"]), (1, &Value::from("http://100.64.0.1:9/well")));
    let table = session.run(&["feeds", "health", "--format", "table"]).expect(0).stdout;
    assert!(table.contains("what to do") && table.contains("Still Waters"), "{table}");
    let ran = session.run(&["feeds", "health", "--state", "stael"]).expect(2);
    assert!(ran.stderr.contains("did you mean stale?"), "{}", ran.stderr);
}

#[test]
fn every_state_has_its_advice_and_what_passes_by_itself_is_not_shown() {
    let session = looked_after();
    let database = rusqlite::Connection::open(session.path("data/wirewatch/wirewatch.db")).expect("opens");
    let shown = |change: &str| {
        let sql = format!(
            "UPDATE feed SET failure = NULL, http_status = NULL, failures = 0, {change} WHERE url LIKE '%/well'"
        );
        database.execute_batch(&sql).expect("changed");
        let rows = session.run(&["feeds", "health"]).expect(0).json_lines();
        let row = rows.into_iter().find(|row| row["url"] == "http://100.64.0.1:9/well");
        row.map(|row| row["advice"].as_str().unwrap_or_default().to_owned())
    };
    for (change, words) in [
        ("health = 'failing', failure = 'dns', failures = 3, last_success = 0", "no address any more"),
        ("health = 'failing', failure = 'dns', failures = 3, last_success = NULL", "never answered"),
        ("health = 'failing', failure = 'tls', failures = 1", "certificate"),
        ("health = 'failing', failure = 'timeout', failures = 9", "does not answer"),
        ("health = 'failing', failure = 'not-a-feed', failures = 1", "feeds discover"),
        ("health = 'failing', failure = 'status', http_status = 403, failures = 1", "another user_agent"),
        ("health = 'failing', failure = 'status', http_status = 502, failures = 3", "broken"),
        ("health = 'gone', off = 'taken away', off_by = 'gone'", "remove it"),
        ("off = NULL, off_by = NULL, health = 'empty'", "a feed that lives"),
        ("health = 'quiet'", "silent too"),
        ("health = 'busy', health_since = 0", "interval_floor_secs"),
    ] {
        let advice = shown(change);
        assert!(advice.as_ref().is_some_and(|advice| advice.contains(words)), "{change}: {advice:?}");
    }
    for change in [
        "health = 'failing', failure = 'dns', failures = 1",
        "health = 'failing', failure = 'status', http_status = 502, failures = 2",
        "health = 'busy', health_since = last_checked",
        "health = 'moved'",
        "health = 'ok'",
    ] {
        assert_eq!(shown(change), None, "{change}");
    }
}

#[test]
fn health_of_one_feed_shows_its_checks() {
    let session = looked_after();
    for name in ["2", "http://100.64.0.1:9/walled", "walled post", "World"] {
        let rows = session.run(&["feeds", "health", name]).expect(0).json_lines();
        assert_eq!(rows[0]["publisher"], "Walled Post", "{name}");
        let checks = rows[0]["checks"].as_array().expect("checks");
        assert_eq!((checks.len(), &checks[0]["outcome"]), (1, &Value::from("failed")));
        assert!(checks[0]["message"].as_str().is_some_and(|text| text.contains("public")), "{checks:?}");
    }
    let text = session.run(&["feeds", "health", "walled", "--format", "table"]).expect(0).stdout;
    assert!(text.contains("state    blocked") && text.contains("failed"), "{text}");
    let ran = session.run(&["feeds", "health", "100.64.0.1"]).expect(2);
    assert!(ran.stderr.contains("2 feeds may be meant"), "{}", ran.stderr);
    session.run(&["feeds", "health", "nobody"]).expect(2);
}

#[test]
fn health_before_the_first_run_is_that_nothing_was_checked() {
    let session = Session::new();
    let ran = session.run(&["feeds", "health"]).expect(0);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("never-checked"), "{}", ran.stderr);
    assert!(session.run(&["feeds", "health", "--all"]).expect(0).json_lines().len() > 100);
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
fn a_check_explains_what_came_and_stores_nothing() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "[[feed]]\nurl = \"https://no-such-name.invalid/rss\"\n");
    let ran = session.run(&["feeds", "check", "no-such-name"]).expect(3);
    assert!(ran.stderr.contains("nothing of this was stored"), "{}", ran.stderr);
    let row = &ran.json_lines()[0];
    assert_eq!((&row["outcome"], &row["sound"]), (&Value::from("failed"), &Value::from(false)));
    assert!(row["lines"].as_array().is_some_and(|lines| lines.iter().any(|line| line["name"] == "next")));
    let text = session.run(&["feeds", "check", "1", "--format", "table"]).expect(2);
    assert!(text.stderr.contains("no feed of that name"), "{}", text.stderr);
    let text =
        session.run(&["feeds", "check", "https://no-such-name.invalid/rss", "--format", "table"]).expect(3);
    assert!(
        text.stdout.contains("asked") && text.stdout.contains("its host has no address"),
        "{}",
        text.stdout
    );
    assert!(!session.path("data").exists());
    session.run(&["feeds", "check", "http://127.0.0.1/rss"]).expect(2);
}

#[test]
fn a_feed_that_is_known_is_checked_with_what_is_known_of_it() {
    let session = looked_after();
    let ran = session.run(&["feeds", "check", "Walled Post"]).expect(3);
    assert!(ran.json_lines()[0]["lines"].to_string().contains("before: blocked"), "{}", ran.stdout);
    // One that is off can be looked at too.
    session.run(&["feeds", "check", "http://100.64.0.1:9/off"]).expect(3);
    let checks = session.run(&["feeds", "health", "walled"]).expect(0).json_lines();
    assert_eq!(checks[0]["checks"].as_array().map(Vec::len), Some(1), "the check by hand is not among them");
}

#[test]
fn a_site_that_cannot_be_looked_at_has_no_feeds_and_says_why() {
    let session = Session::new();
    let ran = session.run(&["feeds", "discover", "no-such-name.invalid"]).expect(3);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("cannot be looked at"), "{}", ran.stderr);
    assert!(
        session.run(&["feeds", "discover", "no-such-name.invalid", "--toml"]).expect(3).stdout.is_empty()
    );
    session.run(&["feeds", "discover", "http://10.0.0.1/"]).expect(2);
}

#[test]
fn a_sound_feed_is_explained_in_words() {
    let session = Session::new();
    let press = press(site);
    let ran = feeds(&session, &["check", "http://press.example/rss", "--format", "table"], &press).expect(0);
    for words in [
        "answer           status 200 ok",
        "etag             \"7\": sent back",
        "rss-2.0 \"Press\"",
        "Talks 1",
        "next ",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    let page = feeds(&session, &["check", "http://press.example/", "--format", "table"], &press).expect(3);
    assert!(page.stdout.contains("wirewatch feeds discover http://press.example/"), "{}", page.stdout);
}

#[test]
fn the_feeds_of_a_site_are_found_and_ready_to_be_pasted() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let press = press(site);
    let rows = feeds(&session, &["discover", "http://press.example/blog"], &press).expect(0).json_lines();
    assert_eq!((&rows[0]["title"], &rows[0]["found"]), (&Value::from("Press"), &Value::from("named")));
    assert_eq!((rows.len(), &rows[1]["comments"]), (2, &Value::from(true)), "comments come last");
    let lines = feeds(&session, &["discover", "http://press.example/", "--toml"], &press).expect(0).stdout;
    session.write("config/wirewatch/feeds.toml", &lines);
    session.run(&["config", "check"]).expect(0);
    let listed = session.run(&["feeds", "list"]).expect(0).json_lines();
    assert_eq!((listed.len(), &listed[0]["publisher"]), (2, &Value::from("Press")));
}

#[test]
fn adding_a_page_follows_its_feed_when_one_is_clear() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let press = press(site);
    let several = feeds(&session, &["add", "http://press.example/"], &press).expect(3);
    assert!(
        several.stderr.contains("wirewatch feeds add http://press.example/world.rss"),
        "{}",
        several.stderr
    );
    assert_eq!(several.json_lines().len(), 2);
    assert!(!session.path("data").exists(), "none is followed by chance");
    let ran = feeds(&session, &["add", "http://press.example/empty.rss"], &press).expect(3);
    assert!(ran.stderr.contains("no entries"), "{}", ran.stderr);

    feeds(&session, &["add", "http://press.example/", "--first"], &press).expect(0);
    feeds(&session, &["add", "http://press.example/world.rss"], &press).expect(0);
    let rows = session.run(&["feeds", "list"]).expect(0).json_lines();
    let titles: Vec<&str> = rows.iter().filter_map(|row| row["title"].as_str()).collect();
    assert_eq!(titles, ["Press", "World"], "the feed's own");
    let exported = session.run(&["feeds", "export"]).expect(0).stdout;
    assert!(exported.contains("language=\"uk\"") && !exported.contains("proxy"), "{exported}");

    let other = Session::new();
    other.write("config/wirewatch/feeds.toml", "");
    feeds(&other, &["add", "http://press.example/blog"], &press).expect(0);
    let rows = other.run(&["feeds", "list"]).expect(0).json_lines();
    assert_eq!(rows[0]["url"], "http://press.example/rss", "comments do not make it unclear");
}

#[test]
fn a_check_by_hand_keeps_the_pause_a_host_asked_for() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let press = press(site);
    feeds(&session, &["add", "http://press.example/rss"], &press).expect(0);
    let database = rusqlite::Connection::open(session.path("data/wirewatch/wirewatch.db")).expect("opens");
    let pause =
        "INSERT INTO host (host, paused_until, pause_reason) VALUES ('press.example', ?1, 'status 429')";
    let tomorrow = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_micros() + 86_400_000_000;
    database.execute(pause, [i64::try_from(tomorrow).expect("in range")]).expect("paused");
    let ran = session.run(&["feeds", "check", "press", "--format", "table"]).expect(3);
    assert!(ran.stdout.contains("nothing was sent") && ran.stdout.contains("status 429"), "{}", ran.stdout);
    let kyiv = session.run(&["feeds", "check", "press", "--format", "table", "--tz", "Etc/GMT-2"]).expect(3);
    assert!(
        kyiv.stdout.contains("asked for a pause until") && kyiv.stdout.contains(" +02"),
        "{}",
        kyiv.stdout
    );
    let ran = feeds(&session, &["add", "http://press.example/world.rss"], &press).expect(3);
    let said = "is not followed: not asked: press.example asked for a pause until";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn when_no_feed_could_be_reached_it_is_the_network_that_is_looked_at() {
    let session = looked_after();
    let database = rusqlite::Connection::open(session.path("data/wirewatch/wirewatch.db")).expect("opens");
    let all = "UPDATE feed SET health = 'failing', outcome = 'failed', failure = 'dns', failures = 3, http_status = NULL";
    database.execute_batch(all).expect("changed");
    let ran = session.run(&["feeds", "health"]).expect(0);
    assert_eq!(ran.stderr.matches("network of this machine").count(), 1, "{}", ran.stderr);
    let rows = ran.json_lines();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| !row["advice"].to_string().contains("remove")), "{rows:?}");
    // One that answers shows that there is a network; what a proxy keeps from us is the proxy's.
    database
        .execute_batch(
            "UPDATE feed SET outcome = 'read', health = 'ok', failures = 0 WHERE url LIKE '%/well';
             UPDATE feed SET settings = '{\"proxy\":\"http://127.0.0.1:9\"}' WHERE url LIKE '%/still'",
        )
        .expect("changed");
    let ran = session.run(&["feeds", "health"]).expect(0);
    assert!(!ran.stderr.contains("network of this machine"), "{}", ran.stderr);
    let still = ran.json_lines().into_iter().find(|row| row["publisher"] == "Still Waters").expect("shown");
    assert!(still["advice"].to_string().contains("look at its proxy, http://127.0.0.1:9"), "{still}");
}

#[test]
fn a_database_of_the_demo_and_one_of_real_feeds_stay_apart() {
    let session = looked_after();
    let ran = session.run(&["run", "--demo", "--once", "--db", "data/wirewatch/wirewatch.db"]).expect(2);
    assert!(ran.stderr.contains("follows real feeds"), "{}", ran.stderr);
    let database = rusqlite::Connection::open(session.path("data/wirewatch/wirewatch.db")).expect("opens");
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
fn an_address_may_be_typed_without_its_beginning() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let ran = session.run(&["feeds", "check", "no-such-name.invalid/rss"]).expect(3);
    assert_eq!(ran.json_lines()[0]["url"], "https://no-such-name.invalid/rss");
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
