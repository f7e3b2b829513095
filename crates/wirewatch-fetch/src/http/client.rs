//! One guarded request: each hop of a redirect is checked, waits for its host's turn and is bounded.

use crate::{
    FetchConfig, FetchSetupError,
    http::{
        body::{self, Body, BodyEnd, BodyLimits},
        budget::{Budget, BytesHeld},
        error::classify,
        gate::Gates,
        guard::{AddressGuard, GuardedResolver},
        headers::Headers,
    },
    time::Watch,
};
use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use url::Url;
use wirewatch_model::{FailureKind, HostPause};

/// The body of an answer that is no success is read this far: enough to name a wall.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// The client that feeds, pages and robots.txt share.
pub(crate) struct Client {
    http: reqwest::Client,
    guard: Arc<AddressGuard>,
    gates: Gates,
    budget: Budget,
    config: FetchConfig,
}

/// One thing to ask for.
pub(crate) struct Ask {
    pub(crate) accept: &'static str,
    /// Conditional headers, byte for byte.
    pub(crate) conditions: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body_limit: usize,
    pub(crate) host_pause: Duration,
    /// Whether the body of a success is worth reading, by its headers.
    pub(crate) wanted: fn(&Headers) -> bool,
    pub(crate) watch: Watch,
}

/// A request on its way through redirects.
pub(crate) struct Walk {
    url: Url,
    hops: Vec<Hop>,
    /// What is left of the time for all of it.
    left: Duration,
}

impl Walk {
    /// The address that is asked next.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }
}

/// A redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The address that redirected.
    pub url: String,
    /// With which status.
    pub status: u16,
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) url: Url,
    pub(crate) hops: Vec<Hop>,
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
    pub(crate) end: BodyEnd,
    pub(crate) held: BytesHeld,
    /// A pause the host asked for by this answer.
    pub(crate) host_pause: Option<HostPause>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The host asked to be left alone: nothing was sent.
    Paused(HostPause),
    /// The request failed.
    Failed { kind: FailureKind, message: String, hops: Vec<Hop> },
}

