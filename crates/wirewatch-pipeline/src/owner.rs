//! Owning a database, and seeing a job through whoever the owner is (invariant 7).

use crate::{PipelineError, Report, Setup, Source, Stop, run};
use jiff::Timestamp;
use std::{path::Path, time::Duration};
use tokio::time::sleep;
use wirewatch_model::JobId;
use wirewatch_store::{
    Database, JobUpdate, LockError, Owner, OwnerLock, Reader, Role, ShortWrite, StoreError,
};

/// How often the lock, a handover and a job are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How often a job is looked at that another process does.
const FOLLOW: Duration = Duration::from_secs(1);

/// Takes the owner's lock. A daemon asks a command that has it to finish what is in flight and waits
/// for it, at most `patience`; a command never waits.
///
/// # Errors
///
/// [`LockError::Held`] names who has it and keeps it.
pub async fn take_ownership(database: &Path, role: Role, patience: Duration) -> Result<OwnerLock, LockError> {
    let mut waited = Duration::ZERO;
    let mut asked = None;
    loop {
        let owner = match OwnerLock::acquire(database, role) {
            Err(LockError::Held { owner }) => owner,
            other => return other,
        };
        // An owner that has not said yet who it is will have at the next look.
        let keeps_it = matches!(owner, Some(Owner { role: Role::Daemon, .. }));
        if role == Role::Command || keeps_it || waited >= patience {
            return Err(LockError::Held { owner });
        }
        if let Some(owner) = owner.filter(|owner| asked != Some(owner.pid)) {
            tracing::info!(owner.pid, "a command works on the database: asking it to finish");
            asked = Some(owner.pid);
        }
        // Asked again at every look: another command may have taken the lock, and the request with it.
        let request = OwnerLock::request_handover(database);
        request.map_err(|source| LockError::Io { path: database.to_owned(), source })?;
        sleep(LOOK).await;
        waited += LOOK;
    }
}

/// [`run()`] as the owner. A command signals `stop` when a daemon asks for the database.
///
/// # Errors
///
/// As [`run()`].
pub async fn run_as_owner(
    lock: &OwnerLock,
    setup: Setup,
    source: Source,
    stop: &Stop,
) -> Result<Report, PipelineError> {
    let running = run(setup, source, stop.clone());
    tokio::pin!(running);
    loop {
        tokio::select! {
            report = &mut running => return report,
            () = sleep(LOOK), if lock.role() == Role::Command && !stop.is_signalled() => {
                if lock.handover_requested() {
                    tracing::info!("a daemon asks for the database: finishing what is in flight");
                    stop.signal();
                }
            }
        }
    }
}

/// A job that a command sees through: a row of table `job`, and how to tell how much of it is left.
pub trait JobHost {
    /// What a run needs; asked for each time this process becomes the owner.
    ///
    /// # Errors
    ///
    /// When the run cannot be set up.
    fn setup(&mut self) -> Result<Setup, PipelineError>;

    /// How much of the job is left to try.
    ///
    /// # Errors
    ///
    /// When the database cannot be asked.
    fn left(&mut self, reader: &Reader, now: Timestamp) -> Result<u64, StoreError>;

    /// Another process does the work, and so much of it is left.
    fn following(&mut self, owner: Option<Owner>, left: u64);
}

/// How a job came out that was seen through.
#[derive(Clone, Debug)]
pub enum JobEnd {
    /// Everything of it was tried; with the report when this process did (the last part of) the work.
    Done(Option<Box<Report>>),
    /// A signal came first: what is left is done by the next owner.
    Interrupted,
}

/// Sees a job through: does its work while nobody owns the database, follows the owner otherwise.
///
/// When the owner dies, its work is taken over; when a daemon wants the database, what is in flight is
/// stored, the lock handed over and the job followed again.
///
/// # Errors
///
/// When the database cannot be used or a run of this process fails.
pub async fn see_through(
    database: &Database,
    job: JobId,
    source: Source,
    host: &mut impl JobHost,
    stop: &Stop,
) -> Result<JobEnd, PipelineError> {
    let reader = database.reader()?;
    update(database, job, JobUpdate::Claim)?;
    let mut report = None;
    let mut noted = None;
    loop {
        let owner = match OwnerLock::acquire(database.path(), Role::Command) {
            Ok(lock) => {
                let setup = host.setup()?;
                // Its own signals: a handover ends this run, not the command.
                let own = stop.child();
                let ran = run_as_owner(&lock, setup, source, &own).await;
                if let Err(error) = &ran {
                    update(database, job, JobUpdate::Failed(error.to_string()))?;
                }
                report = Some(Box::new(ran?));
                if !lock.handover_requested() && !stop.is_signalled() {
                    // The source has ended; what is left waits for its time (a host's pause, a retry).
                    break;
                }
                None
            }
            Err(LockError::Held { owner }) => owner,
            Err(error @ LockError::Io { .. }) => return Err(error.into()),
        };
        let left = host.left(&reader, Timestamp::now())?;
        if left == 0 {
            break;
        }
        if stop.is_signalled() {
            return Ok(JobEnd::Interrupted);
        }
        host.following(owner, left);
        if noted != Some(left) {
            noted = Some(left);
            let counts = vec![("left".to_owned(), left)];
            update(database, job, JobUpdate::Progress { counts, checkpoint: None })?;
        }
        tokio::select! {
            () = sleep(FOLLOW) => {}
            () = stop.source.cancelled() => {}
        }
    }
    update(database, job, JobUpdate::Done)?;
    Ok(JobEnd::Done(report))
}

fn update(database: &Database, job: JobId, update: JobUpdate) -> Result<(), PipelineError> {
    let write = ShortWrite::UpdateJob { job, update, at: Timestamp::now() };
    database.short_writer()?.write(&write)?;
    Ok(())
}
