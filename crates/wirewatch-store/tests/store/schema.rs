//! The schema: upgraded equals fresh, and readable with the SQLite of the distributions.

use super::support::*;
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wirewatch_store::Database;

/// What SQLite 3.40 does not know, or what FTS5 of that time cannot open.
const TOO_NEW: &[&str] = &[
    "string_agg",
    "concat(",
    "concat_ws",
    "jsonb",
    "timediff",
    "octet_length",
    "contentless_delete",
    "contentless_unindexed",
    "json_pretty",
    "unistr",
    "iif(",
    "subsec",
];

fn migrations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations")
}

fn schema(path: &Path) -> Vec<(String, String)> {
    let connection = Connection::open(path).expect("open");
    let mut statement = connection
        .prepare("SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema ORDER BY 1")
        .expect("query");
    statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("query")
        .collect::<Result<_, _>>()
        .expect("rows")
}

/// Every schema that was ever released, as SQL text in `tests/schemas`, is upgraded and compared.
#[test]
fn an_upgraded_schema_equals_a_fresh_one() {
    let folder = tempfile::tempdir().expect("folder");
    let fresh = folder.path().join("fresh.db");
    Database::open(&fresh).expect("made");
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    let mut count = 0;
    for file in fs::read_dir(schemas).expect("fixtures").flatten() {
        let old = folder.path().join(file.file_name()).with_extension("db");
        let connection = Connection::open(&old).expect("open");
        connection.execute_batch(&fs::read_to_string(file.path()).expect("text")).expect("old schema");
        drop(connection);
        Database::open(&old).expect("upgraded");
        assert_eq!(schema(&old), schema(&fresh), "{}", file.path().display());
        count += 1;
    }
    assert!(count >= 1, "there is a fixture for every release");
}

#[test]
fn every_migration_is_compiled_in() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("news.db");
    Database::open(&path).expect("made");
    let files = fs::read_dir(migrations()).expect("folder").flatten();
    let count = files.filter(|file| file.path().extension().is_some_and(|ending| ending == "sql")).count();
    let version: u32 = Connection::open(&path)
        .expect("open")
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .expect("version");
    assert_eq!(version as usize, count);
}

#[test]
fn the_schema_needs_nothing_newer_than_sqlite_3_40() {
    for file in fs::read_dir(migrations()).expect("folder").flatten() {
        if file.path().extension().is_none_or(|ending| ending != "sql") {
            continue;
        }
        let text = fs::read_to_string(file.path()).expect("text").to_lowercase();
        let code: String = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
        for word in TOO_NEW {
            assert!(!code.contains(word), "{word} in {}", file.path().display());
        }
    }
}

#[test]
fn datasette_finds_the_full_text_index() {
    let world = World::new();
    let sql = world.sql("SELECT sql FROM sqlite_schema WHERE name = 'article_fts'");
    assert!(sql.contains("content=\"article_text\""), "{sql}");
}

/// With the distribution's own program, where there is one: the views and the index, while the writer
/// has the file open.
#[test]
fn the_views_are_readable_with_the_command_line_of_the_distribution() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    let mut tagged = article(ids[0], 1, "Talks resumed in Geneva on Monday.");
    tagged.tags.topics = vec![topic("diplomacy", 0.9), topic("nato", 0.7)];
    world.done(tagged);
    let Ok(version) = Command::new("sqlite3").arg("--version").output() else { return };
    assert!(version.status.success());
    let ask = |sql: &str| {
        let answer = Command::new("sqlite3").arg("-readonly").arg(world.database.path()).arg(sql).output();
        let answer = answer.expect("it ran before");
        assert!(answer.status.success(), "{sql}: {}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).expect("text").trim().to_owned()
    };
    assert_eq!(
        ask("SELECT id, publisher, first_seen, topics FROM items"),
        r#"1|Paper at https://news.example/rss|2022-01-10T08:00:00Z|["diplomacy","nato"]"#
    );
    assert_eq!(ask("SELECT articles, publishers FROM stories"), "1|1");
    assert_eq!(ask("SELECT health, seen, owed, done FROM feed_health"), "ok|2|1|1");
    assert_eq!(ask("SELECT day, articles FROM topic_daily WHERE topic = 'nato'"), "2022-01-10|1");
    assert_eq!(ask("SELECT rowid FROM article_fts WHERE article_fts MATCH 'geneva'"), "1");
}

#[test]
fn the_view_items_says_what_the_reader_says() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    let mut first = article(ids[0], 1, "Talks resumed in Geneva.");
    first.judged.article.published = Some("1969-12-31T23:59:58.5+02:00".parse().expect("stamp"));
    first.judged.first_seen = at(0) + jiff::SignedDuration::from_micros(120_300);
    first.tags.topics = vec![topic("diplomacy", 0.5), topic("nato", 0.7)];
    world.done(first);
    let item = &world.reader().items(&Default::default()).expect("items")[0];
    for (column, want) in [
        ("seq", item.seq.to_string()),
        ("url", item.url.clone()),
        ("publisher", item.publisher.clone().expect("named")),
        ("published", item.published.clone().expect("given")),
        ("first_seen", item.first_seen.clone()),
        ("time", item.time.clone()),
        ("topics", serde_json::to_string(&item.topics).expect("json")),
        ("authors", serde_json::to_string(&item.authors).expect("json")),
        ("words", item.words.to_string()),
        ("method", item.method.clone()),
    ] {
        assert_eq!(world.sql(&format!("SELECT {column} FROM items")), want, "{column}");
    }
    assert_eq!(item.published.as_deref(), Some("1969-12-31T21:59:58Z"));
    assert_eq!(item.topics, ["nato", "diplomacy"]);
}
