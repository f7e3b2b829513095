//! What a person should know and do about a feed, in words.

use super::known::Known;
use jiff::Timestamp;
use std::collections::HashSet;
use wirewatch_fetch::{span_in_words, usual_gap_secs};
use wirewatch_store::FeedRow;

/// The states of a feed, worst first, as far as a person is needed for them.
pub(super) const STATES: &[&str] =
    &["gone", "failing", "blocked", "empty", "stale", "moved", "quiet", "busy", "never-checked", "off", "ok"];

/// A feed that is busy for longer is no passing matter, in seconds.
const BUSY_TOO_LONG_SECS: i64 = 86_400;
/// A failure that may pass is a person's matter after so many in a row.
const FAILED_TOO_OFTEN: u32 = 3;

/// Feeds asked within so long before the latest check were asked lately, in seconds.
const LATELY_SECS: i64 = 3600;
/// So few feeds that cannot be reached may be dead by themselves.
const FEW: usize = 3;

/// Whether no server could be reached lately, or hardly any: then it is the network of this machine that
/// is broken, not the feeds.
pub(super) fn nothing_reached(feeds: &[Known]) -> bool {
    let asked = |row: &FeedRow| row.last_checked.as_deref()?.parse::<Timestamp>().ok();
    let rows = feeds.iter().filter_map(|feed| match feed {
        Known::Stored(row) if row.off.is_none() => Some((row, asked(row)?.as_second())),
        _ => None,
    });
    let rows: Vec<_> = rows.collect();
    let latest = rows.iter().map(|(_, at)| *at).max().unwrap_or_default();
    let lately = rows.iter().filter(|(_, at)| latest - at <= LATELY_SECS);
    let unreached = lately.clone().filter(|(row, _)| is_unreached(row));
    let hosts: HashSet<&str> = unreached.clone().map(|(row, _)| row.publisher.domain.as_str()).collect();
    let (asked, unreached) = (lately.count(), unreached.count());
    hosts.len() > 1 && unreached >= FEW && unreached * 10 >= asked * 9
}

fn is_unreached(row: &FeedRow) -> bool {
    row.outcome.as_deref() == Some("failed")
        && matches!(row.failure.as_deref(), Some("dns" | "network" | "offline"))
}

/// Its state by the name of [`STATES`].
pub(super) fn state(feed: &Known) -> &str {
    match feed {
        Known::Stored(row) => &row.health,
        Known::Listed(spec) if spec.off.is_some() => "off",
        Known::Listed(_) => "never-checked",
    }
}

/// Whether a person must look at it: what the fetcher sees to by itself, and what was decided, is not.
pub(super) fn needs_a_person(row: &FeedRow, now: Timestamp) -> bool {
    match row.health.as_str() {
        "gone" | "blocked" | "empty" | "stale" | "quiet" => true,
        "failing" => row.failures >= FAILED_TOO_OFTEN || !may_pass(row),
        "busy" => age_secs(row.health_since.as_deref(), now).is_some_and(|secs| secs > BUSY_TOO_LONG_SECS),
        _ => false,
    }
}

/// Whether the failure is of a kind that often passes by itself.
fn may_pass(row: &FeedRow) -> bool {
    match row.failure.as_deref() {
        Some("dns" | "network" | "offline" | "timeout" | "body" | "internal") => true,
        Some("status") => row.http_status.is_some_and(|status| status >= 500),
        _ => false,
    }
}

/// What was seen.
pub(super) fn finding(row: &FeedRow, now: Timestamp) -> String {
    let message = row.message.clone().unwrap_or_default();
    match row.health.as_str() {
        "blocked" => {
            let status = row.http_status.map(|status| format!(" (status {status})")).unwrap_or_default();
            format!("{message} answers for it{status}")
        }
        "failing" if row.failures > 1 => format!("{message} ({} checks in a row)", row.failures),
        "failing" => message,
        "off" | "gone" => row.off.clone().unwrap_or_default(),
        "busy" => row.http_status.map_or(message, |status| format!("it answers with status {status}")),
        // Why it was not asked yet, when there is a reason.
        "never-checked" => message,
        "empty" => format!("it answers with a feed without entries; {}", newest(row, now)),
        "moved" if row.off.is_some() => row.off.clone().unwrap_or_default(),
        "moved" => "it redirects to another address for good".to_owned(),
        _ => newest(row, now),
    }
}

