//! One owner: the one process that runs the pipeline on a database.
//!
//! The operating system holds the lock on `DB.lock` and takes it back when the process dies, so it
//! can never be left behind. The file says who holds it. A daemon that wants to take over from a
//! command leaves `DB.handover`; the command sees it, finishes what is in flight and lets go.

use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// What the owner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// `run`: stays.
    Daemon,
    /// A command that became the owner because there was none: hands over when asked.
    Command,
}

/// Who holds the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Process id.
    pub pid: u32,
    /// What it is.
    pub role: Role,
}

/// The right to run the pipeline on a database, held until dropped.
#[derive(Debug)]
pub struct OwnerLock {
    file: File,
    handover: PathBuf,
    role: Role,
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process is the owner.
    #[error("{}", held_by(*owner))]
    Held {
        /// Who; `None` when it has not yet said.
        owner: Option<Owner>,
    },
    /// The lock file cannot be used.
    #[error("cannot lock {path}")]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn held_by(owner: Option<Owner>) -> String {
    match owner {
        Some(Owner { pid, role: Role::Daemon }) => {
            format!("process {pid} runs the pipeline on this database already")
        }
        Some(Owner { pid, role: Role::Command }) => {
            format!("process {pid} is working on this database (a command)")
        }
        None => "another process has just taken this database".to_owned(),
    }
}

impl OwnerLock {
    /// Takes the lock, or says who has it; waits at most a tenth of a second.
    pub fn acquire(database: &Path, role: Role) -> Result<Self, LockError> {
        let path = beside(database, ".lock");
        let handover = beside(database, ".handover");
        let failed = |source| LockError::Io { path: path.clone(), source };
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        let mut tries = 0;
        while let Err(error) = file.try_lock() {
            match error {
                TryLockError::Error(source) => return Err(failed(source)),
                TryLockError::WouldBlock => {
                    let owner = read_owner(&mut file);
                    // Held without a name: somebody is asking who the owner is, for a moment.
                    if owner.is_some() || tries == 20 {
                        return Err(LockError::Held { owner });
                    }
                    tries += 1;
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            }
        }
        let owner = Owner { pid: std::process::id(), role };
        write_owner(&mut file, owner).map_err(failed)?;
        // A request to the owner before us is answered by our being here.
        remove(&handover).map_err(failed)?;
        Ok(Self { file, handover, role })
    }

    /// What this owner is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Who owns a database now; `None` when nobody does.
    pub fn owner(database: &Path) -> Option<Owner> {
        let mut file = File::options().read(true).write(true).open(beside(database, ".lock")).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => read_owner(&mut file),
            _ => None,
        }
    }

    /// Asks the owner to finish what is in flight and let go.
    pub fn request_handover(database: &Path) -> io::Result<()> {
        fs::write(beside(database, ".handover"), std::process::id().to_string())
    }

    /// Whether another process asked for the lock.
    pub fn handover_requested(&self) -> bool {
        self.handover.exists()
    }
}

impl Drop for OwnerLock {
    fn drop(&mut self) {
        // The name goes before the lock does: a reader never sees a dead owner. Failing is harmless,
        // the operating system's lock is what counts.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(ending);
    name.into()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn read_owner(file: &mut File) -> Option<Owner> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(4096).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn write_owner(file: &mut File, owner: Owner) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(serde_json::to_string(&owner)?.as_bytes())?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv07_a_second_owner_is_refused_and_told_the_first() {
        let folder = tempfile::tempdir().expect("folder");
        let database = folder.path().join("a.db");
        let first = OwnerLock::acquire(&database, Role::Daemon).expect("free");
        let me = Owner { pid: std::process::id(), role: Role::Daemon };
        match OwnerLock::acquire(&database, Role::Command) {
            Err(LockError::Held { owner }) => assert_eq!(owner, Some(me)),
            other => panic!("{other:?}"),
        }
        assert_eq!(OwnerLock::owner(&database), Some(me));
        drop(first);
        assert_eq!(OwnerLock::owner(&database), None);
        OwnerLock::acquire(&database, Role::Command).expect("free again");
    }

    #[test]
    fn inv07_a_command_hears_that_it_should_hand_over() {
        let folder = tempfile::tempdir().expect("folder");
        let database = folder.path().join("a.db");
        let command = OwnerLock::acquire(&database, Role::Command).expect("free");
        assert!(!command.handover_requested());
        OwnerLock::request_handover(&database).expect("written");
        assert!(command.handover_requested());
        drop(command);
        let daemon = OwnerLock::acquire(&database, Role::Daemon).expect("handed over");
        assert!(!daemon.handover_requested(), "the request is answered");
    }

    #[test]
    fn a_lock_that_cannot_be_made_names_its_path() {
        let error = OwnerLock::acquire(Path::new("/nowhere/at/all.db"), Role::Daemon).expect_err("no folder");
        assert!(error.to_string().contains("/nowhere/at/all.db.lock"), "{error}");
    }
}
