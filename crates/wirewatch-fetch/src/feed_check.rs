//! One check of a feed: [`Fetcher::fetch_feed`] asks (network, no reading), [`read_feed`] reads what
//! came (pure, no network), so that the two run on different threads.

use crate::{
    Fetcher,
    feed::{NotAFeed, ParsedFeed, each_once, parse_feed},
    health,
    http::{
        body::BodyEnd,
        budget::BytesHeld,
        client::{Answer, Ask, Hop, NoAnswer},
        gate::PutOff,
        headers::{Headers, conditions},
        link::take_hub,
        settings::{Manner, SettingsError},
        walls::wall,
    },
    moved,
    schedule::{Ending, Plan, Schedule, plan, wants_probe},
    time::{Watch, after},
};
use jiff::Timestamp;
use std::{fmt, time::Duration};
use wirewatch_model::{
    DueFeed, FailureKind, FeedCheck, Freshness, HostPause, Outcome, Repair, Rhythm, Validators, article_time,
};
use xxhash_rust::xxh3::xxh3_64;

const ACCEPT: &str = "application/rss+xml, application/atom+xml, application/feed+json, \
    application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";

/// What the network answered for one feed, not yet read.
#[derive(Debug)]
pub struct FeedAnswer {
    /// When the answer was complete.
    pub at: Timestamp,
    /// How long it took, waiting for the host's turn included.
    pub elapsed: Duration,
    /// How it was asked.
    pub asked: Asked,
    /// The redirects that were followed, first asked first.
    pub hops: Vec<Hop>,
    /// The answer, or why there is none.
    pub result: FeedResult,
}

/// How a feed was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Not at all: its host is left alone, or its hub pushed.
    Nothing,
    /// Whether it has changed.
    Conditionally,
    /// For the whole of it, whatever we have.
    Whole,
}

/// The answer for a feed, or why there is none.
pub enum FeedResult {
    /// There is an answer, whatever its status.
    Answered {
        /// HTTP status.
        status: u16,
        /// Headers.
        headers: Headers,
        /// The address that answered.
        url: String,
        /// The decoded body, as far as it was read.
        body: Vec<u8>,
        /// Why the body is not whole; `None` when it is.
        cut: Option<String>,
        /// A pause the host asked for.
        host_pause: Option<HostPause>,
        /// No request before this, by the redirects on the way.
        not_before: Option<Timestamp>,
        /// The budget the body takes.
        held: BytesHeld,
    },
    /// A host on the way asked earlier to be left alone, or its turn did not come in time: it was not
    /// asked.
    Paused(PutOff),
    /// The request failed.
    Failed {
        /// The class of the failure.
        kind: FailureKind,
        /// What happened.
        message: String,
        /// No request before this, by the redirects on the way.
        not_before: Option<Timestamp>,
    },
}

impl fmt::Debug for FeedResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { status, url, body, cut, .. } => f
                .debug_struct("Answered")
                .field("status", status)
                .field("url", url)
                .field("body_bytes", &body.len())
                .field("cut", cut)
                .finish_non_exhaustive(),
            Self::Paused(pause) => f.debug_tuple("Paused").field(pause).finish(),
            Self::Failed { kind, message, .. } => {
                f.debug_struct("Failed").field("kind", kind).field("message", message).finish()
            }
        }
    }
}

