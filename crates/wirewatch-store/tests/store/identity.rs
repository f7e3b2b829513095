//! An entry stays the entry it is whatever its publisher does to its id, its title or its date.

use super::support::*;
use proptest::prelude::*;
use wirewatch_model::*;
use wirewatch_store::*;

/// An entry as the parser would mark it: one alias for address and date, one for address and title.
fn marked(key: &str, page: u64, title: &str, day: u64) -> Entry {
    Entry {
        title: title.to_owned(),
        aliases: vec![mark(&format!("{page} on {day}")), mark(&format!("{page} as {title}"))],
        ..entry_at(key, &format!("https://news.example/{page}"))
    }
}

/// High bits set, as in real hashes: they must survive the signed column.
fn mark(text: &str) -> u64 {
    !text.bytes().fold(7, |mark: u64, byte| mark.wrapping_mul(131).wrapping_add(byte.into()))
}

struct Feed {
    world: World,
    feed: FeedId,
    minute: i64,
}

impl Feed {
    fn new() -> Self {
        let world = World::new();
        let feed = world.feed("https://news.example/rss");
        Self { world, feed, minute: 0 }
    }

    /// New, changed and known entries of one fetch.
    #[track_caller]
    fn fetch(&mut self, entries: &[Entry]) -> (u32, u32, u32) {
        self.minute += 1;
        let CheckCounts { new, changed, known } =
            self.world.check(self.feed, entries.to_vec(), at(self.minute));
        (new, changed, known)
    }

    fn count(&self, table: &str) -> usize {
        self.world.sql(&format!("SELECT count(*) FROM {table}")).parse().expect("a number")
    }
}

#[test]
fn ids_that_change_at_every_fetch_make_no_new_entries() {
    let mut feed = Feed::new();
    let body = |fetch: u32| -> Vec<Entry> {
        (0..10).map(|nth| marked(&format!("i:{fetch}-{nth}"), nth, "Title", 1)).collect()
    };
    assert_eq!(feed.fetch(&body(0)), (10, 0, 0));
    for fetch in 1..50 {
        assert_eq!(feed.fetch(&body(fetch)), (0, 0, 10), "fetch {fetch}");
    }
    assert_eq!(feed.count("entry"), 10);
    assert!(feed.count("entry_alias") <= 10 * 8, "the ids that went do not pile up");
    feed.world.close();
}

#[test]
fn of_several_at_one_address_the_one_that_is_left_is_the_one_it_was() {
    let mut feed = Feed::new();
    let alone = |title: &str, day| marked("u:news.example/1", 1, title, day);
    let crowded = |title: &str, day| marked(&format!("u:news.example/1#t:{title}"), 1, title, day);
    assert_eq!(feed.fetch(&[alone("Doors open", 1)]), (1, 0, 0));
    assert_eq!(feed.fetch(&[crowded("Talks begin", 2), crowded("Doors open", 1)]), (1, 0, 1));
    assert_eq!(feed.fetch(&[alone("Talks begin", 2)]), (0, 0, 1), "it takes nobody's place");
    assert_eq!(
        feed.world.sql("SELECT group_concat(title) FROM (SELECT title FROM entry ORDER BY id)"),
        "Doors open,Talks begin"
    );
    feed.world.close();
}

#[test]
fn an_id_that_appears_later_is_that_of_the_entry_and_known_from_then_on() {
    let mut feed = Feed::new();
    assert_eq!(feed.fetch(&[marked("u:news.example/1", 1, "Title", 1)]), (1, 0, 0));
    assert_eq!(feed.fetch(&[marked("i:1", 1, "Title", 1)]), (0, 0, 1));
    assert_eq!(feed.world.state("u:news.example/1"), "owed", "the row keeps its key");
    // Title and date change together, and only the id is left to know it by.
    assert_eq!(feed.fetch(&[marked("i:1", 1, "Another", 2)]), (0, 1, 0));
    feed.world.close();
}

