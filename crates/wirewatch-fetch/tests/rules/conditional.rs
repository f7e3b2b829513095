//! Rules 1 to 7: conditional requests and what is kept for them.

use crate::support::{FEED, Server, answer, check, check_at, due, failure, fetcher, lively, next, now, rss};
use jiff::{SignedDuration, Timestamp};
use wirewatch_model::{DueFeed, FailureKind, Freshness, Outcome, Validators};

/// A server that gives this entity tag with this body, and 304 to who has it.
async fn tagged(etag: &'static str, body: String) -> Server {
    Server::start(move |request| match request.header("if-none-match") {
        Some(known) if known == etag => answer(304, &[], ""),
        _ => answer(200, &[&format!("ETag: {etag}")], &body),
    })
    .await
}

#[tokio::test]
async fn rule_01_the_second_request_carries_what_the_first_answer_gave() {
    for (given, etag, modified) in [
        (vec!["ETag: \"1\""], Some("\"1\""), None),
        (vec!["Last-Modified: Mon, 10 Jan 2022 07:00:00 GMT"], None, Some("Mon, 10 Jan 2022 07:00:00 GMT")),
        (
            vec!["ETag: \"1\"", "Last-Modified: Mon, 10 Jan 2022 07:00:00 GMT"],
            Some("\"1\""),
            Some("Mon, 10 Jan 2022 07:00:00 GMT"),
        ),
        (vec![], None, None),
    ] {
        let server = Server::start(move |_| answer(200, &given, rss(1))).await;
        let (fetcher, due) = (fetcher(&server), due(FEED));
        let first = check(&fetcher, &due).await;
        check(&fetcher, &next(&due, &first)).await;
        let second = &server.requests()[1];
        assert_eq!(second.header("if-none-match"), etag);
        assert_eq!(second.header("if-modified-since"), modified);
    }
}

#[tokio::test]
async fn rule_01_a_redirected_feed_is_asked_conditionally_at_its_target() {
    let server = Server::start(|request| match request.path.as_str() {
        "/rss" => answer(301, &["Location: /new"], ""),
        _ => answer(200, &["ETag: \"1\""], rss(1)),
    })
    .await;
    let (fetcher, due) = (fetcher(&server), due(FEED));
    let first = check(&fetcher, &due).await;
    check(&fetcher, &next(&due, &first)).await;
    assert_eq!(server.requests()[3].header("if-none-match"), Some("\"1\""));
}

#[tokio::test]
async fn rule_02_validators_come_back_byte_for_byte() {
    // Weak, with bytes beyond ASCII; a date in a form we would never write.
    let (etag, modified) = ("W/\"a\u{e9} b,c\"", "Monday, 10-Jan-22 07:00:00 GMT");
    let server = Server::start(move |request| match request.header("if-none-match") {
        None => answer(200, &[&format!("ETag: {etag}"), &format!("Last-Modified: {modified}")], rss(2)),
        Some(_) => answer(304, &[], ""),
    })
    .await;
    let (fetcher, first_due) = (fetcher(&server), due(FEED));
    let first = check(&fetcher, &first_due).await;
    assert_eq!((first.outcome.clone(), first.entries.len()), (Outcome::Read, 2));
    check(&fetcher, &next(&first_due, &first)).await;
    let requests = server.requests();
    assert_eq!((requests[0].header("if-none-match"), requests[0].header("if-modified-since")), (None, None));
    assert_eq!(requests[1].header("if-none-match"), Some(etag));
    assert_eq!(requests[1].header("if-modified-since"), Some(modified));
}

#[tokio::test]
async fn rule_02_what_is_odd_is_sent_back_all_the_same() {
    for etag in ["abc", "\"\"", "W/", "\"a\" \"b\"", "-1", "\"x\";gzip"] {
        let server = Server::start(move |_| answer(200, &[&format!("ETag: {etag}")], rss(1))).await;
        let (fetcher, due) = (fetcher(&server), due(FEED));
        let first = check(&fetcher, &due).await;
        check(&fetcher, &next(&due, &first)).await;
        assert_eq!(server.requests()[1].header("if-none-match"), Some(etag));
        assert_eq!(server.requests()[1].header("if-modified-since"), None, "never invented");
    }
}

