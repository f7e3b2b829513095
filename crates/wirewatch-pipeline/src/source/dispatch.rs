//! The dispatcher: pulls owed entries out of the inbox and hands them to the page fetchers.
//!
//! It pulls on a read-only connection and only while the fetchers have room, so no queue ever leads
//! from the writer back to it. An entry whose address already is an article's is linked to that
//! article without a request (invariant 3).

use super::lookahead::Lookahead;
use crate::{
    PipelineError,
    clock::later,
    inflight::Ticket,
    message::{Finished, Owed},
    shared::{Look, Shared},
};
use std::{collections::HashSet, time::Duration};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wirewatch_model::{Announced, ArticleId, EntryId, OwedEntry, address};
use wirewatch_store::Write;

/// Entries kept ready; enough to keep many hosts busy, few enough to weigh nothing.
const LOOKAHEAD: usize = 256;
/// Entries looked up and started at once.
const ROUND: usize = 32;
/// Longest time between two looks at the inbox.
const LONGEST: Duration = Duration::from_secs(5);

/// Runs until the stop signal; with `once`, until the scheduler has ended (`no_more_feeds`) and
/// nothing that may be tried now is left.
pub(crate) async fn dispatch(
    shared: Shared,
    look: Look,
    pages: mpsc::Sender<Owed>,
    finished: mpsc::Sender<Finished>,
    once: Option<CancellationToken>,
) -> Result<(), PipelineError> {
    let mut lookahead = Lookahead::default();
    while !shared.stop.is_cancelled() {
        // Asked before the inbox is read: what ends after this line wakes the next wait.
        let feeds_ended = once.as_ref().is_some_and(CancellationToken::is_cancelled);
        let quiet = feeds_ended && shared.inflight.is_empty();
        refill(&shared, &look, &mut lookahead).await?;
        let ready = lookahead.take_startable(&shared.inflight, ROUND);
        if ready.is_empty() {
            if quiet && lookahead.len() == 0 {
                return Ok(());
            }
            wait(&shared, once.as_ref().filter(|_| !feeds_ended)).await;
            continue;
        }
        if !start(&shared, &look, &pages, &finished, ready).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Pulls entries of hosts that have none waiting, so that a slow host with a backlog holds a few places
/// and no more, and lets go of those whose host asked for a pause meanwhile.
async fn refill(shared: &Shared, look: &Look, lookahead: &mut Lookahead) -> Result<(), PipelineError> {
    let now = shared.clock.now();
    let mut skip: HashSet<EntryId> = shared.inflight.entries().into_iter().collect();
    skip.extend(lookahead.ids());
    let room = LOOKAHEAD - lookahead.len();
    let waiting = lookahead.hosts();
    let pulled = look.ask(move |reader| {
        let paused: HashSet<String> = reader.host_pauses(now)?.into_iter().map(|pause| pause.host).collect();
        let busy = paused.union(&waiting).cloned().collect();
        Ok((reader.owed_entries(now, room, &busy, &skip)?, paused))
    });
    let (owed, paused) = pulled.await?;
    lookahead.extend(owed);
    lookahead.let_go(&paused);
    Ok(())
}

/// Waits for something to do. `feeds_end` is the end of the schedule, when it was not seen yet: it may have
/// come meanwhile, and must not be slept through.
async fn wait(shared: &Shared, feeds_end: Option<&CancellationToken>) {
    let until = later(shared.clock.now(), LONGEST);
    let schedule_ended = async {
        match feeds_end {
            Some(token) => token.cancelled().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = shared.stop.cancelled() => {}
        () = shared.inflight.entry_room() => {}
        () = schedule_ended => {}
        () = shared.clock.sleep_until(until, LONGEST) => {}
    }
}

/// Starts one round of entries; false when the run is ending.
async fn start(
    shared: &Shared,
    look: &Look,
    pages: &mpsc::Sender<Owed>,
    finished: &mpsc::Sender<Finished>,
    ready: Vec<(OwedEntry, Ticket)>,
) -> Result<bool, PipelineError> {
    let addresses: Vec<Option<String>> = ready.iter().map(|(owed, _)| address_to_look_up(owed)).collect();
    let known = look
        .ask(move |reader| {
            addresses
                .into_iter()
                .map(|address| match address {
                    Some(address) => Ok(reader
                        .article_by_identities(&[address])?
                        .filter(|known| !known.method.starts_with("feed-"))
                        .map(|known| known.id)),
                    None => Ok(None),
                })
                .collect::<Result<Vec<Option<ArticleId>>, _>>()
        })
        .await?;
    for ((entry, ticket), known) in ready.into_iter().zip(known) {
        crate::Counters::add(&shared.counters.entries_taken, 1);
        let sent = if let Some(article) = known {
            let write = Write::EntryLinked {
                entry: entry.id,
                article,
                taken_at: entry.taken_at,
                at: shared.clock.now(),
            };
            finished.send(Finished::Entry(write, ticket)).await.is_ok()
        } else {
            // What waits here when the stop comes is still owed.
            tokio::select! {
                biased;
                () = shared.stop.cancelled() => false,
                sent = pages.send(Owed { entry, ticket }) => sent.is_ok(),
            }
        };
        if !sent {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Only an entry met for the first time is spared its page: the others ask for it on purpose.
fn address_to_look_up(owed: &OwedEntry) -> Option<String> {
    if owed.announced != Announced::First || owed.entry.shares_address {
        return None;
    }
    owed.entry.url.as_deref().and_then(address::identity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, PipelineConfig, Stages, inflight::InFlight};
    use jiff::Timestamp;
    use std::{
        pin::pin,
        sync::{Arc, mpsc as threads},
        task::Poll,
    };
    use wirewatch_fetch::{FetchConfig, Fetcher};
    use wirewatch_store::{Database, WriterOptions};
    use wirewatch_tag::Tagger;

    #[tokio::test]
    async fn the_end_of_the_schedule_is_not_slept_through_when_it_comes_while_the_inbox_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open(folder.path().join("w.db")).expect("a database");
        let writer = database.start_writer(WriterOptions::default()).expect("a writer");
        let shared = Shared {
            config: PipelineConfig::default(),
            // It stands still: whoever waits for it waits for ever.
            clock: Clock::manual(Timestamp::UNIX_EPOCH),
            stages: Stages::new(Arc::new(Tagger::builtin())),
            fetcher: Fetcher::new(FetchConfig::default()).expect("a fetcher"),
            writer: writer.handle(),
            counters: Arc::default(),
            inflight: Arc::new(InFlight::default()),
            failures: Arc::default(),
            stop: CancellationToken::new(),
            database,
        };
        let look = shared.look().expect("a reader");
        let (in_use, is_in_use) = threads::channel();
        let (let_go, wait) = threads::channel::<()>();
        let other = tokio::spawn({
            let look = look.clone();
            async move {
                look.ask(move |_| {
                    in_use.send(()).expect("waited for");
                    wait.recv().expect("told");
                    Ok(())
                })
                .await
            }
        });
        tokio::task::yield_now().await;
        is_in_use.recv().expect("the connection is in use");

        let (pages, _pages_in) = mpsc::channel(1);
        let (finished, _finished_in) = mpsc::channel(1);
        let schedule_ended = CancellationToken::new();
        let mut dispatcher =
            pin!(dispatch(shared.clone(), look, pages, finished, Some(schedule_ended.clone())));
        std::future::poll_fn(|context| {
            assert!(dispatcher.as_mut().poll(context).is_pending(), "it waits for the inbox");
            Poll::Ready(())
        })
        .await;
        schedule_ended.cancel();
        let_go.send(()).expect("waited for");
        other.await.expect("no panic").expect("read");
        let ended = tokio::time::timeout(Duration::from_secs(20), dispatcher).await;
        ended.expect("the end was slept through").expect("ends well");
    }
}
