//! Which of the feeds of a site is worth following.

use super::{Candidate, Found};
use crate::{
    explain::has_text,
    time::{DAY, seconds_between},
};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::HashSet;
use wirewatch_model::FeedCheck;

/// Two feeds that share so much of their entries are one.
const SAME: f64 = 0.9;

/// A feed that was found and read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundFeed {
    /// Its address, after redirects for good.
    pub url: String,
    /// How it was come by.
    pub found: Found,
    /// Its own title, else what the page calls it.
    pub title: Option<String>,
    /// The language it declares.
    pub language: Option<String>,
    /// `rss-2.0`, `atom-1.0`, `news-sitemap`, ….
    pub format: String,
    /// How many entries it has.
    pub entries: usize,
    /// How many of them are dated.
    pub dated: usize,
    /// How many of them carry their text.
    pub full_text: usize,
    /// The newest date among them.
    pub newest_entry: Option<Timestamp>,
    /// Whether it looks like a feed of readers' comments.
    pub comments: bool,
    /// Whether it lies on the site that was asked.
    pub same_site: bool,
    /// What it is worth beside the others; higher is better.
    pub score: i32,
}

/// A feed with the marks of its entries.
pub(super) struct Read {
    pub(super) feed: FoundFeed,
    marks: HashSet<String>,
}

impl Read {
    pub(super) fn new(candidate: &Candidate, url: String, check: FeedCheck) -> Self {
        let head = check.head.unwrap_or_default();
        let marks = check.entries.iter().map(|entry| match &entry.url {
            Some(url) => url.split_once("://").map_or(url.as_str(), |(_, place)| place).to_owned(),
            None => entry.key.clone(),
        });
        let marks = marks.collect();
        let dated = check.entries.iter().filter(|entry| entry.published.or(entry.updated).is_some());
        let feed = FoundFeed {
            url,
            found: candidate.found,
            comments: candidate.comments || says_comments(head.title.as_deref()),
            title: head.title.or_else(|| candidate.title.clone()),
            language: head.language,
            format: head.format,
            entries: check.entries.len(),
            dated: dated.count(),
            full_text: check.entries.iter().filter(|entry| has_text(entry)).count(),
            newest_entry: check.newest_entry,
            same_site: candidate.same_site,
            score: 0,
        };
        Self { feed, marks }
    }
}

/// The feeds, best first; of those that are one, the best.
pub(super) fn ranked(mut reads: Vec<Read>, now: Timestamp) -> Vec<FoundFeed> {
    for read in &mut reads {
        read.feed.score = score(&read.feed, now);
    }
    reads.sort_by(|one, other| {
        other.feed.score.cmp(&one.feed.score).then_with(|| one.feed.url.len().cmp(&other.feed.url.len()))
    });
    let mut kept: Vec<Read> = Vec::new();
    for read in reads {
        if !kept.iter().any(|known| known.feed.url == read.feed.url || are_one(&known.marks, &read.marks)) {
            kept.push(read);
        }
    }
    kept.into_iter().map(|read| read.feed).collect()
}

fn score(feed: &FoundFeed, now: Timestamp) -> i32 {
    let age = feed.newest_entry.map(|at| seconds_between(at, now));
    let fresh = match age {
        Some(secs) if secs <= 14 * DAY => 40,
        Some(secs) if secs <= 60 * DAY => 20,
        _ => 0,
    };
    let most = |count: usize| feed.entries > 0 && count * 2 >= feed.entries;
    let by = match feed.found {
        Found::Given => 15,
        Found::Named => 12,
        Found::Linked => 6,
        Found::Sitemap | Found::Guessed => 4,
    };
    // At most 10, so it fits.
    let many = (feed.entries.min(50) / 5) as i32;
    let mut score = fresh + by + many;
    score += 20 * i32::from(most(feed.dated))
        + 10 * i32::from(most(feed.full_text))
        + 5 * i32::from(feed.same_site);
    score -= 60 * i32::from(feed.comments) + 12 * i32::from(is_of_a_part(&feed.url));
    // Titles and addresses alone.
    score -= 8 * i32::from(feed.format.contains("sitemap"));
    score - 40 * i32::from(feed.entries == 0)
}

/// Whether the address is that of one label, author or search.
fn is_of_a_part(url: &str) -> bool {
    ["/tag/", "/tags/", "/author/", "/label/", "/search", "/category/", "/topic/"]
        .iter()
        .any(|part| url.contains(part))
}

fn says_comments(title: Option<&str>) -> bool {
    title.is_some_and(|title| {
        let title = title.to_lowercase();
        title.starts_with("comments ")
            || title.contains("comments feed")
            || title.contains("комментари")
            || title.contains("коментар")
    })
}

fn are_one(one: &HashSet<String>, other: &HashSet<String>) -> bool {
    let shared = one.intersection(other).count();
    let all = one.len() + other.len() - shared;
    all > 0 && shared as f64 >= SAME * all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2022-01-10T08:00:00Z".parse().expect("a time")
    }

    fn feed(url: &str, change: impl FnOnce(&mut FoundFeed)) -> Read {
        let mut feed = FoundFeed {
            url: url.to_owned(),
            found: Found::Named,
            title: None,
            language: None,
            format: "rss-2.0".to_owned(),
            entries: 20,
            dated: 20,
            full_text: 0,
            newest_entry: Some(now()),
            comments: false,
            same_site: true,
            score: 0,
        };
        change(&mut feed);
        let marks = (0..feed.entries).map(|nth| format!("{url}/{nth}")).collect();
        Read { feed, marks }
    }

    #[track_caller]
    fn check(reads: Vec<Read>, want: &[&str]) {
        let urls: Vec<String> = ranked(reads, now()).into_iter().map(|feed| feed.url).collect();
        assert_eq!(urls, want);
    }

    #[test]
    fn fresh_whole_feeds_come_before_parts_dead_ones_and_comments() {
        check(
            vec![
                feed("comments", |feed| feed.comments = true),
                feed("dead", |feed| feed.newest_entry = "2016-01-01T00:00:00Z".parse().ok()),
                feed("empty", |feed| (feed.entries, feed.dated, feed.newest_entry) = (0, 0, None)),
                feed("/tag/energy", |_| {}),
                feed("plain", |_| {}),
                feed("full", |feed| feed.full_text = 20),
            ],
            &["full", "plain", "/tag/energy", "dead", "comments", "empty"],
        );
    }

    #[test]
    fn of_feeds_with_the_same_entries_the_best_is_kept() {
        let mut atom = feed("atom", |feed| feed.full_text = 20);
        let mut rss = feed("rss", |_| {});
        let shared: HashSet<String> = (0..20).map(|nth| format!("press.example/{nth}")).collect();
        (atom.marks, rss.marks) = (shared.clone(), shared);
        check(vec![rss, atom, feed("other", |_| {})], &["atom", "other"]);
    }
}
