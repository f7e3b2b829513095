//! Bytes as a JSON Feed, and as the rest of one.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| wirewatch_fetch::fuzzing::json_feed(bytes));
