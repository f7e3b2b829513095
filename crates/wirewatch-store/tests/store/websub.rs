//! Subscriptions at hubs and what hubs push.

use super::support::*;
use jiff::Timestamp;
use wirewatch_model::*;
use wirewatch_store::*;

const URL: &str = "https://news.example/rss";

fn wish(feed: FeedId, token: &str) -> NewSubscription {
    NewSubscription {
        feed,
        hub: "https://hub.example/".to_owned(),
        topic: URL.to_owned(),
        callback: format!("https://us.example/websub/{token}"),
        token: token.to_owned(),
        secret: format!("secret of {token}"),
    }
}

/// A feed with one subscription, wanted at minute 0.
fn subscribed() -> (World, FeedId, i64) {
    let world = World::new();
    let feed = world.feed(URL);
    world.write(Write::Subscription(SubscriptionWrite::New { what: wish(feed, "one"), at: at(0) }));
    let id = only(&world).id;
    (world, feed, id)
}

fn only(world: &World) -> Subscription {
    let mut all = world.reader().subscriptions().expect("read");
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn verified(world: &World, id: i64, until: Timestamp) {
    world.write(Write::Subscription(SubscriptionWrite::Verified {
        id,
        lease_until: until,
        next_try: at(800),
    }));
}

fn push(world: &World, feed: FeedId, id: i64, keys: &[&str], now: Timestamp) -> CheckCounts {
    let push = FeedPush {
        subscription: id,
        feed,
        pushed_at: now,
        newest_entry: Some(now),
        entries: keys.iter().map(|key| entry(key)).collect(),
    };
    match world.write(Write::FeedPushed(Box::new(push))) {
        Written::Checked(counts) => counts,
        other => panic!("{other:?}"),
    }
}

fn is_pushed(world: &World, feed: FeedId, now: Timestamp) -> bool {
    world.reader().due_feed(feed, now).expect("read").expect("followed").pushed
}

#[test]
fn followed_feeds_with_a_hub_offer_it_under_their_own_word() {
    let world = World::new();
    let (one, other) = (world.feed(URL), world.feed("https://other.example/rss"));
    world.feed("https://third.example/rss");
    let head = |self_url: Option<&str>| FeedHead {
        self_url: self_url.map(str::to_owned),
        hubs: vec!["https://hub.example/".to_owned(), "https://hub2.example/".to_owned()],
        ..FeedHead::default()
    };
    world.check_with(FeedCheck { head: Some(head(Some("https://news.example/own"))), ..check(one, at(0)) });
    world.check_with(FeedCheck { head: Some(head(None)), ..check(other, at(0)) });
    let offers = world.reader().hub_offers().expect("read");
    let topics: Vec<_> = offers.iter().map(|offer| (offer.feed, offer.topic.as_str())).collect();
    assert_eq!(topics, [(one, "https://news.example/own"), (other, "https://other.example/rss")]);
    assert_eq!(offers[0].hubs, ["https://hub.example/", "https://hub2.example/"]);
    let change = FeedOverride::Off("no more".to_owned());
    world.write(ShortWrite::OverrideFeed { feed: one, change, at: at(1) });
    assert_eq!(world.reader().hub_offers().expect("read").len(), 1, "one that is off offers nothing");
    world.close();
}

#[test]
fn a_subscription_goes_from_wanted_to_verified_and_survives_a_restart() {
    let (world, feed, id) = subscribed();
    assert_eq!((only(&world).state, only(&world).next_try), (SubscriptionState::Wanted, at(0)));
    world.write(Write::Subscription(SubscriptionWrite::Asked { id, next_try: at(10) }));
    assert_eq!((only(&world).state, only(&world).next_try), (SubscriptionState::Pending, at(10)));
    verified(&world, id, at(1_000));
    let before = only(&world);
    assert_eq!((before.state, before.lease_until), (SubscriptionState::Verified, Some(at(1_000))));
    assert_eq!(before.what, wish(feed, "one"));
    let folder = world.close();
    let database = Database::open(folder.path().join("wirewatch.db")).expect("open");
    assert_eq!(database.reader().expect("reader").subscriptions().expect("read"), [before]);
}

#[test]
fn a_failed_request_is_tried_again_and_takes_nothing_back() {
    let (world, _, id) = subscribed();
    let failed = |minute| SubscriptionWrite::Failed { id, message: "503".to_owned(), next_try: at(minute) };
    world.write(Write::Subscription(SubscriptionWrite::Asked { id, next_try: at(10) }));
    world.write(Write::Subscription(failed(20)));
    let after = only(&world);
    assert_eq!((after.state, after.failures, after.next_try), (SubscriptionState::Wanted, 1, at(20)));
    // The hub verified while its answer was on the way, and the answer was lost.
    verified(&world, id, at(1_000));
    world.write(Write::Subscription(failed(30)));
    let after = only(&world);
    assert_eq!((after.state, after.failures, after.next_try), (SubscriptionState::Verified, 0, at(800)));
    // Renewing: the lease that is left stays.
    world.write(Write::Subscription(SubscriptionWrite::Asked { id, next_try: at(810) }));
    world.write(Write::Subscription(failed(850)));
    let after = only(&world);
    assert_eq!((after.state, after.lease_until), (SubscriptionState::Wanted, Some(at(1_000))));
    world.close();
}

#[test]
fn a_hub_that_rests_is_asked_for_none_of_its_feeds() {
    let (world, feed, id) = subscribed();
    let other = NewSubscription { hub: "https://other.example/".to_owned(), ..wish(feed, "two") };
    for what in [wish(feed, "three"), other] {
        world.write(Write::Subscription(SubscriptionWrite::New { what, at: at(0) }));
    }
    verified(&world, id, at(1_000));
    let hub = wish(feed, "one").hub;
    world.write(Write::Subscription(SubscriptionWrite::HubRests { hub, until: at(60) }));
    let known = world.reader().subscriptions().expect("read");
    let mut tries: Vec<Timestamp> = known.iter().map(|known| known.next_try).collect();
    tries.sort_unstable();
    assert_eq!(tries, [at(0), at(60), at(800)], "another hub's stays, and none comes earlier than it was to");
    world.close();
}

#[test]
fn what_is_ending_is_never_verified_again() {
    let (world, _, id) = subscribed();
    verified(&world, id, at(1_000));
    world.write(Write::Subscription(SubscriptionWrite::End { id, at: at(5) }));
    let again = SubscriptionWrite::Verified { id, lease_until: at(2_000), next_try: at(900) };
    assert!(matches!(world.refuse(Write::Subscription(again)), WriteError::NotFound { .. }));
    world.write(Write::Subscription(SubscriptionWrite::Asked { id, next_try: at(15) }));
    assert_eq!((only(&world).state, only(&world).failures), (SubscriptionState::Ending, 1));
    world.write(Write::Subscription(SubscriptionWrite::Forget { id }));
    assert_eq!(world.reader().subscriptions().expect("read"), []);
    world.close();
}

#[test]
fn inv02_a_push_stores_its_entries_and_touches_neither_validators_nor_schedule() {
    let (world, feed, id) = subscribed();
    verified(&world, id, at(1_000));
    let validators =
        Validators { etag: Some("\"1\"".to_owned()), body_hash: Some(7), ..Validators::default() };
    world.check_with(FeedCheck {
        validators: Some(validators.clone()),
        entries: vec![entry("a")],
        ..check(feed, at(0))
    });
    let columns = "SELECT last_checked || ' ' || next_due || ' ' || outcome || ' ' || failures FROM feed";
    let before = world.sql(columns);
    assert_eq!(push(&world, feed, id, &["a", "b"], at(3)), CheckCounts { new: 1, changed: 0, known: 1 });
    assert_eq!(world.sql(columns), before);
    assert_eq!(world.state("b"), "owed");
    let due = world.reader().due_feed(feed, at(3)).expect("read").expect("followed");
    assert_eq!((due.validators, due.newest_entry), (validators, Some(at(3))));
    assert!(due.recent_entries.contains(&at(3)), "what is pushed belongs to the rhythm");
    world.close();
}

#[test]
fn a_hub_is_believed_once_it_has_pushed_and_until_checks_find_more() {
    let (world, feed, id) = subscribed();
    assert!(!is_pushed(&world, feed, at(1)));
    verified(&world, id, at(1_000));
    world.check(feed, vec![entry("a")], at(1));
    assert!(!is_pushed(&world, feed, at(1)), "it has pushed nothing yet");
    push(&world, feed, id, &["b"], at(2));
    assert!(is_pushed(&world, feed, at(2)));
    world.check(feed, vec![entry("a"), entry("b")], at(3));
    assert!(is_pushed(&world, feed, at(3)), "the check found nothing that was not pushed");
    world.check(feed, vec![entry("c")], at(4));
    assert!(!is_pushed(&world, feed, at(4)));
    push(&world, feed, id, &["c"], at(5));
    assert!(!is_pushed(&world, feed, at(5)), "one push does not outweigh a miss");
    push(&world, feed, id, &["d"], at(6));
    assert!(is_pushed(&world, feed, at(6)));
    assert!(!is_pushed(&world, feed, at(1_000)), "nor beyond the lease");
    world.write(Write::Subscription(SubscriptionWrite::Denied {
        id,
        message: "no".to_owned(),
        next_try: at(2_000),
    }));
    assert!(!is_pushed(&world, feed, at(6)));
    world.close();
}

/// A feed that is believed to be pushed, to be asked at minute 360, and at minute 30 without that.
fn seldom_asked() -> (World, FeedId, i64) {
    let (world, feed, id) = subscribed();
    verified(&world, id, at(1_000));
    push(&world, feed, id, &["a"], at(1));
    check_seldom(&world, feed, &["a"], 2);
    assert_eq!((is_pushed(&world, feed, at(2)), next(&world)), (true, at(360)));
    (world, feed, id)
}

fn check_seldom(world: &World, feed: FeedId, keys: &[&str], minute: i64) {
    world.check_with(FeedCheck {
        next_due: Some(at(360)),
        unpushed_due: Some(at(30)),
        entries: keys.iter().map(|key| entry(key)).collect(),
        ..check(feed, at(minute))
    });
}

fn next(world: &World) -> Timestamp {
    world.reader().next_feed_due(at(5)).expect("read").expect("followed")
}

#[test]
fn a_push_that_is_lost_counts_as_missed_and_its_feed_is_asked_as_others_are() {
    let (world, feed, id) = seldom_asked();
    world.write(Write::Subscription(SubscriptionWrite::Lost { id }));
    assert_eq!((is_pushed(&world, feed, at(3)), next(&world)), (false, at(30)));
    // Once more changes nothing, also when the feed is due sooner by now.
    world.write(ShortWrite::MakeDue { feeds: vec![feed], at: at(4) });
    world.write(Write::Subscription(SubscriptionWrite::Lost { id }));
    assert_eq!(next(&world), at(4));
    assert_eq!(world.sql("SELECT count(*) FROM feed_check"), "1");
    world.close();
}

#[test]
fn what_is_lost_is_never_asked_for_before_the_server_wants() {
    let (world, feed, id) = seldom_asked();
    world.write(ShortWrite::FeedPutOff { feed, until: at(90) });
    world.write(Write::Subscription(SubscriptionWrite::Lost { id }));
    assert_eq!(next(&world), at(90));
    world.close();
}

#[test]
fn a_feed_is_asked_as_others_are_as_soon_as_its_hub_is_not_believed() {
    let told = |id| SubscriptionWrite::Denied { id, message: "no".to_owned(), next_try: at(2_000) };
    let writes: [&dyn Fn(i64) -> SubscriptionWrite; 5] = [
        &told,
        &|id| SubscriptionWrite::End { id, at: at(3) },
        &|id| SubscriptionWrite::Forget { id },
        &|_| SubscriptionWrite::ForgetAll,
        &|_| SubscriptionWrite::Away,
    ];
    for write in writes {
        let (world, _, id) = seldom_asked();
        let write = write(id);
        world.write(Write::Subscription(write.clone()));
        assert_eq!(next(&world), at(30), "{write:?}");
        world.close();
    }
    let (world, feed, _) = seldom_asked();
    check_seldom(&world, feed, &["a", "b"], 5);
    assert_eq!(
        (is_pushed(&world, feed, at(5)), next(&world)),
        (false, at(30)),
        "it found what was not pushed"
    );
    world.close();
}

#[test]
fn a_person_sees_what_the_hub_does() {
    let (world, feed, id) = subscribed();
    let seen = || world.reader().feeds().expect("read").remove(0).push.expect("subscribed");
    assert_eq!((seen().state.as_str(), seen().trusted), ("wanted", false));
    verified(&world, id, at(1_000));
    push(&world, feed, id, &["a"], at(2));
    assert_eq!((seen().state.as_str(), seen().trusted), ("verified", true));
    assert_eq!(seen().last_push.as_deref(), Some("2022-01-10T08:02:00Z"));
    // One that ends stands behind the one that takes its place.
    world.write(Write::Subscription(SubscriptionWrite::End { id, at: at(5) }));
    world.write(Write::Subscription(SubscriptionWrite::New { what: wish(feed, "two"), at: at(5) }));
    assert_eq!(seen().state, "wanted");
    world.write(Write::Subscription(SubscriptionWrite::ForgetAll));
    assert_eq!(world.reader().find_feed(URL).expect("read").expect("known").push, None);
    world.close();
}

#[test]
fn a_token_is_given_once() {
    let (world, feed, _) = subscribed();
    let again = SubscriptionWrite::New { what: wish(feed, "one"), at: at(1) };
    assert!(matches!(world.refuse(Write::Subscription(again)), WriteError::Refused { .. }));
    let shown = format!("{:?}", only(&world));
    assert!(!shown.contains("websub/one") && !shown.contains("secret of"), "{shown}");
    world.close();
}
