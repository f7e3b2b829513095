//! Which item each CPU worker holds, in a small file beside the database.
//!
//! A page that overflows the stack or exhausts the memory kills the process before anything can be
//! caught or stored. So a worker writes the id of what it is about to parse into its slot and clears
//! it afterwards. The file need not survive a power cut, only the death of the process, so nothing is
//! synced: two writes of nine bytes an item. At the next start whatever stands in the slots was being
//! worked on when the process died; the store counts that as a strike, and sets the item aside at the
//! second one (invariant 1).

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use wirewatch_model::{EntryId, FeedId};

const SLOT_BYTES: usize = 9;

/// What a worker holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// A feed's body is being read.
    Feed(FeedId),
    /// An entry's page is being cleaned, its text judged or tagged.
    Entry(EntryId),
}

/// The file with one slot per worker.
#[derive(Debug)]
pub(crate) struct Journal {
    file: Mutex<File>,
    slots: AtomicU64,
}

impl Journal {
    /// Opens the file beside the database and gives what the last process died over.
    pub(crate) fn open(database: &Path) -> io::Result<(Arc<Self>, Vec<Held>)> {
        let mut path = database.as_os_str().to_owned();
        path.push(".inflight");
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((
            Arc::new(Self { file: Mutex::new(file), slots: AtomicU64::new(0) }),
            bytes.chunks_exact(SLOT_BYTES).filter_map(read).collect(),
        ))
    }

    /// Forgets what the last process died over, once that is counted.
    pub(crate) fn clear(&self) {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.set_len(0) {
            tracing::debug!(%error, "the stage journal could not be cleared");
        }
    }

    /// A slot for one worker, not given to another.
    pub(crate) fn slot(self: &Arc<Self>) -> Slot {
        let place = self.slots.fetch_add(1, Ordering::Relaxed);
        Slot { journal: Arc::clone(self), offset: place * SLOT_BYTES as u64 }
    }
}

/// One worker's place in the journal.
#[derive(Debug)]
pub(crate) struct Slot {
    journal: Arc<Journal>,
    offset: u64,
}

impl Slot {
    /// Runs `work` while the slot names `held`. A journal that cannot be written is not worth an
    /// article: the work is done all the same.
    pub(crate) fn during<T>(&self, held: Held, work: impl FnOnce() -> T) -> T {
        self.write(&bytes(held));
        let done = work();
        self.write(&[0; SLOT_BYTES]);
        done
    }

    fn write(&self, bytes: &[u8; SLOT_BYTES]) {
        let mut file = self.journal.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.seek(SeekFrom::Start(self.offset)).and_then(|_| file.write_all(bytes));
        if let Err(error) = written {
            tracing::debug!(%error, "the stage journal could not be written");
        }
    }
}

fn bytes(held: Held) -> [u8; SLOT_BYTES] {
    let (kind, id) = match held {
        Held::Feed(id) => (1, id.0),
        Held::Entry(id) => (2, id.0),
    };
    let mut slot = [kind; SLOT_BYTES];
    slot[1..].copy_from_slice(&id.to_le_bytes());
    slot
}

fn read(slot: &[u8]) -> Option<Held> {
    let (kind, id) = slot.split_first()?;
    let id = i64::from_le_bytes(id.try_into().ok()?);
    match kind {
        1 => Some(Held::Feed(FeedId(id))),
        2 => Some(Held::Entry(EntryId(id))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inv01_what_a_worker_held_when_the_process_died_is_known_at_the_next_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("w.db");
        let (journal, before) = Journal::open(&database).expect("opens");
        assert!(before.is_empty());
        journal.slot().during(Held::Entry(EntryId(7)), || ());
        // A worker that dies never comes back to clear its slot.
        journal.slot().write(&bytes(Held::Entry(EntryId(8))));
        journal.slot().write(&bytes(Held::Feed(FeedId(9))));
        drop(journal);
        let (journal, before) = Journal::open(&database).expect("opens again");
        assert_eq!(before, [Held::Entry(EntryId(8)), Held::Feed(FeedId(9))]);
        journal.clear();
        let (_, before) = Journal::open(&database).expect("opens a third time");
        assert!(before.is_empty());
    }
}
