//! What commands that ask for feeds by hand leave behind for whoever asks next, and how often they ask.

use crate::{
    common::Session,
    press::{Answer, FEED, PAGE, Press, feed},
    support::database,
};
use serde_json::Value;

fn site(path: &str) -> Answer {
    let link = |path: &str| format!("<link rel=alternate type='application/rss+xml' href='{path}'>");
    match path {
        "/robots.txt" => {
            ("200 OK", "Content-Type: text/plain\r\n", "User-agent: *\nDisallow: /x\n".to_owned())
        }
        "/rss" => ("200 OK", FEED, feed("Press")),
        "/elsewhere" => ("200 OK", PAGE, link("http://other.example/rss")),
        "/moved" => ("302 Found", "Location: http://other.example/rss\r\n", String::new()),
        "/" => ("200 OK", PAGE, link("/rss") + "<a href='/'>RSS</a>"),
        "/busy/" => ("200 OK", PAGE, link("/busy/rss")),
        "/busy/rss" => ("429 Too Many Requests", "Retry-After: 7200\r\n", String::new()),
        "/later" => ("503 Service Unavailable", "Retry-After: 7200\r\n", String::new()),
        _ => ("404 Not Found", "", String::new()),
    }
}

/// A session that follows the feed of the press.
fn following(press: &Press) -> Session {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    press.feeds(&session, &["add", "http://press.example/rss"]).expect(0);
    press.asked();
    session
}

fn number(session: &Session, sql: &str) -> i64 {
    database(session).query_row(sql, [], |row| row.get(0)).expect(sql)
}

/// Seconds until the pause of the press is over, and its strikes.
fn pause(session: &Session) -> (i64, i64) {
    let left = "SELECT coalesce(max(paused_until), 0) / 1000000 - unixepoch() FROM host WHERE host = 'press.example'";
    (number(session, left), number(session, "SELECT coalesce(max(strikes), 0) FROM host"))
}

#[test]
fn a_pause_that_a_host_asks_for_by_hand_holds_the_next_command() {
    for command in [["check", "http://press.example/busy/rss"], ["discover", "http://press.example/busy/"]] {
        let press = Press::new(site);
        let session = following(&press);
        let ran = press.feeds(&session, &command).expect(3);
        assert!(press.asked().contains(&"/busy/rss".to_owned()));
        let (secs, strikes) = pause(&session);
        assert!((7000..=7201).contains(&secs) && strikes == 1, "{command:?}: {secs} s, {strikes} strikes");
        if command[0] == "check" {
            assert!(ran.stderr.contains("no request is wanted before"), "{}", ran.stderr);
        }
        press.feeds(&session, &["check", "http://press.example/rss"]).expect(3);
        let ran = press.feeds(&session, &["add", "http://press.example/"]).expect(3);
        assert!(ran.stderr.contains("asked for a pause until"), "{}", ran.stderr);
        assert_eq!(press.asked(), [""; 0], "nobody asks it in its pause");
    }
}

#[test]
fn a_pause_met_while_a_feed_is_added_is_kept_though_nothing_is_followed() {
    let press = Press::new(site);
    let session = following(&press);
    press.feeds(&session, &["add", "http://press.example/busy/"]).expect(3);
    assert_eq!(pause(&session).1, 1);
    assert_eq!(number(&session, "SELECT count(*) FROM feed"), 1);
}

#[test]
fn strikes_go_on_from_one_command_to_the_next_and_end_with_a_sound_answer() {
    let press = Press::new(site);
    let session = following(&press);
    let set = |until: &str| {
        let sql = format!(
            "INSERT INTO host (host, paused_until, pause_reason, strikes)
             VALUES ('press.example', (unixepoch() + {until}) * 1000000, '429', 3)
             ON CONFLICT (host) DO UPDATE SET paused_until = excluded.paused_until"
        );
        database(&session).execute_batch(&sql).expect("paused");
    };
    // Over, but not forgotten: the fourth in a row.
    set("-60");
    press.feeds(&session, &["check", "http://press.example/busy/rss"]).expect(3);
    assert_eq!(pause(&session).1, 4);
    set("-60");
    press.feeds(&session, &["check", "http://press.example/rss"]).expect(0);
    assert_eq!(pause(&session).1, 0, "it answers as it should");
}

#[test]
fn a_feed_whose_server_names_a_time_is_not_due_before() {
    let press = Press::new(site);
    let session = following(&press);
    press.feeds(&session, &["add", "http://press.example/later", "--no-check"]).expect(0);
    let ran = press.feeds(&session, &["check", "http://press.example/later"]).expect(3);
    assert!(ran.stderr.contains("no request is wanted before"), "{}", ran.stderr);
    let due = "SELECT next_due / 1000000 - unixepoch() FROM feed WHERE url LIKE '%/later'";
    assert!((7000..=7201).contains(&number(&session, due)), "{}", number(&session, due));
}

