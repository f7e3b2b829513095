//! Whether a page may be asked for: the robots.txt of its origin, asked for once a day.

use crate::{
    Fetcher,
    feed_check::status_name,
    http::{
        client::{Answer, Ask, NoAnswer},
        robots::{READ_BYTES, Robots},
    },
    page::NoPage,
    time::{Watch, after},
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use url::{Position, Url};
use wirewatch_model::{FailureKind, PageFailure};

const ACCEPT: &str = "text/plain, */*;q=0.5";
/// How long robots.txt is believed, in seconds: a day when it was had, less when it was not.
const BELIEVED_SECS: i64 = 24 * 3600;
const FAILED_SECS: i64 = 600;
/// A longer Crawl-delay is not waited for, in seconds: it would hold a worker.
const LONGEST_CRAWL_DELAY_SECS: u32 = 60;
/// Origins whose robots.txt is remembered.
const MANY_ORIGINS: usize = 4096;

impl Fetcher {
    /// Asks robots.txt whether a page may be asked for; the Crawl-delay when it may. `pause` is kept
    /// between starts when robots.txt itself must be asked for.
    pub(crate) async fn permission(
        &self,
        url: &Url,
        pause: Duration,
        watch: Watch,
    ) -> Result<Duration, NoPage> {
        let robots = self.robots(url, pause, watch).await?;
        if robots.allows(&url[Position::BeforePath..Position::AfterQuery]) {
            let secs = robots.crawl_delay_secs.unwrap_or(0).min(LONGEST_CRAWL_DELAY_SECS);
            return Ok(Duration::from_secs(secs.into()));
        }
        let host = url.host_str().unwrap_or_default();
        Err(lasting(format!("robots.txt of {host} does not allow this page")))
    }

    /// The rules of an origin, from memory or asked for now.
    async fn robots(&self, url: &Url, pause: Duration, watch: Watch) -> Result<Arc<Robots>, NoPage> {
        let slot = self.robots_memory().slot(url, watch.now());
        let mut slot = slot.lock().await;
        if let Some(kept) = slot.as_ref().filter(|kept| kept.until > watch.now()) {
            return kept.rules.clone().map_err(|reason| not_now(reason, kept.until));
        }
        let Ok(address) = url.join("/robots.txt") else { return Ok(Arc::default()) };
        let ask = Ask {
            accept: ACCEPT,
            conditions: Vec::new(),
            body_limit: READ_BYTES,
            host_pause: pause,
            wanted: |_| true,
            watch,
        };
        let rules = match self.client().ask(address.as_str(), &ask).await {
            Err(NoAnswer::Paused(pause)) => return Err(NoPage::paused(pause, false)),
            Ok(Answer { host_pause: Some(pause), .. }) => return Err(NoPage::paused(pause, true)),
            Ok(answer) => rules_of(&answer, self.product_token()),
            // A robots.txt that redirects in circles or away is not there (RFC 9309 §2.3.1.2).
            Err(NoAnswer::Failed { kind: FailureKind::Redirect, .. }) => Ok(Arc::default()),
            Err(NoAnswer::Failed { kind: FailureKind::Address, message, hops }) => {
                // The page is at the address we do not go to; a redirect there leaves no robots.txt.
                if hops.is_empty() {
                    return Err(lasting(message));
                }
                Ok(Arc::default())
            }
            Err(NoAnswer::Failed { message, .. }) => Err(format!("robots.txt could not be had: {message}")),
        };
        let secs = if rules.is_ok() { BELIEVED_SECS } else { FAILED_SECS };
        let until = after(watch.now(), secs);
        *slot = Some(Kept { rules: rules.clone(), until });
        rules.map_err(|reason| not_now(reason, until))
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
        let origin = url[..Position::BeforePath].to_owned();
        origins.entry(origin).or_default().clone()
    }
}

fn rules_of(answer: &Answer, token: &str) -> Result<Arc<Robots>, String> {
    match answer.status {
        200..=299 => Ok(Arc::new(Robots::parse(&answer.body, token))),
        500.. => Err(format!("robots.txt could not be had: {}", status_name(answer.status))),
        _ => Ok(Arc::default()),
    }
}

fn not_now(reason: String, until: Timestamp) -> NoPage {
    NoPage::Postponed { until, reason, host_pause: None }
}

fn lasting(reason: String) -> NoPage {
    NoPage::Failed(PageFailure { status: None, reason, lasting: true, retry_after: None })
}
