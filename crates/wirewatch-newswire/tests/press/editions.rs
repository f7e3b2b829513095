//! What the press shows when: editions, and clients that come back.

use crate::client::get;
use std::collections::HashSet;
use std::time::Duration;
use wirewatch_newswire::{Pace, PageState, Press, PressOptions, RunningPress, TruthEntry};

async fn by_edition() -> (Vec<TruthEntry>, RunningPress) {
    let press = Press::builtin().expect("the content is sound");
    let running = press.start(PressOptions::default()).await.expect("a free port");
    (press.truth().expect("truth").entries, running)
}

/// The feeds' bodies, decoded as Latin-1: enough to look for ids in any of the charsets.
async fn feeds(running: &RunningPress) -> Vec<(String, String)> {
    let mut bodies = Vec::new();
    for feed in &running.feeds {
        let body = get(running.addr, &feed.url, &[]).await.body;
        bodies.push((feed.url.clone(), body.iter().map(|byte| char::from(*byte)).collect()));
    }
    bodies
}

#[tokio::test]
async fn an_edition_shows_its_entries_and_none_of_the_next() {
    let (truth, running) = by_edition().await;
    for edition in 1..=running.editions() {
        running.set_edition(edition);
        let bodies = feeds(&running).await;
        for entry in truth.iter().filter(|entry| entry.entry_id.is_some()) {
            let id = entry.entry_id.as_deref().expect("filtered");
            // The id with the mark that ends it, in XML text, an XML attribute or a JSON string.
            let marks = [format!("{id}<"), format!("{id}\"")];
            let (_, body) = bodies.iter().find(|(url, _)| *url == entry.feed).expect("a feed");
            let shown = marks.iter().any(|mark| body.contains(mark));
            assert_eq!(shown, usize::from(entry.edition) <= edition, "{id} in edition {edition}");
        }
    }
}

#[tokio::test]
async fn a_page_is_there_when_its_entry_is() {
    let (truth, running) = by_edition().await;
    for entry in truth.iter().filter(|entry| entry.page == PageState::Served) {
        let address = entry.address.as_deref().expect("a served page has one");
        let status = get(running.addr, address, &[]).await.status;
        assert_eq!(status, if entry.edition == 1 { 200 } else { 404 }, "{address}");
    }
}

#[tokio::test]
async fn edited_pages_change_as_often_as_the_truth_says() {
    let (truth, running) = by_edition().await;
    let mut seen: Vec<HashSet<Vec<u8>>> = vec![HashSet::new(); truth.len()];
    let mut changes = vec![0; truth.len()];
    let mut last: Vec<Option<Vec<u8>>> = vec![None; truth.len()];
    for edition in 1..=running.editions() {
        running.set_edition(edition);
        for (place, entry) in truth.iter().enumerate() {
            let Some(address) = entry.address.as_deref().filter(|_| entry.page == PageState::Served) else {
                continue;
            };
            let answer = get(running.addr, address, &[]).await;
            if answer.status == 200 {
                let text = without_head(answer.body);
                changes[place] += u32::from(last[place].as_ref().is_some_and(|before| *before != text));
                seen[place].insert(text.clone());
                last[place] = Some(text);
            }
        }
    }
    for (place, entry) in truth.iter().enumerate().filter(|(_, entry)| entry.page == PageState::Served) {
        assert_eq!(changes[place], entry.revisions, "{}", entry.article);
    }
    let reverted =
        truth.iter().enumerate().any(|(place, entry)| (seen[place].len() as u32) < entry.revisions + 1);
    assert!(reverted, "one article goes back to what it said");
}

/// The page from its body on: the head carries the time of the last edit.
fn without_head(mut page: Vec<u8>) -> Vec<u8> {
    let start = page.windows(5).position(|five| five == b"<body").expect("a body");
    page.split_off(start)
}

#[tokio::test]
async fn a_client_with_a_later_state_is_not_taken_back() {
    let (truth, running) = by_edition().await;
    let pages = truth.iter().filter(|entry| entry.edition == 1 && entry.page == PageState::Served);
    let mut addresses: Vec<String> = pages.filter_map(|entry| entry.address.clone()).collect();
    addresses.extend(running.feeds.iter().map(|feed| feed.url.clone()));
    for address in addresses {
        running.set_edition(3);
        let answer = get(running.addr, &address, &[]).await;
        let (name, value) = match answer.field("etag") {
            Some(etag) => ("If-None-Match", etag),
            None => ("If-Modified-Since", answer.field("last-modified").expect("a validator")),
        };
        running.set_edition(1);
        let before = get(running.addr, &address, &[]).await;
        assert_eq!(get(running.addr, &address, &[(name, value)]).await.status, 304, "{address}");
        running.set_edition(3);
        if before.body != answer.body {
            let (name, value) = match before.field("etag") {
                Some(etag) => ("If-None-Match", etag),
                None => ("If-Modified-Since", before.field("last-modified").expect("a validator")),
            };
            assert_eq!(get(running.addr, &address, &[(name, value)]).await.status, 200, "{address}");
        }
    }
}

#[tokio::test]
async fn over_time_begins_with_little_and_ends_with_everything() {
    let press = Press::builtin().expect("sound");
    let entries = press.announced().len();
    let slow = Pace::OverTime { total: Duration::from_secs(86_400) };
    let fast = Pace::OverTime { total: Duration::ZERO };
    let mut counts = Vec::new();
    for pace in [slow, fast] {
        let running =
            press.start(PressOptions { pace, ..PressOptions::default() }).await.expect("a free port");
        let bodies = feeds(&running).await;
        counts.push(bodies.iter().map(|(_, body)| count_entries(body)).sum::<usize>());
    }
    assert!(counts[0] <= 2, "{counts:?}");
    assert_eq!(counts[1], entries);
}

fn count_entries(body: &str) -> usize {
    ["<item>", "<item ", "<entry>", "\"date_published\""].iter().map(|mark| body.matches(mark).count()).sum()
}