#[test]
fn robots_txt_is_asked_for_once_by_commands_too() {
    let press = Press::new(site);
    let session = following(&press);
    press.feeds(&session, &["discover", "http://press.example/"]).expect(0);
    assert_eq!(press.asked().iter().filter(|path| *path == "/robots.txt").count(), 1);
    press.feeds(&session, &["discover", "http://press.example/"]).expect(0);
    assert!(!press.asked().contains(&"/robots.txt".to_owned()), "it is known");
}

#[test]
fn without_a_database_nothing_is_made_to_keep_what_was_learnt() {
    let press = Press::new(site);
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let ran = press.feeds(&session, &["check", "http://press.example/busy/rss"]).expect(3);
    assert!(ran.stderr.contains("nothing of this was stored\n"), "{}", ran.stderr);
    press.feeds(&session, &["discover", "http://press.example/busy/"]).expect(3);
    press.feeds(&session, &["add", "http://press.example/busy/"]).expect(3);
    assert!(!session.path("data").exists());
}

#[test]
fn what_was_learnt_is_kept_in_the_database_that_adding_makes() {
    let press = Press::new(site);
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    press.feeds(&session, &["add", "http://press.example/", "--first"]).expect(0);
    assert_eq!(number(&session, "SELECT count(*) FROM robots"), 1);
}

#[test]
fn adding_a_page_asks_for_it_once() {
    let press = Press::new(site);
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    press.feeds(&session, &["add", "http://press.example/"]).expect(0);
    let rows = session.run(&["feeds", "list"]).expect(0).json_lines();
    assert_eq!(rows[0]["url"], Value::from("http://press.example/rss"));
    let asked = press.asked();
    for path in ["/", "/rss"] {
        assert_eq!(asked.iter().filter(|asked| *asked == path).count(), 1, "{path}: {asked:?}");
    }
}

#[test]
fn a_database_that_cannot_be_written_keeps_nobody_from_a_check() {
    let press = Press::new(site);
    let session = following(&press);
    let holder = database(&session);
    holder.execute_batch("BEGIN IMMEDIATE").expect("held");
    let ran = press.feeds(&session, &["check", "http://press.example/busy/rss"]).expect(3);
    assert!(ran.stdout.contains("429") && ran.stderr.contains("could not be stored"), "{}", ran.stderr);
}

#[test]
fn headers_given_to_feeds_add_never_reach_another_origin() {
    let press = Press::new(site);
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    let settings = ["--set", "headers.X-Key=sesame", "--set", "fetch_pages=false"];
    // The feed of the page lies elsewhere, the other leads there.
    let pages = ["http://press.example/elsewhere", "http://press.example/moved"];
    for page in pages {
        press.feeds(&session, &[&["add", page][..], &settings].concat()).expect(0);
    }
    session.run(&["run", "--once"]).expect(0);
    let (home, away): (Vec<String>, Vec<String>) =
        press.requests().into_iter().partition(|request| request.starts_with("GET http://press.example/"));
    let tells = |request: &String| request.contains("sesame");
    assert!(pages.iter().all(|page| home.iter().any(|request| request.contains(page) && tells(request))));
    assert!(
        away.iter().filter(|request| request.contains("http://other.example/rss")).count() >= 4,
        "{away:?}"
    );
    assert_eq!(away.iter().find(|request| tells(request)), None);
}

#[test]
fn a_host_alone_is_an_address_and_a_name_is_none() {
    let session = Session::new();
    session.write("config/wirewatch/feeds.toml", "");
    session.run(&["feeds", "add", "press.example/rss", "--no-check"]).expect(0);
    let rows = session.run(&["feeds", "list"]).expect(0).json_lines();
    assert_eq!(rows[0]["url"], Value::from("https://press.example/rss"));
    for command in ["discover", "add"] {
        let ran = session.run(&["feeds", command, "nobody"]).expect(2);
        assert!(ran.stderr.contains("'nobody' is no address"), "{}", ran.stderr);
    }
}

#[test]
fn a_page_that_is_not_there_does_not_hide_what_was_tried() {
    let press = Press::new(|_| ("404 Not Found", "", String::new()));
    let session = Session::new();
    let ran = press.feeds(&session, &["discover", "http://press.example/gone"]).expect(3);
    assert!(ran.stderr.contains("status 404 not found; "), "{}", ran.stderr);
}
