//! Looking after the list of feeds, through the real program.

#![allow(clippy::expect_used, reason = "a helper of tests: a failure is a failed test")]

mod common;

use common::Session;
use serde_json::Value;

const LIST: &str = "\
[publishers]
\"gone.example\" = { name = \"Gone Daily\" }
\"walled.example\" = { name = \"Walled Post\" }
\"still.example\" = { name = \"Still Waters\" }
[[feed]]
url = \"http://127.0.0.1:9/gone\"
publisher = \"gone.example\"
[[feed]]
url = \"http://127.0.0.1:9/walled\"
publisher = \"walled.example\"
title = \"World\"
[[feed]]
url = \"http://127.0.0.1:9/still\"
publisher = \"still.example\"
[[feed]]
url = \"http://127.0.0.1:9/well\"
[[feed]]
url = \"http://127.0.0.1:9/off\"
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
    assert_eq!((ok.len(), &ok[0]["url"]), (1, &Value::from("http://127.0.0.1:9/well")));
    let table = session.run(&["feeds", "health", "--format", "table"]).expect(0).stdout;
    assert!(table.contains("what to do") && table.contains("Still Waters"), "{table}");
    let ran = session.run(&["feeds", "health", "--state", "stael"]).expect(2);
    assert!(ran.stderr.contains("did you mean stale?"), "{}", ran.stderr);
}

#[test]
fn health_of_one_feed_shows_its_checks() {
    let session = looked_after();
    for name in ["2", "http://127.0.0.1:9/walled", "walled post", "World"] {
        let rows = session.run(&["feeds", "health", name]).expect(0).json_lines();
        assert_eq!(rows[0]["publisher"], "Walled Post", "{name}");
        let checks = rows[0]["checks"].as_array().expect("checks");
        assert_eq!((checks.len(), &checks[0]["outcome"]), (1, &Value::from("failed")));
        assert!(checks[0]["message"].as_str().is_some_and(|text| text.contains("public")), "{checks:?}");
    }
    let text = session.run(&["feeds", "health", "walled", "--format", "table"]).expect(0).stdout;
    assert!(text.contains("state    blocked") && text.contains("failed"), "{text}");
    let ran = session.run(&["feeds", "health", "127.0.0.1"]).expect(2);
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
    let add = ["feeds", "add", "https://a.example/rss", "--folder", "World / Europe", "--set"];
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