#[tokio::test]
async fn rule_03_only_the_first_request_is_unconditional() {
    let server = tagged("\"1\"", rss(3)).await;
    let fetcher = fetcher(&server);
    let mut due = due(FEED);
    for day in 0..5 {
        let at = now() + SignedDuration::from_hours(24 * day);
        due = next(&due, &check_at(&fetcher, &due, at).await);
    }
    let unconditional = server.requests().iter().filter(|r| r.header("if-none-match").is_none()).count();
    assert_eq!((server.requests().len(), unconditional), (5, 1));
}

#[tokio::test]
async fn rule_03_a_feed_silent_for_ten_times_its_rhythm_gets_one_unconditional_probe_a_day() {
    let server = tagged("\"1\"", rss(3)).await;
    let fetcher = fetcher(&server);
    let mut due = lively(FEED);
    due.validators.etag = Some("\"1\"".to_owned());
    due.last_unconditional = Some(now());
    // Twelve checks in three days without a new entry, of a feed with an entry every two minutes.
    let mut probes = Vec::new();
    for sixth in 1..=12 {
        let at = now() + SignedDuration::from_hours(6 * sixth);
        due = next(&due, &check_at(&fetcher, &due, at).await);
        if server.requests().last().expect("asked").header("if-none-match").is_none() {
            probes.push(at);
        }
    }
    assert!(!probes.is_empty(), "a stuck entity tag would hide every entry");
    let day_apart = |pair: &[Timestamp]| pair[0] + SignedDuration::from_hours(24) <= pair[1];
    assert!(probes.windows(2).all(day_apart), "at most one a day: {probes:?}");
}

#[tokio::test]
async fn rule_04_the_validators_of_a_broken_body_are_not_kept() {
    let cut = rss(3);
    let cut = &cut[..cut.len() - 60];
    for (body, length) in [
        ("<html>Sorry</html>", None),
        ("", None),
        ("<rss version=\"2.0\"><channel><item><tit", None),
        (cut, Some(cut.len() + 60)),
    ] {
        let body = body.to_owned();
        let length = format!("Content-Length: {}", length.unwrap_or(body.len()));
        let server = Server::start(move |_| answer(200, &["ETag: \"1\"", &length], &body)).await;
        let (fetcher, due) = (fetcher(&server), due(FEED));
        let first = check(&fetcher, &due).await;
        assert_eq!(first.validators, None, "{:?}", first.outcome);
        check(&fetcher, &next(&due, &first)).await;
        assert_eq!(server.requests()[1].header("if-none-match"), None);
    }
}

#[tokio::test]
async fn rule_04_a_broken_body_leaves_the_validators_of_the_last_sound_one() {
    let server = Server::start(|request| match request.header("if-none-match") {
        None => answer(200, &["ETag: \"sound\""], rss(1)),
        Some(_) => answer(200, &["ETag: \"broken\""], "<html>Sorry</html>"),
    })
    .await;
    let (fetcher, due) = (fetcher(&server), due(FEED));
    let due = next(&due, &check(&fetcher, &due).await);
    let due = next(&due, &check(&fetcher, &due).await);
    check(&fetcher, &due).await;
    assert_eq!(server.requests()[2].header("if-none-match"), Some("\"sound\""));
}

#[tokio::test]
async fn rule_05_a_304_updates_what_it_carries_keeps_the_rest_and_is_a_success() {
    let modified = "Mon, 10 Jan 2022 07:00:00 GMT";
    let server = Server::start(|_| answer(304, &["ETag: \"new\"", "Cache-Control: max-age=7200"], "")).await;
    let validators = Validators {
        etag: Some("\"old\"".to_owned()),
        last_modified: Some(modified.to_owned()),
        body_hash: Some(7),
    };
    let freshness = Freshness { feed_ttl_secs: Some(600), skip_days: vec![5], ..Freshness::default() };
    let due = DueFeed { validators, freshness, failures: 4, ..due(FEED) };
    let check = check(&fetcher(&server), &due).await;
    assert_eq!(check.outcome, Outcome::Unchanged);
    assert_eq!(check.health, wirewatch_model::Health::Ok);
    let kept = check.validators.expect("kept");
    assert_eq!((kept.etag.as_deref(), kept.last_modified.as_deref()), (Some("\"new\""), Some(modified)));
    assert_eq!(kept.body_hash, Some(7));
    let freshness = check.freshness.expect("updated");
    assert_eq!((freshness.lifetime_secs, freshness.feed_ttl_secs), (Some(7200), Some(600)));
    assert_eq!(freshness.skip_days, [5]);
    let wait = check.next_due.expect("due").duration_since(now());
    assert!(
        wait >= SignedDuration::from_hours(2) && wait < SignedDuration::from_hours(3),
        "no back-off: {wait}"
    );
}

