//! One page: robots.txt is asked first, the answer is judged by its status and what it is.

use crate::{
    Fetcher,
    feed_check::status_name,
    http::{
        body::BodyEnd,
        budget::BytesHeld,
        client::{Answer, Ask, NoAnswer},
        headers::{Headers, conditions},
        robots::{READ_BYTES, Robots},
        walls::wall,
    },
    time::{after, later},
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use url::Url;
use wirewatch_model::{FailureKind, HostPause, Page, PageFailure, Validators};

const ACCEPT: &str = "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5";
const ROBOTS_ACCEPT: &str = "text/plain, */*;q=0.5";

/// Headers that are kept with an article as provenance.
const KEPT_HEADERS: &[&str] = &[
    "age",
    "cache-control",
    "content-language",
    "content-location",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "link",
    "server",
    "x-robots-tag",
];

/// How long robots.txt is believed, in seconds: a day when it was had, less when it was not.
const ROBOTS_SECS: i64 = 24 * 3600;
const ROBOTS_FAILED_SECS: i64 = 600;
/// A longer Crawl-delay is not waited for, in seconds: it would hold a worker.
const LONGEST_CRAWL_DELAY_SECS: u32 = 60;
/// Origins whose robots.txt is remembered.
const MANY_ORIGINS: usize = 4096;

/// A page to ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Its address.
    pub url: String,
    /// ETag and Last-Modified of the last answer, for a conditional request.
    pub validators: Option<Validators>,
    /// Pause between two requests to the host, in milliseconds; `None` for the configured one.
    pub host_pause_ms: Option<u32>,
}

/// What came of asking for a page.
#[derive(Debug)]
pub struct PageAnswer {
    /// The page, or why there is none.
    pub result: Result<PageResult, PageFailure>,
    /// A pause the host asked for by this answer; the caller keeps it for a restart.
    pub host_pause: Option<HostPause>,
}

/// A page, or the word that it has not changed.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly every answer is a page, and it is moved once")]
pub enum PageResult {
    /// The page, and the budget its bytes take until they are dropped.
    Page(Page, BytesHeld),
    /// 304 to a conditional request.
    NotModified,
}

impl Fetcher {
    /// Asks for the page of an entry.
    pub async fn fetch_page(&self, request: &PageRequest, now: Timestamp) -> PageAnswer {
        let started = Instant::now();
        let mut pause = self.pause(request.host_pause_ms);
        let url = match self.client().parse(&request.url) {
            Ok(url) => url,
            Err(error) => return failed(lasting(None, error.to_string()), None),
        };
        match self.robots(&url, pause, now).await {
            Err(Refused { failure, host_pause }) => return failed(failure, host_pause),
            Ok(robots) => {
                if !robots.allows(&url[url::Position::BeforePath..url::Position::AfterQuery]) {
                    return failed(lasting(None, "robots.txt does not allow this page".to_owned()), None);
                }
                let delay = robots.crawl_delay_secs.unwrap_or(0).min(LONGEST_CRAWL_DELAY_SECS);
                pause = pause.max(Duration::from_secs(delay.into()));
            }
        }
        let conditions = request.validators.as_ref().map(conditions).unwrap_or_default();
        let conditional = !conditions.is_empty();
        let ask = Ask {
            url: &request.url,
            accept: ACCEPT,
            conditions,
            body_limit: self.client().config().page_body_limit,
            host_pause: pause,
            wanted: may_be_html,
            now: later(now, started.elapsed()),
        };
        match self.client().ask(&ask).await {
            Ok(answer) => judge(answer, conditional, later(now, started.elapsed())),
            Err(no_answer) => failed(no_page(no_answer), None),
        }
    }

    /// The rules for the origin of a page, from memory or asked for now.
    async fn robots(&self, url: &Url, pause: Duration, now: Timestamp) -> Result<Arc<Robots>, Refused> {
        let slot = self.robots_memory().slot(url, now);
        let mut slot = slot.lock().await;
        if let Some(kept) = slot.as_ref().filter(|kept| kept.until > now) {
            return kept.rules.clone().map_err(|message| Refused::for_now(message, kept.until));
        }
        let Ok(address) = url.join("/robots.txt") else { return Ok(Arc::default()) };
        let ask = Ask {
            url: address.as_str(),
            accept: ROBOTS_ACCEPT,
            conditions: Vec::new(),
            body_limit: READ_BYTES,
            host_pause: pause,
            wanted: |_| true,
            now,
        };
        let answer = self.client().ask(&ask).await;
        let rules = match answer {
            Err(NoAnswer::Paused(pause)) => return Err(Refused::paused(&pause, None)),
            Ok(Answer { host_pause: Some(pause), .. }) => {
                return Err(Refused::paused(&pause.clone(), Some(pause)));
            }
            Ok(answer) => rules_of(&answer, self.product_token()),
            // A robots.txt that redirects in circles or away is not there (RFC 9309 §2.3.1.2).
            Err(NoAnswer::Failed { kind: FailureKind::Redirect, .. }) => Ok(Arc::default()),
            Err(NoAnswer::Failed { message, .. }) => Err(format!("robots.txt could not be had: {message}")),
        };
        let secs = if rules.is_ok() { ROBOTS_SECS } else { ROBOTS_FAILED_SECS };
        let until = after(now, secs);
        *slot = Some(Kept { rules: rules.clone(), until });
        rules.map_err(|message| Refused::for_now(message, until))
    }
}

/// robots.txt of the origins asked lately.
#[derive(Debug, Default)]
pub(crate) struct RobotsMemory {
    origins: Mutex<HashMap<String, Slot>>,
}

