//! One check of a feed in words: what was asked and answered, what each header that mattered means, what
//! the body was, and when the feed would be asked again by which rule.
//!
//! A plain function of the feed and the answer, as [`read_feed`] is: whoever checks by hand sees what the
//! pipeline would have done.

mod headers;
mod words;

pub use words::repair_in_words;

use crate::{
    feed::{NotAFeedKind, parse_feed},
    feed_check::{Asked, FeedAnswer, FeedResult, plan_after, read_feed, status_name},
    http::{client::Hop, gate::PutOff, headers::Headers},
    time::{seconds_between, span_in_words},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use wirewatch_model::{DueFeed, Entry, FailureKind, FeedCheck, Freshness, Health, HostPause, Outcome, Stamp};

/// Entries that are shown.
const SHOWN: usize = 5;
/// Letters of a title that are shown.
const LONGEST_TITLE: usize = 100;

/// One check of a feed, for a person.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The address that was asked.
    pub url: String,
    /// The address that answered, after redirects.
    pub answered_by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// HTTP status.
    pub status: Option<u16>,
    /// `read`, `unchanged`, `busy`, `paused`, `gone`, `blocked` or `failed`.
    pub outcome: &'static str,
    /// Whether it is a feed that can be followed: read with entries, or unchanged.
    pub sound: bool,
    /// Why it cannot be followed, when it cannot.
    pub unsound: Option<String>,
    /// Whether a web page answered: the site may name its feeds.
    pub is_page: bool,
    /// `rss-2.0`, `atom-1.0`, …, when it was read.
    pub format: Option<String>,
    /// The feed's own title.
    pub title: Option<String>,
    /// The language it declares.
    pub language: Option<String>,
    /// Entries of the body.
    pub entry_count: usize,
    /// The newest date among them.
    pub newest_entry: Option<Timestamp>,
    /// The first few.
    pub entries: Vec<ShownEntry>,
    /// What had to be mended.
    pub repairs: Vec<String>,
    /// Entries that could not be taken, with the reason.
    pub rejects: Vec<String>,
    /// How it is doing.
    pub health: &'static str,
    /// When it would be asked again.
    pub next_due: Option<Timestamp>,
    /// No request before this, by the word of the server.
    pub not_before: Option<Timestamp>,
    /// A pause the host asked for by this answer; the caller keeps it for a restart.
    pub host_pause: Option<HostPause>,
    /// All of it in words, in the order in which it happened.
    pub lines: Vec<Line>,
}

/// One thing that was seen, and what it means for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What it is: `asked`, `redirect`, `answer`, the name of a header, `body`, `mended`, `next`, ….
    pub name: &'static str,
    /// What was seen.
    pub value: String,
    /// What it means; may be empty.
    pub meaning: String,
}

/// An entry, short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownEntry {
    /// Its title.
    pub title: String,
    /// When it was published, as written.
    pub published: Option<Stamp>,
    /// Its address.
    pub url: Option<String>,
}

/// What reading takes from an answer and does not give back.
struct Seen {
    at: Timestamp,
    hops: Vec<Hop>,
    url: Option<String>,
    headers: Headers,
    asked: Asked,
    is_page: bool,
    /// Nothing was sent.
    paused: Option<PutOff>,
    zone: TimeZone,
}

/// Explains one answer, with times in words in a zone.
pub fn explain(due: &DueFeed, answer: FeedAnswer, zone: &TimeZone) -> Explanation {
    let seen = Seen::of(&answer, zone);
    let check = read_feed(due, answer);
    let mut lines = Vec::new();
    lines.push(asked(due, &seen));
    lines.extend(seen.hops.iter().enumerate().map(|(nth, hop)| redirect(&seen, nth, hop)));
    let answer = answered(&seen, &check);
    let unsound = unsound(&check, &answer);
    lines.push(answer);
    if check.status.is_some() {
        lines.extend(headers::explain(&seen, check.body_bytes));
    }
    lines.extend(body(&check));
    lines.extend(asks(check.freshness.as_ref().unwrap_or(&due.freshness)));
    lines.extend(hubs(&check));
    lines.push(health(due, &check));
    lines.push(next(due, &check, &seen));
    let head = check.head.as_ref();
    Explanation {
        url: due.url.clone(),
        answered_by: seen.url,
        at: seen.at,
        duration_ms: check.duration_ms,
        status: check.status,
        outcome: check.outcome.as_str(),
        sound: unsound.is_none(),
        unsound,
        is_page: seen.is_page,
        format: head.map(|head| head.format.clone()),
        title: head.and_then(|head| head.title.clone()),
        language: head.and_then(|head| head.language.clone()),
        entry_count: check.entries.len(),
        newest_entry: check.newest_entry,
        entries: check.entries.iter().take(SHOWN).map(shown).collect(),
        repairs: check.repairs.iter().map(|repair| repair.0.clone()).collect(),
        rejects: check.rejects.clone(),
        health: check.health.as_str(),
        next_due: check.next_due,
        not_before: check.not_before,
        host_pause: check.host_pause,
        lines,
    }
}

