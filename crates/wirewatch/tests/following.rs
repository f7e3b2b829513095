//! Running the pipeline through the real program: owner, signals, network that is not there, and the
//! questions that are asked of what was stored.

#![allow(clippy::expect_used, reason = "helpers of tests: a failure is a failed test")]
#![cfg(unix)]

mod common;

use common::{Ran, Session};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};

/// A daemon on the simulated press, once it says that it works.
struct Daemon {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Daemon {
    fn start(session: &Session, args: &[&str]) -> Self {
        let mut daemon = Self::spawn(session, &[&["run", "--demo", "--db", "demo.db"], args].concat());
        daemon.wait_for("the simulated press publishes");
        daemon
    }

    fn spawn(session: &Session, args: &[&str]) -> Self {
        let mut child = session.command(args).spawn().expect("starts");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        Self { child, stderr }
    }

    /// Reads the log up to a line with these words.
    fn wait_for(&mut self, words: &str) -> String {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(self.stderr.read_line(&mut line).expect("a log") > 0, "the log ended before: {words}");
        }
        line
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("kill").success());
    }

    fn end(mut self) -> Ran {
        let mut talk = String::new();
        self.stderr.read_to_string(&mut talk).expect("a log");
        let ran = Ran::of(self.child);
        Ran { stderr: talk, ..ran }
    }
}

/// Asks the API and reads its answer.
fn get(address: &str, path: &str) -> Value {
    let mut socket = TcpStream::connect(address).expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON")
}

#[test]
fn inv07_a_second_owner_is_refused_and_the_first_one_ends_in_order() {
    let session = Session::new();
    let daemon = Daemon::start(&session, &["--no-serve"]);
    let second = session.run(&["run", "--demo", "--once", "--db", "demo.db"]).expect(4);
    assert!(second.stderr.contains(&daemon.child.id().to_string()), "{}", second.stderr);
    daemon.signal("-TERM");
    let ran = daemon.end().expect(0);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("one JSON line");
    assert_eq!(summary["drained"], true);
    let entries = &summary["stats"]["entries"];
    let sum: u64 =
        ["owed", "provisional", "done", "rejected"].iter().filter_map(|state| entries[*state].as_u64()).sum();
    assert_eq!(entries["seen"].as_u64(), Some(sum));
    // The lock is free again.
    session.run(&["run", "--demo", "--once", "--db", "demo.db", "-q"]).expect(0);
}

#[test]
fn a_daemon_answers_over_http_beside_its_work() {
    let session = Session::new();
    // A free port, given back at once; nobody else binds to it in between on this machine's loopback.
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    session.write("config/wirewatch/wirewatch.toml", &format!("[serve]\nbind = \"127.0.0.1:{port}\"\n"));
    let daemon = Daemon::start(&session, &[]);
    assert_eq!(get(&format!("127.0.0.1:{port}"), "/healthz")["status"], "ok");
    daemon.signal("-INT");
    daemon.end().expect(0);
}

#[test]
fn inv07_a_command_lets_a_daemon_have_the_database() {
    let session = Session::new();
    let once = Daemon::start(&session, &["--once"]);
    let daemon = Daemon::start(&session, &["--no-serve"]);
    let once = once.end().expect(0);
    assert!(once.stdout.contains("\"drained\":true"), "{}", once.stdout);
    daemon.signal("-TERM");
    daemon.end().expect(0);
}

#[test]
fn inv07_a_backfill_leaves_its_work_to_a_daemon_and_follows_it() {
    let session = Session::new();
    let daemon = Daemon::start(&session, &["--no-serve"]);
    session.write("list.txt", "https://no-such-name.invalid/article-one\n");
    let ran = session.run(&["--db", "demo.db", "backfill", "urls", "list.txt"]).expect(3);
    assert!(ran.stderr.contains(&daemon.child.id().to_string()), "{}", ran.stderr);
    assert!(ran.stderr.contains("tried again later"), "{}", ran.stderr);
    session.run(&["--db", "demo.db", "backfill", "feeds"]).expect(0);
    daemon.signal("-TERM");
    daemon.end().expect(0);
}

