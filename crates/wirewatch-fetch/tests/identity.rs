//! An entry stays itself from one fetch of its feed to the next, whatever its publisher changes.

#![allow(clippy::expect_used, reason = "tests")]

use wirewatch_fetch::parse_feed;
use wirewatch_model::Entry;

fn fetch(items: &str) -> Vec<Entry> {
    let body = format!("<rss version=\"2.0\"><channel><title>Post</title>{items}</channel></rss>");
    parse_feed(body.as_bytes(), None, Some("https://post.example/rss")).expect("a feed").entries
}

/// As the store decides: by key, else by an alias.
fn is_known(entry: &Entry, before: &[Entry]) -> bool {
    let alias = |old: &Entry| old.aliases.iter().any(|mark| entry.aliases.contains(mark));
    before.iter().any(|old| old.key == entry.key || alias(old))
}

#[track_caller]
fn stays(first: &str, second: &str) {
    let (first, second) = (fetch(first), fetch(second));
    assert_eq!(first.len(), second.len());
    assert!(second.iter().all(|entry| is_known(entry, &first)), "{second:?} {first:?}");
}

#[track_caller]
fn is_another(first: &str, second: &str) {
    let (first, second) = (fetch(first), fetch(second));
    assert!(!second.iter().any(|entry| is_known(entry, &first)), "{second:?} {first:?}");
}

const DATE: &str = "<pubDate>Mon, 10 Jan 2022 09:30:00 +0200</pubDate>";

fn item(guid: &str, link: &str, title: &str, date: &str) -> String {
    let guid =
        if guid.is_empty() { String::new() } else { format!("<guid isPermaLink=\"false\">{guid}</guid>") };
    let link = if link.is_empty() { String::new() } else { format!("<link>{link}</link>") };
    format!("<item>{guid}{link}<title>{title}</title>{date}</item>")
}

#[test]
fn an_entry_without_guid_stays_itself() {
    let old = item("", "https://post.example/1", "Talks", DATE);
    stays(&old, &old);
    stays(&old, &item("", "https://post.example/1", "Talks end", ""));
}

#[test]
fn an_edited_title_makes_no_new_entry() {
    stays(
        &item("7", "https://post.example/1", "Old", DATE),
        &item("7", "https://post.example/1", "New", DATE),
    );
    stays(&item("7", "", "Old", ""), &item("7", "", "New", ""));
    let exact = "<pubDate>Mon, 10 Jan 2022 09:30:17 +0200</pubDate>";
    stays(&item("", "", "Old", exact), &item("", "", "New", exact));
}

#[test]
fn tracking_parameters_and_scheme_make_no_new_entry() {
    for link in [
        "http://post.example/1",
        "https://www.post.example/1/",
        "https://post.example/1?utm_source=rss&amp;utm_medium=feed",
        "https://post.example/1#top",
    ] {
        stays(&item("", "https://post.example/1", "One", ""), &item("", link, "One", ""));
        let guid = |link: &str| format!("<item><guid>{link}</guid><title>One</title></item>");
        stays(&guid("https://post.example/1"), &item("", link, "One", ""));
    }
    is_another(
        &item("", "https://post.example/?p=1", "One", ""),
        &item("", "https://post.example/?p=2", "One", ""),
    );
}

#[test]
fn guids_that_change_at_every_fetch_make_no_new_entries() {
    let two = |salt: &str, title: &str| {
        item(&format!("{salt}-1"), "https://post.example/1", title, DATE)
            + &item(&format!("{salt}-2"), "https://post.example/2", "Second", "")
    };
    stays(&two("a", "First"), &two("b", "First"));
    stays(&two("a", "First"), &two("b", "First, edited"));
    // Even the date may be that of the fetch.
    let now = |salt: &str, minute: u8| {
        item(
            salt,
            "https://post.example/1",
            "One",
            &format!("<pubDate>Mon, 10 Jan 2022 09:{minute} GMT</pubDate>"),
        )
    };
    stays(&now("a", 30), &now("b", 45));
}

#[test]
fn a_guid_that_comes_or_goes_makes_no_new_entry() {
    let (with, without) =
        (item("7", "https://post.example/1", "One", DATE), item("", "https://post.example/1", "One", DATE));
    stays(&with, &without);
    stays(&without, &with);
}

#[test]
fn entries_of_one_page_are_told_apart() {
    let block = |guid: &str, title: &str| item(guid, "https://post.example/live", title, DATE);
    let first = block("1", "Block") + &block("2", "Block");
    is_another(&first, &block("3", "Block"));
    is_another(&block("1", "One"), &item("2", "https://post.example/live", "Two", ""));
}

