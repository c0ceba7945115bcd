//! The store's file: checked as a whole before it is opened for writing, and known again while it is open.

use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use redb::{
    Database, DatabaseError, ReadOnlyDatabase, ReadTransaction, ReadableDatabase, RepairSession, TransactionError,
};

use super::{
    fault::{Fault, guard, let_go},
    overlay::Overlay,
    records,
};
use crate::data;

/// The file's name in the data directory.
const NAME: &str = "store.redb";
/// The name of the file that is written to find out whether there is room; it never stays.
const ROOM: &str = "store.room";
/// The name of the file that holds some room for the moment when there is no other.
const RESERVE: &str = "store.reserve";
/// How large it is, in bytes: what it takes to begin to take kept answers away.
const RESERVED: usize = 1024 * 1024;
/// How much room there must be before a store that had none is used again, in bytes: four of the largest reports, or
/// some hundred of the usual ones.
const LEAST_ROOM: usize = 1024 * 1024;
/// How far a repair has come when it takes the last transaction back, as redb counts it.
const ROLLING_BACK: f64 = 0.3;

/// Where the store's file lies, and how it is opened.
#[derive(Clone, Debug)]
pub(super) struct StoreFile {
    directory: PathBuf,
    /// How much of the file redb keeps in memory, in bytes.
    cache: usize,
}

/// What becomes of a file that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is made, empty.
    Make,
    /// It is a fault: an empty store must not take the place of one that was open.
    Refuse,
}

/// An open store.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) database: Database,
    /// Which file it is, whatever its name.
    identity: Option<(u64, u64)>,
    /// How long it was after the last transaction, in bytes; 0 before the first.
    length: AtomicU64,
}

/// A store that is open for reading alone, and never changed.
pub(super) enum Unchecked {
    /// One that was closed.
    Closed(ReadOnlyDatabase),
    /// One that was not, repaired in memory.
    Repaired(Database),
}

impl Unchecked {
    pub(super) fn begin_read(&self) -> Result<ReadTransaction, TransactionError> {
        match self {
            Self::Closed(database) => database.begin_read(),
            Self::Repaired(database) => database.begin_read(),
        }
    }
}

impl StoreFile {
    /// The file of a data directory.
    pub(super) fn new(directory: &Path, cache: usize) -> Self {
        Self { directory: directory.to_owned(), cache }
    }

    /// The file's path.
    pub(super) fn path(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    /// Opens the file for writing, if every page of it is what was written. A file that is refused is left as it is.
    pub(super) fn open(&self, missing: Missing) -> Result<Opened, Fault> {
        let path = self.path();
        let file = match existing(&path) {
            Err(fault) if fault.kind() == ErrorKind::NotFound && missing == Missing::Make => {
                self.make()?;
                existing(&path)?
            }
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Err(Fault::Gone),
            file => file?,
        };
        let metadata = file.metadata()?;
        if metadata.len() == 0 {
            // Whoever cut a store to nothing must not get an empty one.
            return Err(Fault::Damaged("it is empty; remove it if there never were results in it".to_owned()));
        }
        let checked = self.look()?;
        guard(|| drop_checked(checked))?;
        let database = guard(|| Database::builder().set_cache_size(self.cache).create_file(file).map_err(erased))?;
        Ok(Opened { database, identity: identity(&metadata), length: AtomicU64::new(0) })
    }

    /// Makes an empty store. It gets its name when it is whole, so that a crash leaves none that is not.
    fn make(&self) -> Result<(), Fault> {
        let (path, fresh) = (self.path(), self.directory.join(format!("store.new-{}", process::id())));
        let make = || {
            let database = Database::builder().set_cache_size(self.cache).create_file(data::file(&fresh)?)?;
            let transaction = database.begin_write()?;
            records::prepare(&transaction)?;
            transaction.commit()?;
            drop(database);
            match fs::hard_link(&fresh, &path) {
                // Somebody else was faster, whose store it is then.
                Err(fault) if fault.kind() == ErrorKind::AlreadyExists => {}
                Err(_) => fs::rename(&fresh, &path)?,
                Ok(()) => {}
            }
            data::settle(&path)?;
            Ok::<_, redb::Error>(())
        };
        let made = guard(make);
        let _ = fs::remove_file(&fresh);
        made
    }

    /// Opens the file without ever writing to it, and checks every page and what its tables are.
    fn look(&self) -> Result<Database, Fault> {
        let (mut database, was_repaired) = self.open_aside()?;
        let mut check = || {
            // A repair has just checked them all.
            if !was_repaired && !guard(|| database.check_integrity().map_err(erased))? {
                tracing::warn!("the store's list of free pages was wrong; it is made anew");
            }
            guard(|| records::check(&database))
        };
        match check() {
            Ok(()) => Ok(database),
            Err(fault) => {
                let_go(database);
                Err(fault)
            }
        }
    }

    /// Opens the file without ever writing to it, and without a check if it was closed; says whether it was not.
    fn open_aside(&self) -> Result<(Database, bool), Fault> {
        let overlay = Overlay::over(existing(&self.path())?)?;
        let was_repaired = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&was_repaired);
        let note = move |repair: &mut RepairSession| {
            noted.store(true, Ordering::Relaxed);
            if (repair.progress() - ROLLING_BACK).abs() < f64::EPSILON {
                tracing::error!(
                    "the store was not closed, and its last transaction is not whole: it is taken back, as after a \
                     power failure"
                );
            }
        };
        let open = || {
            let mut builder = Database::builder();
            builder.set_cache_size(self.cache).set_repair_callback(note);
            builder.create_with_backend(overlay).map_err(erased)
        };
        let database = guard(open)?;
        Ok((database, was_repaired.load(Ordering::Relaxed)))
    }