/// Locked while robots.txt is being asked for, so that it is asked for once.
type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

#[derive(Debug)]
struct Kept {
    /// The rules, or why nothing may be asked for at the moment.
    rules: Result<Arc<Robots>, String>,
    until: Timestamp,
}

impl RobotsMemory {
    fn slot(&self, url: &Url, now: Timestamp) -> Slot {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if origins.len() >= MANY_ORIGINS {
            origins.retain(|_, slot| {
                Arc::strong_count(slot) > 1
                    || slot.try_lock().is_ok_and(|kept| kept.as_ref().is_some_and(|kept| kept.until > now))
            });
        }
        let origin = url[..url::Position::BeforePath].to_owned();
        origins.entry(origin).or_default().clone()
    }
}

/// A page that may not be asked for now.
struct Refused {
    failure: PageFailure,
    host_pause: Option<HostPause>,
}

impl Refused {
    fn for_now(reason: String, until: Timestamp) -> Self {
        let failure = PageFailure { status: None, reason, lasting: false, retry_after: Some(until) };
        Self { failure, host_pause: None }
    }

    fn paused(pause: &HostPause, news: Option<HostPause>) -> Self {
        Self { failure: paused(pause), host_pause: news }
    }
}

fn rules_of(answer: &Answer, token: &str) -> Result<Arc<Robots>, String> {
    match answer.status {
        200..=299 => Ok(Arc::new(Robots::parse(&answer.body, token))),
        500.. => Err(format!("robots.txt could not be had: {}", status_name(answer.status))),
        _ => Ok(Arc::default()),
    }
}

fn judge(answer: Answer, conditional: bool, at: Timestamp) -> PageAnswer {
    let Answer { url, hops, status, headers, body, end, held, host_pause } = answer;
    let retry_after = headers.retry_after(at).max(host_pause.as_ref().map(|pause| pause.until));
    let failure =
        |reason: String, lasting| PageFailure { status: Some(status), reason, lasting, retry_after };
    let result = match status {
        304 if conditional => Ok(PageResult::NotModified),
        429 => Err(failure(status_name(status), false)),
        _ if let Some(by) = wall(status, &headers, &body) => {
            Err(failure(format!("{by} keeps programs out"), true))
        }
        200 | 203 => match no_article(&headers, &body, &end) {
            Some((reason, lasting)) => Err(failure(reason, lasting)),
            None => {
                let redirects = hops.into_iter().map(|hop| hop.url).collect();
                Ok(PageResult::Page(page(url.into(), redirects, status, &headers, body, at), held))
            }
        },
        _ => Err(failure(status_name(status), matches!(status, 401 | 403 | 404 | 410 | 451))),
    };
    PageAnswer { result, host_pause }
}

/// Why an answer that is a success still holds no page, and whether for good. A page over the cap is
/// taken as far as it was read: what follows five megabytes of markup is no article text.
fn no_article(headers: &Headers, body: &[u8], end: &BodyEnd) -> Option<(String, bool)> {
    if !may_be_html(headers) {
        return Some((format!("the page is no HTML but {}", essence(headers)), true));
    }
    match end {
        BodyEnd::Broken(message) => return Some((format!("the page broke off: {message}"), false)),
        BodyEnd::Slow => return Some(("the page came too slowly".to_owned(), false)),
        BodyEnd::Whole | BodyEnd::Capped => {}
    }
    if body.trim_ascii().is_empty() {
        return Some(("the page is empty".to_owned(), false));
    }
    crate::feed::binary_kind(body).map(|kind| (format!("the page is no HTML but {kind}"), true))
}

fn page(
    url: String,
    redirects: Vec<String>,
    status: u16,
    headers: &Headers,
    body: Vec<u8>,
    at: Timestamp,
) -> Page {
    let kept = headers.iter().filter(|(name, _)| KEPT_HEADERS.contains(name));
    Page {
        url,
        redirects,
        status,
        headers: kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        content_type: headers.get("content-type").map(str::to_owned),
        sha256: Sha256::digest(&body).into(),
        body,
        fetched_at: at,
    }
}

/// Whether the declared type can be a page; servers label pages as plain text or bytes too.
fn may_be_html(headers: &Headers) -> bool {
    let essence = essence(headers);
    essence.is_empty()
        || !essence.contains('/')
        || ["text/html", "text/plain", "text/xml", "application/octet-stream"].contains(&essence.as_str())
        || (essence.contains("xml")
            && !["rss", "atom", "svg", "officedocument"].iter().any(|no| essence.contains(no)))
}

/// The declared type without its parameters.
fn essence(headers: &Headers) -> String {
    let value = headers.get("content-type").unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn no_page(no_answer: NoAnswer) -> PageFailure {
    match no_answer {
        NoAnswer::Paused(pause) => paused(&pause),
        NoAnswer::Failed { kind, message, .. } => {
            let lasting = kind == FailureKind::Address;
            PageFailure { status: None, reason: message, lasting, retry_after: None }
        }
    }
}

fn paused(pause: &HostPause) -> PageFailure {
    let reason = format!("{} asked to be left alone: {}", pause.host, pause.reason);
    PageFailure { status: None, reason, lasting: false, retry_after: Some(pause.until) }
}

fn lasting(status: Option<u16>, reason: String) -> PageFailure {
    PageFailure { status, reason, lasting: true, retry_after: None }
}

fn failed(failure: PageFailure, host_pause: Option<HostPause>) -> PageAnswer {
    PageAnswer { result: Err(failure), host_pause }
}