impl Seen {
    fn of(answer: &FeedAnswer, zone: &TimeZone) -> Self {
        let mut seen = Self {
            at: answer.at,
            hops: answer.hops.clone(),
            url: None,
            headers: Headers::default(),
            asked: answer.asked,
            is_page: false,
            paused: None,
            zone: zone.clone(),
        };
        match &answer.result {
            FeedResult::Answered { status, headers, url, body, .. } => {
                let parsed = parse_feed(body, headers.get("content-type"), Some(url));
                let html = parsed.is_err_and(|error| error.kind == NotAFeedKind::Html);
                seen.is_page = html && matches!(status, 200 | 203);
                seen.url = Some(url.clone());
                seen.headers = headers.clone();
            }
            FeedResult::Paused(pause) => seen.paused = Some(pause.clone()),
            FeedResult::Failed { .. } => {}
        }
        seen
    }

    /// A time for people: whole seconds in their zone.
    fn clock(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
    }
}

fn line(name: &'static str, value: impl Into<String>, meaning: impl Into<String>) -> Line {
    Line { name, value: value.into(), meaning: meaning.into() }
}

fn shown(entry: &Entry) -> ShownEntry {
    ShownEntry { title: entry.title.clone(), published: entry.published, url: entry.url.clone() }
}

fn asked(due: &DueFeed, seen: &Seen) -> Line {
    let has_validators = due.validators.etag.is_some() || due.validators.last_modified.is_some();
    let meaning = match (seen.asked, has_validators) {
        (Asked::Nothing, _) => "nothing was sent",
        (Asked::Conditionally, _) => {
            "only for what is new since the last check (If-None-Match, If-Modified-Since)"
        }
        (Asked::Whole, true) => "for all of it, although validators are known",
        (Asked::Whole, false) => "for all of it: no validators are known",
    };
    line("asked", due.url.clone(), meaning)
}

fn redirect(seen: &Seen, nth: usize, hop: &Hop) -> Line {
    let target = seen.hops.get(nth + 1).map(|next| next.url.as_str()).or(seen.url.as_deref());
    let Some(target) = target else { return line("redirect", hop.status.to_string(), "it led no further") };
    let meaning = match hop.status {
        301 | 308 => "for good: the new address is taken over once it has led there for seven days",
        _ => "for now: the address stays as it is",
    };
    line("redirect", format!("{} to {target}", hop.status), meaning)
}

fn answered(seen: &Seen, check: &FeedCheck) -> Line {
    if let Some(pause) = &seen.paused {
        let until = seen.clock(pause.until);
        let value = format!("not asked: {} until {until}", pause.reason);
        return line("pause", value, "nothing is asked of a host before its time");
    }
    let Some(status) = check.status else {
        let message = match &check.outcome {
            Outcome::Failed { message, .. } => message.clone(),
            other => other.as_str().to_owned(),
        };
        return line("answer", "none", message);
    };
    let meaning = match &check.outcome {
        Outcome::Read => "a feed".to_owned(),
        Outcome::Unchanged if status == 304 => "unchanged since the last check".to_owned(),
        Outcome::Unchanged => "the same bytes as at the last check".to_owned(),
        Outcome::Busy => "the server asks to be left alone".to_owned(),
        Outcome::Paused { reason, .. } => reason.clone(),
        Outcome::Gone => "the publisher took it away: it would not be asked again".to_owned(),
        Outcome::Blocked { by } => format!("{by}, a wall against programs, answers for it"),
        Outcome::Failed { .. } if seen.is_page => {
            let page = seen.url.as_deref().unwrap_or_default();
            format!("a web page, not a feed; `wirewatch feeds discover {page}` looks for its feeds")
        }
        Outcome::Failed { failure: FailureKind::Status, .. } if status != 304 => refusal(status).to_owned(),
        Outcome::Failed { message, .. } => message.clone(),
    };
    let took = format!("{} after {} ms", status_name(status), check.duration_ms);
    line("answer", took, meaning)
}

/// What a status that brings no feed mostly means.
fn refusal(status: u16) -> &'static str {
    match status {
        401 | 407 => {
            "it wants to know who asks: the setting headers can carry a key (headers.Authorization=…)"
        }
        402 => "it is for subscribers: the setting headers can carry a key (headers.Authorization=…)",
        403 | 405 | 406 | 451 => "it is refused to us: http1_only, another user_agent or headers may help",
        404 => "there is nothing at this address",
        500.. => "its server is in trouble",
        _ => "no feed came with it",
    }
}

/// Why a feed cannot be followed, in a sentence; `None` when it can.
fn unsound(check: &FeedCheck, answer: &Line) -> Option<String> {
    match &check.outcome {
        Outcome::Read if check.entries.is_empty() => Some("it has no entries".to_owned()),
        Outcome::Read | Outcome::Unchanged => None,
        Outcome::Paused { .. } => Some(answer.value.clone()),
        Outcome::Failed { message, .. } if check.status.is_none() => Some(message.clone()),
        _ => Some(format!("{}: {}", answer.value, answer.meaning)),
    }
}

