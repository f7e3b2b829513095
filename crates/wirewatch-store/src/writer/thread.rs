//! The loop of the writer thread: collect a group, write it, answer.

use super::group::{self, Group};
use super::{Context, Request, Shared, WriteError, WriterOptions, WriterState};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

/// Runs until the last handle is gone, or until the database is of no more use.
pub(super) fn run(
    connection: Connection,
    options: &WriterOptions,
    mut receiver: Receiver<Request>,
    shared: &Arc<Shared>,
) -> Result<(), WriteError> {
    let outcome = catch_unwind(AssertUnwindSafe(|| serve(&connection, options, &mut receiver, shared)))
        .unwrap_or_else(|panic| Err(format!("the writer panicked: {}", panic_message(&*panic))));
    if let Err(message) = &outcome {
        tracing::error!(message, "the writer ends");
        refuse_the_rest(&mut receiver, message);
    }
    shared.state.send_replace(WriterState::Ended);
    if outcome.is_ok() {
        close(connection);
    }
    outcome.map_err(|message| WriteError::Fatal { message })
}

fn serve(
    connection: &Connection,
    options: &WriterOptions,
    receiver: &mut Receiver<Request>,
    shared: &Shared,
) -> Result<(), String> {
    let mut context = Context::new(connection, options).map_err(|failure| format!("{failure:?}"))?;
    let mut requests = Vec::new();
    while collect(receiver, options, &mut requests) {
        // The replies are kept apart: should applying panic, each is dropped with an answer.
        let mut group = Group::new(&mut requests);
        let written = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            if let Some(before) = options.before_group {
                before();
            }
            write_until_done(&mut context, options, &group, shared)
        }))
        .unwrap_or_else(|panic| Err(group::Ended::Fatal(panic_message(&*panic))));
        match written {
            Ok(answers) => group.answer(answers),
            Err(group::Ended::Stopped(reason)) => group.answer_all(&WriteError::Stopped { reason }),
            Err(group::Ended::Fatal(message)) => {
                group.answer_all(&WriteError::Fatal { message: message.clone() });
                return Err(message);
            }
        }
    }
    Ok(())
}

/// Tries a group until it is stored, told to stop, or it proves hopeless.
fn write_until_done(
    context: &mut Context<'_>,
    options: &WriterOptions,
    group: &Group,
    shared: &Shared,
) -> Result<group::Answers, group::Ended> {
    let (mut pause, longest) = options.retry_pause;
    loop {
        let reason = match group::write(context, options, group) {
            Ok(answers) => {
                shared.state.send_if_modified(|state| {
                    let stalled = *state != WriterState::Running;
                    *state = WriterState::Running;
                    if stalled {
                        tracing::info!("the database can be written again");
                    }
                    stalled
                });
                return Ok(answers);
            }
            Err(group::Unwritten::Fatal(message)) => return Err(group::Ended::Fatal(message)),
            Err(group::Unwritten::Passing(reason)) => reason,
        };
        if shared.stop_retrying.load(Ordering::SeqCst) {
            return Err(group::Ended::Stopped(reason));
        }
        stall(shared, &reason);
        wait(pause, shared);
        pause = (pause * 2).min(longest);
    }
}

fn stall(shared: &Shared, reason: &str) {
    shared.state.send_if_modified(|state| match state {
        WriterState::Stalled { reason: known, .. } if known == reason => false,
        WriterState::Stalled { since, .. } => {
            *state = WriterState::Stalled { since: *since, reason: reason.to_owned() };
            true
        }
        _ => {
            tracing::warn!(reason, "writes wait until the database can be written again");
            *state = WriterState::Stalled { since: Instant::now(), reason: reason.to_owned() };
            true
        }
    });
}

/// Sleeps, but not through [`stop_retrying`](super::WriterHandle::stop_retrying).
fn wait(pause: Duration, shared: &Shared) {
    let end = Instant::now() + pause;
    while !shared.stop_retrying.load(Ordering::SeqCst) {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::park_timeout(left);
    }
}

