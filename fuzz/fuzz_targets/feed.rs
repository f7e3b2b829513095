//! Any bytes as a feed: read or refused, never a panic, and the same twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirewatch_fetch::parse_feed;

fuzz_target!(|bytes: &[u8]| {
    let url = Some("http://fuzz.example/feed.xml");
    let keys = || {
        parse_feed(bytes, None, url)
            .map(|feed| feed.entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>())
            .ok()
    };
    assert_eq!(keys(), keys(), "identities differ from one reading to the next");
});
