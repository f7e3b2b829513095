//! WebSub, as far as it is HTTP: asking a hub for its pushes, and telling whether it signed one.
//! <https://www.w3.org/TR/websub/>

use crate::{
    Asked, BytesHeld, FeedAnswer, FeedResult, Fetcher,
    feed_check::status_name,
    http::{
        client::{Answer, Ask, NoAnswer},
        error::shown,
        gate::PutOff,
        settings::Manner,
    },
    time::Watch,
};
use hmac::{Hmac, KeyInit, Mac, digest::block_api::EagerHash};
use jiff::Timestamp;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use std::time::Duration;
use url::{Host, Url, form_urlencoded::Serializer};
use wirewatch_model::{FailureKind, HostPause};

/// What a hub says when it refuses is read this far, in bytes.
const REFUSAL_BYTES: usize = 16 * 1024;
/// Of that, so many characters are kept.
const REFUSAL_LETTERS: usize = 200;

/// What a hub is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubMode {
    /// To push.
    Subscribe,
    /// To stop.
    Unsubscribe,
}

/// A request to a hub.
#[derive(Clone, Copy)]
pub struct HubRequest<'a> {
    /// The hub's address.
    pub hub: &'a str,
    /// What for.
    pub mode: HubMode,
    /// What the hub knows the feed by.
    pub topic: &'a str,
    /// Where the hub reaches us.
    pub callback: &'a str,
    /// For how long it should push; the hub decides.
    pub lease: Duration,
    /// What it should sign with, under 200 bytes.
    pub secret: &'a str,
}

/// Why a hub did not accept a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// Its host asked to be left alone, by the answer.
    #[error("{}", .0.reason)]
    Paused(HostPause),
    /// Its host is left alone for now.
    #[error("not asked: {} until {:.0}", .0.reason, .0.until)]
    NotAsked(PutOff),
    /// It answered that it will not.
    #[error("{said}")]
    Refused {
        /// Its status and the first line of its answer.
        said: String,
        /// It is not to be asked again before, by its `Retry-After`.
        not_before: Option<Timestamp>,
    },
    /// It could not be asked.
    #[error("{said}")]
    Failed {
        /// What happened.
        said: String,
        /// It is not to be asked again before, by a redirect on the way.
        not_before: Option<Timestamp>,
    },
}

impl Fetcher {
    /// Asks a hub to push, or to stop. It accepts with 202 and verifies afterwards at the callback.
    ///
    /// # Errors
    /// [`HubError`] when it does not accept.
    pub async fn ask_hub(&self, request: &HubRequest<'_>, now: Timestamp) -> Result<(), HubError> {
        let ask = Ask {
            accept: "*/*",
            conditions: Vec::new(),
            form: Some(form(request)),
            body_limit: REFUSAL_BYTES,
            host_pause: self.client().config().host_pause,
            crawl_delay: None,
            manner: Manner::default(),
            patience: self.client().patience_at_first(),
            wanted: |_| false,
            watch: Watch::start(now),
        };
        match self.ask_in_secret(request.hub, &ask).await {
            // 204 is how hubs of the time before the Recommendation accept.
            Ok(Answer { status: 202 | 204, .. }) => Ok(()),
            Ok(Answer { host_pause: Some(pause), .. }) => Err(HubError::Paused(pause)),
            Err(NoAnswer::NotAsked(put_off)) => Err(HubError::NotAsked(put_off)),
            Ok(answer) => {
                let not_before = answer.headers.retry_after(ask.watch.now()).max(answer.not_before);
                Err(HubError::Refused { said: refusal(&answer), not_before })
            }
            Err(NoAnswer::AskedInVain { put_off, .. }) => {
                let said = put_off.behind_redirect();
                Err(HubError::Failed { said, not_before: Some(put_off.until) })
            }
            Err(NoAnswer::Failed { message, not_before, .. }) => {
                Err(HubError::Failed { said: message, not_before })
            }
        }
    }

    /// Whether what a hub is told stays between us: at https, or at a socket that
    /// [`FetchConfig::allow_sockets`](crate::FetchConfig::allow_sockets) names.
    pub fn keeps_secrets(&self, hub: &str) -> bool {
        Url::parse(hub).is_ok_and(|url| self.is_secret(&url))
    }

    fn is_secret(&self, url: &Url) -> bool {
        let config = self.client().config();
        let socket = match url.host() {
            Some(Host::Domain(name)) => config.resolve.get(name).copied(),
            Some(Host::Ipv4(ip)) => url.port_or_known_default().map(|port| (ip, port).into()),
            Some(Host::Ipv6(ip)) => url.port_or_known_default().map(|port| (ip, port).into()),
            None => None,
        };
        url.scheme() == "https" || socket.is_some_and(|socket| config.allow_sockets.contains(&socket))
    }

    /// Asks, and follows redirects only as long as nobody on the way can read the form.
    async fn ask_in_secret(&self, hub: &str, ask: &Ask) -> Result<Answer, NoAnswer> {
        let mut walk = self.client().walk(hub)?;
        loop {
            if !self.is_secret(walk.url()) {
                let message = "the hub is not at https, where a secret would be read on the way".to_owned();
                return Err(NoAnswer::Failed {
                    kind: FailureKind::Address,
                    message,
                    hops: Vec::new(),
                    not_before: None,
                });
            }
            if let Some(answer) = self.client().step(&mut walk, ask).await? {
                return Ok(answer);
            }
        }
    }
}

