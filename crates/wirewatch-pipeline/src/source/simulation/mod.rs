//! A simulated week: the real scheduler, feed reader and store over the compiled-in feed list, against a
//! publisher in memory and a clock that only the simulation moves.
//!
//! What it shows: how soon entries are known, what that costs in requests against an oracle that knows
//! when entries come, and that no rule of manners is broken on the way. The figures of a run are printed
//! (`cargo test -p wirewatch-pipeline simulated_week -- --nocapture`).

mod publisher;
mod tally;

use super::schedule;
use crate::{
    Clock, Counters, PipelineConfig, Stages,
    message::Due,
    shared::{Look, Shared},
};
use jiff::{SignedDuration, Timestamp};
use publisher::{Press, WEEK_SECS};
use std::{sync::Arc, time::Duration};
use tally::Tally;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wirewatch_fetch::{FetchConfig, Fetcher, read_feed};
use wirewatch_store::{Database, Write, Writer, WriterOptions};
use wirewatch_tag::Tagger;

/// A Monday.
fn begin() -> Timestamp {
    "2022-01-10T00:00:00Z".parse().expect("a time")
}

struct World {
    shared: Shared,
    look: Look,
    writer: Writer,
    press: Press,
    tally: Tally,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open(folder.path().join("week.db")).expect("a database");
        let options = WriterOptions {
            group_time: Duration::ZERO,
            group_quiet: Duration::ZERO,
            recheck: false,
            ..WriterOptions::default()
        };
        let writer = database.start_writer(options).expect("a writer");
        let shared = Shared {
            config: PipelineConfig::default(),
            clock: Clock::manual(begin()),
            stages: Stages::new(Arc::new(Tagger::builtin())),
            fetcher: Fetcher::new(FetchConfig::default()).expect("a fetcher"),
            database,
            writer: writer.handle(),
            counters: Arc::new(Counters::default()),
            inflight: Arc::default(),
            failures: Arc::default(),
            stop: CancellationToken::new(),
        };
        let press = Press::of_the_feed_list(begin());
        let specs = press.specs();
        shared.writer.write(Write::SyncFeeds { specs, at: begin() }).await.expect("the list is stored");
        let look = shared.look().expect("a connection");
        Self { shared, look, writer, press, tally: Tally::default(), _folder: folder }
    }

    /// Lets the scheduler work until the week is over.
    async fn run(&mut self) {
        let (feeds, mut due) = mpsc::channel(64);
        let scheduler = tokio::spawn(schedule(self.shared.clone(), self.look.clone(), feeds, false));
        let end = begin() + SignedDuration::from_secs(WEEK_SECS);
        while self.shared.clock.now() < end {
            match due.try_recv() {
                Ok(feed) => self.answer(feed).await,
                Err(_) if self.is_scheduler_asleep() => self.move_clock(end).await,
                Err(_) => {
                    // Threads of the store and of the scheduler's looks are at work.
                    std::thread::yield_now();
                    tokio::task::yield_now().await;
                }
            }
        }
        self.shared.stop.cancel();
        scheduler.await.expect("no panic").expect("no error");
    }

    /// One feed is asked, read and stored, as fetcher, reader and inbox do it.
    async fn answer(&mut self, due: Due) {
        let Due { feed, ticket } = due;
        let now = self.shared.clock.now();
        let answer = self.press.answer(&feed, now);
        let conditional = feed.validators.etag.is_some();
        self.tally.asked(&self.press, &feed.url, now, conditional);
        let check = read_feed(&feed, answer);
        self.shared.writer.write(Write::FeedChecked(Box::new(check))).await.expect("stored");
        drop(ticket);
    }

    /// Nobody else waits for the clock here.
    fn is_scheduler_asleep(&self) -> bool {
        matches!(&self.shared.clock, Clock::Manual(at) if at.receiver_count() > 0)
    }

    async fn move_clock(&mut self, end: Timestamp) {
        let now = self.shared.clock.now();
        let next = self.look.ask(move |reader| reader.next_feed_due(now)).await.expect("a look");
        // The scheduler looks around once a second at most.
        let until = next.unwrap_or(end).max(now + SignedDuration::from_secs(1)).min(end);
        self.shared.clock.advance(until.duration_since(now).unsigned_abs());
        // Whoever was woken has run when this one goes on.
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn in_a_simulated_week_entries_are_known_in_time_at_little_more_than_an_oracle_asks() {
    let mut world = World::new().await;
    world.run().await;
    let World { shared, look, writer, press, tally, .. } = world;
    drop((shared, look));
    tokio::task::spawn_blocking(move || writer.join()).await.expect("no panic").expect("no error");

    let figures = tally.figures(&press, begin());
    println!("{figures:#?}");
    assert_eq!(figures.broken_rules, Vec::<String>::new());
    assert_eq!(figures.lost_entries, 0);
    assert!(figures.active_feeds >= 30 && figures.active_entries > 10_000, "enough to measure");
    assert!(figures.late_secs_p95 <= 60, "within the permitted interval plus a minute");
    assert!(figures.prompt_feeds > 0 && figures.prompt_secs_p95 <= 300, "within five minutes where granted");
    assert!(figures.requests <= 2 * figures.oracle_requests, "at most twice the oracle");
}
