//! Rules 8 to 12: how long a feed is left alone after a sound answer.

use crate::support::{FEED, Server, answer, check, due, fetcher, lively, next, now};
use wirewatch_model::{DueFeed, FeedCheck, FeedSettings, Outcome};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A feed with these elements in its head and one entry.
fn feed(head: &str) -> String {
    format!(
        "<rss version=\"2.0\" xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"><channel>\
         <title>Press</title>{head}<item><guid>1</guid><title>Talks</title></item></channel></rss>"
    )
}

/// The check of a feed whose answer has these headers and this head.
async fn answered(due: &DueFeed, headers: &'static [&'static str], head: &str) -> FeedCheck {
    let body = feed(head);
    let server = Server::start(move |_| answer(200, headers, &body)).await;
    let check = check(&fetcher(&server), due).await;
    assert_eq!(check.outcome, Outcome::Read);
    check
}

/// Seconds until the feed is asked again.
fn wait(check: &FeedCheck) -> i64 {
    check.next_due.expect("asked again").as_second() - check.checked_at.as_second()
}

/// The feed waits at least this long, and no more than a tenth longer.
#[track_caller]
fn check_wait(check: &FeedCheck, least: i64) {
    let wait = wait(check);
    assert!((least..=least + least / 10 + 1).contains(&wait), "{wait} is not about {least}");
}

fn with_floor(secs: u32) -> DueFeed {
    let settings = FeedSettings { interval_floor_secs: Some(secs), ..FeedSettings::default() };
    DueFeed { settings, ..lively(FEED) }
}

#[tokio::test]
async fn rule_08_nothing_granted_is_an_hour_and_a_quarter_for_a_lively_feed_with_validators() {
    check_wait(&answered(&lively(FEED), &["ETag: \"1\""], "").await, 15 * MINUTE);
    check_wait(
        &answered(&lively(FEED), &["Last-Modified: Mon, 10 Jan 2022 07:00:00 GMT"], "").await,
        15 * MINUTE,
    );
    check_wait(&answered(&lively(FEED), &[], "").await, HOUR);
    check_wait(&answered(&due(FEED), &["ETag: \"1\""], "").await, HOUR);
}

#[tokio::test]
async fn rule_08_what_is_granted_counts_but_never_under_two_minutes() {
    check_wait(&answered(&lively(FEED), &["Cache-Control: max-age=300"], "").await, 300);
    check_wait(&answered(&lively(FEED), &["Cache-Control: max-age=1"], "").await, 120);
    check_wait(&answered(&lively(FEED), &[], "<ttl>5</ttl>").await, 300);
    check_wait(&answered(&lively(FEED), &[], "<ttl>1</ttl>").await, 120);
}

#[tokio::test]
async fn rule_08_a_setting_lengthens_or_shortens_down_to_two_minutes() {
    check_wait(&answered(&with_floor(7200), &["Cache-Control: max-age=300"], "").await, 7200);
    check_wait(&answered(&with_floor(180), &[], "").await, 180);
    check_wait(&answered(&with_floor(30), &[], "").await, 120);
    // Never what the feed asks for.
    check_wait(&answered(&with_floor(180), &["Cache-Control: max-age=3600"], "").await, HOUR);
}

#[tokio::test]
async fn rule_09_max_age_less_age_else_expires_is_a_lower_bound() {
    let due = lively(FEED);
    for (headers, secs) in [
        (&["Cache-Control: public, max-age=7200"] as &[_], 7200),
        (&["Cache-Control: max-age=7200", "Age: 3600"], 3600),
        (&["Cache-Control: max-age=7200", "Age: nonsense"], 7200),
        (&["Cache-Control: public", "Cache-Control: max-age=1800"], 1800),
        (&["Cache-Control: MAX-AGE=\"1800\""], 1800),
        (&["Cache-Control: s-maxage=86400, max-age=1800"], 1800),
        (&["Cache-Control: max-age=1800", "Expires: Mon, 10 Jan 2022 20:00:00 GMT"], 1800),
        (&["Date: Mon, 10 Jan 2022 06:00:00 GMT", "Expires: Mon, 10 Jan 2022 09:00:00 GMT"], 3 * HOUR),
        // Without a Date our own clock counts.
        (&["Expires: Mon, 10 Jan 2022 10:00:00 GMT"], 2 * HOUR - 60),
        (&["Cache-Control: max-age=31536000"], DAY),
        (&["Cache-Control: max-age=99999999999999999999"], DAY),
        (&["Expires: Fri, 31 Dec 9999 23:59:59 GMT"], DAY),
    ] {
        let check = answered(&due, headers, "").await;
        assert!((secs..=secs + secs / 10 + 61).contains(&wait(&check)), "{headers:?}: {}", wait(&check));
    }
}

#[tokio::test]
async fn rule_09_the_longest_of_headers_and_feed_wins() {
    let due = lively(FEED);
    check_wait(&answered(&due, &["Cache-Control: max-age=3600"], "<ttl>20</ttl>").await, HOUR);
    check_wait(&answered(&due, &["Cache-Control: max-age=600"], "<ttl>120</ttl>").await, 2 * HOUR);
    let daily =
        "<ttl>20</ttl><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>6</sy:updateFrequency>";
    check_wait(&answered(&due, &["Cache-Control: max-age=600"], daily).await, 4 * HOUR);
}

