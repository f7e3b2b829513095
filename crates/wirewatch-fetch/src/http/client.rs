//! One guarded request: each hop of a redirect is checked, waits for its host's turn and is bounded.

use crate::{
    FetchConfig, FetchSetupError,
    http::{
        body::{self, Body, BodyEnd, BodyLimits},
        budget::{Budget, BytesHeld},
        clients::Clients,
        error::classify,
        gate::{Gates, Pace, Patience, PutOff},
        guard::AddressGuard,
        headers::Headers,
        settings::Manner,
    },
    learnt::{Learnt, Lessons},
    time::Watch,
};
use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use url::Url;
pub(crate) use wirewatch_model::address::is_home;
use wirewatch_model::{FailureKind, HostPause};

/// The body of an answer that is no success is read this far: enough to name a wall.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// A time between starts that lasts longer than this is not waited for: that would hold a worker.
const PATIENCE: Duration = Duration::from_secs(60);

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The client that feeds, pages and robots.txt share.
pub(crate) struct Client {
    clients: Clients,
    guard: Arc<AddressGuard>,
    gates: Gates,
    budget: Budget,
    lessons: Lessons,
    config: FetchConfig,
}

/// One thing to ask for.
pub(crate) struct Ask {
    pub(crate) accept: &'static str,
    /// Conditional headers, byte for byte.
    pub(crate) conditions: Vec<(HeaderName, HeaderValue)>,
    /// What is sent, as a form; with one the request is a POST.
    pub(crate) form: Option<String>,
    pub(crate) body_limit: usize,
    pub(crate) host_pause: Duration,
    /// The Crawl-delay, when this is a page.
    pub(crate) crawl_delay: Option<Duration>,
    pub(crate) manner: Manner,
    /// How long the host's turn is waited for.
    pub(crate) patience: Patience,
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
    /// Whether every address so far was of the first one's origin.
    at_home: bool,
    /// The latest Retry-After of the redirects so far.
    not_before: Option<Timestamp>,
}

impl Walk {
    /// The address that is asked next.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether a redirect was followed.
    pub(crate) fn is_redirected(&self) -> bool {
        !self.hops.is_empty()
    }

    fn failed(&self, kind: FailureKind, message: String) -> NoAnswer {
        NoAnswer::Failed { kind, message, hops: self.hops.clone(), not_before: self.not_before }
    }

    /// Once a redirect was followed something was asked, and in vain.
    fn put_off(&self, put_off: PutOff) -> NoAnswer {
        if self.hops.is_empty() {
            return NoAnswer::NotAsked(put_off);
        }
        let PutOff { host, until, reason } = put_off;
        let until = self.not_before.map_or(until, |asked| asked.max(until));
        NoAnswer::AskedInVain { put_off: PutOff { host, until, reason }, hops: self.hops.clone() }
    }

    /// Whether a request of this walk has just gone to the host that is asked next.
    fn stays(&self) -> bool {
        let last = self.hops.last().and_then(|hop| Url::parse(&hop.url).ok());
        last.is_some_and(|last| gate_of(&last) == gate_of(&self.url))
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
    /// No request before this, by the redirects on the way.
    pub(crate) not_before: Option<Timestamp>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The host asked earlier to be left alone, or its turn was too far away: nothing was asked.
    NotAsked(PutOff),
    /// A redirect was followed, and the host it leads to is not asked now; `until` knows also what the
    /// redirects asked for.
    AskedInVain { put_off: PutOff, hops: Vec<Hop> },
    /// The request failed; `not_before` as in [`Answer`].
    Failed { kind: FailureKind, message: String, hops: Vec<Hop>, not_before: Option<Timestamp> },
}

impl Client {
    pub(crate) fn new(config: FetchConfig) -> Result<Self, FetchSetupError> {
        let guard = Arc::new(AddressGuard::new(&config.allow_sockets, &config.resolve, &config.lookup));
        let clients = Clients::new(&config, guard.clone())?;
        let budget = Budget::new(config.bytes_in_flight, config.feed_body_limit.max(config.page_body_limit));
        Ok(Self { clients, guard, gates: Gates::default(), budget, lessons: Lessons::default(), config })
    }

    pub(crate) fn config(&self) -> &FetchConfig {
        &self.config
    }

