//! The corpora of the fuzz targets, replayed without a fuzzer.

#![allow(clippy::expect_used, reason = "tests")]

use std::{fs, path::Path};
use wirewatch_fetch::fuzzing;

#[track_caller]
fn replay(target: &str, hold: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files: Vec<_> = fs::read_dir(folder).expect("a corpus").flatten().collect();
    assert!(!files.is_empty(), "an empty corpus");
    for file in files {
        let bytes = fs::read(file.path()).expect("a file");
        // Cut anywhere it must hold too.
        for end in [bytes.len(), bytes.len() / 2, bytes.len() / 3] {
            hold(&bytes[..end]);
        }
    }
}

#[test]
fn feeds() {
    replay("feed", fuzzing::feed);
}

#[test]
fn json_feeds() {
    replay("json_feed", fuzzing::json_feed);
}

#[test]
fn sitemaps() {
    replay("sitemap", fuzzing::sitemap);
}

#[test]
fn decoding_and_repair() {
    replay("repair", fuzzing::repair);
}

#[test]
fn dates() {
    replay("date", fuzzing::date);
}

#[test]
fn robots() {
    replay("robots", fuzzing::robots);
}