#[tokio::test]
async fn rule_09_a_304_counts_as_a_200_does() {
    for (header, secs) in
        [("Cache-Control: max-age=7200", 2 * HOUR), ("Expires: Mon, 10 Jan 2022 11:00:00 GMT", 3 * HOUR - 60)]
    {
        let server = Server::start(move |_| answer(304, &[header], "")).await;
        let mut due = lively(FEED);
        due.validators.etag = Some("\"1\"".to_owned());
        let check = check(&fetcher(&server), &due).await;
        assert_eq!(check.outcome, Outcome::Unchanged);
        assert!((secs..=secs + secs / 10 + 61).contains(&wait(&check)), "{header}: {}", wait(&check));
    }
}

#[tokio::test]
async fn rule_09_what_a_failure_says_never_shortens_its_wait() {
    for (headers, least) in
        [(&["Cache-Control: max-age=1"] as &[_], HOUR), (&["Cache-Control: max-age=43200"], 12 * HOUR)]
    {
        let server = Server::start(move |_| answer(500, headers, "")).await;
        let check = check(&fetcher(&server), &due(FEED)).await;
        assert!(wait(&check) >= least, "{headers:?}: {}", wait(&check));
    }
}

#[tokio::test]
async fn rule_10_what_grants_nothing_keeps_the_floor() {
    for headers in [
        &["Cache-Control: no-store"] as &[_],
        &["Cache-Control: no-cache"],
        &["Cache-Control: max-age=0, must-revalidate"],
        &["Expires: 0"],
        &["Expires: -1"],
        &["Expires: Thu, 01 Jan 1970 00:00:00 GMT"],
        &["Cache-Control: max-age=-300"],
        &["Cache-Control: max-age=600", "Age: 7000"],
    ] {
        check_wait(&answered(&lively(FEED), headers, "").await, HOUR);
    }
    check_wait(
        &answered(&lively(FEED), &["Cache-Control: no-cache, max-age=0", "ETag: \"1\""], "").await,
        15 * MINUTE,
    );
}

#[tokio::test]
async fn rule_10_no_store_takes_back_the_leave_but_not_the_bound() {
    check_wait(&answered(&lively(FEED), &["Cache-Control: no-store, max-age=300"], "").await, HOUR);
    let check = answered(&lively(FEED), &["Cache-Control: no-cache, max-age=7200"], "").await;
    assert!(wait(&check) >= 2 * HOUR);
}

#[tokio::test]
async fn rule_11_ttl_and_syndication_are_lower_bounds_and_silly_values_are_clamped() {
    for (head, secs) in [
        ("<ttl>90</ttl>", 90 * MINUTE),
        ("<ttl> 90 </ttl>", 90 * MINUTE),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", 30 * MINUTE),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", DAY),
        ("<ttl>0</ttl>", HOUR),
        ("<ttl>-60</ttl>", HOUR),
        ("<ttl>soon</ttl>", HOUR),
        ("<ttl>525600</ttl>", DAY),
        ("<ttl>99999999999999999999</ttl>", HOUR),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", DAY),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", HOUR),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>99999999</sy:updateFrequency>", HOUR),
    ] {
        let check = answered(&lively(FEED), &[], head).await;
        assert!((secs..=secs + secs / 10 + 1).contains(&wait(&check)), "{head}: {}", wait(&check));
    }
}

#[tokio::test]
async fn rule_11_what_the_body_asked_for_counts_while_it_is_unchanged() {
    let body = feed("<ttl>180</ttl>");
    let server = Server::start(move |_| answer(200, &[], &body)).await;
    let (fetcher, due) = (fetcher(&server), lively(FEED));
    let first = check(&fetcher, &due).await;
    let second = check(&fetcher, &next(&due, &first)).await;
    assert_eq!(second.outcome, Outcome::Unchanged);
    check_wait(&second, 3 * HOUR);
}

#[tokio::test]
async fn rule_12_skipped_hours_and_days_are_kept() {
    // Now is Monday, 10 January 2022, 08:00.
    let hours: String = (8..20).map(|hour| format!("<hour>{hour}</hour>")).collect();
    for (head, hour, day) in [
        (format!("<skipHours>{hours}</skipHours>"), 20, 10),
        ("<skipDays><day>Monday</day><day>Tuesday</day></skipDays>".to_owned(), 0, 12),
        (format!("<skipHours>{hours}</skipHours><skipDays><day>Monday</day></skipDays>"), 0, 11),
    ] {
        let check = answered(&lively(FEED), &[], &head).await;
        let due = jiff::tz::Offset::UTC.to_datetime(check.next_due.expect("due"));
        assert_eq!((i32::from(due.hour()), due.day(), due.minute() < 5), (hour, day, true), "{head}: {due}");
    }
}

#[tokio::test]
async fn rule_12_a_feed_that_forbids_every_hour_has_not_meant_it() {
    let hours: String = (0..24).map(|hour| format!("<hour>{hour}</hour>")).collect();
    let check = answered(&lively(FEED), &[], &format!("<skipHours>{hours}</skipHours>")).await;
    check_wait(&check, HOUR);
    assert!(check.next_due.expect("due") > now());
}
