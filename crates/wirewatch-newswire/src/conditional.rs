//! Conditional requests and content coding (RFC 9110 §8.8, §12.5.3, §13).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;
use std::io::Write;

/// Suffix of the ETag of a compressed representation: strong tags differ between codings.
const GZIP_SUFFIX: &str = "-gz";

/// Bodies below this many bytes are sent as they are.
const GZIP_FROM_BYTES: usize = 512;

/// What a host answers, before the request's conditions are looked at.
pub(crate) struct Document {
    pub(crate) content_type: String,
    pub(crate) body: Coded,
    pub(crate) etag: Option<StepTag>,
    pub(crate) last_modified: Option<Timestamp>,
}

/// A body as it is stored.
pub(crate) enum Coded {
    Plain(Vec<u8>),
    /// Both forms: as stored and how to have it without the coding.
    Gzip(Vec<u8>),
}

/// An ETag that knows how far its resource has come: `"HASH-STEP"`.
///
/// The hash covers every state the resource will ever have, so that another edition of the content
/// has other tags; a tag of a later step is recognised as newer than what is on show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StepTag {
    pub(crate) hash: u64,
    pub(crate) step: usize,
}

impl StepTag {
    fn header(self, gzip: bool) -> String {
        let suffix = if gzip { GZIP_SUFFIX } else { "" };
        format!("\"{:016x}-{}{suffix}\"", self.hash, self.step)
    }

    /// Whether one of the tags in an `If-None-Match` field is this state or a later one.
    fn is_known_to(self, field: &str) -> bool {
        field.split(',').map(str::trim).any(|tag| {
            let opaque = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
            let opaque = opaque.strip_suffix(GZIP_SUFFIX).unwrap_or(opaque);
            tag == "*"
                || opaque.split_once('-').is_some_and(|(hash, step)| {
                    hash == format!("{:016x}", self.hash)
                        && step.parse::<usize>().is_ok_and(|step| step >= self.step)
                })
        })
    }
}

/// Whether a request carries validators.
pub(crate) fn is_conditional(headers: &HeaderMap) -> bool {
    headers.contains_key(header::IF_NONE_MATCH) || headers.contains_key(header::IF_MODIFIED_SINCE)
}