/// Waits for a request and takes its followers; `false` when there will be none any more.
fn collect(receiver: &mut Receiver<Request>, options: &WriterOptions, requests: &mut Vec<Request>) -> bool {
    let Some(first) = receiver.blocking_recv() else { return false };
    requests.push(first);
    let end = Instant::now() + options.group_time;
    while requests.len() < options.group_size {
        match receive_until(receiver, end.min(Instant::now() + options.group_quiet)) {
            Some(request) => requests.push(request),
            None => break,
        }
    }
    true
}

/// The next request, or `None` at the deadline or when there will be none.
fn receive_until(receiver: &mut Receiver<Request>, deadline: Instant) -> Option<Request> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    if let Ok(request) = receiver.try_recv() {
        return Some(request);
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = TaskContext::from_waker(&waker);
    loop {
        if let Poll::Ready(received) = receiver.poll_recv(&mut context) {
            return received;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        std::thread::park_timeout(left);
    }
}

/// Answers those that were already in the queue when the writer broke.
fn refuse_the_rest(receiver: &mut Receiver<Request>, message: &str) {
    receiver.close();
    while let Ok(request) = receiver.try_recv() {
        // Nobody may be waiting any more.
        let _ = request.reply.send(Err(WriteError::Fatal { message: message.to_owned() }));
    }
}

/// Leaves the file as small and as quick as it can be; none of it is needed for its safety.
fn close(connection: Connection) {
    if let Err(error) = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);") {
        tracing::debug!(%error, "the log could not be folded in on closing");
    }
    if let Err((_, error)) = connection.close() {
        tracing::debug!(%error, "the writer's connection did not close");
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Database, Write};

    fn meta(key: &str) -> Write {
        Write::Meta { key: key.to_owned(), value: Some("1".to_owned()) }
    }

    #[test]
    fn inv08_a_panic_ends_the_writer_and_leaves_nobody_waiting() {
        let folder = tempfile::tempdir().expect("folder");
        let database = Database::open(folder.path().join("a.db")).expect("made");
        let options = WriterOptions {
            before_group: Some(|| panic!("a fault of ours")),
            group_size: 1,
            ..WriterOptions::default()
        };
        let writer = database.start_writer(options).expect("writer");
        let handle = writer.handle();
        let answers: Vec<_> = ["a", "b", "c"].iter().map(|key| handle.submit(meta(key))).collect();
        for answer in answers {
            // The last ones may find the queue closed already.
            let Ok(answer) = answer else { continue };
            let error = answer.blocking_recv().map_or(Err(WriteError::Ended), |answer| answer.map(drop));
            match error {
                Err(WriteError::Fatal { message }) => {
                    assert!(message.contains("a fault of ours"), "{message}");
                }
                other => assert_eq!(other, Err(WriteError::Ended)),
            }
        }
        drop(handle);
        assert!(matches!(writer.join(), Err(WriteError::Fatal { .. })));
        assert_eq!(database.reader().expect("reader").meta("a").expect("read"), None);
        assert_eq!(database.check().expect("check"), Vec::<String>::new());
    }

    #[test]
    fn a_lone_request_does_not_wait_for_a_group_to_fill() {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(10);
        let request = |key: &str| Request { write: meta(key), reply: tokio::sync::oneshot::channel().0 };
        sender.try_send(request("a")).expect("room");
        let options = WriterOptions {
            group_time: Duration::from_secs(3_600),
            group_quiet: Duration::from_millis(1),
            ..WriterOptions::default()
        };
        let mut requests = Vec::new();
        assert!(collect(&mut receiver, &options, &mut requests));
        assert_eq!(requests.len(), 1);
        // A group takes what waits, up to its size.
        for key in ["b", "c", "d"] {
            sender.try_send(request(key)).expect("room");
        }
        requests.clear();
        assert!(collect(&mut receiver, &WriterOptions { group_size: 2, ..options.clone() }, &mut requests));
        assert_eq!(requests.len(), 2);
        drop(sender);
        requests.clear();
        assert!(collect(&mut receiver, &options, &mut requests), "what is left is taken");
        assert!(!collect(&mut receiver, &options, &mut requests), "then it ends");
    }
}