impl Fetcher {
    /// Asks for a feed. Network only; a failure is in the answer.
    pub async fn fetch_feed(&self, due: &DueFeed, now: Timestamp) -> FeedAnswer {
        let watch = Watch::start(now);
        let manner = match Manner::of_feed(&due.settings, &self.client().config().variables) {
            Ok(manner) => manner,
            Err(error) => return unsendable(&error, watch),
        };
        let whole = due.reparse || wants_probe(due, now);
        let conditions = if whole { Vec::new() } else { conditions(&due.validators) };
        let asked = if conditions.is_empty() { Asked::Whole } else { Asked::Conditionally };
        let ask = Ask {
            accept: ACCEPT,
            conditions,
            form: None,
            body_limit: self.client().config().feed_body_limit,
            host_pause: self.pause(due.settings.host_pause_ms),
            crawl_delay: None,
            manner,
            patience: self.client().patience_at_first(),
            wanted: |_| true,
            watch,
        };
        let (asked, hops, result) = match self.client().ask(&due.url, &ask).await {
            Ok(answer) => {
                let (hops, result) = answered(answer);
                (asked, hops, result)
            }
            Err(NoAnswer::NotAsked(put_off)) => (Asked::Nothing, Vec::new(), FeedResult::Paused(put_off)),
            Err(NoAnswer::AskedInVain { put_off, hops }) => {
                let (kind, message) = (FailureKind::Redirect, put_off.behind_redirect());
                (asked, hops, FeedResult::Failed { kind, message, not_before: Some(put_off.until) })
            }
            Err(NoAnswer::Failed { kind, message, hops, not_before }) => {
                (asked, hops, FeedResult::Failed { kind, message, not_before })
            }
        };
        FeedAnswer { at: watch.now(), elapsed: watch.elapsed(), asked, hops, result }
    }
}

/// Reads an answer: decodes, repairs, parses, and says when to ask again. No I/O; the bytes held for
/// the body are given back on return.
pub fn read_feed(due: &DueFeed, answer: FeedAnswer) -> FeedCheck {
    let FeedAnswer { at, elapsed, asked, hops, result } = answer;
    let mut check = blank(due, at, elapsed);
    check.unconditional = asked == Asked::Whole;
    match result {
        FeedResult::Paused(PutOff { host, until, reason }) => {
            check.next_due = Some(until.max(at));
            check.outcome = Outcome::Paused { host, until, reason };
        }
        FeedResult::Failed { kind, message, not_before } => {
            check.outcome = Outcome::Failed { failure: kind, message };
            check.not_before = not_before;
            plan_next(due, &mut check, &Headers::default());
        }
        FeedResult::Answered { status, headers, url, body, cut, host_pause, not_before, held } => {
            check.status = Some(status);
            check.body_bytes = body.len() as u64;
            let answer = Read { headers: &headers, url: &url, body: &body, cut, asked };
            read_answer(due, &mut check, status, &answer, &hops);
            drop((body, held));
            if check.outcome.is_success() {
                moved::watch(due, &mut check, &hops, &url);
                check.freshness = Some(fresh(due, &check, &headers));
            }
            let paused = host_pause.as_ref().map(|pause| pause.until);
            check.not_before = headers.retry_after(at).max(paused).max(not_before);
            check.host_pause = host_pause;
            if check.outcome != Outcome::Gone {
                plan_next(due, &mut check, &headers);
            }
        }
    }
    check.health = health::judge(due, &check);
    check
}

/// Hash of a decoded body: the same bytes under a 200 are not parsed twice.
pub fn body_hash(body: &[u8]) -> u64 {
    xxh3_64(body)
}

/// The parts of an answer that reading looks at.
struct Read<'a> {
    headers: &'a Headers,
    url: &'a str,
    body: &'a [u8],
    cut: Option<String>,
    asked: Asked,
}

/// A feed whose settings cannot be sent is not asked.
fn unsendable(error: &SettingsError, watch: Watch) -> FeedAnswer {
    let (kind, message) = (FailureKind::Settings, error.to_string());
    let result = FeedResult::Failed { kind, message, not_before: None };
    let (at, elapsed) = (watch.now(), watch.elapsed());
    FeedAnswer { at, elapsed, asked: Asked::Nothing, hops: Vec::new(), result }
}

fn answered(answer: Answer) -> (Vec<Hop>, FeedResult) {
    let Answer { url, hops, status, headers, body, end, held, host_pause, not_before } = answer;
    let cut = match end {
        BodyEnd::Whole => None,
        BodyEnd::Capped => Some(format!("the body is longer than {} bytes", body.len())),
        BodyEnd::Slow => Some("the body came too slowly".to_owned()),
        BodyEnd::Broken(message) => Some(format!("the body broke off: {message}")),
    };
    let url = url.into();
    (hops, FeedResult::Answered { status, headers, url, body, cut, host_pause, not_before, held })
}