impl Client {
    pub(crate) fn new(config: FetchConfig) -> Result<Self, FetchSetupError> {
        // Another part of the process may have installed a provider already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Arc::new(AddressGuard::new(&config.allow_sockets, &config.resolve));
        let user_agent = HeaderValue::from_str(&config.user_agent).map_err(|_| FetchSetupError::UserAgent)?;
        let http = reqwest::Client::builder()
            .user_agent(user_agent)
            .no_proxy()
            .referer(false)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .dns_resolver(GuardedResolver(guard.clone()))
            .connect_timeout(config.connect_timeout)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| FetchSetupError::Client(crate::http::error::chain(&error)))?;
        let budget = Budget::new(config.bytes_in_flight, config.feed_body_limit.max(config.page_body_limit));
        Ok(Self { http, guard, gates: Gates::default(), budget, config })
    }

    pub(crate) fn config(&self) -> &FetchConfig {
        &self.config
    }

    pub(crate) fn gates(&self) -> &Gates {
        &self.gates
    }

    /// Asks, follows redirects and reads the body. Time spent waiting for a host's turn or for the
    /// budget does not count against the timeouts.
    pub(crate) async fn ask(&self, address: &str, ask: &Ask) -> Result<Answer, NoAnswer> {
        let mut walk = self.walk(address)?;
        loop {
            if let Some(answer) = self.step(&mut walk, ask).await? {
                return Ok(answer);
            }
        }
    }

    /// Sets out for an address. Who must look at each redirect before it is followed calls
    /// [`Client::step`] until there is an answer.
    pub(crate) fn walk(&self, address: &str) -> Result<Walk, NoAnswer> {
        let url = self.guard.parse(address).map_err(|error| NoAnswer::Failed {
            kind: FailureKind::Address,
            message: error.to_string(),
            hops: Vec::new(),
        })?;
        Ok(Walk { url, hops: Vec::new(), left: self.config.total_timeout })
    }

    /// Makes one request: `None` when it was redirected, and the walk now stands before the target.
    pub(crate) async fn step(&self, walk: &mut Walk, ask: &Ask) -> Result<Option<Answer>, NoAnswer> {
        let host = walk.url.host_str().unwrap_or_default().to_owned();
        let turn = self.gates.enter(&host, ask.host_pause, ask.watch).await.map_err(NoAnswer::Paused)?;
        let sent = Instant::now();
        let response = self
            .send(&walk.url, ask, walk.left)
            .await
            .map_err(|(kind, message)| NoAnswer::Failed { kind, message, hops: walk.hops.clone() })?;
        walk.left = walk.left.saturating_sub(sent.elapsed());
        let status = response.status().as_u16();
        let headers = Headers::from(response.headers());
        if let Some(target) = redirect_target(status, response.headers()) {
            drop((response, turn));
            walk.hops.push(Hop { url: walk.url.as_str().to_owned(), status });
            walk.url = self.next_hop(&walk.url, &target, &walk.hops)?;
            return Ok(None);
        }
        let host_pause = self.note_status(&host, status, &headers, ask.watch.now());
        let Body { bytes, end, held } = self.read_body(response, &headers, ask, walk.left).await;
        let (url, hops) = (walk.url.clone(), std::mem::take(&mut walk.hops));
        Ok(Some(Answer { url, hops, status, headers, body: bytes, end, held, host_pause }))
    }

    async fn send(
        &self,
        url: &Url,
        ask: &Ask,
        left: Duration,
    ) -> Result<reqwest::Response, (FailureKind, String)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(ask.accept));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br, zstd, deflate"));
        headers.extend(ask.conditions.iter().cloned());
        let mut url = url.clone();
        url.set_fragment(None);
        let limit = left.min(self.config.connect_timeout + self.config.header_timeout);
        match tokio::time::timeout(limit, self.http.get(url).headers(headers).send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(classify(error)),
            Err(_) => {
                Err((FailureKind::Timeout, format!("no answer within {} s", limit.as_secs_f32().round())))
            }
        }
    }

    async fn read_body(
        &self,
        response: reqwest::Response,
        headers: &Headers,
        ask: &Ask,
        left: Duration,
    ) -> Body {
        let success = response.status().is_success();
        if success && !(ask.wanted)(headers) {
            return Body { bytes: Vec::new(), end: BodyEnd::Whole, held: BytesHeld::default() };
        }
        let bytes = if success { ask.body_limit } else { ask.body_limit.min(ERROR_BODY_BYTES) };
        let limits = BodyLimits { bytes, idle: self.config.header_timeout, total: left };
        body::read(response, &headers.joined("content-encoding"), limits, &self.budget).await
    }

    /// Where a redirect leads, when we go there.
    fn next_hop(&self, from: &Url, target: &str, hops: &[Hop]) -> Result<Url, NoAnswer> {
        let failed =
            |message: String| NoAnswer::Failed { kind: FailureKind::Redirect, message, hops: hops.to_vec() };
        if hops.len() > self.config.max_redirects {
            return Err(failed(format!("more than {} redirects", self.config.max_redirects)));
        }
        let to = from.join(target).map_err(|_| failed("a redirect leads to no address".to_owned()))?;
        self.guard
            .check(&to)
            .map_err(|error| failed(format!("a redirect leads where we do not go: {error}")))?;
        if hops.iter().any(|hop| hop.url == to.as_str()) {
            return Err(failed("the redirects lead in a circle".to_owned()));
        }
        Ok(to)
    }

    fn note_status(&self, host: &str, status: u16, headers: &Headers, now: Timestamp) -> Option<HostPause> {
        if status == 429 {
            return Some(self.gates.too_many_requests(host, now, headers.retry_after(now)));
        }
        if status < 400 {
            self.gates.answered(host);
        }
        None
    }
}

/// The value of Location when the status redirects.
fn redirect_target(status: u16, headers: &HeaderMap) -> Option<String> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = headers.get(header::LOCATION)?;
    let text = String::from_utf8_lossy(location.as_bytes());
    let text = text.trim();
    // A longer one is no address but an attack, or a page's state.
    (!text.is_empty() && text.len() <= 8192).then(|| text.to_owned())
}