    /// What was learnt by the way.
    pub(crate) fn lessons(&self) -> &Lessons {
        &self.lessons
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
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
            not_before: None,
        })?;
        Ok(Walk { url, hops: Vec::new(), left: self.config.total_timeout, at_home: true, not_before: None })
    }

    /// Makes one request: `None` when it was redirected, and the walk now stands before the target.
    pub(crate) async fn step(&self, walk: &mut Walk, ask: &Ask) -> Result<Option<Answer>, NoAnswer> {
        let host = gate_of(&walk.url);
        // Crawl-delay is between pages: a page that redirects within its host is one.
        let pace = Pace { pause: ask.host_pause, page: ask.crawl_delay.filter(|_| !walk.stays()) };
        let turn = self.gates.enter(&host, pace, self.patience(walk, ask), ask.watch).await;
        let turn = turn.map_err(|put_off| walk.put_off(put_off))?;
        let sent = Instant::now();
        let response = self.send(walk, ask).await.map_err(|(kind, message)| walk.failed(kind, message))?;
        walk.left = walk.left.saturating_sub(sent.elapsed());
        let status = response.status().as_u16();
        let headers = Headers::from(response.headers());
        // A form may be sent elsewhere only where the method stays (RFC 9110 §15.4).
        let followed = ask.form.is_none() || matches!(status, 307 | 308);
        if let Some(target) = redirect_target(status, response.headers()).filter(|_| followed) {
            drop((response, turn));
            walk.not_before = walk.not_before.max(headers.retry_after(ask.watch.now()));
            walk.hops.push(Hop { url: walk.url.as_str().to_owned(), status });
            let to = self.next_hop(walk, &target)?;
            walk.at_home &= is_home(&walk.url, &to);
            walk.url = to;
            return Ok(None);
        }
        let host_pause = self.note_status(&host, status, &headers, ask.watch.now());
        let Body { bytes, end, held } = self.read_body(response, &headers, ask, walk.left).await;
        let (url, hops) = (walk.url.clone(), std::mem::take(&mut walk.hops));
        let not_before = walk.not_before;
        Ok(Some(Answer { url, hops, status, headers, body: bytes, end, held, host_pause, not_before }))
    }

    /// How long the first host asked is waited for.
    pub(crate) fn patience_at_first(&self) -> Patience {
        Patience { turn: self.config.turn_timeout, pause: PATIENCE }
    }

    /// How long the target of a redirect is waited for. Many feeds may redirect to one slow host: who waits
    /// long for that would hold up feeds of hosts that have nothing to do with it.
    pub(crate) fn patience_after_redirect(&self) -> Patience {
        Patience { turn: self.config.redirect_turn_timeout, pause: PATIENCE }
    }

    fn patience(&self, walk: &Walk, ask: &Ask) -> Patience {
        if walk.hops.is_empty() { ask.patience } else { self.patience_after_redirect() }
    }

    async fn send(&self, walk: &Walk, ask: &Ask) -> Result<reqwest::Response, (FailureKind, String)> {
        let http = self.clients.of(&ask.manner.route)?;
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(ask.accept));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br, zstd, deflate"));
        if let Some(own) = &ask.manner.user_agent {
            headers.insert(header::USER_AGENT, own.clone());
        }
        if walk.at_home {
            headers.extend(ask.manner.headers.clone());
        }
        headers.extend(ask.conditions.iter().cloned());
        let mut url = walk.url.clone();
        url.set_fragment(None);
        let limit = walk.left.min(self.config.connect_timeout + self.config.header_timeout);
        let request = match &ask.form {
            None => http.get(url),
            Some(form) => http.post(url).header(header::CONTENT_TYPE, FORM).body(form.clone()),
        };
        match tokio::time::timeout(limit, request.headers(headers).send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(classify(error, ask.manner.route.proxy.is_some())),
            Err(_) => Err((
                FailureKind::Timeout,
                format!("the server gave no answer within {} s", limit.as_secs_f32().round()),
            )),
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
    fn next_hop(&self, walk: &Walk, target: &str) -> Result<Url, NoAnswer> {
        let failed = |message: String| walk.failed(FailureKind::Redirect, message);
        if walk.hops.len() > self.config.max_redirects {
            return Err(failed(format!("more than {} redirects", self.config.max_redirects)));
        }
        let to = walk.url.join(target).map_err(|_| failed("a redirect leads to no address".to_owned()))?;
        self.guard
            .check(&to)
            .map_err(|error| failed(format!("a redirect leads where we do not go: {error}")))?;
        if walk.hops.iter().any(|hop| hop.url == to.as_str()) {
            return Err(failed("the redirects lead in a circle".to_owned()));
        }
        Ok(to)
    }

    fn note_status(&self, host: &str, status: u16, headers: &Headers, now: Timestamp) -> Option<HostPause> {
        if status == 429 {
            return Some(self.gates.too_many_requests(host, now, headers.retry_after(now)));
        }
        if status < 400
            && let Some(relief) = self.gates.answered(host)
        {
            self.lessons.add(Learnt::Answers(relief));
        }
        None
    }
}

/// The host whose turn is waited for: one for all its ports and schemes, and for its name with a final
/// dot.
fn gate_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_end_matches('.').to_owned()
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
