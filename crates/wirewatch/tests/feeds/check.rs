//! `feeds check`: one feed asked by hand and explained.

use crate::{
    common::Session,
    press::{Press, site},
    support::{database, looked_after},
};
use serde_json::Value;

#[test]
fn a_sound_feed_is_explained_in_words() {
    let session = Session::new();
    let press = Press::new(site);
    let ran = press.feeds(&session, &["check", "http://press.example/rss", "--format", "table"]).expect(0);
    for words in [
        "answer           status 200 ok",
        "etag             \"7\": sent back",
        "rss-2.0 \"Press\"",
        "Talks 1",
        "next ",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    let page = press.feeds(&session, &["check", "http://press.example/", "--format", "table"]).expect(3);
    assert!(page.stdout.contains("wirewatch feeds discover http://press.example/"), "{}", page.stdout);
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
fn a_check_by_hand_keeps_the_pause_a_host_asked_for() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let press = Press::new(site);
    press.feeds(&session, &["add", "http://press.example/rss"]).expect(0);
    let database = database(&session);
    let pause =
        "INSERT INTO host (host, paused_until, pause_reason) VALUES ('press.example', ?1, 'status 429')";
    let tomorrow = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_micros() + 86_400_000_000;
    database.execute(pause, [i64::try_from(tomorrow).expect("in range")]).expect("paused");
    let ran = session.run(&["feeds", "check", "press", "--format", "table"]).expect(3);
    assert!(
        ran.stdout.contains("nothing was sent")
            && ran.stdout.contains("press.example asked for a pause until"),
        "{}",
        ran.stdout
    );
    let kyiv = session.run(&["feeds", "check", "press", "--format", "table", "--tz", "Etc/GMT-2"]).expect(3);
    assert!(
        kyiv.stdout.contains("asked for a pause until") && kyiv.stdout.contains(" +02"),
        "{}",
        kyiv.stdout
    );
    let ran = press.feeds(&session, &["add", "http://press.example/world.rss"]).expect(3);
    let said = "is not followed: not asked: press.example asked for a pause until";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn an_address_may_be_typed_without_its_beginning() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let ran = session.run(&["feeds", "check", "no-such-name.invalid/rss"]).expect(3);
    assert_eq!(ran.json_lines()[0]["url"], "https://no-such-name.invalid/rss");
}
