//! The demo against its ground truth: what the press published is what the database tells.

#![allow(clippy::expect_used, reason = "helpers of tests: a failure is a failed test")]

use std::{collections::HashMap, path::Path, process::Command};
use wirewatch_model::Relation;
use wirewatch_newswire::{EntryKind, Press, Truth, TruthEntry};

/// What became of one announced entry.
#[derive(Clone, Debug)]
struct Stored {
    state: String,
    /// The article and the original of its group; `None` for a rejected entry.
    article: Option<(i64, i64)>,
    revision: i64,
    relevant: bool,
}

struct Demo {
    truth: Truth,
    entries: HashMap<(String, String), Stored>,
}

fn run(database: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_wirewatch"))
        .args(["run", "--demo", "--once", "--no-serve", "--quiet", "--db"])
        .arg(database)
        .env("XDG_CONFIG_HOME", database.parent().expect("a folder"))
        .status()
        .expect("starts");
    assert!(status.success(), "{status}");
}

fn number(database: &Path, query: &str) -> i64 {
    let connection = rusqlite::Connection::open(database).expect("the database opens");
    connection.query_row(query, [], |row| row.get(0)).expect(query)
}

impl Demo {
    fn read(database: &Path) -> Self {
        let truth =
            Press::builtin().expect("the press is sound").truth().expect("a written press has a truth");
        let connection = rusqlite::Connection::open(database).expect("the database opens");
        let mut statement = connection
            .prepare(
                "SELECT f.listed_url, coalesce(e.url, e.title), e.state, a.id, coalesce(a.copy_of, a.id),
                        coalesce(a.revision, 0), coalesce(a.relevant, 0)
                   FROM entry e JOIN feed f ON f.id = e.feed LEFT JOIN article a ON a.id = e.article",
            )
            .expect("the tables are there");
        let rows = statement
            .query_map([], |row| {
                let article: Option<i64> = row.get(3)?;
                let root: Option<i64> = row.get(4)?;
                Ok((
                    (row.get(0)?, row.get(1)?),
                    Stored {
                        state: row.get(2)?,
                        article: article.zip(root),
                        revision: row.get(5)?,
                        relevant: row.get(6)?,
                    },
                ))
            })
            .expect("rows");
        Self { truth, entries: rows.collect::<Result<_, _>>().expect("rows") }
    }

    #[track_caller]
    fn of(&self, entry: &TruthEntry) -> &Stored {
        let name = entry.link.clone().unwrap_or_else(|| entry.title.clone());
        self.entries.get(&(entry.feed.clone(), name.clone())).unwrap_or_else(|| panic!("lost: {name}"))
    }

    /// The original of the group an article of the press was put into.
    fn group(&self, article: &str) -> Option<i64> {
        let entry = self.truth.articles().find(|entry| entry.article == article)?;
        self.of(entry).article.map(|(_, root)| root)
    }

    /// Of the copies with this relation: found with their original, and all.
    fn copies(&self, relation: Relation) -> (usize, usize) {
        let copies: Vec<&TruthEntry> =
            self.truth.articles().filter(|entry| entry.relation == Some(relation)).collect();
        let found = copies
            .iter()
            .filter(|copy| {
                let original = copy.original.as_deref().expect("a copy has an original");
                let together =
                    self.group(&copy.article).is_some_and(|group| Some(group) == self.group(original));
                if !together {
                    eprintln!("not found as {relation:?} copy: {} of {original}", copy.article);
                }
                together
            })
            .count();
        (found, copies.len())
    }
}

#[test]
fn the_demo_finds_what_the_press_published_and_a_second_run_adds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("demo.db");
    run(&database);
    let demo = Demo::read(&database);

    for entry in &demo.truth.entries {
        assert!(matches!(demo.of(entry).state.as_str(), "done" | "provisional" | "rejected"), "{entry:?}");
    }
    assert_eq!(demo.entries.len(), demo.truth.entries.len());
    assert_eq!(
        number(&database, "SELECT count(*) FROM entry WHERE state = 'rejected' AND reject_reason = ''"),
        0
    );

    let (found, all) = demo.copies(Relation::Exact);
    assert_eq!(found, all, "exact copies");
    let (found, all) = demo.copies(Relation::Rewritten);
    assert!(found * 10 >= all * 9, "rewritten copies: {found} of {all}");
    let (found, all) = demo.copies(Relation::Truncated);
    assert!(found * 10 >= all * 9, "truncated copies: {found} of {all}");

    // Originals and bulletins are articles of their own: no two of them share a group.
    let mut groups: HashMap<i64, &str> = HashMap::new();
    for entry in demo.truth.articles().filter(|entry| entry.kind != EntryKind::Copy) {
        if let Some(group) = demo.group(&entry.article)
            && let Some(other) = groups.insert(group, &entry.article)
        {
            panic!("merged: {} and {other}", entry.article);
        }
    }

    for entry in demo.truth.articles().filter(|entry| entry.revisions > 0) {
        assert_eq!(demo.of(entry).revision - 1, i64::from(entry.revisions), "edits of {}", entry.article);
    }
    let relevance: Vec<bool> = demo
        .truth
        .articles()
        .filter(|entry| demo.of(entry).article.is_some())
        .map(|entry| {
            let right = demo.of(entry).relevant == entry.relevant;
            if !right {
                eprintln!("relevance wrong (it is {}): {} {}", entry.relevant, entry.article, entry.title);
            }
            right
        })
        .collect();
    let right = relevance.iter().filter(|right| **right).count();
    assert!(right * 100 >= relevance.len() * 95, "relevance right for {right} of {}", relevance.len());

    let count = |table: &str| number(&database, &format!("SELECT count(*) FROM {table}"));
    let before = ["entry", "article", "revision", "change", "story"].map(count);
    let last_check = number(&database, "SELECT max(id) FROM feed_check");
    run(&database);
    assert_eq!(["entry", "article", "revision", "change", "story"].map(count), before);
    let asked = format!("SELECT count(*) FROM feed_check WHERE id > {last_check}");
    assert_eq!(number(&database, &asked), count("feed"));
    assert_eq!(number(&database, &format!("{asked} AND http_status != 304")), 0, "not asked conditionally");
}
