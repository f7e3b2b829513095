//! `feeds health`: who needs a person, and what to do.

use crate::{
    common::Session,
    support::{database, looked_after},
};
use serde_json::Value;

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
    let database = database(&session);
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
fn when_no_feed_could_be_reached_it_is_the_network_that_is_looked_at() {
    let session = looked_after();
    let database = database(&session);
    let all = "UPDATE feed SET health = 'failing', outcome = 'failed', failure = 'dns', failures = 3, http_status = NULL";
    database.execute_batch(all).expect("changed");
    let ran = session.run(&["feeds", "health"]).expect(0);
    assert_eq!(ran.stderr.matches("network of this machine").count(), 1, "{}", ran.stderr);
    let rows = ran.json_lines();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| !row["advice"].to_string().contains("remove")), "{rows:?}");
    // The daemon knew it too, and blamed none.
    database
        .execute_batch("UPDATE feed SET health = 'ok', failures = 0, failure = 'offline'")
        .expect("changed");
    let ran = session.run(&["feeds", "health"]).expect(0);
    assert_eq!((ran.stderr.matches("network of this machine").count(), ran.stdout.as_str()), (1, ""));
    database.execute_batch(all).expect("changed");
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
