//! WebSub from end to end: a publisher and a hub in memory, the daemon, and the callback over real sockets.

#![allow(clippy::expect_used, reason = "helpers of tests: a failure is a failed test")]

mod hostile;
mod support;

use std::time::Duration;
use support::*;
use wirewatch_model::SubscriptionState;
use wirewatch_store::{FeedOverride, ShortWrite};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_feed_with_a_hub_is_subscribed_verified_pushed_renewed_and_denied() {
    let mut world = World::new().await;
    world.start(true);
    let form = world.asked(1).await;
    assert_eq!((form["hub.mode"].as_str(), form["hub.topic"].as_str()), ("subscribe", TOPIC));
    assert_eq!(form["hub.lease_seconds"], "864000");
    assert_eq!(form["hub.secret"].len(), 64);
    assert_eq!(path(&form).trim_start_matches("/websub/").len(), 32, "{}", path(&form));
    until(|| world.subscriptions()[0].state == SubscriptionState::Pending).await;
    assert_eq!(world.push(&form, rss(&[7]).as_bytes()).await, 202);
    until(|| world.refused() == 1).await;

    let answer = world.verify(&form, "subscribe", "&hub.lease_seconds=86400").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "chal+lenge"));
    assert!(answer.head.contains("nosniff") && answer.head.contains("text/plain"), "{}", answer.head);
    assert_eq!(world.subscriptions()[0].state, SubscriptionState::Verified);
    assert!(!world.due().pushed, "it has pushed nothing yet");

    let polls = world.press(|press| press.polls);
    assert_eq!(world.push(&form, rss(&[2, 3]).as_bytes()).await, 202);
    until(|| world.stats().articles == 3).await;
    assert_eq!((world.pushed(), world.stats().entries.seen), (1, 3));
    assert!(world.due().pushed);
    assert_eq!(world.press(|press| press.polls), polls, "nobody had to ask for it");

    // Four fifths of the lease later, and not before.
    world.pass(16 * HOUR).await;
    assert_eq!(world.press(|press| press.asked.len()), 1);
    world.pass(4 * HOUR).await;
    let again = world.asked(2).await;
    assert_eq!(again, form, "the same subscription for longer");
    let before = world.subscriptions()[0].lease_until;
    assert_eq!(world.push(&form, rss(&[2, 3]).as_bytes()).await, 202);
    until(|| world.pushed() == 2).await;
    assert_eq!(world.verify(&form, "subscribe", "&hub.lease_seconds=86400").await.status, 200);
    assert!(world.subscriptions()[0].lease_until > before);

    assert_eq!(world.verify(&form, "denied", "&hub.reason=full%0Aup").await.status, 200);
    let denied = &world.reader().feeds().expect("read")[0].push.clone().expect("subscribed");
    assert_eq!((denied.state.as_str(), denied.message.as_deref()), ("denied", Some("fullup")));
    assert!(!world.due().pushed);
    world.pass(25 * HOUR).await;
    assert_eq!(world.asked(3).await["hub.mode"], "subscribe", "a day later it is asked again");
    world.stop().await;
}

#[tokio::test]
async fn a_feed_whose_hub_pushes_is_asked_seldom_until_the_hub_leaves_something_out() {
    let (mut world, form) = World::subscribed().await;
    assert_eq!(world.push(&form, rss(&[2]).as_bytes()).await, 202);
    until(|| world.due().pushed).await;
    world.press(|press| press.entries.push(2));
    let polls = world.press(|press| press.polls);
    world.pass(2 * HOUR).await;
    until(|| world.press(|press| press.polls) == polls + 1).await;
    until(|| world.due().last_checked > Some(world.clock.now() - 2 * HOUR)).await;
    let next = world.reader().next_feed_due(world.clock.now()).expect("read").expect("followed");
    let checked = world.due().last_checked.expect("checked");
    assert!(next >= checked + 6 * HOUR, "{checked} {next}");
    assert!(world.due().pushed, "the check found what was pushed");

    world.press(|press| press.entries.push(3));
    world.pass(7 * HOUR).await;
    until(|| world.stats().entries.seen == 3).await;
    assert!(!world.due().pushed);
    world.stop().await;
}

