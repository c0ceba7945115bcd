//! The store's file: every page is checked before it is opened for writing, and its identity while it is open.

use std::{
    error::Error,
    fmt,
    fs::{self, File, Metadata},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use redb::{
    Database, DatabaseError, ReadOnlyDatabase, ReadTransaction, ReadableDatabase, RepairSession, TransactionError,
};

use super::{
    overlay::Overlay,
    panic_guard::{drop_quietly, guard},
    rows, schema,
    store_error::StoreError,
};
use crate::data_directory;

/// The file's name in the data directory.
const NAME: &str = "store.redb";
/// The name of the file that is written and removed at once to find out whether there is room.
const ROOM_PROBE: &str = "store.room";
/// The name of the file that reserves room for the time when the disk is full.
const RESERVE: &str = "store.reserve";
/// The size of the reserve in bytes: enough to begin to evict cached answers.
const RESERVE_SIZE: usize = 1024 * 1024;
/// How many bytes must be free before a store whose disk was full is used again: enough for four of the largest
/// reports, or for some hundred usual ones.
const LEAST_ROOM: usize = 1024 * 1024;
/// The progress that redb reports when its repair rolls the last transaction back.
const ROLLBACK_PROGRESS: f64 = 0.3;

/// The path of the store's file, and how it is opened.
#[derive(Clone, Debug)]
pub(super) struct StoreFile {
    directory: PathBuf,
    /// The size of redb's cache in bytes.
    cache: usize,
}

/// What to do if the file does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfMissing {
    /// Create an empty store.
    Create,
    /// Fail: an empty store must not take the place of one that was open.
    Refuse,
}

/// A store that is open for writing.
#[derive(Debug)]
pub(super) struct OpenDatabase {
    pub(super) database: Database,
    /// The file's device and inode, which stay when it is renamed.
    identity: Option<(u64, u64)>,
    /// The file's length after the last transaction, in bytes; 0 before the first.
    length: AtomicU64,
}

/// A store that is open for reading only, and never changed.
pub(super) enum ReadOnlyStore {
    /// A file that was closed properly.
    Closed(ReadOnlyDatabase),
    /// A file that was not, repaired in memory.
    Repaired(Database),
}

impl ReadOnlyStore {
    pub(super) fn begin_read(&self) -> Result<ReadTransaction, TransactionError> {
        match self {
            Self::Closed(database) => database.begin_read(),
            Self::Repaired(database) => database.begin_read(),
        }
    }
}

/// Why a store is not opened. The text names the file, what is wrong with it, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreRefusal {
    directory: PathBuf,
    error: StoreError,
}

impl fmt::Display for StoreRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { directory, error } = self;
        let path = directory.join(NAME);
        let (path, directory) = (path.display(), directory.display());
        match error {
            StoreError::Locked => write!(
                f,
                "{path}: another badgesmith has it open; stop that one, or name another directory with --data"
            ),
            StoreError::Damaged(_) | StoreError::DamagedValue(_) => write!(
                f,
                "{path}: {error}; it was left as it is. Put a copy from a backup in its place; or save what can be \
                 read with `badgesmith export --data {directory} > results.jsonl`, move the file away, and `badgesmith \
                 import --data {directory} < results.jsonl`; or begin with an empty store elsewhere with --data"
            ),
            StoreError::Full(_) => write!(f, "{path}: {error}; make room, or name another directory with --data"),
            StoreError::Newer { .. } => {
                write!(f, "{path}: {error}; start that version, or name another directory with --data")
            }
            StoreError::Replaced
            | StoreError::NotOpen
            | StoreError::WriterPanicked
            | StoreError::Io(_)
            | StoreError::Database(_) => write!(
                f,
                "{path}: {error}; see that it is a file that this user may read and write, or name another directory \
                 with --data"
            ),
        }
    }
}

impl Error for StoreRefusal {}

impl StoreRefusal {
    /// Whether another process has the store open.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.error == StoreError::Locked
    }
}

