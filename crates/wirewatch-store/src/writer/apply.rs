//! Which function answers which request, and what they all need.

use super::entry::Taken;
use super::pending::{Mark, Pending};
use super::{Failure, ShortWrite, Write, WriterOptions, Written};
use super::{announce, article, entry, feed, feed_check, host, job, robots, rows, setback, websub};
use crate::column::Micros;
use crate::stems::Stems;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;
use std::time::Duration;
use wirewatch_model::{ChangeKind, HostPause, RobotsRules};

/// What the functions that apply a request work with. Lives as long as the writer.
pub(crate) struct Context<'c> {
    pub(crate) connection: &'c Connection,
    pub(super) edit_pause: Duration,
    pub(super) recheck: bool,
    pub(super) parser_version: u32,
    /// Whether the version of the parser stands in the database.
    pub(super) parser_noted: bool,
    pub(super) stems: Stems,
    pub(super) pending: Pending,
    pub(super) compressor: zstd::bulk::Compressor<'static>,
    /// Ids by table and name, so that a known topic costs no look-up.
    pub(super) ids: HashMap<(rows::Named, String), i64>,
}

impl<'c> Context<'c> {
    pub(crate) fn new(connection: &'c Connection, options: &WriterOptions) -> Result<Self, Failure> {
        Ok(Self {
            connection,
            edit_pause: options.edit_pause,
            recheck: options.recheck,
            parser_version: options.parser_version,
            parser_noted: false,
            stems: Stems::new(),
            pending: Pending::default(),
            compressor: zstd::bulk::Compressor::new(announce::BODY_LEVEL)
                .map_err(|error| Failure::Passing(format!("no memory for compression: {error}")))?,
            ids: HashMap::new(),
        })
    }

    /// Forgets what an earlier attempt left behind.
    pub(super) fn begin_group(&mut self) {
        self.pending.clear();
        self.ids.clear();
        self.parser_noted = false;
    }

    pub(super) fn mark_pending(&self) -> Mark {
        self.pending.mark()
    }

    /// Forgets what a request left behind that was undone.
    pub(super) fn drop_pending(&mut self, mark: Mark) {
        self.pending.drop_after(mark);
        self.ids.clear();
        self.parser_noted = false;
    }

    /// Does what was put off to the end of the group.
    pub(crate) fn flush_pending(&mut self) -> Result<(), Failure> {
        self.pending.flush(self.connection)
    }
}

/// Applies one request inside the open transaction.
pub(super) fn apply(context: &mut Context<'_>, write: &Write) -> Result<Written, Failure> {
    match write {
        Write::SyncFeeds { specs, at } => feed::sync(context, specs, *at).map(Written::Feeds),
        Write::SyncTopics { topics } => rows::sync_topics(context, topics).map(done),
        Write::FeedChecked(check) => feed_check::store(context, check).map(Written::Checked),
        Write::ArticleDone(tagged) => article::store(context, tagged).map(Written::Article),
        Write::EntryLinked { entry, article, taken_at, at } => {
            entry::linked(context, *entry, *article, Taken { taken_at: *taken_at, at: *at }).map(done)
        }
        Write::PageFailed { entry, failure, next_try, taken_at, at } => {
            let taken = Taken { taken_at: *taken_at, at: *at };
            setback::page_failed(context, *entry, failure, *next_try, taken).map(done)
        }
        Write::EntryPostponed { entry, until, reason, taken_at, at } => {
            let taken = Taken { taken_at: *taken_at, at: *at };
            setback::postponed(context, *entry, *until, reason, taken).map(done)
        }
        Write::EntryUnchanged { entry, taken_at, at } => {
            setback::unchanged(context, *entry, Taken { taken_at: *taken_at, at: *at }).map(done)
        }
        Write::EntryRejected { reject, taken_at, at } => {
            setback::rejected(context, reject, Taken { taken_at: *taken_at, at: *at }).map(done)
        }
        Write::HostPaused(pause) => host::pause(context.connection, pause).map(done),
        Write::FeedPushed(push) => websub::pushed(context, push).map(Written::Checked),
        Write::Subscription(write) => websub::apply(context.connection, write).map(done),
        Write::RobotsKept { rules, at } => robots::keep(context, rules, *at).map(done),
        Write::Strike { target, at } => setback::strike(context, *target, *at).map(done),
        Write::Meta { key, value } => put_meta(context.connection, key, value.as_deref()).map(done),
        Write::Short(write) => apply_short(context, write),
    }
}

