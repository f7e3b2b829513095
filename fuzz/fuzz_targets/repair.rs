//! Bytes decoded and mended: what XML forbids is gone.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| wirewatch_fetch::fuzzing::repair(bytes));