#[test]
fn an_edited_title_or_date_under_a_new_id_is_a_change() {
    let mut feed = Feed::new();
    assert_eq!(feed.fetch(&[marked("i:1", 1, "Title", 1)]), (1, 0, 0));
    assert_eq!(feed.fetch(&[marked("i:2", 1, "Title, corrected", 1)]), (0, 1, 0), "by its date");
    assert_eq!(feed.fetch(&[marked("i:3", 1, "Title, corrected", 2)]), (0, 0, 1), "by its present title");
    assert_eq!(feed.count("entry"), 1);
    assert_eq!(feed.world.sql("SELECT title FROM entry"), "Title, corrected");
    feed.world.close();
}

#[test]
fn two_feeds_with_the_same_marks_never_touch_each_other() {
    let mut feed = Feed::new();
    let other = feed.world.feed("https://other.example/rss");
    assert_eq!(feed.fetch(&[marked("i:1", 1, "Title", 1)]), (1, 0, 0));
    let counts = |keys: &str| feed.world.check(other, vec![marked(keys, 1, "Title", 1)], at(9));
    assert_eq!(counts("i:1"), CheckCounts { new: 1, ..CheckCounts::default() });
    assert_eq!(counts("i:2"), CheckCounts { known: 1, ..CheckCounts::default() });
    assert_eq!(
        feed.world.sql("SELECT group_concat(last_seen) FROM entry WHERE feed = 1").split(',').count(),
        1
    );
    assert_eq!(feed.count("entry"), 2);
    feed.world.close();
}

#[test]
fn entries_that_stand_side_by_side_never_become_one() {
    let mut feed = Feed::new();
    let twins = |a: &str, b: &str| [marked(a, 1, "Live", 1), marked(b, 1, "Live", 1)];
    assert_eq!(feed.fetch(&twins("i:1", "i:2")), (2, 0, 0));
    assert_eq!(feed.fetch(&twins("i:3", "i:4")), (0, 0, 2), "twins stay two under new ids");
    // A third one beside the two, whatever its place in the body.
    let body = [marked("i:5", 1, "Live", 1), marked("i:1", 1, "Live", 1), marked("i:2", 1, "Live", 1)];
    assert_eq!(feed.fetch(&body), (1, 0, 2));
    assert_eq!(feed.fetch(&body), (0, 0, 3));
    feed.world.close();
}

#[test]
fn a_key_counts_more_than_any_alias() {
    let mut feed = Feed::new();
    feed.fetch(&[marked("i:1", 1, "One", 1), marked("i:2", 2, "Two", 2)]);
    // The ids keep their entries although address, title and date have changed places.
    assert_eq!(feed.fetch(&[marked("i:1", 2, "Two", 2), marked("i:2", 1, "One", 1)]), (0, 2, 0));
    assert_eq!(feed.world.sql("SELECT title FROM entry WHERE key = 'i:1'"), "Two");
    feed.world.close();
}

#[test]
fn a_key_that_stands_twice_is_taken_once() {
    let mut feed = Feed::new();
    assert_eq!(feed.fetch(&[entry("a"), entry("a")]), (1, 0, 0));
    assert_eq!(feed.count("entry"), 1);
    feed.world.close();
}

#[test]
fn a_headline_edited_without_end_does_not_fill_the_table() {
    let mut feed = Feed::new();
    for edit in 0..100 {
        feed.fetch(&[marked("i:1", 1, &format!("Title {edit}"), 1)]);
    }
    assert!(feed.count("entry_alias") <= 16);
    assert_eq!(feed.fetch(&[marked("i:2", 1, "The last title", 1)]).0, 0, "its date is known still");
    feed.world.close();
}

#[test]
fn aliases_go_with_their_entry() {
    let mut feed = Feed::new();
    feed.fetch(&[marked("i:1", 1, "Title", 1), marked("i:2", 2, "Title", 1)]);
    let connection = rusqlite::Connection::open(feed.world.database.path()).expect("open");
    connection
        .execute_batch(
            "PRAGMA foreign_keys = ON; DELETE FROM entry_body; DELETE FROM entry WHERE key = 'i:1'",
        )
        .expect("deleted");
    assert_eq!(feed.count("entry_alias"), 2);
    feed.world.close();
}