/// Applies a request that other processes may make as well.
pub(super) fn apply_short(context: &mut Context<'_>, write: &ShortWrite) -> Result<Written, Failure> {
    let connection = context.connection;
    match write {
        ShortWrite::AddFeeds { specs, at } => feed::add(context, specs, *at).map(Written::FeedsAdded),
        ShortWrite::OverrideFeed { feed, change, at } => {
            feed::override_one(connection, *feed, change, *at).map(done)
        }
        ShortWrite::MakeDue { feeds, at } => feed::make_due(connection, feeds, *at).map(done),
        ShortWrite::HostsLearnt { pauses, answered, robots, at } => {
            hosts_learnt(context, pauses, answered, robots, *at).map(done)
        }
        ShortWrite::FeedPutOff { feed, until } => feed::put_off(connection, *feed, *until).map(done),
        ShortWrite::AddEntries { source, entries, at } => {
            announce::add_entries(context, source, entries, *at).map(Written::Checked)
        }
        ShortWrite::CreateJob { kind, arguments, at } => {
            job::create(connection, kind, arguments, *at).map(Written::Job)
        }
        ShortWrite::UpdateJob { job, update, at } => job::update(connection, *job, update, *at).map(done),
        ShortWrite::EnsureReader { name, from, at } => {
            job::ensure_reader(connection, name, *from, *at).map(done)
        }
        ShortWrite::AckReader { name, seq, at } => job::ack_reader(connection, name, *seq, *at).map(done),
    }
}

/// Ends of strikes come first: a host may have asked for the next pause after one.
fn hosts_learnt(
    context: &mut Context<'_>,
    pauses: &[HostPause],
    answered: &[String],
    robots: &[RobotsRules],
    at: Timestamp,
) -> Result<(), Failure> {
    for host in answered {
        host::relieve(context.connection, host, at)?;
    }
    for pause in pauses {
        host::pause(context.connection, pause)?;
    }
    host::hold(context.connection, at)?;
    robots.iter().try_for_each(|rules| robots::keep(context, rules, at))
}

fn done((): ()) -> Written {
    Written::Done
}

/// A fact about the database itself.
pub(super) fn put_meta(connection: &Connection, key: &str, value: Option<&str>) -> Result<(), Failure> {
    match value {
        Some(value) => connection
            .prepare_cached("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")?
            .execute([key, value])?,
        None => connection.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?,
    };
    Ok(())
}

/// A row that may be missing.
pub(super) fn optional<T>(result: rusqlite::Result<T>) -> Result<Option<T>, Failure> {
    Ok(result.optional()?)
}

/// The number the next change gets: the transaction holds the lock, so nobody else can take it.
pub(super) fn next_seq(connection: &Connection) -> Result<i64, Failure> {
    let last: Option<i64> = optional(
        connection
            .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'change'")?
            .query_row([], |row| row.get(0)),
    )?;
    Ok(last.unwrap_or(0) + 1)
}

/// The change that readers learn of, under a number of [`next_seq`].
pub(super) fn change(
    connection: &Connection,
    seq: i64,
    kind: ChangeKind,
    article: i64,
    story: i64,
    at: Timestamp,
) -> Result<(), Failure> {
    connection
        .prepare_cached("INSERT INTO change (seq, kind, article, story, at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![seq, kind.as_str(), article, story, Micros(at)])?;
    Ok(())
}