impl StoreFile {
    /// The store's file in a data directory.
    pub(super) fn new(directory: &Path, cache: usize) -> Self {
        Self { directory: directory.to_owned(), cache }
    }

    /// The file's path.
    pub(super) fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    /// The refusal to open this file.
    pub(super) fn refusal(&self, error: StoreError) -> StoreRefusal {
        StoreRefusal { directory: self.directory.clone(), error }
    }

    /// Opens the file for writing after every page was checked. A file that is refused is left as it is.
    pub(super) fn open(&self, if_missing: IfMissing) -> Result<OpenDatabase, StoreError> {
        let path = self.path();
        let file = match open_existing(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound && if_missing == IfMissing::Create => {
                self.create()?;
                open_existing(&path)?
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(StoreError::Replaced),
            file => file?,
        };
        let metadata = file.metadata()?;
        if metadata.len() == 0 {
            // A store that was truncated to nothing must not become an empty one.
            return Err(StoreError::Damaged("it is empty; remove it if there never were results in it".to_owned()));
        }
        let checked = self.open_checked()?;
        guard(|| drop_checked(checked))?;
        let open = || Database::builder().set_cache_size(self.cache).create_file(file).map_err(redb::Error::from);
        Ok(OpenDatabase { database: guard(open)?, identity: identity(&metadata), length: AtomicU64::new(0) })
    }

    /// Creates an empty store. It gets its name once it is complete, so that a crash leaves no partial store.
    fn create(&self) -> Result<(), StoreError> {
        let path = self.path();
        let fresh = data_directory::temporary_file(&self.directory)?;
        let create = || {
            let database = Database::builder().set_cache_size(self.cache).create_file(fresh.reopen()?)?;
            let transaction = database.begin_write()?;
            rows::prepare(&transaction)?;
            transaction.commit()?;
            drop(database);
            match fresh.persist_noclobber(&path) {
                // Another process created a store at the same time; that one is used.
                Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {}
                // A file system without hard links.
                Err(refused) => drop(refused.file.persist(&path).map_err(|refused| refused.error)?),
                Ok(_) => {}
            }
            data_directory::sync_parent(&path)?;
            Ok::<_, redb::Error>(())
        };
        guard(create)
    }

    /// Opens the file without ever writing to it, and checks every page and the types of its tables.
    fn open_checked(&self) -> Result<Database, StoreError> {
        let (mut database, was_repaired) = self.open_in_overlay()?;
        let mut check = || {
            // A repair has checked all pages already.
            if !was_repaired && !guard(|| database.check_integrity().map_err(redb::Error::from))? {
                tracing::warn!("the store's list of free pages was wrong; it is rebuilt");
            }
            guard(|| rows::check(&database))?;
            schema::check(guard(|| schema::version(&database))?)
        };
        match check() {
            Ok(()) => Ok(database),
            Err(error) => {
                drop_quietly(database);
                Err(error)
            }
        }
    }

    /// Opens the file without ever writing to it. If it was not closed properly, it is repaired in memory, which
    /// the second value says; otherwise no page is checked.
    fn open_in_overlay(&self) -> Result<(Database, bool), StoreError> {
        let overlay = Overlay::over(open_existing(&self.path())?)?;
        let was_repaired = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&was_repaired);
        let on_progress = move |repair: &mut RepairSession| {
            noted.store(true, Ordering::Relaxed);
            if (repair.progress() - ROLLBACK_PROGRESS).abs() < f64::EPSILON {
                tracing::error!(
                    "the store was not closed and its last transaction is incomplete: it is rolled back, as after \
                     a power failure"
                );
            }
        };
        let open = || {
            let mut builder = Database::builder();
            builder.set_cache_size(self.cache).set_repair_callback(on_progress);
            builder.create_with_backend(overlay).map_err(redb::Error::from)
        };
        let database = guard(open)?;
        Ok((database, was_repaired.load(Ordering::Relaxed)))
    }

