//! Whether a page may be asked for: the robots.txt of its origin, asked for once a day.

use crate::{
    Fetcher,
    feed_check::status_name,
    http::{
        body::BodyEnd,
        client::{Answer, Ask, NoAnswer},
        gate::Patience,
        robots::{READ_BYTES, Robots},
        settings::Manner,
    },
    learnt::Learnt,
    memory::{Worth, thin},
    page::NoPage,
    time::{Watch, after},
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use url::{Position, Url};
use wirewatch_model::{FailureKind, PageFailure, RobotsRules};

const ACCEPT: &str = "text/plain, */*;q=0.5";
/// How long robots.txt is believed, in seconds: a day when it was had, less when it was not.
const BELIEVED_SECS: i64 = 24 * 3600;
const FAILED_SECS: i64 = 600;
/// Clocks are put right by less than this, in seconds.
const BELIEVED_AHEAD_SECS: i64 = 300;
/// Longest Crawl-delay that is kept, in seconds: a day.
const LONGEST_CRAWL_DELAY_SECS: u32 = 24 * 3600;
/// What the rules remembered may take, in bytes.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// What an origin takes without its rules, in bytes, about.
const ORIGIN_BYTES: usize = 512;

/// How robots.txt is asked for when it must be: as the page would be.
pub(crate) struct AsPage<'a> {
    /// Kept between starts.
    pub(crate) pause: Duration,
    pub(crate) manner: &'a Manner,
    pub(crate) patience: Patience,
    pub(crate) watch: Watch,
}

impl Fetcher {
    /// Asks robots.txt whether a page may be asked for; the Crawl-delay when it may.
    pub(crate) async fn permission(&self, url: &Url, as_page: &AsPage<'_>) -> Result<Duration, NoPage> {
        let robots = self.robots(url, as_page).await?;
        if robots.allows(&url[Position::BeforePath..Position::AfterQuery]) {
            let secs = robots.crawl_delay_secs.unwrap_or(0).min(LONGEST_CRAWL_DELAY_SECS);
            return Ok(Duration::from_secs(secs.into()));
        }
        let host = url.host_str().unwrap_or_default();
        Err(lasting(format!("robots.txt of {host} does not allow this page")))
    }

    /// The rules of an origin, from memory or asked for now.
    pub(crate) async fn robots(&self, url: &Url, as_page: &AsPage<'_>) -> Result<Arc<Robots>, NoPage> {
        let AsPage { pause, manner, patience, watch } = *as_page;
        let (memory, origin) = (self.robots_memory(), &url[..Position::BeforePath]);
        let asking = memory.asking(origin, watch.now());
        let _asking = asking.lock().await;
        if let Some(Kept { rules, until, .. }) = memory.recall(origin, watch.now()) {
            return rules.map_err(|reason| not_now(reason, until));
        }
        let Ok(address) = url.join("/robots.txt") else { return Ok(Arc::default()) };
        let ask = Ask {
            accept: ACCEPT,
            conditions: Vec::new(),
            form: None,
            body_limit: READ_BYTES,
            host_pause: pause,
            crawl_delay: None,
            manner: manner.clone(),
            patience,
            wanted: |_| true,
            watch,
        };
        let mut not_before = None;
        let rules = match self.client().ask(address.as_str(), &ask).await {
            Err(NoAnswer::NotAsked(put_off)) => return Err(NoPage::not_asked(put_off)),
            Ok(Answer { host_pause: Some(pause), .. }) => return Err(NoPage::paused(pause)),
            Ok(answer) => {
                not_before = answer.headers.retry_after(watch.now()).max(answer.not_before);
                rules_of(&answer, self.product_token())
            }
            // A robots.txt that redirects in circles or away is not there (RFC 9309 §2.3.1.2).
            Err(NoAnswer::Failed { kind: FailureKind::Redirect, .. }) => Ok(Arc::default()),
            Err(NoAnswer::Failed { kind: FailureKind::Address, message, hops, .. }) => {
                // The page is at the address we do not go to; a redirect there leaves no robots.txt.
                if hops.is_empty() {
                    return Err(lasting(message));
                }
                Ok(Arc::default())
            }
            // It may be there, and say anything.
            Err(NoAnswer::AskedInVain { put_off, .. }) => {
                not_before = Some(put_off.until);
                Err(format!("robots.txt could not be had: {}", put_off.behind_redirect()))
            }
            Err(NoAnswer::Failed { message, not_before: named, .. }) => {
                not_before = named;
                Err(format!("robots.txt could not be had: {message}"))
            }
        };
        let since = watch.now();
        let until = match &rules {
            Ok(_) => after(since, BELIEVED_SECS),
            Err(_) => after(since, FAILED_SECS).max(not_before.unwrap_or(since)),
        };
        memory.keep(origin, Kept { rules: rules.clone(), since, until }, since);
        if let Ok(rules) = &rules {
            let (origin, rules) = (origin.to_owned(), rules.to_text());
            self.client().lessons().add(Learnt::Robots(RobotsRules { origin, until, rules }));
        }
        rules.map_err(|reason| not_now(reason, until))
    }
}

