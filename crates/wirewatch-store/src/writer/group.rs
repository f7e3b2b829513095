//! One group: a transaction over many requests.

use super::apply::apply;
use super::{Context, Failure, Reply, Request, Write, WriteError, WriterOptions, Written};
use std::sync::atomic::Ordering;

/// The answers to a group's requests, in their order.
pub(super) type Answers = Vec<Result<Written, WriteError>>;

/// Requests that are applied together, and where their answers go.
pub(super) struct Group {
    writes: Vec<Write>,
    replies: Vec<Reply>,
}

impl Group {
    /// Takes the requests, leaving the vector empty for the next.
    pub(super) fn new(requests: &mut Vec<Request>) -> Self {
        let (writes, replies) = requests.drain(..).map(|request| (request.write, request.reply)).unzip();
        Self { writes, replies }
    }

    /// Sends each its answer. Nobody may be waiting for it any more, which is no fault.
    pub(super) fn answer(&mut self, answers: Answers) {
        for (reply, answer) in self.replies.drain(..).zip(answers) {
            let _ = reply.send(answer);
        }
    }

    /// Sends all the same error.
    pub(super) fn answer_all(&mut self, error: &WriteError) {
        for reply in self.replies.drain(..) {
            let _ = reply.send(Err(error.clone()));
        }
    }
}

/// Why a group is not stored yet.
pub(super) enum Unwritten {
    /// It may be later.
    Passing(String),
    /// It never will.
    Fatal(String),
}

/// Why a group was given up.
pub(super) enum Ended {
    /// The writer was told not to try any longer.
    Stopped(String),
    /// The database is of no more use.
    Fatal(String),
}

/// Stores a group, or leaves the database as it was.
pub(super) fn write(
    context: &mut Context<'_>,
    options: &WriterOptions,
    group: &Group,
) -> Result<Answers, Unwritten> {
    let written = match attempt(context, options, &group.writes, Guard::None) {
        Err(Failure::Request(_)) => {
            roll_back(context)?;
            attempt(context, options, &group.writes, Guard::Savepoint)
        }
        other => other,
    };
    match written {
        Ok(answers) => Ok(answers),
        Err(failure) => {
            roll_back(context)?;
            Err(match failure {
                Failure::Passing(reason) => Unwritten::Passing(reason),
                Failure::Fatal(message) => Unwritten::Fatal(message),
                // What follows the requests (index, commit) is ours: it can only fail for one of the
                // reasons above, unless the schema is not what we think.
                Failure::Request(error) => Unwritten::Fatal(error.to_string()),
            })
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Guard {
    None,
    Savepoint,
}

fn attempt(
    context: &mut Context<'_>,
    options: &WriterOptions,
    writes: &[Write],
    guard: Guard,
) -> Result<Answers, Failure> {
    limit_pages(context, options)?;
    context.begin_group();
    context.connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut answers = Vec::with_capacity(writes.len());
    for write in writes {
        answers.push(match guard {
            Guard::None => Ok(apply(context, write)?),
            Guard::Savepoint => apply_guarded(context, write)?,
        });
    }
    context.flush_pending()?;
    context.connection.execute_batch("COMMIT")?;
    Ok(answers)
}

fn apply_guarded(context: &mut Context<'_>, write: &Write) -> Result<Result<Written, WriteError>, Failure> {
    let mark = context.mark_pending();
    context.connection.execute_batch("SAVEPOINT request")?;
    let answer = match apply(context, write) {
        Ok(written) => Ok(written),
        Err(Failure::Request(error)) => {
            context.connection.execute_batch("ROLLBACK TO request")?;
            context.drop_pending(mark);
            Err(error)
        }
        Err(failure) => return Err(failure),
    };
    context.connection.execute_batch("RELEASE request")?;
    Ok(answer)
}

/// Undoes the transaction, which SQLite may have done itself on a full disk.
fn roll_back(context: &mut Context<'_>) -> Result<(), Unwritten> {
    context.begin_group();
    if context.connection.is_autocommit() {
        return Ok(());
    }
    match context.connection.execute_batch("ROLLBACK").map_err(Failure::from) {
        Ok(()) => Ok(()),
        Err(Failure::Passing(reason)) => Err(Unwritten::Passing(reason)),
        Err(Failure::Fatal(message)) => Err(Unwritten::Fatal(message)),
        Err(Failure::Request(error)) => Err(Unwritten::Fatal(error.to_string())),
    }
}

/// SQLite's own largest number of pages, which means none of ours.
const NO_LIMIT: u32 = 4_294_967_294;

fn limit_pages(context: &Context<'_>, options: &WriterOptions) -> Result<(), Failure> {
    let Some(limit) = &options.page_limit else { return Ok(()) };
    let pages = match limit.load(Ordering::SeqCst) {
        0 => NO_LIMIT,
        pages => pages,
    };
    context.connection.pragma_update(None, "max_page_count", pages)?;
    Ok(())
}
