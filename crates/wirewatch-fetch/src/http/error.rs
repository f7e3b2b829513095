//! What a failed request was, in the words of the model.

use crate::http::guard::AddressError;
use std::error::Error;
use wirewatch_model::FailureKind;

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

/// The class of a failed request and what happened.
pub(crate) fn classify(error: reqwest::Error) -> (FailureKind, String) {
    let error = error.without_url();
    let address = sources(&error).find_map(|source| source.downcast_ref::<AddressError>());
    if let Some(address) = address {
        return (FailureKind::Address, address.to_string());
    }
    let tls = sources(&error).any(|source| source.is::<rustls::Error>());
    let message = chain(&error);
    let kind = if error.is_timeout() {
        FailureKind::Timeout
    } else if tls || message.contains("certificate") {
        FailureKind::Tls
    } else if error.is_dns() {
        FailureKind::Dns
    } else if error.is_body() || error.is_decode() {
        FailureKind::Body
    } else {
        FailureKind::Network
    };
    (kind, message)
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
