//! What is to be subscribed, renewed and ended, and when: plain functions.

use crate::clock::later;
use jiff::Timestamp;
use std::{collections::HashSet, time::Duration};
use wirewatch_model::{FeedId, HubOffer, Subscription, SubscriptionState};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// A hub that was asked must have verified within this time.
pub(crate) const VERIFIED_WITHIN: Duration = Duration::from_secs(15 * 60);
/// A hub that said no is asked again after this.
pub(crate) const AFTER_DENIAL: Duration = DAY;
/// First wait after a failure; doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(5 * 60);
/// Longest time a hub may name for itself.
const LONGEST_NAMED: Duration = Duration::from_secs(7 * 24 * 3600);
/// A hub is asked so often to stop. One that does not is not listened to anyway.
const MOST_FAREWELLS: u32 = 3;
/// Shortest and longest lease that is believed.
const LEASES: (Duration, Duration) = (Duration::from_secs(5 * 60), Duration::from_secs(90 * 24 * 3600));

/// One thing to do about subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A new one.
    New { feed: FeedId, hub: String, topic: String },
    /// The hub is to stop.
    End(i64),
    /// It is over, and the hub need not know.
    Forget(i64),
}

/// What must change so that every feed that offers a hub which keeps secrets has one subscription, under
/// the callback there is now, and no other feed has any.
pub(crate) fn changes(
    offers: &[HubOffer],
    known: &[Subscription],
    base: &str,
    keeps_secrets: impl Fn(&str) -> bool,
    now: Timestamp,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut kept = HashSet::new();
    for subscription in known {
        let (id, what) = (subscription.id, &subscription.what);
        // At another address nobody would verify that it is to end.
        let ours = what.callback == callback(base, &what.token);
        let live = subscription.lease_until.is_some_and(|until| until > now);
        if !keeps_secrets(&what.hub) {
            changes.push(Change::Forget(id));
            continue;
        }
        if subscription.state == SubscriptionState::Ending {
            if !ours || !live || subscription.failures >= MOST_FAREWELLS {
                changes.push(Change::Forget(id));
            }
            continue;
        }
        let offered = offers.iter().any(|offer| {
            offer.feed == what.feed && offer.topic == what.topic && offer.hubs.contains(&what.hub)
        });
        if ours && offered && kept.insert(what.feed) {
            continue;
        }
        changes.push(if ours && live { Change::End(id) } else { Change::Forget(id) });
    }
    for offer in offers.iter().filter(|offer| !kept.contains(&offer.feed)) {
        if let Some(hub) = offer.hubs.iter().find(|hub| keeps_secrets(hub)) {
            let (hub, topic) = (hub.clone(), offer.topic.clone());
            changes.push(Change::New { feed: offer.feed, hub, topic });
        }
    }
    changes
}

/// Where a hub reaches us.
pub(crate) fn callback(base: &str, token: &str) -> String {
    format!("{base}/{token}")
}

/// How long to wait after so many failures in a row: from five minutes to a day, spread by up to a
/// quarter so that subscriptions that failed together do not come back together.
pub(crate) fn back_off(token: &str, failures: u32) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(DAY);
    wait - wait.mul_f64(spread(token) / 4.0)
}

/// The time a hub named, believed up to a week.
pub(crate) fn believed(named: Timestamp, now: Timestamp) -> Timestamp {
    named.min(later(now, LONGEST_NAMED))
}

/// When a hub that failed is asked again: after [`back_off`], and never before the time it named.
pub(crate) fn again(token: &str, failures: u32, named: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let own = later(now, back_off(token, failures));
    named.map_or(own, |named| own.max(believed(named, now)))
}

/// The lease a hub gave, within reason; what was asked for when it does not say.
pub(crate) fn lease(given: Option<Duration>, asked: Duration) -> Duration {
    given.unwrap_or(asked).clamp(LEASES.0, LEASES.1)
}

/// When to ask for more of a lease: at about four fifths of it.
pub(crate) fn renewal(token: &str, lease: Duration) -> Duration {
    lease.mul_f64(0.8 - 0.1 * spread(token))
}

