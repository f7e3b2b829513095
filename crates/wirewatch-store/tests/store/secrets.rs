//! Headers of a feed are secrets: they go to the origin the feed was listed at and nowhere else.

use super::support::*;
use std::collections::HashSet;
use wirewatch_model::*;
use wirewatch_store::*;

const A: &str = "https://a.example/rss";
const B: &str = "https://b.example/rss";
const C: &str = "https://c.example/rss";

fn secret() -> FeedSettings {
    let headers = [("Authorization".to_owned(), "Bearer ${TOKEN}".to_owned())].into();
    FeedSettings { headers, ..FeedSettings::default() }
}

fn with_headers(url: &str) -> FeedSpec {
    FeedSpec { settings: secret(), ..spec(url) }
}

fn off(spec: FeedSpec) -> FeedSpec {
    FeedSpec { off: Some("not now".to_owned()), ..spec }
}

fn sync(world: &World, specs: Vec<FeedSpec>, minutes: i64) {
    world.write(Write::SyncFeeds { specs, at: at(minutes) });
}

fn feed(world: &World, name: &str) -> FeedRow {
    world.reader().find_feed(name).expect("read").expect("known")
}

fn moves(world: &World, feed: FeedId, to: &str, minutes: i64) {
    world.check_with(FeedCheck { moved_to: Some(to.to_owned()), ..check(feed, at(minutes)) });
}

/// Where each feed is asked, and whether with headers.
fn asked(world: &World) -> Vec<(String, bool)> {
    let due = world.reader().due_feeds(at(1_000), 9, &HashSet::new()).expect("due");
    let mut asked: Vec<_> =
        due.into_iter().map(|feed| (feed.url, !feed.settings.headers.is_empty())).collect();
    asked.sort();
    asked
}

fn place(url: &str, headers: bool) -> (String, bool) {
    (url.to_owned(), headers)
}

#[test]
fn rule_20_a_feed_that_gets_headers_after_it_moved_is_asked_at_home_again() {
    let world = World::new();
    sync(&world, vec![spec(A)], 0);
    let id = feed(&world, A).id;
    let validators = Some(Validators { etag: Some("\"of C\"".to_owned()), ..Validators::default() });
    world.check_with(FeedCheck { validators, moved_to: Some(C.to_owned()), ..check(id, at(1)) });
    sync(&world, vec![spec(A)], 2);
    assert_eq!(asked(&world), [place(C, false)]);
    sync(&world, vec![with_headers(A)], 3);
    assert_eq!(asked(&world), [place(A, true)]);
    let due = world.reader().due_feed(id, at(4)).expect("read").expect("followed");
    assert_eq!(due.validators, Validators::default(), "those of the other server are not sent");
    assert_eq!(world.sql("SELECT group_concat(url) FROM feed_address WHERE until IS NULL"), A);
    world.close();
}

#[test]
fn rule_20_headers_set_by_command_take_a_feed_home_too() {
    let world = World::new();
    let id = world.feed(A);
    moves(&world, id, C, 1);
    let change = |settings: FeedSettings| FeedOverride::Change {
        title: None,
        folder: None,
        settings: Box::new(settings),
        publisher: None,
    };
    let set = |settings| {
        world.write(ShortWrite::OverrideFeed { feed: id, change: change(settings), at: at(2) });
    };
    set(FeedSettings { http1_only: Some(true), ..FeedSettings::default() });
    assert_eq!(asked(&world), [place(C, false)], "other settings leave it where it is");
    set(secret());
    assert_eq!(asked(&world), [place(A, true)]);
    world.close();
}

#[test]
fn rule_20_a_move_within_the_origin_keeps_headers() {
    let world = World::new();
    let (http, https) = ("http://a.example/rss", "https://a.example/feed");
    sync(&world, vec![spec(http)], 0);
    moves(&world, feed(&world, http).id, https, 1);
    sync(&world, vec![with_headers(http)], 2);
    assert_eq!(asked(&world), [place(https, true)]);
    world.close();
}

#[test]
fn rule_20_a_feed_that_got_headers_while_it_was_asked_does_not_move_with_them() {
    let world = World::new();
    sync(&world, vec![spec(A)], 0);
    let id = feed(&world, A).id;
    sync(&world, vec![with_headers(A)], 1);
    moves(&world, id, C, 2);
    assert_eq!(asked(&world), [place(A, true)]);
    world.close();
}

#[test]
fn rule_20_no_feed_takes_the_place_of_one_with_headers() {
    let world = World::new();
    sync(&world, vec![spec(A), off(with_headers(B))], 0);
    moves(&world, feed(&world, A).id, B, 1);
    assert_eq!(asked(&world), [place(A, false)], "it goes on following its redirect");
    sync(&world, vec![spec(A), with_headers(B)], 2);
    assert_eq!(asked(&world), [place(A, false), place(B, true)]);
    world.close();
}

#[test]
fn rule_20_a_feed_that_gave_its_place_away_has_it_back_with_its_headers() {
    let world = World::new();
    sync(&world, vec![spec(A), off(spec(B))], 0);
    moves(&world, feed(&world, A).id, B, 1);
    assert_eq!(asked(&world), [place(B, false)]);
    sync(&world, vec![spec(A), with_headers(B)], 2);
    assert_eq!(asked(&world), [place(A, false), place(B, true)]);
    world.close();
}

#[test]
fn rule_20_headers_of_a_feed_that_cannot_go_home_stay_here() {
    let world = World::new();
    sync(&world, vec![with_headers(A)], 0);
    // As an earlier version may have left it.
    let connection = rusqlite::Connection::open(world.database.path()).expect("open");
    connection.execute("UPDATE feed SET url = ?1", [C]).expect("moved");
    assert_eq!(asked(&world), [place(C, false)]);
    sync(&world, vec![with_headers(A)], 1);
    assert_eq!(asked(&world), [place(A, true)], "and the next start mends it");
    world.close();
}