/// The answer to a GET: 304 when the client has this state or a later one, else the document.
pub(crate) fn respond(document: Document, headers: &HeaderMap) -> Response {
    let gzip = accepts_gzip(headers)
        && match &document.body {
            Coded::Plain(body) => body.len() >= GZIP_FROM_BYTES,
            Coded::Gzip(_) => true,
        };
    let fresh = is_fresh(&document, headers);
    let body = if fresh {
        Vec::new()
    } else {
        match (document.body, gzip) {
            (Coded::Plain(body), false) | (Coded::Gzip(body), true) => body,
            (Coded::Plain(body), true) => compress(&body),
            (Coded::Gzip(body), false) => match decompress(&body) {
                Ok(body) => body,
                Err(error) => return plain(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
            },
        }
    };
    let mut response = Response::new(Body::from(body));
    let fields = response.headers_mut();
    put(fields, header::VARY, "Accept-Encoding");
    if let Some(etag) = document.etag {
        put(fields, header::ETAG, &etag.header(gzip));
    }
    if let Some(at) = document.last_modified {
        put(fields, header::LAST_MODIFIED, &http_date(at));
    }
    if fresh {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    put(fields, header::CONTENT_TYPE, &document.content_type);
    if gzip {
        put(fields, header::CONTENT_ENCODING, "gzip");
    }
    response
}

/// A short answer in plain text.
pub(crate) fn plain(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    put(response.headers_mut(), header::CONTENT_TYPE, "text/plain; charset=utf-8");
    response
}

/// Sets a field; a value that is no header text is left out.
pub(crate) fn put(fields: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        fields.insert(name, value);
    }
}

/// An instant as HTTP writes it.
pub(crate) fn http_date(at: Timestamp) -> String {
    // Only years outside 0..=9999 cannot be written; the press has none.
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

pub(crate) fn compress(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

fn decompress(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(body), &mut plain)?;
    Ok(plain)
}

/// RFC 9110 §13.1.3: `If-Modified-Since` is ignored beside `If-None-Match`.
fn is_fresh(document: &Document, headers: &HeaderMap) -> bool {
    if let Some(field) = text_of(headers, header::IF_NONE_MATCH) {
        return document.etag.is_some_and(|etag| etag.is_known_to(field));
    }
    let since = text_of(headers, header::IF_MODIFIED_SINCE)
        .and_then(|text| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok());
    matches!((document.last_modified, since), (Some(modified), Some(since)) if modified <= since)
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    text_of(headers, header::ACCEPT_ENCODING).is_some_and(|field| {
        field.split(',').any(|coding| {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = parameters.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
            matches!(name.trim(), "gzip" | "*") && !refused
        })
    })
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn document() -> Document {
        Document {
            content_type: "text/html".to_owned(),
            body: Coded::Plain(vec![b'a'; 2_000]),
            etag: Some(StepTag { hash: 7, step: 3 }),
            last_modified: Some("2022-01-10T09:00:00Z".parse().expect("a time")),
        }
    }

    #[track_caller]
    fn check(fields: &[(HeaderName, &str)], want: StatusCode) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            put(&mut headers, name.clone(), value);
        }
        assert_eq!(respond(document(), &headers).status(), want);
    }

    #[test]
    fn the_same_or_a_later_state_is_not_sent_again() {
        for tag in ["\"0000000000000007-3\"", "W/\"0000000000000007-3-gz\"", "\"0000000000000007-4\"", "*"] {
            check(&[(header::IF_NONE_MATCH, tag)], StatusCode::NOT_MODIFIED);
            check(&[(header::IF_NONE_MATCH, &format!("\"x\", {tag}"))], StatusCode::NOT_MODIFIED);
        }
        check(&[(header::IF_MODIFIED_SINCE, "Mon, 10 Jan 2022 09:00:00 GMT")], StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn an_earlier_or_unknown_state_is_sent() {
        for tag in ["\"0000000000000007-2\"", "\"0000000000000008-3\"", "\"\"", "nonsense"] {
            check(&[(header::IF_NONE_MATCH, tag)], StatusCode::OK);
        }
        check(&[(header::IF_MODIFIED_SINCE, "Mon, 10 Jan 2022 08:59:59 GMT")], StatusCode::OK);
        check(&[(header::IF_MODIFIED_SINCE, "yesterday")], StatusCode::OK);
        check(&[], StatusCode::OK);
    }

    #[test]
    fn a_tag_that_does_not_match_outweighs_a_date_that_does() {
        let date = (header::IF_MODIFIED_SINCE, "Tue, 11 Jan 2022 09:00:00 GMT");
        check(&[(header::IF_NONE_MATCH, "\"x\""), date], StatusCode::OK);
    }

    #[test]
    fn gzip_is_sent_only_when_asked_for() {
        for (field, coded) in
            [("gzip, br", true), ("br;q=1, gzip;q=0.5", true), ("gzip;q=0", false), ("identity", false)]
        {
            let mut headers = HeaderMap::new();
            put(&mut headers, header::ACCEPT_ENCODING, field);
            let response = respond(document(), &headers);
            assert_eq!(response.headers().contains_key(header::CONTENT_ENCODING), coded, "{field}");
        }
    }

    proptest! {
        #[test]
        fn no_field_breaks_an_answer(none_match in "[ -~]{0,60}", since in "[ -~]{0,40}", coding in "[ -~]{0,40}") {
            let mut headers = HeaderMap::new();
            put(&mut headers, header::IF_NONE_MATCH, &none_match);
            put(&mut headers, header::IF_MODIFIED_SINCE, &since);
            put(&mut headers, header::ACCEPT_ENCODING, &coding);
            let status = respond(document(), &headers).status();
            prop_assert!(status == StatusCode::OK || status == StatusCode::NOT_MODIFIED);
        }

        #[test]
        fn a_tag_is_known_to_its_own_step_and_to_earlier_ones(hash: u64, step in 0..1_000usize, behind in 0..1_000usize, gzip: bool) {
            let tag = |step| StepTag { hash, step };
            let later = tag(step + behind).header(gzip);
            prop_assert!(tag(step).is_known_to(&later));
            prop_assert!(!tag(step + behind + 1).is_known_to(&later));
        }
    }
}