#[tokio::test]
async fn rule_05_a_304_without_a_word_leaves_what_was_granted() {
    let server = Server::start(|request| match request.header("if-none-match") {
        None => answer(200, &["ETag: \"1\"", "Cache-Control: max-age=14400"], rss(1)),
        Some(_) => answer(304, &[], ""),
    })
    .await;
    let (fetcher, due) = (fetcher(&server), due(FEED));
    let first = check(&fetcher, &due).await;
    let second = check(&fetcher, &next(&due, &first)).await;
    assert!(second.next_due.expect("due") >= now() + SignedDuration::from_hours(4));
}

#[tokio::test]
async fn rule_06_a_dropped_validator_is_dropped() {
    for kept in ["ETag: \"2\"", "Last-Modified: Mon, 10 Jan 2022 07:00:00 GMT", "X-None: 1"] {
        let server = Server::start(move |_| answer(200, &[kept], rss(1))).await;
        let old = Validators {
            etag: Some("\"1\"".to_owned()),
            last_modified: Some("yesterday".to_owned()),
            body_hash: None,
        };
        let (fetcher, due) = (fetcher(&server), DueFeed { validators: old, ..due(FEED) });
        let first = check(&fetcher, &due).await;
        check(&fetcher, &next(&due, &first)).await;
        let second = &server.requests()[1];
        assert_eq!(second.header("if-none-match"), kept.strip_prefix("ETag: "), "{kept}");
        assert_eq!(second.header("if-modified-since"), kept.strip_prefix("Last-Modified: "), "{kept}");
    }
}

#[tokio::test]
async fn rule_07_the_same_bytes_are_unchanged() {
    let server = Server::start(|_| answer(200, &["ETag: \"2\""], rss(3))).await;
    let (fetcher, first_due) = (fetcher(&server), due(FEED));
    let first = check(&fetcher, &first_due).await;
    let second = check(&fetcher, &next(&first_due, &first)).await;
    assert_eq!((second.outcome, second.entries.len()), (Outcome::Unchanged, 0));
    assert_eq!(second.validators.expect("kept").etag.as_deref(), Some("\"2\""));
}

#[tokio::test]
async fn rule_07_the_same_bytes_packed_otherwise_are_the_same() {
    let gzip = crate::support::gzip(rss(3).as_bytes()).await;
    let server = Server::start(move |request| match request.header("if-none-match") {
        None => answer(200, &["ETag: \"1\""], rss(3)),
        Some(_) => answer(200, &["ETag: \"2\"", "Content-Encoding: gzip"], &gzip),
    })
    .await;
    let (fetcher, first_due) = (fetcher(&server), due(FEED));
    let first = check(&fetcher, &first_due).await;
    assert_eq!(check(&fetcher, &next(&first_due, &first)).await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn a_better_parser_asks_without_validators_and_reads_the_same_bytes_anew() {
    let server = Server::start(|_| answer(200, &["ETag: \"1\""], rss(1))).await;
    let first_due = due(FEED);
    let first = check(&fetcher(&server), &first_due).await;
    let again = DueFeed { reparse: true, ..next(&first_due, &first) };
    let second = check(&fetcher(&server), &again).await;
    assert_eq!(server.requests()[1].header("if-none-match"), None);
    assert_eq!(second.outcome, Outcome::Read);
}

#[tokio::test]
async fn a_304_nobody_asked_for_is_a_failure() {
    let check = crate::support::check_answer(answer(304, &["ETag: \"1\""], "")).await;
    assert_eq!((failure(&check), check.validators), (FailureKind::Status, None));
}
