//! One page: robots.txt is asked first, the answer is judged by its status and what it is.

use crate::{
    Fetcher,
    feed_check::status_name,
    http::{
        body::BodyEnd,
        budget::BytesHeld,
        client::{Answer, Ask, NoAnswer, Walk},
        gate::PutOff,
        headers::{Headers, conditions},
        settings::{Manner, SettingsError},
        walls::wall,
    },
    permission::AsPage,
    time::{Watch, after},
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use wirewatch_model::{FailureKind, FeedSettings, HostPause, Page, PageFailure, Validators};
use xxhash_rust::xxh3::xxh3_64;

const ACCEPT: &str = "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5";

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

/// A page whose redirect led to a busy host is asked for again after this, in seconds, and up to twice it.
const AGAIN_SECS: i64 = 600;

/// A page to ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Its address.
    pub url: String,
    /// ETag and Last-Modified of the last answer, for a conditional request.
    pub validators: Option<Validators>,
    /// Settings of the feed it belongs to: pause, User-Agent, proxy and version of HTTP count for its
    /// pages too, its headers do not.
    pub settings: FeedSettings,
}

/// What came of asking for a page.
#[derive(Debug)]
pub struct PageAnswer {
    /// What came of it, or why the page could not be had.
    pub result: Result<PageResult, PageFailure>,
    /// A pause the host asked for by this answer; the caller keeps it for a restart.
    pub host_pause: Option<HostPause>,
}

/// A page, or the word that there is none to read now and none that failed.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly every answer is a page, and it is moved once")]
pub enum PageResult {
    /// The page, and the budget its bytes take until they are dropped.
    Page(Page, BytesHeld),
    /// 304 to a conditional request.
    NotModified,
    /// The page was not asked for, or answered 429: its host is left alone. Nothing is known of the page, so
    /// this counts as no failed attempt.
    Postponed {
        /// When to ask again.
        until: Timestamp,
        /// Why, in words a person can act on.
        reason: String,
    },
}

impl Fetcher {
    /// Asks for the page of an entry. Every address on the way, the targets of redirects too, is
    /// asked only when the robots.txt of its origin allows it.
    pub async fn fetch_page(&self, request: &PageRequest, now: Timestamp) -> PageAnswer {
        self.walk_to_page(request, Watch::start(now)).await.unwrap_or_else(PageAnswer::from)
    }

    async fn walk_to_page(&self, request: &PageRequest, watch: Watch) -> Result<PageAnswer, NoPage> {
        let pause = self.pause(request.settings.host_pause_ms);
        let manner = Manner::of_pages(&request.settings, &self.client().config().variables)?;
        let conditions = request.validators.as_ref().map(conditions).unwrap_or_default();
        let conditional = !conditions.is_empty();
        let mut ask = Ask {
            accept: ACCEPT,
            conditions,
            form: None,
            body_limit: self.client().config().page_body_limit,
            host_pause: pause,
            crawl_delay: None,
            manner,
            patience: self.client().patience_at_first(),
            wanted: may_be_html,
            watch,
        };
        let mut walk = self.client().walk(&request.url)?;
        let none = |no_page: NoPage, walk: &Walk| {
            if walk.is_redirected() { no_page.behind_redirect(&request.url) } else { no_page }
        };
        loop {
            let crawl_delay = self.permission(walk.url(), &as_page(&ask)).await;
            let crawl_delay = crawl_delay.map_err(|no_page| none(no_page, &walk))?;
            ask.crawl_delay = Some(crawl_delay);
            let stepped = self.client().step(&mut walk, &ask).await;
            if let Some(answer) = stepped.map_err(|error| none(error.into(), &walk))? {
                return Ok(judge(answer, conditional, watch.now()));
            }
            ask.patience = self.client().patience_after_redirect();
        }
    }
}

fn as_page(ask: &Ask) -> AsPage<'_> {
    AsPage { pause: ask.host_pause, manner: &ask.manner, patience: ask.patience, watch: ask.watch }
}

/// Why no answer to the page itself was had.
pub(crate) enum NoPage {
    Failed(PageFailure),
    Postponed {
        until: Timestamp,
        reason: String,
        /// The pause, when the host asked for it just now.
        host_pause: Option<HostPause>,
    },
}

impl NoPage {
    /// The host asked for a pause just now.
    pub(crate) fn paused(pause: HostPause) -> Self {
        let reason = format!("{} asked for a pause: {}", pause.host, pause.reason);
        Self::Postponed { until: pause.until, reason, host_pause: Some(pause) }
    }

    /// Nothing was asked.
    pub(crate) fn not_asked(put_off: PutOff) -> Self {
        Self::Postponed { until: put_off.until, reason: put_off.reason, host_pause: None }
    }

    /// Who was put off behind a redirect has asked something, and in vain: the next time is a while away, and
    /// not the same for all who are.
    fn behind_redirect(self, url: &str) -> Self {
        match self {
            Self::Postponed { until, reason, host_pause: None } => {
                let spread = xxh3_64(url.as_bytes()).cast_signed().rem_euclid(AGAIN_SECS);
                let reason = format!("it redirects, and {reason} until {until:.0}");
                Self::Postponed { until: after(until, AGAIN_SECS + spread), reason, host_pause: None }
            }
            other => other,
        }
    }
}

impl From<SettingsError> for NoPage {
    fn from(error: SettingsError) -> Self {
        let reason = format!("a setting of the feed cannot be used: {error}");
        Self::Failed(PageFailure { status: None, reason, lasting: false, retry_after: None })
    }
}

impl From<NoAnswer> for NoPage {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::NotAsked(put_off) | NoAnswer::AskedInVain { put_off, .. } => Self::not_asked(put_off),
            NoAnswer::Failed { kind, message, not_before, .. } => {
                let lasting = kind == FailureKind::Address;
                Self::Failed(PageFailure { status: None, reason: message, lasting, retry_after: not_before })
            }
        }
    }
}

impl From<NoPage> for PageAnswer {
    fn from(no_page: NoPage) -> Self {
        match no_page {
            NoPage::Failed(failure) => Self { result: Err(failure), host_pause: None },
            NoPage::Postponed { until, reason, host_pause } => {
                Self { result: Ok(PageResult::Postponed { until, reason }), host_pause }
            }
        }
    }
}

fn judge(answer: Answer, conditional: bool, at: Timestamp) -> PageAnswer {
    let Answer { url, hops, status, headers, body, end, held, host_pause, not_before } = answer;
    if let Some(pause) = host_pause {
        // 429: a request to wait is no failure of the page.
        return NoPage::paused(pause).into();
    }
    let retry_after = headers.retry_after(at).max(not_before);
    let failure =
        |reason: String, lasting| PageFailure { status: Some(status), reason, lasting, retry_after };
    let result = match status {
        304 if conditional => Ok(PageResult::NotModified),
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
    PageAnswer { result, host_pause: None }
}

/// Why an answer that is a success still holds no page, and whether for good.
fn no_article(headers: &Headers, body: &[u8], end: &BodyEnd) -> Option<(String, bool)> {
    if !may_be_html(headers) {
        return Some((format!("the page is no HTML but {}", essence(headers)), true));
    }
    match end {
        BodyEnd::Broken(message) => return Some((format!("the page broke off: {message}"), false)),
        BodyEnd::Slow => return Some(("the page came too slowly".to_owned(), false)),
        // Half of a page is no article; what is that large is no page of news.
        BodyEnd::Capped => return Some((format!("the page is larger than {} bytes", body.len()), true)),
        BodyEnd::Whole => {}
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
