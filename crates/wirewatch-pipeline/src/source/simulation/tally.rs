//! What is counted in the simulated week, the oracle it is compared with, and the rules it must keep.

use super::publisher::{Feed, Press, WEEK_SECS};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

const DAY: i64 = 86_400;

/// The requests of one feed.
#[derive(Default)]
struct Asked {
    at: Vec<Timestamp>,
    unconditional: usize,
}

#[derive(Default)]
pub(super) struct Tally {
    feeds: HashMap<String, Asked>,
}

/// What came of the week.
#[derive(Debug, Default)]
#[allow(dead_code, reason = "all of it is printed")]
pub(super) struct Figures {
    pub(super) feeds: usize,
    pub(super) requests: usize,
    pub(super) oracle_requests: usize,
    /// Requests of the feed that asks most against its oracle, with at least a request in two hours.
    pub(super) worst_ratio: f64,
    /// Feeds with an entry or more in each interval that manners permit.
    pub(super) active_feeds: usize,
    pub(super) active_entries: usize,
    /// How long after the permitted interval their entries were known.
    pub(super) late_secs_p95: i64,
    pub(super) late_secs_p99: i64,
    /// Feeds that grant five minutes or less and have an entry an hour or more: known after publication.
    pub(super) prompt_feeds: usize,
    pub(super) prompt_secs_p95: i64,
    /// Entries of all feeds: known after publication.
    pub(super) all_secs_p50: i64,
    pub(super) all_secs_p95: i64,
    pub(super) lost_entries: usize,
    pub(super) broken_rules: Vec<String>,
}

impl Tally {
    pub(super) fn asked(&mut self, press: &Press, url: &str, now: Timestamp, conditional: bool) {
        let asked = self.feeds.entry(url.to_owned()).or_default();
        asked.at.push(now);
        asked.unconditional += usize::from(press.feeds[url].validators && !conditional);
    }

    pub(super) fn figures(&self, press: &Press, begin: Timestamp) -> Figures {
        let mut figures = Figures { feeds: press.feeds.len(), ..Figures::default() };
        let (mut late, mut prompt, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for (url, feed) in &press.feeds {
            let Some(asked) = self.feeds.get(url) else {
                figures.broken_rules.push(format!("{url} was never asked"));
                continue;
            };
            let permitted = permitted_secs(feed, begin);
            figures.broken_rules.extend(broken(url, feed, asked, permitted));
            let waits = waits(feed, &asked.at, begin);
            let oracle = oracle(feed, permitted, begin);
            figures.requests += asked.at.len();
            figures.oracle_requests += oracle;
            if asked.at.len() > 84 {
                figures.worst_ratio = figures.worst_ratio.max(asked.at.len() as f64 / oracle as f64);
            }
            figures.lost_entries += lost(feed, &asked.at, permitted);
            if waits.len() as i64 * permitted >= WEEK_SECS {
                figures.active_feeds += 1;
                figures.active_entries += waits.len();
                late.extend(waits.iter().map(|wait| wait - permitted));
            }
            if feed.grant_secs > 0 && feed.grant_secs <= 300 && waits.len() as i64 >= WEEK_SECS / 3600 {
                figures.prompt_feeds += 1;
                prompt.extend(&waits);
            }
            all.extend(waits);
        }
        (figures.late_secs_p95, figures.late_secs_p99) = (quantile(&mut late, 95), quantile(&mut late, 99));
        figures.prompt_secs_p95 = quantile(&mut prompt, 95);
        (figures.all_secs_p50, figures.all_secs_p95) = (quantile(&mut all, 50), quantile(&mut all, 95));
        figures
    }
}

/// The interval that rule 8 permits, told from what the feed really does and not from what was learnt.
fn permitted_secs(feed: &Feed, begin: Timestamp) -> i64 {
    let in_week = feed.entries.len() - feed.published(begin);
    match feed.grant_secs {
        0 if feed.validators && in_week as i64 >= WEEK_SECS / 3600 => 900,
        0 => 3600,
        secs => i64::from(secs).clamp(120, DAY),
    }
}

/// How long each entry of the week waited until it was known.
fn waits(feed: &Feed, asked: &[Timestamp], begin: Timestamp) -> Vec<i64> {
    let new = feed.entries[feed.published(begin)..].iter();
    let known = |at: &Timestamp| asked.get(asked.partition_point(|asked| asked < at)).copied();
    // What came after the last request is not known at the end of the week.
    new.filter_map(|at| Some(known(at)?.as_second() - at.as_second())).collect()
}

/// Entries that came and went from the body between two requests that could have been closer.
fn lost(feed: &Feed, asked: &[Timestamp], permitted: i64) -> usize {
    let apart = |pair: &[Timestamp]| pair[1].as_second() - pair[0].as_second();
    let pairs = asked.windows(2).filter(|pair| apart(pair) > permitted + 60);
    let new = pairs.map(|pair| feed.published(pair[1]) - feed.published(pair[0]));
    new.map(|new| new.saturating_sub(feed.listed)).sum()
}

/// How often one asks who knows when entries come: at once when one is out, as soon as manners permit,
/// and once a day in any case.
fn oracle(feed: &Feed, permitted: i64, begin: Timestamp) -> usize {
    let secs = |at: Timestamp| at.as_second() - begin.as_second();
    let (mut at, mut requests) = (0, 1);
    loop {
        let next = feed.published(begin + SignedDuration::from_secs(at));
        let next = feed.entries.get(next).map_or(i64::MAX, |entry| secs(*entry));
        at = next.min(at + DAY.max(permitted)).max(at + permitted);
        if at > WEEK_SECS {
            return requests;
        }
        requests += 1;
    }
}

/// Which rules the requests of a feed broke.
fn broken(url: &str, feed: &Feed, asked: &Asked, permitted: i64) -> Vec<String> {
    let mut broken = Vec::new();
    for pair in asked.at.windows(2) {
        let gap = pair[1].as_second() - pair[0].as_second();
        // What a feed is by its week it need not have been by the day before.
        let lively =
            permitted == 3600 && feed.grant_secs == 0 && feed.validators && was_lively(feed, pair[0]);
        if gap < if lively { 900 } else { permitted } {
            broken.push(format!("rule 8: {url} was asked {gap} s after {}", pair[0]));
        }
    }
    if asked.unconditional > 1 {
        broken.push(format!("rule 3: {url} was asked {} times without validators", asked.unconditional));
    }
    broken
}

/// Whether the feed had an entry an hour or more, about, over one of the last days together.
fn was_lively(feed: &Feed, now: Timestamp) -> bool {
    (1..=3).any(|days| {
        let day = SignedDuration::from_hours(24 * days);
        (feed.published(now) - feed.published(now - day)) as i64 >= 22 * days
    })
}

fn quantile(values: &mut [i64], percent: usize) -> i64 {
    values.sort_unstable();
    values.get((values.len() * percent / 100).min(values.len().saturating_sub(1))).copied().unwrap_or(0)
}
