//! Invariant 1 with the real process: kill -9 at random moments, started again until it is done.

#![allow(clippy::expect_used, reason = "helpers of tests: a failure is a failed test")]

use std::{
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::Instant,
};

/// Kills in the usual test run; `WIREWATCH_KILLS=50` asks for more.
const KILLS: u32 = 12;

fn demo(database: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirewatch"));
    command
        .args(["run", "--demo", "--once", "--no-serve", "--quiet", "--db"])
        .arg(database)
        .env("XDG_CONFIG_HOME", database.parent().expect("a folder"))
        // Every other variable of this prefix is a key of the configuration.
        .env_remove("WIREWATCH_KILLS")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn number(database: &Path, query: &str) -> i64 {
    let connection = rusqlite::Connection::open(database).expect("the database opens");
    connection.query_row(query, [], |row| row.get(0)).expect(query)
}

fn integrity(database: &Path) -> String {
    let connection = rusqlite::Connection::open(database).expect("the database opens");
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("a verdict")
}

/// What a database holds, in figures that must not depend on how often the process died.
fn contents(database: &Path) -> Vec<(&'static str, i64)> {
    [
        ("entries", "SELECT count(*) FROM entry"),
        ("entries with an article", "SELECT count(*) FROM entry WHERE article IS NOT NULL"),
        ("rejected", "SELECT count(*) FROM entry WHERE state = 'rejected'"),
        ("owed", "SELECT count(*) FROM entry WHERE state = 'owed'"),
        ("articles", "SELECT count(*) FROM article"),
        ("addresses twice", "SELECT count(*) - count(DISTINCT url) FROM article"),
        ("texts", "SELECT count(*) FROM article_text"),
        ("revisions", "SELECT count(*) FROM revision"),
        ("articles changed as new", "SELECT count(*) FROM change WHERE kind = 'new'"),
    ]
    .into_iter()
    .map(|(name, query)| (name, number(database, query)))
    .collect()
}

#[test]
fn inv01_conservation_after_kill_9_in_the_middle_of_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let undisturbed = folder.path().join("undisturbed.db");
    let started = Instant::now();
    assert!(demo(&undisturbed).status().expect("starts").success());
    let whole = started.elapsed();

    let kills: u32 = std::env::var("WIREWATCH_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let database = folder.path().join("killed.db");
    let mut dice = 0x2545_F491_4F6C_DD1D_u64 ^ u64::from(std::process::id());
    let mut killed = 0;
    for _ in 0..kills {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let mut child = demo(&database).spawn().expect("starts");
        sleep(whole.mul_f64(0.9 * (dice % 1000) as f64 / 1000.0));
        if child.try_wait().expect("a child").is_none() {
            killed += 1;
        }
        child.kill().expect("kill -9");
        child.wait().expect("gone");
        if database.exists() && std::fs::metadata(&database).is_ok_and(|file| file.len() > 0) {
            assert_eq!(integrity(&database), "ok");
        }
    }
    assert!(killed > 0, "every run had ended before it was killed");
    assert!(demo(&database).status().expect("starts").success());
    assert_eq!(contents(&database), contents(&undisturbed));
    assert_eq!(integrity(&database), "ok");
}