/// Alarms without ids that all lead to one page.
fn alarms(link: &str, hours: std::ops::Range<u8>) -> String {
    let alarm = |hour| {
        let date = format!("<pubDate>Mon, 10 Jan 2022 {hour:02}:00:00 GMT</pubDate>");
        item("", link, &format!("Alarm {hour}"), &date)
    };
    hours.map(alarm).collect()
}

/// Parts of a live blog, whose ids differ by a short number.
fn parts(numbers: std::ops::Range<u16>) -> String {
    let live = "https://post.example/live/talks";
    numbers.map(|number| item(&format!("{live}#{number}"), live, &format!("Part {number}"), "")).collect()
}

/// Fetches of one feed: every entry is one of its own and stays itself while others come and go.
#[track_caller]
fn follow(fetches: &[(String, usize)]) {
    let mut before: Vec<Entry> = Vec::new();
    for (nth, (items, new)) in fetches.iter().enumerate() {
        let now = fetch(items);
        let keys: std::collections::HashSet<_> = now.iter().map(|entry| &entry.key).collect();
        assert_eq!(keys.len(), now.len(), "fetch {nth}: {now:?}");
        let unknown = now.iter().filter(|entry| !is_known(entry, &before)).count();
        assert_eq!(unknown, *new, "fetch {nth}: {now:?} {before:?}");
        before.extend(now);
    }
}

#[test]
fn entries_without_guid_that_share_a_link_are_told_apart_and_stay_themselves() {
    for link in ["https://post.example/alerts", "https://post.example/ukraine/alerts-of-today.html"] {
        let alarms = |hours| alarms(link, hours);
        follow(&[
            (alarms(1..5), 4),
            (alarms(1..5), 0),
            (alarms(3..8), 3),
            (alarms(7..8), 0),
            (alarms(7..9), 1),
        ]);
    }
    let permalink =
        |title: &str| format!("<item><guid>https://post.example/map</guid><title>{title}</title></item>");
    follow(&[(permalink("One") + &permalink("Two"), 2), (permalink("Two"), 0)]);
}

#[test]
fn alarms_in_the_same_words_are_told_apart_by_their_dates() {
    let alarm = |hour: u8| {
        let date = format!("<pubDate>Mon, 10 Jan 2022 0{hour}:00:00 GMT</pubDate>");
        item("", "https://post.example/alerts", "Alarm in Lviv", &date)
    };
    let entries = fetch(&(alarm(1) + &alarm(2)));
    assert_ne!(entries[0].key, entries[1].key);
}

#[test]
fn parts_of_a_page_whose_ids_are_short_numbers_are_told_apart_and_stay_themselves() {
    follow(&[(parts(101..105), 4), (parts(101..105), 0), (parts(103..107), 2), (parts(106..107), 0)]);
    follow(&[(parts(1..3), 2), (parts(2..4), 1)]);
}

#[test]
fn a_counter_of_versions_makes_no_new_entry() {
    let version = |number: u8, title: &str| {
        item(&format!("https://post.example/story-1#{number}"), "https://post.example/story-1", title, "")
    };
    stays(&version(0, "Old"), &version(1, "New"));
}

#[test]
fn the_key_is_the_publishers_id_whoever_else_uses_it() {
    // Two publishers may use one guid: the store looks entries up within their feed.
    let of = |link: &str| fetch(&item("4711", link, "One", ""));
    let (one, other) = (of("https://post.example/1"), of("https://kray.example/1"));
    assert_eq!((one[0].key.as_str(), other[0].key.as_str()), ("i:4711", "i:4711"));
    assert!(one[0].aliases.iter().all(|mark| !other[0].aliases.contains(mark)));
}

#[test]
fn one_that_stands_alone_has_its_page_however_short_its_address_is() {
    let feed = |links: &[&str]| {
        let items: String = links
            .iter()
            .enumerate()
            .map(|(nth, link)| format!("<item><title>Report {nth}</title><link>{link}</link></item>"))
            .collect();
        let body = format!("<rss version='2.0'><channel><title>c</title>{items}</channel></rss>");
        let feed = wirewatch_fetch::parse_feed(body.as_bytes(), None, None).expect("a feed");
        feed.entries.iter().map(|entry| entry.shares_address).collect::<Vec<_>>()
    };
    let (one, other) = ("https://blog.example/talks", "https://blog.example/grain");
    assert_eq!(feed(&[one, other]), [false, false]);
    assert_eq!(feed(&[one, one, other]), [true, true, false]);
}
