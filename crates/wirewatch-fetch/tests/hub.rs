//! Asking hubs, over real sockets.

mod support;

use std::time::Duration;
use support::*;
use wirewatch_fetch::{HubError, HubMode, HubRequest};
use wirewatch_model::FeedHead;

const HUB: &str = "http://press.example/hub";

fn request(hub: &str) -> HubRequest<'_> {
    HubRequest {
        hub,
        mode: HubMode::Subscribe,
        topic: "http://press.example/rss",
        callback: "https://us.example/websub/token",
        lease: Duration::from_secs(864_000),
        secret: "shh",
    }
}

/// What asking a hub gives that always answers this.
async fn asked(bytes: Vec<u8>) -> Result<(), HubError> {
    let server = Server::start(move |_| bytes.clone()).await;
    fetcher(&server).ask_hub(&request(HUB), now()).await
}

#[tokio::test]
async fn a_subscription_is_a_form_and_202_accepts_it() {
    let server = Server::start(|_| answer(202, &[], "")).await;
    assert_eq!(fetcher(&server).ask_hub(&request(HUB), now()).await, Ok(()));
    let [sent] = &server.requests()[..] else { panic!("one request") };
    assert!(sent.head.starts_with("POST /hub HTTP/1.1"), "{}", sent.head);
    assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert!(sent.header("user-agent").is_some_and(|agent| agent.starts_with("wirewatch/")));
    assert!(
        sent.body.contains("hub.mode=subscribe") && sent.body.contains("hub.secret=shh"),
        "{}",
        sent.body
    );
}

#[tokio::test]
async fn any_other_answer_is_a_refusal_with_its_first_line() {
    let refused = asked(answer(400, &[], "\n  no such\u{7} topic\nhere")).await;
    let said = "the hub answers status 400 bad request: no such topic";
    assert_eq!(refused, Err(HubError::Refused { said: said.to_owned(), not_before: None }));
    assert!(matches!(asked(answer(200, &[], "<html>")).await, Err(HubError::Refused { .. })));
    assert!(
        matches!(asked(answer(500, &[], "x".repeat(100_000))).await, Err(HubError::Refused { said, .. }) if said.len() < 300)
    );
    assert!(matches!(asked(Vec::new()).await, Err(HubError::Failed { .. })));
}

#[tokio::test]
async fn a_form_follows_redirects_that_keep_it_a_form_and_no_others() {
    for (status, asked) in [(307, 2), (308, 2), (301, 1), (302, 1), (303, 1)] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/hub" => answer(status, &["Location: /new"], ""),
            _ => answer(202, &[], ""),
        })
        .await;
        let answered = fetcher(&server).ask_hub(&request(HUB), now()).await;
        assert_eq!((answered.is_ok(), server.requests().len()), (asked == 2, asked), "{status}");
        assert!(server.requests().iter().all(|sent| sent.body.contains("hub.secret=shh")), "{status}");
    }
}

#[tokio::test]
async fn a_hub_is_guarded_like_any_address() {
    let server = Server::start(|_| answer(307, &["Location: http://169.254.169.254/"], "")).await;
    assert!(matches!(fetcher(&server).ask_hub(&request(HUB), now()).await, Err(HubError::Failed { .. })));
    for hub in ["http://127.0.0.1/", "http://[::1]/", "file:///etc/passwd", "http://10.0.0.1/hub", "hub"] {
        let refused = fetcher(&server).ask_hub(&request(hub), now()).await;
        assert!(matches!(refused, Err(HubError::Failed { .. })), "{hub}: {refused:?}");
    }
}

#[tokio::test]
async fn a_hub_is_told_nothing_where_others_can_read_it() {
    let server = Server::start(|_| answer(307, &["Location: http://plain.example/hub"], "")).await;
    let fetcher = fetcher(&server);
    let told = fetcher.ask_hub(&request(HUB), now()).await;
    assert!(matches!(&told, Err(HubError::Failed { said, .. }) if said.contains("https")), "{told:?}");
    let told = fetcher.ask_hub(&request("http://plain.example/hub"), now()).await;
    assert!(matches!(&told, Err(HubError::Failed { said, .. }) if said.contains("https")), "{told:?}");
    for (hub, kept) in [
        ("https://plain.example/", true),
        (HUB, true),
        ("http://plain.example/", false),
        ("http://127.0.0.1:1/", false),
        ("hub", false),
    ] {
        assert_eq!(fetcher.keeps_secrets(hub), kept, "{hub}");
    }
}

#[tokio::test]
async fn the_time_a_hub_names_comes_with_its_refusal() {
    for status in [403, 503] {
        let refused = asked(answer(status, &["Retry-After: 86400"], "")).await;
        let day = now() + jiff::SignedDuration::from_hours(24);
        let Err(HubError::Refused { not_before: Some(named), .. }) = refused else { panic!("{refused:?}") };
        assert!(named >= day, "{status}: {named}");
    }
}

#[tokio::test]
async fn the_time_a_hub_names_by_a_redirect_comes_also_when_nobody_answers_there() {
    let redirect = ["Location: /dead", "Retry-After: 86400"];
    let server = Server::start(move |request| match request.path.as_str() {
        "/dead" => Vec::new(),
        _ => answer(307, &redirect, ""),
    })
    .await;
    let told = fetcher(&server).ask_hub(&request(HUB), now()).await;
    let Err(HubError::Failed { not_before: Some(named), .. }) = told else { panic!("{told:?}") };
    assert!(named >= now() + jiff::SignedDuration::from_hours(24));
}

#[tokio::test]
async fn a_hub_that_asks_for_a_pause_gets_it() {
    let server = Server::start(|_| answer(429, &["Retry-After: 600"], "")).await;
    let fetcher = fetcher(&server);
    let paused = fetcher.ask_hub(&request(HUB), now()).await;
    assert!(matches!(paused, Err(HubError::Paused(pause)) if pause.host == "press.example"));
    let again = fetcher.ask_hub(&request(HUB), now()).await;
    assert!(matches!(again, Err(HubError::NotAsked(put_off)) if put_off.host == "press.example"));
    assert_eq!(server.requests().len(), 1, "the second request was not sent");
}

#[tokio::test]
async fn the_hub_of_the_answers_headers_counts_before_that_of_the_body() {
    let headers = ["Link: <https://hub.example/>; rel=hub, </own>; rel=\"self\""];
    let head = check_answer(answer(200, &headers, rss(1))).await.head;
    let FeedHead { hubs, self_url, .. } = head.expect("a feed");
    assert_eq!(hubs, ["https://hub.example/"]);
    assert_eq!(self_url.as_deref(), Some("http://press.example/own"));
}
