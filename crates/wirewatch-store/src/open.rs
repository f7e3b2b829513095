//! Finding, making and opening the file.

use crate::reader::Reader;
use crate::writer::{ShortWriter, Writer, WriterOptions};
use crate::{StoreError, migrate, pragma};
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::{Path, PathBuf};

/// Below this version a race in the write-ahead log can lose writes.
const OLDEST_SQLITE: i32 = 3_051_003;

/// A database that was found to be ours, with its schema up to date.
#[derive(Clone, Debug)]
pub struct Database {
    path: PathBuf,
}

impl Database {
    /// Opens the database at `path`; makes it, folders included, when there is none; brings an older
    /// schema up to date.
    ///
    /// # Errors
    /// A file that is not ours, is empty, comes from a later version or cannot be opened. Such a file
    /// is left as it was.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        check_sqlite()?;
        if !path.exists() {
            create(path)?;
        }
        let database = Self::recognise(path)?;
        let mut connection = database.connect_to_write()?;
        if migrate::recognise(&connection, path)? < migrate::LATEST {
            migrate::to_latest(&mut connection, path)?;
        }
        Ok(database)
    }

    /// Opens a database for questions only: makes nothing and changes nothing.
    ///
    /// # Errors
    /// As [`Database::open`], and when there is no file or its schema is older than the program.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        check_sqlite()?;
        // A file that may not be looked at is another matter: that is said when it is opened.
        if matches!(path.try_exists(), Ok(false)) {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        let database = Self::recognise(path)?;
        let found = migrate::recognise(&database.connect_to_read()?, path)?;
        if found < migrate::LATEST {
            return Err(StoreError::Older { path: path.to_owned(), found, known: migrate::LATEST });
        }
        Ok(database)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A read-only connection. Open as many as there are threads that ask.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Ok(Reader::new(self.connect_to_read()?))
    }

    /// Starts the writer thread. Only the holder of the [`OwnerLock`](crate::OwnerLock) should.
    pub fn start_writer(&self, options: WriterOptions) -> Result<Writer, StoreError> {
        Writer::start(self.connect_to_write()?, options)
    }

    /// A connection for short transactions beside the owner's writer.
    pub fn short_writer(&self) -> Result<ShortWriter, StoreError> {
        Ok(ShortWriter::new(self.connect_to_write()?))
    }

    pub(crate) fn connect_to_write(&self) -> Result<Connection, StoreError> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE, pragma::for_writing)
    }

    pub(crate) fn connect_to_read(&self) -> Result<Connection, StoreError> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY, pragma::for_reading)
    }

    fn connect(
        &self,
        mode: OpenFlags,
        pragmas: fn(&Connection) -> rusqlite::Result<()>,
    ) -> Result<Connection, StoreError> {
        let opening = |error| StoreError::opening(&self.path, &error);
        // Each connection stays on one thread, so SQLite's own locking of it is of no use.
        let connection = Connection::open_with_flags(&self.path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(opening)?;
        pragmas(&connection).map_err(opening)?;
        Ok(connection)
    }

    /// Checks the file without changing it: opening for writing alone would make it ours.
    fn recognise(path: &Path) -> Result<Self, StoreError> {
        let failed = |cause: String| StoreError::Open { path: path.to_owned(), cause };
        let file = fs::metadata(path).map_err(|error| failed(error.to_string()))?;
        if file.is_dir() {
            return Err(failed("it is a folder".to_owned()));
        }
        if !file.is_file() {
            return Err(failed("it is no regular file".to_owned()));
        }
        if file.len() == 0 {
            return Err(StoreError::Empty { path: path.to_owned() });
        }
        // One file has one lock, by whatever link it is reached.
        let path = fs::canonicalize(path).map_err(|error| failed(error.to_string()))?;
        let database = Self { path };
        migrate::recognise(&database.connect_to_read()?, &database.path)?;
        Ok(database)
    }
}

/// Makes the file under another name and gives it its own when it is whole: a process that dies
/// meanwhile leaves no half-made database, and of two that begin at once one wins.
fn create(path: &Path) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::Open { path: path.to_owned(), cause: error.to_string() };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".new-{}-{}", std::process::id(), unique()));
    let draft = PathBuf::from(draft);
    let made = fill(&draft).and_then(|()| publish(&draft, path).map_err(failed));
    // What is left of the draft is of no use to anyone; the outcome stands already.
    let _ = fs::remove_file(&draft);
    match made {
        Err(_) if path.exists() => Ok(()),
        Err(StoreError::Open { cause, .. }) => Err(StoreError::Open { path: path.to_owned(), cause }),
        other => other,
    }
}

fn fill(draft: &Path) -> Result<(), StoreError> {
    let opening = |error| StoreError::opening(draft, &error);
    let mut connection = Connection::open(draft).map_err(opening)?;
    pragma::for_writing(&connection).map_err(opening)?;
    migrate::to_latest(&mut connection, draft)?;
    // Closing the last connection folds the log into the file.
    connection.close().map_err(|(_, error)| opening(error))
}

fn publish(draft: &Path, path: &Path) -> std::io::Result<()> {
    // A link fails when the name is taken, a rename would replace another process's database.
    match fs::hard_link(draft, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists && !path.exists() => {
            fs::rename(draft, path)
        }
        other => other,
    }
}

/// Tells two threads of one process apart.
fn unique() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

fn check_sqlite() -> Result<(), StoreError> {
    match rusqlite::version_number() {
        OLDEST_SQLITE.. => Ok(()),
        _ => Err(StoreError::OldSqlite { found: rusqlite::version().to_owned() }),
    }
}
