//! `feeds discover`, and `feeds add` of a page: the feeds of a site.

use crate::{
    common::Session,
    press::{Press, site},
};
use serde_json::Value;

#[test]
fn the_feeds_of_a_site_are_found_and_ready_to_be_pasted() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let press = Press::new(site);
    let rows = press.feeds(&session, &["discover", "http://press.example/blog"]).expect(0).json_lines();
    assert_eq!((&rows[0]["title"], &rows[0]["found"]), (&Value::from("Press"), &Value::from("named")));
    assert_eq!((rows.len(), &rows[1]["comments"]), (2, &Value::from(true)), "comments come last");
    let lines = press.feeds(&session, &["discover", "http://press.example/", "--toml"]).expect(0).stdout;
    session.write("config/wirewatch/feeds.toml", &lines);
    session.run(&["config", "check"]).expect(0);
    let listed = session.run(&["feeds", "list"]).expect(0).json_lines();
    assert_eq!((listed.len(), &listed[0]["publisher"]), (2, &Value::from("Press")));
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
fn adding_a_page_follows_its_feed_when_one_is_clear() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let press = Press::new(site);
    let several = press.feeds(&session, &["add", "http://press.example/"]).expect(3);
    assert!(
        several.stderr.contains("wirewatch feeds add http://press.example/world.rss"),
        "{}",
        several.stderr
    );
    assert_eq!(several.json_lines().len(), 2);
    assert!(!session.path("data").exists(), "none is followed by chance");
    let ran = press.feeds(&session, &["add", "http://press.example/empty.rss"]).expect(3);
    assert!(ran.stderr.contains("no entries"), "{}", ran.stderr);

    press.feeds(&session, &["add", "http://press.example/", "--first"]).expect(0);
    press.feeds(&session, &["add", "http://press.example/world.rss"]).expect(0);
    let rows = session.run(&["feeds", "list"]).expect(0).json_lines();
    let titles: Vec<&str> = rows.iter().filter_map(|row| row["title"].as_str()).collect();
    assert_eq!(titles, ["Press", "World"], "the feed's own");
    let exported = session.run(&["feeds", "export"]).expect(0).stdout;
    assert!(exported.contains("language=\"uk\"") && !exported.contains("proxy"), "{exported}");

    let other = Session::new();
    other.write("config/wirewatch/feeds.toml", "");
    press.feeds(&other, &["add", "http://press.example/blog"]).expect(0);
    let rows = other.run(&["feeds", "list"]).expect(0).json_lines();
    assert_eq!(rows[0]["url"], "http://press.example/rss", "comments do not make it unclear");
}
