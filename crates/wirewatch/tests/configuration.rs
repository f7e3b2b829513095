//! Configuration through the real program: mistakes end it in time and say where they stand.

mod common;

use common::Session;
use serde_json::json;

#[test]
fn a_mistake_in_the_file_names_key_line_and_cure() {
    let session = Session::new();
    let file = session
        .write("config/wirewatch/wirewatch.toml", "[fetch]\nhost_pauze_ms = 5\n\n[serve]\non = \"no\"\n");
    let ran = session.run(&["list"]).expect(2);
    let place = file.display();
    assert!(
        ran.stderr.contains(&format!(
            "{place}:2: unknown key fetch.host_pauze_ms: did you mean fetch.host_pause_ms?"
        )),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains(&format!("{place}:5: serve.on must be true or false")), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_mistake_in_the_environment_names_the_variable() {
    let session = Session::new();
    let child =
        session.command(&["stats"]).env("WIREWATCH_FETCH__PAGE_WORKERS", "0").spawn().expect("starts");
    let ran = common::Ran::of(child).expect(2);
    assert!(
        ran.stderr.contains(
            "environment WIREWATCH_FETCH__PAGE_WORKERS: fetch.page_workers must be between 1 and 256"
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_file_that_was_named_must_exist() {
    let session = Session::new();
    let ran = session.run(&["--config", "none.toml", "config", "show"]).expect(2);
    assert!(ran.stderr.contains("none.toml: cannot be read"), "no line is named: {}", ran.stderr);

    let file = session.write("config/wirewatch/wirewatch.toml", "[feeds]\nfile = \"nope.toml\"\n");
    let ran = session.run(&["feeds", "list"]).expect(2);
    assert!(ran.stderr.contains(&format!("{}:2: feeds.file: ", file.display())), "{}", ran.stderr);
}

#[test]
fn mistakes_of_all_layers_are_told_together() {
    let session = Session::new();
    session.write(
        "config/wirewatch/wirewatch.toml",
        "[fetch]\npage_workers = 0\npage_worker = 1\nfeed_workers = \"x\"\n[log]\nlevel = \"loud\"\n",
    );
    let child = session.command(&["stats"]).env("WIREWATCH_SERVE__BIND", "here").spawn().expect("starts");
    let ran = common::Ran::of(child).expect(2);
    for mistake in
        ["between 1 and 256", "unknown key fetch.page_worker", "a whole number", "'loud'", "serve.bind"]
    {
        assert!(ran.stderr.contains(mistake), "{mistake}: {}", ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_a_mistake() {
    use std::os::unix::ffi::OsStrExt as _;
    let session = Session::new();
    let value = std::ffi::OsStr::from_bytes(b"mine\xff.db");
    let child = session.command(&["stats"]).env("WIREWATCH_DATABASE__PATH", value).spawn().expect("starts");
    let ran = common::Ran::of(child).expect(2);
    assert!(ran.stderr.contains("WIREWATCH_DATABASE__PATH: database.path is not UTF-8"), "{}", ran.stderr);
}

#[test]
fn show_says_where_each_value_comes_from() {
    let session = Session::new();
    session.write("config/wirewatch/wirewatch.toml", "[fetch]\nhost_pause_ms = 5\npage_workers = 3\n");
    let mut command = session.command(&["config", "show", "--db", "mine.db", "--format", "jsonl"]);
    let child = command.env("WIREWATCH_FETCH__PAGE_WORKERS", "4").spawn().expect("starts");
    let rows = common::Ran::of(child).expect(0).json_lines();
    let row = |key: &str| rows.iter().find(|row| row["key"] == key).expect(key).clone();
    assert_eq!(row("database.path")["origin"], "flag --db");
    assert_eq!(
        row("fetch.page_workers"),
        json!({
            "key": "fetch.page_workers",
            "value": "4",
            "origin": "environment WIREWATCH_FETCH__PAGE_WORKERS",
        })
    );
    assert!(row("fetch.host_pause_ms")["origin"].as_str().expect("text").ends_with("wirewatch.toml:2"));
    assert_eq!(row("serve.bind")["origin"], "default");
}

#[test]
fn check_passes_the_shipped_defaults_and_refuses_a_broken_feed_list() {
    let session = Session::new();
    let rows = session.run(&["config", "check"]).expect(0).json_lines();
    assert_eq!(rows[0]["topics"], 20);
    assert!(rows[0]["feeds"].as_u64().expect("number") > 100);

    let list = session.write("config/wirewatch/feeds.toml", "[[feed]]\nurl = \"news.example\"\n");
    let ran = session.run(&["config", "check"]).expect(2);
    assert!(
        ran.stderr.contains(&format!("{}:2: 'news.example' is no http", list.display())),
        "{}",
        ran.stderr
    );
}

#[test]
fn check_refuses_broken_topics_of_the_user() {
    let session = Session::new();
    session.write("config/wirewatch/topics.local.toml", "[[topic]]\nslog = \"x\"\n");
    let ran = session.run(&["config", "check"]).expect(2);
    assert!(ran.stderr.contains("topics.local.toml"), "{}", ran.stderr);
}

#[test]
fn the_command_line_is_refused_with_the_same_code() {
    let session = Session::new();
    session.run(&["lst"]).expect(2);
    session.run(&["list", "--since", "yesterday"]).expect(2);
    session.run(&["list", "--limit", "0"]).expect(2);
    session.run(&["--tz", "Mars/Olympus", "list"]).expect(2);
}

#[test]
fn a_callback_that_hubs_cannot_be_told_is_a_mistake() {
    let session = Session::new();
    let file = session.write(
        "config/wirewatch/wirewatch.toml",
        "[websub]\ncallback = \"https://me:pw@news.example/websub\"\nlease_days = 0\n",
    );
    let ran = session.run(&["config", "check"]).expect(2);
    assert!(ran.stderr.contains(&format!("{}:2: websub.callback must hold no user name", file.display())));
    assert!(
        ran.stderr.contains(&format!("{}:3: websub.lease_days must be between 1 and 90", file.display()))
    );
    assert!(!ran.stderr.contains("me:pw"), "{}", ran.stderr);
}

#[test]
fn a_callback_nobody_reaches_is_a_mistake() {
    let session = Session::new();
    let check = |text: &str| {
        session.write("config/wirewatch/wirewatch.toml", text);
        session.run(&["config", "check"])
    };
    let inner = check("[websub]\ncallback = \"http://localhost:8642/websub\"\n").expect(2);
    assert!(inner.stderr.contains("wirewatch.toml:2: websub.callback must be"), "{}", inner.stderr);
    let off = "[serve]\non = false\n[websub]\ncallback = \"https://news.example/websub\"\n";
    let ran = check(off).expect(2);
    assert!(ran.stderr.contains("wirewatch.toml:4: websub.callback needs the HTTP API"), "{}", ran.stderr);
    check(&off.replace("false", "true")).expect(0);
}

#[test]
fn a_file_that_is_there_and_cannot_be_read_is_a_mistake() {
    for (name, command) in [
        ("feeds.toml", &["feeds", "list"][..]),
        ("topics.local.toml", &["config", "check"]),
        ("wirewatch.toml", &["config", "check"]),
    ] {
        let session = Session::new();
        let path = session.path("config/wirewatch").join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        let ran = session.run(command).expect(2);
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
        std::fs::remove_dir(&path).expect("removed");
        session.run(command).expect(0);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere.toml", &path).expect("a link");
            let ran = session.run(command).expect(2);
            assert!(ran.stderr.contains(name) && ran.stderr.contains("cannot be read"), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_list_that_is_no_text_is_named() {
    let session = Session::new();
    let path = session.write("config/wirewatch/feeds.toml", "");
    std::fs::write(&path, b"# a\n# caf\xe9\n").expect("written");
    let ran = session.run(&["config", "check"]).expect(2);
    assert!(
        ran.stderr.contains(&format!("{}:2: the feed list is not UTF-8", path.display())),
        "{}",
        ran.stderr
    );
}