/// robots.txt of the origins asked lately.
#[derive(Debug, Default)]
pub(crate) struct RobotsMemory(Mutex<Origins>);

#[derive(Debug, Default)]
struct Origins {
    by_name: HashMap<String, Origin>,
    /// The sizes of all of them together.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Origin {
    /// Locked while robots.txt is being asked for, so that it is asked for once.
    asking: Arc<tokio::sync::Mutex<()>>,
    kept: Option<Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    /// The rules, or why nothing may be asked for at the moment.
    rules: Result<Arc<Robots>, String>,
    since: Timestamp,
    until: Timestamp,
}

impl RobotsMemory {
    /// The lock for asking an origin.
    fn asking(&self, name: &str, now: Timestamp) -> Arc<tokio::sync::Mutex<()>> {
        let mut origins = self.origins();
        if let Some(origin) = origins.by_name.get(name) {
            return origin.asking.clone();
        }
        let asking = origins.by_name.entry(name.to_owned()).or_default().asking.clone();
        origins.grow(ORIGIN_BYTES, now);
        asking
    }

    /// What is believed now; what was noted by a clock that was ahead is not.
    fn recall(&self, name: &str, now: Timestamp) -> Option<Kept> {
        let is_believed = |kept: &Kept| kept.until > now && kept.since <= after(now, BELIEVED_AHEAD_SECS);
        self.origins().by_name.get(name)?.kept.clone().filter(is_believed)
    }

    /// Keeps what an origin answered; the caller holds its lock, so that it is not forgotten here.
    fn keep(&self, name: &str, kept: Kept, now: Timestamp) {
        let mut origins = self.origins();
        let Some(origin) = origins.by_name.get_mut(name) else { return };
        let before = origin.size();
        origin.kept = Some(kept);
        let size = origin.size();
        origins.bytes -= before;
        origins.grow(size, now);
    }

    /// Takes up what an earlier process had.
    pub(crate) fn restore(&self, kept: &RobotsRules, now: Timestamp) {
        let latest = after(now, BELIEVED_SECS);
        if kept.until <= now {
            return;
        }
        let rules = Arc::new(Robots::from_text(&kept.rules));
        // Held until it is kept, as `keep` wants it.
        let _asking = self.asking(&kept.origin, now);
        // A clock that was set back must not make rules live for years.
        self.keep(&kept.origin, Kept { rules: Ok(rules), since: now, until: kept.until.min(latest) }, now);
    }

    fn origins(&self) -> MutexGuard<'_, Origins> {
        // Plain values that are never left half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Origins {
    /// Counts `bytes` more, and forgets a quarter when they are too many, so that this is rare.
    fn grow(&mut self, bytes: usize, now: Timestamp) {
        self.bytes += bytes;
        if self.bytes > MOST_BYTES {
            let keep = MOST_BYTES / 4 * 3;
            self.bytes = thin(&mut self.by_name, keep, |origin| (origin.worth(now), origin.size()));
        }
    }
}

impl Origin {
    fn size(&self) -> usize {
        let rules = self.kept.as_ref().and_then(|kept| kept.rules.as_ref().ok());
        ORIGIN_BYTES + rules.map_or(0, |rules| rules.bytes())
    }

    fn worth(&self, now: Timestamp) -> Worth<Timestamp> {
        match &self.kept {
            _ if Arc::strong_count(&self.asking) > 1 => Worth::InUse,
            Some(kept) if kept.until > now => Worth::Since(kept.until),
            _ => Worth::Over,
        }
    }
}