pub(crate) fn blank(due: &DueFeed, at: Timestamp, elapsed: Duration) -> FeedCheck {
    FeedCheck {
        duration_ms: u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX),
        redirect: due.redirect.clone(),
        ..FeedCheck::new(due.id, at, Outcome::Unchanged, due.health)
    }
}

fn read_answer(due: &DueFeed, check: &mut FeedCheck, status: u16, answer: &Read<'_>, hops: &[Hop]) {
    let failed = |failure, message: String| Outcome::Failed { failure, message };
    let name = || status_name(status);
    check.outcome = match status {
        200 | 203 => return read_body(due, check, answer),
        304 if answer.asked == Asked::Conditionally => {
            check.validators = Some(refreshed(&due.validators, answer.headers));
            Outcome::Unchanged
        }
        304 => failed(FailureKind::Status, "304 although nothing was asked conditionally".to_owned()),
        // What stands elsewhere for now may be gone there; the feed is not.
        410 if hops.iter().all(|hop| matches!(hop.status, 301 | 308)) => Outcome::Gone,
        429 => Outcome::Busy,
        _ => match wall(status, answer.headers, answer.body) {
            Some(by) => Outcome::Blocked { by: by.to_owned() },
            None if status == 503 && answer.headers.retry_after(check.checked_at).is_some() => Outcome::Busy,
            None => failed(FailureKind::Status, name()),
        },
    };
}

fn read_body(due: &DueFeed, check: &mut FeedCheck, answer: &Read<'_>) {
    let whole = answer.cut.is_none();
    let hash = body_hash(answer.body);
    if whole && !due.reparse && due.validators.body_hash == Some(hash) {
        check.outcome = Outcome::Unchanged;
        check.validators = Some(received(answer.headers, hash));
        return;
    }
    let content_type = answer.headers.get("content-type");
    match parse_feed(answer.body, content_type, Some(answer.url)) {
        Ok(parsed) => take(check, parsed, answer, hash),
        Err(not_a_feed) => check.outcome = no_feed(&not_a_feed, answer),
    }
}

fn take(check: &mut FeedCheck, parsed: ParsedFeed, answer: &Read<'_>, hash: u64) {
    let ParsedFeed { mut head, entries, mut repairs, rejects, freshness, whole } = parsed;
    take_hub(&mut head, answer.headers, answer.url);
    if let Some(cut) = &answer.cut {
        if entries.is_empty() {
            check.outcome = Outcome::Failed { failure: FailureKind::Body, message: cut.clone() };
            return;
        }
        repairs.push(Repair("broken-transfer".to_owned()));
    }
    let whole = whole && answer.cut.is_none();
    check.outcome = Outcome::Read;
    check.validators = whole.then(|| received(answer.headers, hash));
    check.freshness = Some(freshness);
    check.newest_entry = health::newest(&entries, check.checked_at);
    let (entries, repeated) = each_once(entries);
    (check.head, check.entries) = (Some(head), entries);
    (check.repairs, check.rejects) = (repairs, [rejects, repeated].concat());
}

fn no_feed(not_a_feed: &NotAFeed, answer: &Read<'_>) -> Outcome {
    if let Some(by) = wall(200, answer.headers, answer.body) {
        return Outcome::Blocked { by: by.to_owned() };
    }
    match &answer.cut {
        Some(cut) => Outcome::Failed { failure: FailureKind::Body, message: cut.clone() },
        None => Outcome::Failed { failure: FailureKind::NotAFeed, message: not_a_feed.to_string() },
    }
}

/// Validators of a whole answer: what it does not carry is dropped.
fn received(headers: &Headers, hash: u64) -> Validators {
    let own = |name| headers.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    Validators { etag: own("etag"), last_modified: own("last-modified"), body_hash: Some(hash) }
}