    /// Opens the file for reading alone, as it is: whatever is damaged shows when it is read.
    pub(super) fn open_unchecked(&self) -> Result<Unchecked, Fault> {
        // Looked at before it is opened: whoever opens a pipe waits for its other end.
        refuse_others(&fs::metadata(self.path())?)?;
        let mut builder = Database::builder();
        let builder = builder.set_cache_size(self.cache);
        match guard(|| Ok::<_, Fault>(builder.open_read_only(self.path()))) {
            Ok(Err(DatabaseError::RepairAborted)) => {
                // It was not closed. A repair checks all of it.
                self.open_aside().map(|(database, _)| Unchecked::Repaired(database))
            }
            opened => opened?.map(Unchecked::Closed).map_err(|fault| erased(fault).into()),
        }
    }

    /// Whether the file at the path is still the one that is open.
    pub(super) fn holds(&self, opened: &Opened) -> bool {
        opened.identity.is_none()
            || fs::metadata(self.path()).is_ok_and(|metadata| identity(&metadata) == opened.identity)
    }

    /// Notes how long the file is, when a transaction has just ended.
    pub(super) fn note(&self, opened: &Opened) {
        if let Ok(metadata) = fs::metadata(self.path()) {
            opened.length.store(metadata.len(), Ordering::Relaxed);
        }
    }

    /// Whether the file is as long as it was: between transactions only somebody else makes it shorter, and as long as
    /// its pages are in memory nothing else would tell.
    pub(super) fn is_as_long(&self, opened: &Opened) -> bool {
        let length = opened.length.load(Ordering::Relaxed);
        fs::metadata(self.path()).is_ok_and(|metadata| metadata.len() >= length)
    }

    /// Whether there is room to write, found out beside the store so that nothing in it can go wrong.
    pub(super) fn has_room(&self) -> Result<(), Fault> {
        let path = self.directory.join(ROOM);
        let written = occupy(&path, LEAST_ROOM);
        let removed = fs::remove_file(&path);
        written.and(removed).map_err(Fault::from)
    }

    /// Holds some room in reserve, if there is that much.
    pub(super) fn reserve(&self) {
        let path = self.directory.join(RESERVE);
        let is_there = fs::metadata(&path).is_ok_and(|metadata| metadata.len() == RESERVED as u64);
        if !is_there && occupy(&path, RESERVED).is_err() {
            self.release();
        }
    }

    /// Gives the reserve up: the room is there for whoever writes next.
    pub(super) fn release(&self) {
        let _ = fs::remove_file(self.directory.join(RESERVE));
    }

    /// The sentence that refuses the file: where it lies, what is wrong with it, and what to do.
    pub(super) fn refusal(&self, fault: &Fault) -> String {
        let path = self.path();
        let (path, directory) = (path.display(), self.directory.display());
        match fault {
            Fault::Taken => {
                format!("{path}: another badgesmith has it open; stop that one, or name another directory with --data")
            }
            Fault::Damaged(_) | Fault::Value(_) => format!(
                "{path}: {fault}; it was left as it is. Put a copy from a backup in its place; or save what can be read \
                 with `badgesmith export --data {directory} > results.jsonl`, move the file away, and `badgesmith \
                 import --data {directory} < results.jsonl`; or begin with an empty store elsewhere with --data"
            ),
            Fault::Full(_) => format!("{path}: {fault}; make room, or name another directory with --data"),
            Fault::Gone | Fault::Failed(_) => format!(
                "{path}: {fault}; see that it is a file that this user may read and write, or name another directory \
                 with --data"
            ),
        }
    }
}

/// Fills a file with so many bytes.
fn occupy(path: &Path, bytes: usize) -> io::Result<()> {
    let mut file = data::file(path)?;
    file.set_len(0)?;
    // Not zeroes, which some file systems do not store.
    file.write_all(&vec![1; bytes])?;
    file.sync_data()
}

fn existing(path: &Path) -> io::Result<File> {
    refuse_others(&fs::metadata(path)?)?;
    File::options().read(true).write(true).open(path)
}

/// Refuses what is no file.
fn refuse_others(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "it is no file, but a directory, a pipe or a device"))
}

fn erased(error: impl Into<redb::Error>) -> redb::Error {
    error.into()
}

/// Closes a database. Closing writes, which may go wrong like anything else.
fn drop_checked(database: Database) -> Result<(), redb::Error> {
    drop(database);
    Ok(())
}

/// Closes a store whose state nobody knows.
pub(super) fn close(opened: Opened) {
    if let Err(fault) = guard(|| drop_checked(opened.database)) {
        tracing::warn!(%fault, "the store could not be closed; it is repaired when it is opened again");
    }
}

/// The device and the number of a file; `None` where the system has no such numbers.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}
