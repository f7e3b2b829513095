//! Pages: asks for the article behind an entry, or lets the feed's own text stand in for it.

use crate::{
    Counters,
    attempt::NextStep,
    attempt::after_failure,
    message::{Finished, Owed, Queue, Raw},
    shared::Shared,
};
use jiff::Timestamp;
use tokio::sync::mpsc;
use wirewatch_fetch::{PageRequest, PageResult};
use wirewatch_model::{Announced, OwedEntry, PageFailure, RawArticle, RawBody, SourceRef};
use wirewatch_store::Write;

/// Asks for pages, one at a time; several such workers share the queue.
pub(crate) async fn fetch(
    shared: Shared,
    owed: Queue<Owed>,
    raw: mpsc::Sender<Raw>,
    finished: mpsc::Sender<Finished>,
) {
    while let Some(next) = owed.next().await {
        if !one(&shared, next, &raw, &finished).await {
            return;
        }
    }
}

/// Takes one entry to its body; false when the run is ending.
async fn one(
    shared: &Shared,
    owed: Owed,
    raw: &mpsc::Sender<Raw>,
    finished: &mpsc::Sender<Finished>,
) -> bool {
    let Owed { entry, ticket } = owed;
    let Some(request) = request(&entry) else {
        let article = RawArticle { owed: entry, body: RawBody::Feed { failure: None } };
        return raw.send(Raw { article, provisional_until: None, held: None, ticket }).await.is_ok();
    };
    let answer = shared.fetcher.fetch_page(&request, shared.clock.now()).await;
    ticket.free_host();
    for write in shared.learnt() {
        if finished.send(Finished::Note(write)).await.is_err() {
            return false;
        }
    }
    if let Some(pause) = answer.host_pause
        && finished.send(Finished::Note(Write::HostPaused(pause))).await.is_err()
    {
        return false;
    }
    match answer.result {
        Ok(PageResult::Page(page, held)) => {
            Counters::add(&shared.counters.pages_fetched, 1);
            let article = RawArticle { owed: entry, body: RawBody::Page(page) };
            raw.send(Raw { article, provisional_until: None, held: Some(held), ticket }).await.is_ok()
        }
        Ok(PageResult::NotModified) => {
            Counters::add(&shared.counters.pages_unchanged, 1);
            let write =
                Write::EntryUnchanged { entry: entry.id, taken_at: entry.taken_at, at: shared.clock.now() };
            finished.send(Finished::Entry(write, ticket)).await.is_ok()
        }
        Ok(PageResult::Postponed { until, reason }) => {
            // Nothing was learnt of the page: it counts as no attempt.
            if entry.announced == Announced::First {
                Counters::add(&shared.counters.put_off, 1);
            }
            let (id, taken_at) = (entry.id, entry.taken_at);
            let write = Write::EntryPostponed { entry: id, until, reason, taken_at, at: shared.clock.now() };
            finished.send(Finished::Entry(write, ticket)).await.is_ok()
        }
        Err(failure) => {
            Counters::add(&shared.counters.pages_failed, 1);
            tracing::debug!(entry.id = %entry.id, article.url = request.url, lasting = failure.lasting, "{}", failure.reason);
            match after(&entry, failure, shared.clock.now()) {
                After::Write(write) => {
                    if entry.announced == Announced::First {
                        Counters::add(&shared.counters.put_off, 1);
                    }
                    finished.send(Finished::Entry(write, ticket)).await.is_ok()
                }
                After::StandIn { failure, next_try } => {
                    let article = RawArticle { owed: entry, body: RawBody::Feed { failure: Some(failure) } };
                    raw.send(Raw { article, provisional_until: next_try, held: None, ticket }).await.is_ok()
                }
            }
        }
    }
}

/// What to ask for; `None` when the entry links to nothing or to what it shares with others, or its feed says
/// to leave pages alone.
fn request(owed: &OwedEntry) -> Option<PageRequest> {
    if owed.source != SourceRef::Http || owed.settings.fetch_pages == Some(false) || owed.entry.shares_address
    {
        return None;
    }
    // A page is asked for conditionally only when an answer of "not changed" would settle it.
    let validators = match owed.announced {
        Announced::Recheck | Announced::Changed => owed.page_validators.clone(),
        Announced::First | Announced::Provisional => None,
    };
    Some(PageRequest { url: owed.entry.url.clone()?, validators, settings: owed.settings.clone() })
}

/// What a failed page leads to.
pub(crate) enum After {
    /// Note it and, perhaps, try again later.
    Write(Write),
    /// Let the feed's text stand in.
    StandIn { failure: PageFailure, next_try: Option<Timestamp> },
}

/// Applies the rules of invariant 1 to one entry.
pub(crate) fn after(owed: &OwedEntry, failure: PageFailure, now: Timestamp) -> After {
    match after_failure(owed.announced, owed.failures, &failure, now) {
        NextStep::Wait(next_try) => {
            let (entry, taken_at) = (owed.id, owed.taken_at);
            After::Write(Write::PageFailed { entry, failure, next_try, taken_at, at: now })
        }
        NextStep::StandIn { next_try } => After::StandIn { failure, next_try },
    }
}
