//! `/websub/TOKEN`: where WebSub hubs verify what they were asked, and push (WebSub §5.3 and §7).
//!
//! Whoever does not know a token learns nothing. Who knows one is answered at once: whether a push is
//! signed and what it holds is looked at later and is not for the sender to know.

use crate::{answer::ApiError, host::Hosts, refuse_other_hosts};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, RawQuery, State},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
    },
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use url::form_urlencoded;
use wirewatch_pipeline::{Delivery, Intent, Refusal, WebSub};

/// The whole body of a push must come within this time.
const BODY_WITHIN: Duration = Duration::from_secs(30);
/// Longest value of a parameter, in bytes.
const LONGEST_VALUE: usize = 4096;

/// Where hubs reach us.
#[derive(Clone, Debug)]
pub struct Callback {
    /// What takes what they send.
    pub websub: WebSub,
    /// The host name of the public address, which a proxy may pass on.
    pub host: String,
}

pub(crate) fn routes(callback: Callback, hosts: &[String]) -> Router {
    let hosts = hosts.iter().cloned().chain([callback.host]).collect();
    Router::new()
        .route("/websub/{token}", get(verify).post(receive))
        .layer(middleware::from_fn_with_state(Arc::new(Hosts::new(hosts)), refuse_other_hosts))
        .with_state(callback.websub)
}

async fn verify(
    State(websub): State<WebSub>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Response> {
    let intent = intent(query.as_deref().unwrap_or_default()).ok_or(Refusal::Unknown);
    let challenge = match intent {
        Ok(intent) => websub.answer(&token, intent).await,
        Err(refusal) => Err(refusal),
    };
    // The challenge is the hub's own text: no browser may take it for anything else.
    let plain = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    challenge.map(|challenge| (plain, challenge).into_response()).map_err(refused)
}

/// What a hub asks; `None` when that cannot be told.
fn intent(query: &str) -> Option<Intent> {
    let mut said: HashMap<String, String> = form_urlencoded::parse(query.as_bytes())
        .filter(|(_, value)| value.len() <= LONGEST_VALUE)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut take = |name: &str| said.remove(name);
    let (mode, topic) = (take("hub.mode")?, take("hub.topic")?);
    Some(match mode.as_str() {
        "subscribe" => Intent::Subscribe {
            topic,
            challenge: take("hub.challenge")?,
            lease: take("hub.lease_seconds")
                .and_then(|seconds| seconds.trim().parse().ok())
                .map(Duration::from_secs),
        },
        "unsubscribe" => Intent::Unsubscribe { topic, challenge: take("hub.challenge")? },
        "denied" => Intent::Denied { topic, reason: plain(&take("hub.reason").unwrap_or_default()) },
        _ => return None,
    })
}

/// A reason on one line.
fn plain(reason: &str) -> String {
    reason.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

async fn receive(
    State(websub): State<WebSub>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Response> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let length = text(CONTENT_LENGTH.as_str()).and_then(|length| length.parse::<u64>().ok());
    let admission = websub.admit(&token, length).map_err(refused_push)?;
    // What cannot be taken is not worth sending again: the feed is asked all the same.
    let encoded = text(CONTENT_ENCODING.as_str()).filter(|coding| !coding.eq_ignore_ascii_case("identity"));
    if let Some(coding) = encoded {
        admission.refuse(&format!("its body is encoded ({coding:?})"));
        return Ok(StatusCode::ACCEPTED);
    }
    let largest = admission.largest();
    if length.is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > largest)) {
        admission.refuse("its body is too large");
        return Ok(StatusCode::ACCEPTED);
    }
    let Ok(read) = tokio::time::timeout(BODY_WITHIN, to_bytes(body, largest)).await else {
        admission.refuse("its body came too slowly");
        return Err(StatusCode::REQUEST_TIMEOUT.into_response());
    };
    let Ok(body) = read else {
        admission.refuse("its body is too large or broke off");
        return Ok(StatusCode::ACCEPTED);
    };
    let delivery = Delivery {
        content_type: text(CONTENT_TYPE.as_str()),
        signature: text("x-hub-signature"),
        body: body.into(),
    };
    admission.deliver(delivery).map_err(refused_push)?;
    Ok(StatusCode::ACCEPTED)
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Unknown => ApiError::not_found(refusal.to_string()).into_response(),
        Refusal::Busy | Refusal::TooMany { .. } => busy(refusal),
    }
}

/// 410 tells a hub that a subscription is over (WebSub §7).
fn refused_push(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Unknown => ApiError::gone(refusal.to_string()).into_response(),
        Refusal::Busy | Refusal::TooMany { .. } => busy(refusal),
    }
}

fn busy(refusal: Refusal) -> Response {
    let again = refusal.retry_after().unwrap_or_default().as_secs().to_string();
    ([(RETRY_AFTER, again)], ApiError::unavailable(refusal.to_string())).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_hub_asks_is_read() {
        let query = "hub.mode=subscribe&hub.topic=https%3A%2F%2Fa.example%2Frss&hub.challenge=x%2By&hub.lease_seconds=60";
        let lease = Some(Duration::from_secs(60));
        let topic = "https://a.example/rss".to_owned();
        let want = Intent::Subscribe { topic: topic.clone(), challenge: "x+y".to_owned(), lease };
        assert_eq!(intent(query), Some(want));
        let query = "hub.mode=denied&hub.topic=https://a.example/rss&hub.reason=no%0Amore";
        assert_eq!(intent(query), Some(Intent::Denied { topic, reason: "nomore".to_owned() }));
    }

    #[test]
    fn what_is_no_question_of_a_hub_is_none() {
        for query in [
            "",
            "hub.mode=subscribe",
            "hub.mode=subscribe&hub.topic=x",
            "hub.mode=publish&hub.topic=x&hub.challenge=y",
            "hub.topic=x&hub.challenge=y",
        ] {
            assert_eq!(intent(query), None, "{query}");
        }
        let long = format!("hub.mode=subscribe&hub.topic=x&hub.challenge={}", "y".repeat(5000));
        assert_eq!(intent(&long), None);
        let junk = "hub.mode=subscribe&hub.topic=x&hub.challenge=y&hub.lease_seconds=-1";
        assert!(matches!(intent(junk), Some(Intent::Subscribe { lease: None, .. })));
    }
}