impl FeedAnswer {
    /// A body a hub pushed, as if the feed had answered with it.
    pub fn pushed(
        topic: String,
        content_type: Option<&str>,
        body: Vec<u8>,
        held: BytesHeld,
        at: Timestamp,
    ) -> Self {
        let result = FeedResult::Answered {
            status: 200,
            headers: content_type.iter().map(|kind| ("content-type", *kind)).collect(),
            url: topic,
            body,
            cut: None,
            host_pause: None,
            not_before: None,
            held,
        };
        Self { at, elapsed: Duration::ZERO, asked: Asked::Nothing, hops: Vec::new(), result }
    }
}

fn form(request: &HubRequest<'_>) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("hub.topic", request.topic).append_pair("hub.callback", request.callback);
    match request.mode {
        HubMode::Subscribe => form
            .append_pair("hub.mode", "subscribe")
            .append_pair("hub.lease_seconds", &request.lease.as_secs().to_string())
            .append_pair("hub.secret", request.secret),
        HubMode::Unsubscribe => form.append_pair("hub.mode", "unsubscribe"),
    };
    form.finish()
}

/// The status, and the first line of what the hub says of it.
fn refusal(answer: &Answer) -> String {
    let said = String::from_utf8_lossy(&answer.body);
    let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line = shown(line, REFUSAL_LETTERS);
    let name = status_name(answer.status);
    if line.is_empty() {
        format!("the hub answers {name}")
    } else {
        format!("the hub answers {name}: {line}")
    }
}

/// Whether `X-Hub-Signature` (`method=hex`) is that of the body under the secret: HMAC with SHA-1, SHA-256,
/// SHA-384 or SHA-512 (WebSub §7.1), compared in constant time.
pub fn is_signed(signature: &str, secret: &str, body: &[u8]) -> bool {
    let Some((method, hex)) = signature.trim().split_once('=') else { return false };
    let Some(code) = bytes_of(hex.trim()) else { return false };
    let check = match method.trim().to_ascii_lowercase().as_str() {
        "sha1" => verify::<Sha1>,
        "sha256" => verify::<Sha256>,
        "sha384" => verify::<Sha384>,
        "sha512" => verify::<Sha512>,
        _ => return false,
    };
    check(secret.as_bytes(), body, &code)
}

fn verify<D: EagerHash>(secret: &[u8], body: &[u8], code: &[u8]) -> bool
where
    Hmac<D>: Mac + KeyInit,
{
    // A key of any length will do; a code of another length than the digest's is none.
    <Hmac<D> as KeyInit>::new_from_slice(secret)
        .is_ok_and(|hmac| hmac.chain_update(body).verify_slice(code).is_ok())
}

/// The bytes of a hexadecimal text, as long as the longest digest at most.
fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    if hex.len() > 128 || !hex.len().is_multiple_of(2) || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 2202 and RFC 4231, second test case each.
    const SIGNED: &[&str] = &[
        "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    ];
    const BODY: &[u8] = b"what do ya want for nothing?";

    #[test]
    fn the_four_methods_are_those_of_the_rfcs() {
        for signature in SIGNED {
            assert!(is_signed(signature, "Jefe", BODY), "{signature}");
            assert!(is_signed(&signature.to_uppercase().replace("SHA", "sha"), "Jefe", BODY), "{signature}");
        }
    }

    #[test]
    fn any_other_body_secret_code_or_method_is_refused() {
        for signature in SIGNED {
            assert!(!is_signed(signature, "jefe", BODY));
            assert!(!is_signed(signature, "Jefe", b"what do ya want for nothing"));
            let (method, code) = signature.split_once('=').expect("both");
            for wrong in [
                code.to_owned(),
                format!("md5={code}"),
                format!("{method}="),
                format!("{method}={}", &code[2..]),
                format!("{method}={}00", code),
                format!("{method}={}", code.replace(char::is_numeric, "0")),
                format!("{method}={}é", &code[..code.len() - 2]),
                String::new(),
            ] {
                assert!(!is_signed(&wrong, "Jefe", BODY), "{wrong}");
            }
        }
    }

    #[test]
    fn a_request_is_a_form_with_every_value_escaped() {
        let request = HubRequest {
            hub: "https://hub.example/",
            mode: HubMode::Subscribe,
            topic: "https://news.example/rss?a=1&b=2",
            callback: "https://us.example/websub/token",
            lease: Duration::from_secs(864_000),
            secret: "shh",
        };
        assert_eq!(
            form(&request),
            "hub.topic=https%3A%2F%2Fnews.example%2Frss%3Fa%3D1%26b%3D2\
             &hub.callback=https%3A%2F%2Fus.example%2Fwebsub%2Ftoken\
             &hub.mode=subscribe&hub.lease_seconds=864000&hub.secret=shh"
        );
        let stop = form(&HubRequest { mode: HubMode::Unsubscribe, ..request });
        assert!(stop.ends_with("&hub.mode=unsubscribe"), "a hub that is to stop needs no secret: {stop}");
    }

    proptest! {
        #[test]
        fn any_signature_is_an_answer(signature in "(sha(1|256))?[=a-fA-F0-9é ]{0,140}") {
            prop_assert!(!is_signed(&signature, "Jefe", b"another body"));
        }
    }
}
