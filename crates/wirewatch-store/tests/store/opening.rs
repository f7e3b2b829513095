//! Which files are opened, and what is said of the others.

use std::fs;
use std::path::Path;
use wirewatch_store::{Database, StoreError};

#[track_caller]
fn check_refused(path: &Path, words: &str) {
    let before = fs::read(path).ok();
    for opened in [Database::open(path), Database::open_existing(path)] {
        let message = opened.expect_err("must be refused").to_string();
        assert!(message.contains(words), "{message}");
        assert!(message.contains(&path.display().to_string()), "no path: {message}");
    }
    assert_eq!(fs::read(path).ok(), before, "a refused file is left as it was");
}

#[test]
fn makes_the_file_and_its_folders() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a/b/news.db");
    Database::open(&path).expect("made");
    Database::open(&path).expect("opened again");
    Database::open_existing(&path).expect("there");
    let names: Vec<_> = fs::read_dir(path.parent().expect("folder")).expect("list").flatten().collect();
    assert!(names.iter().all(|name| !name.file_name().to_string_lossy().contains(".new-")), "{names:?}");
}

#[test]
fn a_question_makes_no_file() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("none.db");
    assert!(matches!(Database::open_existing(&path), Err(StoreError::Missing { .. })));
    assert!(!path.exists());
}

#[test]
fn refuses_what_is_not_ours_and_leaves_it_alone() {
    let folder = tempfile::tempdir().expect("folder");
    let path = |name| folder.path().join(name);
    fs::write(path("empty.db"), "").expect("written");
    check_refused(&path("empty.db"), "empty file");
    fs::write(path("text.db"), "These are notes, not a database.\n".repeat(200)).expect("written");
    check_refused(&path("text.db"), "not SQLite");
    let other = rusqlite::Connection::open(path("other.db")).expect("open");
    other.execute_batch("CREATE TABLE notes (text)").expect("made");
    drop(other);
    check_refused(&path("other.db"), "another program");
    fs::create_dir(path("folder.db")).expect("made");
    check_refused(&path("folder.db"), "folder");
}

#[test]
fn refuses_a_newer_schema() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("news.db");
    Database::open(&path).expect("made");
    let later = rusqlite::Connection::open(&path).expect("open");
    later.execute_batch("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)").expect("set");
    drop(later);
    check_refused(&path, "schema 99");
}

#[test]
fn several_may_open_a_new_path_at_once() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("news.db");
    let opened: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Database::open(&path))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    for database in opened {
        assert_eq!(database.expect("open").check().expect("check"), Vec::<String>::new());
    }
}

#[test]
fn connections_move_between_threads_and_handles_are_shared() {
    fn moves<T: Send>() {}
    fn is_shared<T: Send + Sync>() {}
    moves::<wirewatch_store::Reader>();
    moves::<wirewatch_store::ShortWriter>();
    is_shared::<Database>();
    is_shared::<wirewatch_store::WriterHandle>();
}

#[cfg(unix)]
#[test]
fn inv07_one_file_has_one_lock_by_whatever_link_it_is_reached() {
    let folder = tempfile::tempdir().expect("folder");
    let (file, link) = (folder.path().join("a.db"), folder.path().join("b.db"));
    let database = Database::open(&file).expect("made");
    std::os::unix::fs::symlink(&file, &link).expect("linked");
    assert_eq!(Database::open(&link).expect("opens").path(), database.path());
}
