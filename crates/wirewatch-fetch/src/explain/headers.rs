//! What the headers of an answer mean for us.

use super::{Line, Seen, line};
use crate::{
    http::headers::{Headers, Lifetime},
    time::{http_date, seconds_between, span_in_words},
};
use jiff::Timestamp;

const SENT_BACK: &str = "sent back with the next request: an unchanged feed then costs nothing";

/// The headers that mattered, in the order of their weight.
pub(super) fn explain(seen: &Seen, body_bytes: u64) -> Vec<Line> {
    let (headers, at) = (&seen.headers, seen.at);
    let mut lines = Vec::new();
    let mut push = |name: &'static str, meaning: &dyn Fn(&str) -> String| {
        let value = headers.joined(name);
        if !value.is_empty() {
            let meaning = meaning(&value);
            lines.push(line(name, value, meaning));
        }
    };
    push("content-type", &content_type);
    push("content-encoding", &|_| format!("packed; {} KB unpacked", body_bytes.div_ceil(1024)));
    push("etag", &|_| SENT_BACK.to_owned());
    push("last-modified", &|_| SENT_BACK.to_owned());
    push("cache-control", &|value| cache_control(value, headers, at));
    push("age", &|_| "it lay in a cache for so many seconds: taken off max-age".to_owned());
    push("expires", &|value| expires(value, headers, at));
    push("retry-after", &|_| match headers.retry_after(at) {
        Some(until) => format!("not asked before {}", seen.clock(until)),
        None => "neither seconds nor a date: passed over".to_owned(),
    });
    push("link", &|value| link(value));
    push("set-cookie", &|_| "cookies are never kept".to_owned());
    push("server", &|_| String::new());
    if headers.get("etag").or(headers.get("last-modified")).is_none() {
        let meaning = "every request carries the whole feed, so it is asked at most once an hour unless the publisher grants more";
        lines.push(line("validators", "none", meaning));
    }
    lines
}

fn content_type(value: &str) -> String {
    let lower = value.to_ascii_lowercase();
    let is_feed = ["xml", "json", "rss", "atom"].iter().any(|word| lower.contains(word));
    let charset = match (lower.contains("charset="), is_feed) {
        (true, _) => "its charset is tried first",
        (false, _) => "no charset: the declaration in the body is tried first, then the bytes themselves",
    };
    if is_feed { charset.to_owned() } else { format!("no type of a feed, read all the same; {charset}") }
}

fn cache_control(value: &str, headers: &Headers, at: Timestamp) -> String {
    let max_age = value.to_ascii_lowercase().contains("max-age");
    match headers.lifetime(at).filter(|lifetime| max_age && lifetime.secs > 0) {
        Some(Lifetime { secs, reusable: true }) => {
            format!("grants {}: not asked sooner, and as often as that", span_in_words(secs))
        }
        Some(Lifetime { secs, reusable: false }) => {
            format!(
                "not to be kept, so it grants nothing, but is not asked sooner than in {}",
                span_in_words(secs)
            )
        }
        None => "grants nothing: the usual floor stays".to_owned(),
    }
}

fn expires(value: &str, headers: &Headers, at: Timestamp) -> String {
    if headers.joined("cache-control").to_ascii_lowercase().contains("max-age") {
        return "max-age outranks it".to_owned();
    }
    match (http_date(value), headers.granted_secs(at)) {
        (None, _) => "no date: passed over".to_owned(),
        (Some(_), Some(secs)) => format!("grants {}: not asked sooner", span_in_words(secs)),
        (Some(date), None) if seconds_between(date, at) >= 0 => {
            "over already: the usual floor stays".to_owned()
        }
        (Some(_), None) => "grants nothing: the usual floor stays".to_owned(),
    }
}

fn link(value: &str) -> String {
    let lower = value.to_ascii_lowercase();
    if lower.contains("rel=\"hub\"") || lower.contains("rel=hub") {
        "names a WebSub hub: it can push what is new".to_owned()
    } else {
        String::new()
    }
}