/// Stored validators, with what a 304 updates of them (RFC 9111 §4.3.4).
fn refreshed(stored: &Validators, headers: &Headers) -> Validators {
    let own = |name, old: &Option<String>| {
        headers.get(name).filter(|value| !value.is_empty()).map(str::to_owned).or_else(|| old.clone())
    };
    Validators {
        etag: own("etag", &stored.etag),
        last_modified: own("last-modified", &stored.last_modified),
        body_hash: stored.body_hash,
    }
}

/// What a sound answer says of when to come again. A body that was not read (304, or the same bytes)
/// leaves what the body said; a 304 without a word on its freshness leaves that too (RFC 9111 §4.3.4).
fn fresh(due: &DueFeed, check: &FeedCheck, headers: &Headers) -> Freshness {
    let body_said = check.freshness.as_ref().unwrap_or(&due.freshness);
    let at = check.checked_at;
    let lifetime_secs = if check.status == Some(304) && headers.lifetime(at).is_none() {
        due.freshness.lifetime_secs
    } else {
        // At most a day, which fits.
        headers.granted_secs(at).and_then(|secs| u32::try_from(secs).ok())
    };
    Freshness { lifetime_secs, ..body_said.clone() }
}

/// Says when to ask again, with its pushes and without.
fn plan_next(due: &DueFeed, check: &mut FeedCheck, headers: &Headers) {
    check.next_due = Some(plan_after(due, check, headers).due);
    if due.pushed {
        let alone = DueFeed { pushed: false, ..due.clone() };
        check.unpushed_due = Some(plan_after(&alone, check, headers).due);
    }
}

/// When to ask again after this check, and why then.
pub(crate) fn plan_after(due: &DueFeed, check: &FeedCheck, headers: &Headers) -> Plan {
    let failures = due.failures.saturating_add(1);
    let ending = match (&check.outcome, check.status) {
        (outcome, _) if outcome.is_success() => Ending::Answered,
        (_, Some(404)) => Ending::Missing { failures },
        _ => Ending::Failed { failures },
    };
    let validators = check.validators.as_ref().unwrap_or(&due.validators);
    let freshness: &Freshness = check.freshness.as_ref().unwrap_or(&due.freshness);
    let (rhythm, recent_entries) = rhythm_with(due, check);
    // What grants nothing can still ask for a time without requests: an error, or an answer that must
    // not be kept.
    let sound = check.outcome.is_success();
    let lifetime = headers.lifetime(check.checked_at).filter(|lifetime| !(sound && lifetime.reusable));
    let bound = lifetime.map(|lifetime| after(check.checked_at, lifetime.secs));
    plan(&Schedule {
        feed: due.id,
        now: check.checked_at,
        ending,
        settings: &due.settings,
        has_validators: validators.etag.is_some() || validators.last_modified.is_some(),
        recent_entries: &recent_entries,
        rhythm: &rhythm,
        freshness,
        lifetime_secs: freshness.lifetime_secs.map(i64::from),
        retry_after: check.not_before.max(bound),
        pushed: due.pushed,
    })
}

/// The rhythm and the latest times with what this check shows of them. Which entries are new is known to
/// the store alone; here it is those that are dated later than all before.
fn rhythm_with(due: &DueFeed, check: &FeedCheck) -> (Rhythm, Vec<Timestamp>) {
    let newest = due.recent_entries.first().copied();
    let dated = check.entries.iter().filter(|entry| entry.published.is_some());
    let times = dated.map(|entry| article_time(entry.published, check.checked_at));
    let mut times: Vec<Timestamp> = times.filter(|at| newest.is_none_or(|newest| *at > newest)).collect();
    let mut rhythm = due.rhythm.clone();
    rhythm.observe(&times, check.checked_at);
    times.extend(&due.recent_entries);
    times.sort_unstable_by(|one, other| other.cmp(one));
    times.truncate(DueFeed::MOST_RECENT);
    (rhythm, times)
}

/// A status with its name, for messages.
pub(crate) fn status_name(status: u16) -> String {
    let known = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    known
        .map_or_else(|| format!("status {status}"), |name| format!("status {status} {}", name.to_lowercase()))
}