fn cut(text: &str, letters: usize) -> String {
    if text.chars().nth(letters).is_none() {
        return text.to_owned();
    }
    text.chars().take(letters).chain(['…']).collect()
}

fn body(check: &FeedCheck) -> Vec<Line> {
    let mut lines = Vec::new();
    let Some(head) = &check.head else { return lines };
    let titled =
        head.title.as_ref().map(|title| format!(" \"{}\"", cut(title, LONGEST_TITLE))).unwrap_or_default();
    let language = head.language.as_ref().map(|code| format!(", language {code}")).unwrap_or_default();
    let size = check.body_bytes.div_ceil(1024);
    lines.push(line("body", format!("{}{titled}, {size} KB{language}", head.format), ""));
    for repair in &check.repairs {
        lines.push(line("mended", repair.0.clone(), repair_in_words(&repair.0)));
    }
    for reject in check.rejects.iter().take(SHOWN) {
        lines.push(line("left out", reject.clone(), ""));
    }
    if check.rejects.len() > SHOWN {
        lines.push(line("left out", format!("{} more", check.rejects.len() - SHOWN), ""));
    }
    let dated = check.entries.iter().filter(|entry| entry.published.or(entry.updated).is_some()).count();
    let full = check.entries.iter().filter(|entry| has_text(entry)).count();
    if check.entries.is_empty() {
        lines.push(line("entries", "none", "a sound feed without entries"));
        return lines;
    }
    let newest = check.newest_entry.map_or_else(
        || "none is dated: each gets the time at which it is first seen".to_owned(),
        |at| format!("the newest is {} old", span_in_words(seconds_between(at, check.checked_at))),
    );
    let counts = format!("{}, {dated} dated, {full} with their text", check.entries.len());
    lines.push(line("entries", counts, newest));
    lines
}

/// Whether an entry carries enough text to stand for its page.
pub(crate) fn has_text(entry: &Entry) -> bool {
    const WORDS: usize = 80;
    let words = |text: &Option<String>| text.as_deref().map_or(0, |text| text.split_whitespace().count());
    words(&entry.content).max(words(&entry.summary)) >= WORDS
}

fn asks(freshness: &Freshness) -> Vec<Line> {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let mut lines = Vec::new();
    if let Some(secs) = freshness.feed_ttl_secs {
        let span = span_in_words(secs.into());
        lines.push(line(
            "feed asks",
            format!("ttl or sy:updatePeriod: {span}"),
            "not asked sooner than that",
        ));
    }
    if !freshness.skip_hours.is_empty() {
        let hours: Vec<String> = freshness.skip_hours.iter().map(ToString::to_string).collect();
        let meaning = "not asked in these hours (UTC)";
        lines.push(line("feed asks", format!("skipHours {}", hours.join(", ")), meaning));
    }
    if !freshness.skip_days.is_empty() {
        let names = freshness.skip_days.iter().filter_map(|day| DAYS.get(usize::from(*day)).copied());
        let value = format!("skipDays {}", names.collect::<Vec<_>>().join(", "));
        lines.push(line("feed asks", value, "not asked on these days (UTC)"));
    }
    lines
}

fn hubs(check: &FeedCheck) -> Vec<Line> {
    let hubs = check.head.iter().flat_map(|head| &head.hubs);
    let meaning = "a WebSub hub: it can push what is new instead of being asked";
    hubs.map(|hub| line("hub", hub.clone(), meaning)).collect()
}

fn health(due: &DueFeed, check: &FeedCheck) -> Line {
    let meaning = match check.health {
        Health::Ok => "it answers in its own rhythm",
        Health::Quiet => "it has been silent for much longer than its rhythm",
        Health::Empty => "a sound feed without entries",
        Health::Stale => "its newest entry is old",
        Health::Blocked => "the publisher lets no program in",
        Health::Moved => "it redirects for good",
        Health::Gone => "the publisher took it away",
        Health::Busy => "its server asked to be left alone",
        Health::Failing => "it cannot be had or read",
    };
    let before = if due.last_checked.is_some() && due.health != check.health {
        format!(" (before: {})", due.health.as_str())
    } else {
        String::new()
    };
    line("health", format!("{}{before}", check.health.as_str()), meaning)
}

fn next(due: &DueFeed, check: &FeedCheck, seen: &Seen) -> Line {
    let Some(at) = check.next_due else { return line("next", "never", "it is gone") };
    let wait = span_in_words(seconds_between(check.checked_at, at));
    let meaning = if seen.paused.is_some() {
        "the host asked for it".to_owned()
    } else {
        words::plan(&plan_after(due, check, &seen.headers))
    };
    line("next", format!("in {wait}"), meaning)
}
