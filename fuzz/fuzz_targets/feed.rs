//! Any bytes as a feed: read or refused, never a panic, and the same twice.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| wirewatch_fetch::fuzzing::feed(bytes));