/// A number from 0 to 1 that is a subscription's own: tokens are random.
fn spread(token: &str) -> f64 {
    let digits = token.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    f64::from(digits.unwrap_or_default()) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirewatch_model::NewSubscription;

    const BASE: &str = "https://us.example/websub";
    const HUB: &str = "https://hub.example/";
    const TOPIC: &str = "https://news.example/rss";

    fn now() -> Timestamp {
        "2022-01-10T08:00:00Z".parse().expect("a time")
    }

    fn offer(feed: i64, hubs: &[&str]) -> HubOffer {
        let hubs = hubs.iter().map(|hub| (*hub).to_owned()).collect();
        HubOffer { feed: FeedId(feed), topic: TOPIC.to_owned(), hubs }
    }

    /// A verified subscription of feed 1.
    fn verified(id: i64) -> Subscription {
        Subscription {
            id,
            what: NewSubscription {
                feed: FeedId(1),
                hub: HUB.to_owned(),
                topic: TOPIC.to_owned(),
                callback: callback(BASE, &format!("token{id}")),
                token: format!("token{id}"),
                secret: String::new(),
            },
            state: SubscriptionState::Verified,
            lease_until: Some(crate::clock::later(now(), DAY)),
            next_try: now(),
            failures: 0,
            set_aside: false,
        }
    }

    fn https(hub: &str) -> bool {
        hub.starts_with("https:")
    }

    fn of(offers: &[HubOffer], known: &[Subscription]) -> Vec<Change> {
        changes(offers, known, BASE, https, now())
    }

    fn new(hub: &str) -> Change {
        Change::New { feed: FeedId(1), hub: hub.to_owned(), topic: TOPIC.to_owned() }
    }

    #[test]
    fn every_offer_is_taken_once_at_a_hub_that_keeps_secrets() {
        assert_eq!(of(&[offer(1, &[HUB])], &[]), [new(HUB)]);
        assert_eq!(of(&[offer(1, &["http://plain.example/", HUB])], &[]), [new(HUB)]);
        assert_eq!(of(&[offer(1, &["http://plain.example/"])], &[]), []);
        assert_eq!(of(&[offer(1, &[HUB])], &[verified(1)]), []);
        assert_eq!(
            of(&[offer(1, &["https://new.example/", HUB])], &[verified(1)]),
            [],
            "no hub without need"
        );
        assert_eq!(of(&[offer(1, &[HUB])], &[verified(1), verified(2)]), [Change::End(2)]);
    }

    #[test]
    fn a_subscription_at_a_hub_that_keeps_no_secrets_is_over_and_nobody_is_told() {
        let mut plain = verified(1);
        plain.what.hub = "http://plain.example/".to_owned();
        assert_eq!(of(&[offer(1, &["http://plain.example/"])], &[plain.clone()]), [Change::Forget(1)]);
        let ending = Subscription { state: SubscriptionState::Ending, ..plain };
        assert_eq!(of(&[], &[ending]), [Change::Forget(1)]);
    }

    #[test]
    fn what_is_not_offered_any_more_ends() {
        assert_eq!(of(&[], &[verified(1)]), [Change::End(1)]);
        assert_eq!(
            of(&[offer(1, &["https://new.example/"])], &[verified(1)]),
            [Change::End(1), new("https://new.example/")]
        );
        let moved = HubOffer { topic: "https://news.example/new".to_owned(), ..offer(1, &[HUB]) };
        let again = Change::New { feed: FeedId(1), hub: HUB.to_owned(), topic: moved.topic.clone() };
        assert_eq!(of(&[moved], &[verified(1)]), [Change::End(1), again]);
        let never = Subscription { lease_until: None, state: SubscriptionState::Pending, ..verified(1) };
        assert_eq!(of(&[], &[never]), [Change::Forget(1)], "the hub never pushed");
    }

    #[test]
    fn a_new_public_address_means_new_subscriptions() {
        let offers = [offer(1, &[HUB])];
        let elsewhere = changes(&offers, &[verified(1)], "https://other.example/websub", https, now());
        assert_eq!(elsewhere, [Change::Forget(1), new(HUB)]);
    }

    #[test]
    fn a_hub_is_asked_to_stop_until_it_does_or_its_lease_ends() {
        let ending = Subscription { state: SubscriptionState::Ending, ..verified(1) };
        assert_eq!(of(&[], std::slice::from_ref(&ending)), []);
        let deaf = Subscription { failures: MOST_FAREWELLS, ..ending.clone() };
        assert_eq!(of(&[], &[deaf]), [Change::Forget(1)]);
        let over = Subscription { lease_until: Some(now()), ..ending.clone() };
        assert_eq!(of(&[], &[over]), [Change::Forget(1)]);
        // The feed is followed again meanwhile.
        assert_eq!(of(&[offer(1, &[HUB])], &[ending]), [new(HUB)]);
    }

    #[test]
    fn failures_wait_longer_and_longer_up_to_a_day_and_apart() {
        let minutes = |token, failures| back_off(token, failures).as_secs() / 60;
        assert_eq!((minutes("0000", 1), minutes("0000", 2), minutes("0000", 4)), (5, 10, 40));
        assert_eq!((minutes("0000", 50), minutes("ffff", 50)), (24 * 60, 18 * 60));
        assert!(back_off("8000", 1) < back_off("0000", 1));
    }

    #[test]
    fn a_hub_is_never_asked_before_the_time_it_named_up_to_a_week() {
        let at = |days: u32| later(now(), DAY * days);
        assert_eq!(again("0000", 1, Some(at(2)), now()), at(2));
        assert_eq!(again("0000", 1, Some(at(400)), now()), at(7));
        let own = later(now(), FIRST_WAIT);
        assert_eq!((again("0000", 1, None, now()), again("0000", 1, Some(now()), now())), (own, own));
    }

    #[test]
    fn a_lease_is_believed_within_reason_and_renewed_before_its_end() {
        let secs = Duration::from_secs;
        assert_eq!(lease(None, DAY), DAY);
        assert_eq!(lease(Some(secs(3600)), DAY), secs(3600));
        assert_eq!((lease(Some(secs(0)), DAY), lease(Some(Duration::MAX), DAY)), LEASES);
        for token in ["0000", "8000", "ffff", "", "é"] {
            let part = renewal(token, DAY).as_secs_f64() / DAY.as_secs_f64();
            assert!((0.69..=0.81).contains(&part), "{part}");
        }
    }
}
