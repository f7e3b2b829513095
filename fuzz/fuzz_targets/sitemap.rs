//! Bytes as a news sitemap, and as a part of one.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| wirewatch_fetch::fuzzing::sitemap(bytes));
