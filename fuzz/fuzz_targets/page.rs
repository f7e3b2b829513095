//! Any bytes as a page: an article or a reason, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirewatch_clean::{PageInput, clean};
use wirewatch_model::HostMemory;

fuzz_target!(|bytes: &[u8]| {
    let input = PageInput { url: Some("http://fuzz.example/a/1"), content_type: None, body: bytes };
    let cleaned = clean(&input, &HostMemory::default(), jiff::Timestamp::UNIX_EPOCH);
    assert!(!cleaned.article.text.contains('\0'));
});