/// Entries with different keys on a few pages, with a few titles and dates.
type Shown = Vec<(u8, (u64, u8, u64))>;

fn body() -> impl Strategy<Value = Shown> {
    prop::collection::btree_map(0..8u8, (0..4u64, 0..3u8, 0..2u64), 0..8)
        .prop_map(|shown| shown.into_iter().collect())
}

fn entries(body: &Shown, prefix: &str) -> Vec<Entry> {
    body.iter()
        .map(|(key, (page, title, day))| marked(&format!("{prefix}{key}"), *page, &format!("T{title}"), *day))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn a_body_is_as_many_entries_as_it_shows(bodies in prop::collection::vec(body(), 1..6)) {
        let mut feed = Feed::new();
        for body in &bodies {
            let (new, changed, known) = feed.fetch(&entries(body, "k"));
            prop_assert_eq!((new + changed + known) as usize, body.len());
            let last_seen = format!("entry WHERE last_seen = {}", at(feed.minute).as_microsecond());
            prop_assert_eq!(feed.count(&last_seen), body.len(), "no two are one");
        }
        feed.world.close();
    }

    #[test]
    fn a_body_under_new_ids_and_in_another_order_adds_nothing(body in body(), turn in 0..8usize) {
        let mut feed = Feed::new();
        feed.fetch(&entries(&body, "k"));
        let mut again = entries(&body, "other-");
        again.rotate_left(turn.min(body.len()));
        prop_assert_eq!(feed.fetch(&again).0, 0);
        prop_assert_eq!(feed.count("entry"), body.len());
        feed.world.close();
    }
}

#[test]
fn the_next_edition_under_one_address_and_title_is_looked_at() {
    let mut feed = Feed::new();
    let edition = |key: &str, hours: i64| Entry {
        published: Some(Stamp::utc(at(60 * hours))),
        ..marked(key, 1, "The day in brief", hours.unsigned_abs())
    };
    assert_eq!(feed.fetch(&[edition("monday", 0)]), (1, 0, 0));
    assert_eq!(feed.fetch(&[edition("monday again", 1)]), (0, 0, 1), "a date that is edited is no edition");
    assert_eq!(feed.fetch(&[edition("tuesday", 24)]), (0, 1, 0));
    assert_eq!(feed.fetch(&[edition("tuesday", 24)]), (0, 0, 1));
    feed.world.close();
}

/// Fetches an edition a day under one address and title, each with a key of its own or all with one, and
/// looks at its page; gives the days on which nothing was taken.
fn days_missed(key: impl Fn(i64) -> String) -> Vec<i64> {
    let world = World::new();
    let feed = world.feed("https://news.example/rss");
    let edition = |day: i64| Entry {
        summary: Some(format!("Summary of day {day}")),
        published: Some(Stamp::utc(at(day * 24 * 60))),
        ..marked(&key(day), 1, "The day in brief", day.unsigned_abs())
    };
    world.check(feed, vec![edition(0)], at(0));
    let id = world.entry_id(&key(0));
    world.done(article(id, 1, "Text."));
    let mut missed = Vec::new();
    for day in 1..=60 {
        let now = at(day * 24 * 60);
        if world.check(feed, vec![edition(day)], now).changed == 0 {
            missed.push(day);
        }
        world.write(Write::EntryUnchanged { entry: id, taken_at: now, at: now });
    }
    assert_eq!(world.sql("SELECT count(*) FROM entry"), "1");
    world.close();
    missed
}

#[test]
fn a_column_under_one_address_and_title_is_followed_for_ever() {
    let none: Vec<i64> = Vec::new();
    assert_eq!(days_missed(|day| format!("i:{day}")), none, "each edition with an id of its own");
    assert_eq!(days_missed(|_| "u:news.example/1".to_owned()), none, "all with the address as their key");
}
