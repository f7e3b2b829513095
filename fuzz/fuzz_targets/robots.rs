//! Any bytes as robots.txt.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| wirewatch_fetch::fuzzing::robots(bytes));
