//! Any text as a date: what is read is possible.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| wirewatch_fetch::fuzzing::date(bytes));