#[tokio::test]
async fn a_verification_nobody_asked_for_is_not_answered() {
    let mut world = World::new().await;
    world.start(true);
    let form = world.asked(1).await;
    let status = async |path: String| world.get("callback.example", &path).await.status;
    let known = path(&form);
    for query in [
        format!("hub.mode=subscribe&hub.topic={TOPIC}x&hub.challenge=c"),
        format!("hub.mode=unsubscribe&hub.topic={TOPIC}&hub.challenge=c"),
        format!("hub.mode=publish&hub.topic={TOPIC}&hub.challenge=c"),
        format!("hub.mode=subscribe&hub.topic={TOPIC}"),
        String::new(),
    ] {
        assert_eq!(status(format!("{known}?{query}")).await, 404, "{query}");
    }
    let query = format!("hub.mode=subscribe&hub.topic={TOPIC}&hub.challenge=c");
    assert_eq!(status(format!("/websub/{}?{query}", "0".repeat(32))).await, 404);
    assert_eq!(status(format!("/websub/?{query}")).await, 403, "no token is no place");
    until(|| world.subscriptions()[0].state == SubscriptionState::Pending).await;
    assert_eq!(status(format!("{known}?{query}")).await, 200);
    assert_eq!(status(format!("{known}?{query}")).await, 200, "its first answer may have been lost");
    world.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_subscriptions() {
    let (mut world, form) = World::subscribed().await;
    world.stop().await;
    assert_eq!(world.push(&form, rss(&[2]).as_bytes()).await, 503, "the hub is asked to come again");
    assert_eq!(world.verify(&form, "subscribe", "").await.status, 503);
    world.start(true);
    until(|| world.subscriptions()[0].state == SubscriptionState::Verified).await;
    let mut status = 503;
    while status == 503 {
        status = world.push(&form, rss(&[2]).as_bytes()).await;
    }
    assert_eq!(status, 202);
    until(|| world.stats().entries.seen == 2).await;
    assert_eq!(world.press(|press| press.asked.len()), 1, "nothing was asked anew");
    world.stop().await;
}

#[tokio::test]
async fn a_hub_that_does_not_renew_is_not_believed_beyond_the_lease() {
    let (mut world, form) = World::subscribed().await;
    world.push(&form, rss(&[2]).as_bytes()).await;
    until(|| world.due().pushed).await;
    world.press(|press| press.hub_status = Some(500));
    world.pass(20 * HOUR).await;
    world.asked(2).await;
    until(|| world.subscriptions()[0].failures > 0).await;
    assert_ne!(world.subscriptions()[0].state, SubscriptionState::Verified);
    assert!(world.due().pushed, "it pushes still");
    world.pass(5 * HOUR).await;
    assert!(!world.due().pushed);
    let asked = world.press(|press| press.asked.len());
    assert!((3..30).contains(&asked), "{asked}: again and again, more and more seldom");
    world.press(|press| press.hub_status = None);
    until(|| {
        world.clock.advance(HOUR / 6);
        world.press(|press| press.asked.len()) > asked
    })
    .await;
    assert_eq!(world.verify(&form, "subscribe", "&hub.lease_seconds=86400").await.status, 200);
    assert!(world.due().pushed, "it is believed again");
    world.stop().await;
}

#[tokio::test]
async fn a_hub_that_never_verifies_is_asked_again() {
    let mut world = World::new().await;
    world.start(true);
    world.asked(1).await;
    until(|| world.subscriptions()[0].state == SubscriptionState::Pending).await;
    world.pass(HOUR / 2).await;
    let again = world.asked(2).await;
    assert_eq!(again, world.asked(1).await);
    assert!(world.subscriptions()[0].failures > 0);
    world.stop().await;
}

#[tokio::test]
async fn a_feed_that_is_switched_off_is_unsubscribed() {
    let (mut world, form) = World::subscribed().await;
    let off = ShortWrite::OverrideFeed {
        feed: wirewatch_model::FeedId(1),
        change: FeedOverride::Off("no more".to_owned()),
        at: world.clock.now(),
    };
    world.database().short_writer().expect("a writer").write(&off).expect("stored");
    world.pass(HOUR / 60).await;
    let farewell = world.asked(2).await;
    assert_eq!(farewell["hub.mode"], "unsubscribe");
    assert_eq!(
        (&farewell["hub.topic"], &farewell["hub.callback"]),
        (&form["hub.topic"], &form["hub.callback"])
    );
    assert_eq!(world.push(&form, rss(&[2]).as_bytes()).await, 410);
    assert_eq!(world.verify(&form, "subscribe", "").await.status, 404, "we do not want it any more");
    assert_eq!(world.verify(&form, "unsubscribe", "").await.body, "chal+lenge");
    assert!(world.subscriptions().is_empty());
    assert_eq!(world.verify(&form, "unsubscribe", "").await.status, 404);
    world.stop().await;
}

#[tokio::test]
async fn a_daemon_without_a_callback_waits_for_no_hub() {
    let (mut world, form) = World::subscribed().await;
    world.push(&form, rss(&[2]).as_bytes()).await;
    until(|| world.due().pushed).await;
    world.stop().await;
    world.start(false);
    until(|| world.subscriptions().is_empty()).await;
    assert!(!world.due().pushed);
    assert_eq!(world.push(&form, rss(&[3]).as_bytes()).await, 503);
    world.stop().await;
}

#[tokio::test]
async fn a_push_after_the_lease_is_refused_until_the_hub_verifies_again() {
    let (mut world, form) = World::subscribed().await;
    world.press(|press| press.hub_status = Some(500));
    world.pass(25 * HOUR).await;
    assert_eq!(world.push(&form, rss(&[2]).as_bytes()).await, 410);
    assert_eq!((world.pushed(), world.stats().entries.seen), (0, 1));
    assert_eq!(world.verify(&form, "subscribe", "&hub.lease_seconds=86400").await.status, 200);
    assert_eq!(world.push(&form, rss(&[2]).as_bytes()).await, 202);
    until(|| world.pushed() == 1).await;
    world.stop().await;
}