fn newest(row: &FeedRow, now: Timestamp) -> String {
    let at = row.newest_entry.as_deref().or(row.last_entry.as_deref());
    let age = age_secs(at, now).map_or_else(
        || "no entry was ever dated".to_owned(),
        |secs| format!("newest entry {} old", span_in_words(secs)),
    );
    match usual_gap_secs(&row.recent_entries) {
        Some(gap) => format!("{age}, usually one every {}", span_in_words(gap)),
        None => age,
    }
}

/// What to do; with `offline` no server could be reached lately.
pub(super) fn advice(row: &FeedRow, offline: bool) -> String {
    if offline && row.health == "failing" && is_unreached(row) {
        return "nothing about the feed: look at the network of this machine".to_owned();
    }
    let discover = format!("wirewatch feeds discover {}", row.publisher.domain);
    let set = if row.origin == "added" {
        format!("wirewatch feeds set {} …", row.id)
    } else {
        "in your feed list".to_owned()
    };
    match row.health.as_str() {
        "gone" => format!("remove it, or find its new address: {discover}"),
        "failing" => failing(row, &discover, &set),
        "blocked" => format!(
            "the publisher lets no program in: write to them, or try http1_only or another user_agent ({set})"
        ),
        "empty" | "stale" => format!("remove it, or find a feed that lives: {discover}"),
        "quiet" => format!("look whether its site is silent too; if not: {discover}"),
        "busy" => format!(
            "nothing, it is asked again when its server wants; if it stays so, a longer interval_floor_secs ({set})"
        ),
        "moved" if row.off.is_some() => "nothing: the other one is followed".to_owned(),
        "moved" => "nothing: the new address is taken over after seven days".to_owned(),
        "never-checked" => "nothing: the next run asks it".to_owned(),
        "off" => "nothing; wirewatch feeds add follows it again".to_owned(),
        _ => String::new(),
    }
}

fn failing(row: &FeedRow, discover: &str, set: &str) -> String {
    match (row.failure.as_deref(), row.http_status) {
        (Some("not-a-feed"), _) => format!("find its feed: {discover}"),
        (Some("status"), Some(401 | 402 | 403 | 405 | 406 | 451)) => format!(
            "the publisher lets no program in: write to them, or try http1_only, another user_agent or headers ({set})"
        ),
        (Some("status"), Some(404)) => format!("remove it, or find its new address: {discover}"),
        (Some("status"), Some(500..)) => "its server is broken: wait, or tell the publisher".to_owned(),
        (Some("dns" | "network"), _) if let Some(proxy) = &row.settings.proxy => {
            format!("look at its proxy, {proxy} ({set})")
        }
        (Some("dns"), _) if row.last_success.is_some() => {
            format!("its host has no address any more: remove it, or {discover}")
        }
        (Some("dns"), _) => {
            format!("it never answered, and its host has no address: look how it is spelt, or {discover}")
        }
        (Some("tls"), _) => "its certificate is not valid: tell the publisher".to_owned(),
        (Some("timeout" | "network"), _) => {
            "its server does not answer: wait, or tell the publisher".to_owned()
        }
        (Some("redirect" | "address"), _) => format!("it leads where no program goes: {discover}"),
        (Some("body"), _) => "what it sends is too large or breaks off: tell the publisher".to_owned(),
        _ => format!("look at it: wirewatch feeds check {}", row.id),
    }
}

/// Seconds since a time of a row.
pub(super) fn age_secs(rfc3339: Option<&str>, now: Timestamp) -> Option<i64> {
    let at: Timestamp = rfc3339?.parse().ok()?;
    Some((now.as_second() - at.as_second()).max(0))
}