#[test]
fn without_a_network_every_feed_says_what_failed() {
    let session = Session::new();
    session.write(
        "config/wirewatch/feeds.toml",
        "[[feed]]\nurl = \"http://100.64.0.1:9/rss\"\n[[feed]]\nurl = \"https://no-such-name.invalid/rss\"\n",
    );
    let ran = session.run(&["run", "--once"]).expect(3);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("one JSON line");
    assert_eq!(summary["failures"].as_array().map(Vec::len), Some(2), "{summary}");
    let feeds = session.run(&["feeds", "list"]).expect(0).json_lines();
    assert!(feeds.iter().all(|feed| feed["message"].is_string() && feed["health"] == "failing"), "{feeds:?}");
    // Nothing is due again at once: the next round has nothing to ask.
    session.run(&["run", "--once"]).expect(0);
}

#[test]
fn addresses_that_cannot_be_had_stay_accounted_for() {
    let session = Session::new();
    session.write("list.txt", "# mine\nhttps://no-such-name.invalid/article-one\n");
    let ran = session.run(&["backfill", "urls", "list.txt"]).expect(3);
    let summary: Value = serde_json::from_str(&ran.stdout).expect("one JSON line");
    assert_eq!(summary["stats"]["entries"]["seen"], 1);
    assert_eq!(summary["stats"]["entries"]["owed"], 1, "a name that does not resolve may resolve tomorrow");
    session.write("bad.txt", "https://a.example/\nhttp:/nothing\n");
    let ran = session.run(&["backfill", "urls", "bad.txt"]).expect(2);
    assert!(ran.stderr.contains("bad.txt:2:"), "{}", ran.stderr);
}

#[test]
fn what_was_stored_can_be_asked_for() {
    let session = Session::new();
    session.run(&["run", "--demo", "--once", "-q"]).expect(0);
    let db = session.path("data/wirewatch/wirewatch-demo.db").display().to_string();
    let ask = |args: &[&str]| session.run(&[&["--db", &db], args].concat());
    assert!(ask(&["run", "--once"]).expect(2).stderr.contains("follows the simulated press"));

    let relevant = ask(&["list", "--limit", "10000"]).expect(0).json_lines();
    let all = ask(&["list", "--all", "--copies", "--limit", "10000"]).expect(0).json_lines();
    assert!(relevant.len() > 30 && all.len() > relevant.len(), "{} of {}", relevant.len(), all.len());
    assert!(relevant.iter().all(|item| item["relevant"] == true && item["copy_of"].is_null()));

    let found = ask(&["search", "санкції", "--all"]).expect(0).json_lines();
    let ukrainian = ask(&["list", "--language", "uk", "--all"]).expect(0).json_lines();
    assert!(!ukrainian.is_empty());
    assert!(found.iter().all(|item| item["language"] == "uk"), "{found:?}");
    ask(&["search", "xylophonist", "--fail-empty"]).expect(1);
    ask(&["list", "--until", "2001-01-01"]).expect(0);
    let forever =
        ask(&["list", "--since", "99999999d", "--until", "9999-12-31", "--limit", "10000"]).expect(0);
    assert_eq!(forever.json_lines().len(), relevant.len());

    // The example of the README: another form of the word stands in the articles.
    assert!(!ask(&["search", "кордон"]).expect(0).json_lines().is_empty());
    let ran = ask(&["search", "--", "--", "!"]).expect(2);
    assert!(ran.stderr.contains("no word to search for"), "{}", ran.stderr);
    let ran = ask(&["search", "border", "—"]).expect(0);
    assert!(ran.stderr.contains("left out of the query") && ran.stderr.contains("—"), "{}", ran.stderr);

    for command in [&["list"][..], &["search", "gas"], &["new", "--reader", "strict"]] {
        let ran = ask(&[command, &["--topic", "sanction"]].concat()).expect(2);
        assert!(ran.stderr.contains("did you mean sanctions?"), "{}", ran.stderr);
    }
    for stranger in [["--publisher", "nobody.example"], ["--language", "tlh"]] {
        let ran = ask(&[&["list"], &stranger[..]].concat()).expect(0);
        assert!(ran.stderr.contains(stranger[1]), "{}", ran.stderr);
        ask(&[&["new", "--reader", "strict"], &stranger[..]].concat()).expect(2);
    }
    let news = ask(&["new", "--reader", "strict", "--limit", "10000"]).expect(0).json_lines();
    assert_eq!(news.len(), all.len(), "what was refused was not remembered");
    ask(&["new", "--reader", "strict", "--from", "now"]).expect(2);

    let first = relevant[0]["id"].to_string();
    let detail = ask(&["show", &first]).expect(0).json_lines();
    assert!(detail[0]["text"].as_str().is_some_and(|text| text.len() > 100));
    ask(&["show", "99999"]).expect(2);

    let csv = ask(&["list", "--format", "csv", "--limit", "3"]).expect(0).stdout;
    assert!(csv.starts_with("id,seq,time,publisher,title,topics,url,"), "{csv}");
    let stats = ask(&["stats"]).expect(0).json_lines();
    assert_eq!(stats[0]["articles"].as_u64(), Some(all.len() as u64));
}

