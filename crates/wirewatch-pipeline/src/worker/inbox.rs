//! The inbox: feed checks and their entries become durable here, in one transaction each.

use super::unreached::Unreached;
use crate::{
    Counters, PipelineError,
    inflight::FeedTicket,
    message::Checked,
    reply::{Replies, fatal},
    shared::Shared,
};
use tokio::sync::mpsc;
use wirewatch_model::{FailureKind, FeedId, Outcome};
use wirewatch_store::{CheckCounts, Write, WriteError, Written};

/// Checks handed to the writer and not yet durable.
const UNDER_WAY: usize = 32;

struct Pending {
    feed: FeedId,
    url: String,
    outcome: Outcome,
    failed_before: u32,
    _ticket: FeedTicket,
}

/// Stores checks in the order they come; ends when the feed readers have ended.
pub(crate) async fn store_checks(
    shared: Shared,
    mut checks: mpsc::Receiver<Checked>,
) -> Result<(), PipelineError> {
    let mut replies: Replies<Pending> = Replies::default();
    let mut unreached = Unreached::default();
    let mut open = true;
    while open || !replies.is_empty() {
        tokio::select! {
            next = checks.recv(), if open && replies.len() < UNDER_WAY => match next {
                Some(Checked { url, mut check, failed_before, ticket }) => {
                    unreached.judge(&url, &mut check.outcome);
                    let pending = Pending {
                        feed: check.feed, url, outcome: check.outcome.clone(), failed_before, _ticket: ticket,
                    };
                    let reply = shared.writer.enqueue(Write::FeedChecked(Box::new(check))).await?;
                    replies.push(pending, reply);
                }
                None => open = false,
            },
            Some((pending, result)) = replies.next() => settle(&shared, &pending, result)?,
        }
    }
    unreached.end();
    Ok(())
}

fn settle(
    shared: &Shared,
    pending: &Pending,
    result: Result<Written, WriteError>,
) -> Result<(), PipelineError> {
    let counters = &shared.counters;
    match result {
        Ok(Written::Checked(_)) if let Outcome::Paused { until, reason, .. } = &pending.outcome => {
            Counters::add(&counters.feeds_paused, 1);
            tracing::debug!(feed.url = pending.url, "not asked: {reason} until {until:.0}");
        }
        Ok(Written::Checked(CheckCounts { new, changed, .. })) => {
            Counters::add(&counters.feeds_checked, 1);
            Counters::add(&counters.entries_new, u64::from(new));
            Counters::add(&counters.entries_changed, u64::from(changed));
            tell(shared, pending, new);
        }
        Ok(_) => {}
        Err(error) if fatal(&error) => return Err(error.into()),
        // The feed stays due: nothing of this check was stored, so nothing is lost.
        Err(error) => {
            tracing::error!(feed.id = %pending.feed, feed.url = pending.url, %error, "a feed check could not be stored");
        }
    }
    Ok(())
}

/// One line a feed when its state changes, none while it stays as it was, or while no feed at all can be
/// reached.
fn tell(shared: &Shared, pending: &Pending, new: u32) {
    let (url, before) = (pending.url.as_str(), pending.failed_before);
    match &pending.outcome {
        Outcome::Read => {
            if before > 0 {
                tracing::info!(feed.url = url, "the feed answers again after {before} failures");
            }
            tracing::debug!(feed.url = url, entries.new = new, "feed read");
        }
        Outcome::Unchanged => Counters::add(&shared.counters.feeds_unchanged, 1),
        failed => {
            Counters::add(&shared.counters.feeds_failed, 1);
            let why = describe(failed);
            shared.note_failure(url, &why);
            let offline = matches!(failed, Outcome::Failed { failure: FailureKind::Offline, .. });
            if before == 0 && !offline {
                tracing::warn!(feed.url = url, "{why}");
            } else {
                tracing::debug!(feed.url = url, failures = before + 1, "{why}");
            }
        }
    }
}

fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Read | Outcome::Unchanged | Outcome::Paused { .. } => String::new(),
        Outcome::Busy => "the server asks us to wait".to_owned(),
        Outcome::Gone => "the feed is gone (410); remove it or find its new address".to_owned(),
        Outcome::Blocked { by } => format!("blocked by {by}: the publisher lets no program in"),
        Outcome::Failed { failure, message } => format!("{} failure: {message}", failure.as_str()),
    }
}