fn rules_of(answer: &Answer, token: &str) -> Result<Arc<Robots>, String> {
    let name = || status_name(answer.status);
    match (answer.status, &answer.end) {
        (200..=299, BodyEnd::Broken(_) | BodyEnd::Slow) => {
            Err("robots.txt could not be had: it broke off".to_owned())
        }
        (200..=299, BodyEnd::Capped) => Ok(Arc::new(Robots::parse(whole_lines(&answer.body), token))),
        (200..=299, BodyEnd::Whole) => Ok(Arc::new(Robots::parse(&answer.body, token))),
        (500.., _) => Err(format!("robots.txt could not be had: {}", name())),
        _ => Ok(Arc::default()),
    }
}

/// The first half of a rule may forbid far more than the whole.
fn whole_lines(cut: &[u8]) -> &[u8] {
    let end = cut.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(0);
    &cut[..end]
}

/// An origin whose robots.txt cannot be had forbids everything for now (RFC 9309 §2.3.1.4). That is a
/// failed attempt at the page: a host that is down for good must not keep its entries waiting for ever.
fn not_now(reason: String, until: Timestamp) -> NoPage {
    NoPage::Failed(PageFailure { status: None, reason, lasting: false, retry_after: Some(until) })
}

fn lasting(reason: String) -> NoPage {
    NoPage::Failed(PageFailure { status: None, reason, lasting: true, retry_after: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2022-01-10T08:00:00Z".parse().expect("a time")
    }

    /// Rules that take about this many bytes.
    fn rules(bytes: usize) -> Arc<Robots> {
        let file = format!("User-agent: *\nDisallow: /{}", "a".repeat(bytes));
        Arc::new(Robots::parse(file.as_bytes(), "wirewatch"))
    }

    fn keep(memory: &RobotsMemory, name: &str, rules: &Arc<Robots>, secs: i64) {
        let _asking = memory.asking(name, now());
        memory.keep(name, Kept { rules: Ok(rules.clone()), since: now(), until: after(now(), secs) }, now());
    }

    #[track_caller]
    fn check_bytes(memory: &RobotsMemory) {
        let origins = memory.origins();
        assert_eq!(origins.bytes, origins.by_name.values().map(Origin::size).sum::<usize>());
        assert!(origins.bytes <= MOST_BYTES, "{}", origins.bytes);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_oldest_goes_first() {
        let (memory, large) = (RobotsMemory::default(), rules(400_000));
        for nth in 0..300 {
            keep(&memory, &format!("http://h{nth}.example"), &large, 1 + nth);
            check_bytes(&memory);
        }
        let known = |nth: i64| memory.recall(&format!("http://h{nth}.example"), now()).is_some();
        assert!(known(299) && known(280) && !known(0) && !known(200));
    }

    #[test]
    fn origins_are_bounded_though_they_have_no_rules() {
        let memory = RobotsMemory::default();
        for nth in 0..MOST_BYTES / ORIGIN_BYTES + 10 {
            drop(memory.asking(&format!("http://h{nth}.example"), now()));
        }
        check_bytes(&memory);
        assert!(memory.origins().by_name.len() <= 10, "nothing was known of them");
    }

    #[test]
    fn what_is_over_goes_before_what_is_old() {
        let (memory, large) = (RobotsMemory::default(), rules(400_000));
        keep(&memory, "http://soon.example", &rules(10), 1);
        for nth in 0..40 {
            keep(&memory, &format!("http://over{nth}.example"), &large, 0);
        }
        for nth in 0..50 {
            keep(&memory, &format!("http://h{nth}.example"), &large, 3600);
        }
        assert!(memory.recall("http://soon.example", now()).is_some());
        assert!(!memory.origins().by_name.contains_key("http://over0.example"));
    }

    #[test]
    fn new_rules_of_an_origin_take_the_place_of_the_old() {
        let (memory, large) = (RobotsMemory::default(), rules(400_000));
        for secs in 0..200 {
            keep(&memory, "http://a.example", &large, secs);
            check_bytes(&memory);
        }
        assert!(memory.recall("http://a.example", now()).is_some());
    }

    #[test]
    fn an_origin_that_is_being_asked_is_not_forgotten() {
        let (memory, large) = (RobotsMemory::default(), rules(400_000));
        let asking = memory.asking("http://a.example", now());
        for nth in 0..200 {
            keep(&memory, &format!("http://h{nth}.example"), &large, 3600);
        }
        assert!(Arc::ptr_eq(&asking, &memory.asking("http://a.example", now())));
    }
}