#[test]
fn the_api_alone_gives_every_item_page_by_page() {
    let session = Session::new();
    session.run(&["run", "--demo", "--once", "-q", "--db", "d.db"]).expect(0);
    let mut serve = Daemon::spawn(&session, &["serve", "--db", "d.db", "--bind", "127.0.0.1:0"]);
    let line = serve.wait_for("answering on");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
    let (mut after, mut met) = (0, Vec::new());
    loop {
        let page = get(address, &format!("/v1/items?after={after}&limit=40"));
        let items = page["items"].as_array().expect("items");
        if items.is_empty() {
            break;
        }
        met.extend(items.iter().map(|item| item["id"].as_i64().expect("an id")));
        after = page["next"].as_i64().expect("a number");
    }
    let all = session
        .run(&["--db", "d.db", "list", "--all", "--copies", "--limit", "10000"])
        .expect(0)
        .json_lines();
    assert_eq!(met.len(), all.len());
    met.sort_unstable();
    met.dedup();
    assert_eq!(met.len(), all.len(), "none twice");
    serve.signal("-TERM");
    serve.end().expect(0);
}

#[test]
fn a_reader_meets_every_change_once() {
    let session = Session::new();
    session.run(&["run", "--demo", "--once", "-q", "--db", "d.db"]).expect(0);
    let new = |args: &[&str]| {
        session.run(&[&["--db", "d.db", "new", "--reader", "desk"], args].concat()).expect(0).json_lines()
    };
    assert_eq!(new(&["--peek", "--limit", "5"]), new(&["--peek", "--limit", "5"]), "a look moves nothing");
    let mut met = Vec::new();
    loop {
        let rows = new(&["--limit", "50"]);
        if rows.is_empty() {
            break;
        }
        met.extend(rows);
    }
    let all = session
        .run(&["--db", "d.db", "list", "--all", "--copies", "--limit", "10000"])
        .expect(0)
        .json_lines();
    assert_eq!(met.len(), all.len(), "not relevant ones and copies too");
    assert!(met.is_sorted_by_key(|row| row["seq"].as_i64()));
    assert!(met.iter().all(|row| row["change"].is_string()));

    let middle = met[met.len() / 2]["seq"].to_string();
    let second = ["--db", "d.db", "new", "--reader", "second"];
    session.run(&[&second[..], &["--ack", &middle]].concat()).expect(0);
    let rest = session.run(&[&second[..], &["--limit", "10000"]].concat()).expect(0).json_lines();
    assert_eq!(rest.len(), met.len() - met.len() / 2 - 1);
    session.run(&[&second[..], &["--fail-empty"]].concat()).expect(1);
    session.run(&[&second[..], &["--ack", "1000000"]].concat()).expect(2);
    session.run(&["--db", "d.db", "new", "--reader", "late", "--from", "now", "--fail-empty"]).expect(1);
}
