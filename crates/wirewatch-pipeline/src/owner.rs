//! Becoming the owner of a database, and seeing a job through whoever the owner is (invariant 7).

use crate::{PipelineError, Report, Setup, Source, Stop, run};
use std::{path::Path, time::Duration};
use tokio::time::sleep;
use wirewatch_model::JobId;
use wirewatch_store::{Database, LockError, Owner, OwnerLock, Role, StoreError};

/// How often the lock and a job are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// A command that owns the database finishes what is in flight within this.
const HANDOVER: Duration = Duration::from_secs(60);

/// Takes the lock for a daemon. A command that has it is asked to finish what is in flight and hand
/// it over; another daemon keeps it.
///
/// # Errors
///
/// [`LockError::Held`] names the daemon that has it, or the command that did not let go in time.
pub async fn become_daemon(database: &Path) -> Result<OwnerLock, LockError> {
    let mut waited = Duration::ZERO;
    let mut asked = false;
    loop {
        match OwnerLock::acquire(database, Role::Daemon) {
            Err(LockError::Held { owner }) => {
                let is_command = !matches!(owner, Some(Owner { role: Role::Daemon, .. }));
                if !is_command || waited >= HANDOVER {
                    return Err(LockError::Held { owner });
                }
                if !asked && owner.is_some() {
                    tracing::info!(?owner, "a command works on this database; asking it to hand over");
                    asked = OwnerLock::request_handover(database).is_ok();
                }
                sleep(LOOK).await;
                waited += LOOK;
            }
            other => return other,
        }
    }
}

/// How a job that was followed to its end came out.
#[derive(Clone, Debug)]
pub enum JobEnd {
    /// It is done; the report is there when this process did (the last part of) the work.
    Done(Option<Report>),
    /// A signal came first. The job goes on with the next owner.
    Interrupted,
}

/// What a command needs to see its job through.
pub trait JobHost {
    /// Whether everything of the job was done by now. Asked again and again.
    ///
    /// # Errors
    ///
    /// When the database cannot be asked.
    fn is_done(&mut self, job: JobId) -> Result<bool, StoreError>;

    /// What a run needs; asked for when this process becomes the owner.
    ///
    /// # Errors
    ///
    /// When the run cannot be set up.
    fn setup(&mut self) -> Result<Setup, PipelineError>;
}

/// Sees a job through: follows the owner, or becomes the owner while there is none.
///
/// When the owner dies, the job is taken over; when a daemon wants the database, what is in flight is
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
    let mut last = None;
    loop {
        match OwnerLock::acquire(database.path(), Role::Command) {
            Ok(lock) => {
                let report = run_until_handover(&lock, host.setup()?, source, stop).await?;
                let asked = lock.handover_requested();
                drop(lock);
                if !asked && !stop.is_signalled() {
                    // The source has ended: what is left must wait (a host's pause, a later attempt).
                    return Ok(JobEnd::Done(Some(report)));
                }
                last = Some(report);
            }
            Err(LockError::Held { .. }) => {}
            Err(error @ LockError::Io { .. }) => return Err(error.into()),
        }
        if host.is_done(job)? {
            return Ok(JobEnd::Done(last));
        }
        if stop.is_signalled() {
            return Ok(JobEnd::Interrupted);
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = stop.source.cancelled() => {}
        }
    }
}

/// One run that a daemon may cut short.
async fn run_until_handover(
    lock: &OwnerLock,
    setup: Setup,
    source: Source,
    stop: &Stop,
) -> Result<Report, PipelineError> {
    let own = Stop { source: stop.source.child_token(), at_once: stop.at_once.child_token() };
    let running = run(setup, source, own.clone());
    tokio::pin!(running);
    loop {
        tokio::select! {
            report = &mut running => return report,
            () = sleep(LOOK), if !own.is_signalled() => {
                if lock.handover_requested() {
                    own.signal();
                }
            }
        }
    }
}
