//! What a failed request was, in the words of the model.

use crate::http::guard::AddressError;
use std::error::Error;
use wirewatch_model::FailureKind;

/// What others wrote as a message may show it: without control characters, `most` of the others.
pub(crate) fn shown(text: &str, most: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(most).collect()
}

/// All messages of an error and its sources, without repeating one.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        source = error.source();
    }
    text
}

/// The class of a failed request, and what happened in words a person can act on. What is between us and
/// a proxy (`proxied`) is the proxy's.
pub(crate) fn classify(error: reqwest::Error, proxied: bool) -> (FailureKind, String) {
    let error = error.without_url();
    let address = sources(&error).find_map(|source| source.downcast_ref::<AddressError>());
    if let Some(address) = address {
        return (FailureKind::Address, address.to_string());
    }
    let tls = sources(&error).any(|source| source.is::<rustls::Error>());
    let message = chain(&error);
    // A network that swallows packets is known by connections that do not come about in time.
    let (kind, meaning) = if error.is_timeout() && !error.is_connect() {
        (FailureKind::Timeout, "the server is too slow or does not answer")
    } else if tls || message.contains("certificate") {
        (FailureKind::Tls, "no safe connection; its certificate may be over or wrong")
    } else if error.is_dns() {
        // What the resolver of the machine says of it tells a person nothing more.
        let whose = if proxied { "its proxy" } else { "its host" };
        return (FailureKind::Dns, format!("{whose} has no address; is it spelt right?"));
    } else if error.is_connect() && proxied {
        (FailureKind::Network, "no connection through its proxy; is it running?")
    } else if error.is_connect() {
        (FailureKind::Network, "no connection to its host")
    } else if error.is_body() || error.is_decode() {
        (FailureKind::Body, "the body cannot be read")
    } else {
        (FailureKind::Network, "the connection broke, or the answer is no HTTP")
    };
    (kind, format!("{meaning} ({})", cause(&message)))
}

/// What happened below the HTTP library, without its own words before it.
fn cause(message: &str) -> &str {
    [
        "error sending request: ",
        "client error (Connect): ",
        "client error (SendRequest): ",
        "tcp connect error: ",
    ]
    .iter()
    .fold(message, |rest, words| rest.strip_prefix(words).unwrap_or(rest))
}

/// The error and everything below it; `io::Error` hides what it wraps from `source`.
fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error: &'a (dyn Error + 'static) = next?;
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
        Some(error)
    })
}