    /// Opens the file for reading only and without a check: damage shows when it is read.
    pub(super) fn open_read_only(&self) -> Result<ReadOnlyStore, StoreError> {
        // Checked before it is opened, because opening a named pipe waits for its other end.
        require_regular_file(&fs::metadata(self.path())?)?;
        let mut builder = Database::builder();
        let builder = builder.set_cache_size(self.cache);
        match guard(|| Ok::<_, StoreError>(builder.open_read_only(self.path()))) {
            // It was not closed properly. The repair checks all pages.
            Ok(Err(DatabaseError::RepairAborted)) => {
                self.open_in_overlay().map(|(database, _)| ReadOnlyStore::Repaired(database))
            }
            opened => opened?.map(ReadOnlyStore::Closed).map_err(|error| redb::Error::from(error).into()),
        }
    }

    /// Whether the file at the path is still the one that is open.
    pub(super) fn is_same_file(&self, opened: &OpenDatabase) -> bool {
        opened.identity.is_none()
            || fs::metadata(self.path()).is_ok_and(|metadata| identity(&metadata) == opened.identity)
    }

    /// Records the file's length after a transaction.
    pub(super) fn record_length(&self, opened: &OpenDatabase) {
        if let Ok(metadata) = fs::metadata(self.path()) {
            opened.length.store(metadata.len(), Ordering::Relaxed);
        }
    }

    /// Whether the file is at least as long as after the last transaction. Between two transactions only
    /// another process truncates it, and while its pages are cached in memory no read would notice.
    pub(super) fn has_its_length(&self, opened: &OpenDatabase) -> bool {
        let length = opened.length.load(Ordering::Relaxed);
        fs::metadata(self.path()).is_ok_and(|metadata| metadata.len() >= length)
    }

    /// Checks that there is room to write, with a file beside the store so that the store is at no risk.
    pub(super) fn check_room(&self) -> Result<(), StoreError> {
        let path = self.directory.join(ROOM_PROBE);
        let written = occupy(&path, LEAST_ROOM);
        let removed = fs::remove_file(&path);
        written.and(removed).map_err(StoreError::from)
    }

    /// The free space of the disk in bytes, where the system tells it.
    pub(super) fn free_space(&self) -> Option<u64> {
        #[cfg(unix)]
        return rustix::fs::statvfs(&*self.directory).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        #[cfg(not(unix))]
        None
    }

    /// Creates the file that reserves room, if the disk has that much.
    pub(super) fn reserve(&self) {
        if !self.has_reserve() && occupy(&self.directory.join(RESERVE), RESERVE_SIZE).is_err() {
            self.release_reserve();
        }
    }

    /// Whether room is reserved.
    pub(super) fn has_reserve(&self) -> bool {
        fs::metadata(self.directory.join(RESERVE)).is_ok_and(|metadata| metadata.len() == RESERVE_SIZE as u64)
    }

    /// Removes the reserve, so that the next write has its room.
    pub(super) fn release_reserve(&self) {
        let _ = fs::remove_file(self.directory.join(RESERVE));
    }
}

/// Closes a store whose state is unknown.
pub(super) fn close(opened: OpenDatabase) {
    if let Err(fault) = guard(|| drop_checked(opened.database)) {
        tracing::warn!(%fault, "the store could not be closed; it is repaired when it is opened again");
    }
}

/// Closes a database, in a form that [`guard`] takes: closing writes to the file and may panic.
fn drop_checked(database: Database) -> Result<(), redb::Error> {
    drop(database);
    Ok(())
}

/// Fills a file with this many bytes.
fn occupy(path: &Path, bytes: usize) -> io::Result<()> {
    let mut file = data_directory::open_file(path)?;
    file.set_len(0)?;
    // Ones, because some file systems do not store zeroes.
    file.write_all(&vec![1; bytes])?;
    file.sync_data()
}

fn open_existing(path: &Path) -> io::Result<File> {
    require_regular_file(&fs::metadata(path)?)?;
    File::options().read(true).write(true).open(path)
}

fn require_regular_file(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "it is no file, but a directory, a pipe or a device"))
}

/// The device and the inode of a file; `None` on systems without them.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}
