//! Makes a data directory from a backup: the files are made in a temporary folder inside it and moved to their final
//! paths once all of them are complete.

use std::{
    error::Error,
    fmt,
    fs::{self, File, TryLockError},
    io::{self, BufRead, ErrorKind},
    path::{Path, PathBuf},
};

use badgesmith_engine::Settings;

use super::{
    backup_line::{BackupError, BackupLine, bytes, read},
    checksummed::decode_claim,
    panic_guard::{guard, silence_guarded_panics},
    rows::{RowKind, Tables},
    schema,
    store_error::StoreError,
    store_file::{self, IfMissing, OpenDatabase, StoreFile},
};
use crate::{
    data_directory::{self, DataDirectoryError},
    secrets::SECRETS_FILE,
};

/// The prefix of the name of the temporary folder.
const BESIDE: &str = "restore-";
/// How many rows are written in one transaction.
const AT_ONCE: usize = 4096;

/// What was restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many rows the store has: results, states, claims and what belongs to them.
    pub rows: u64,
    /// How many rows are left out because they were damaged already when the backup was made.
    pub damaged: u64,
    /// Whether there were secrets.
    pub has_secrets: bool,
}

/// Why nothing was restored.
#[derive(Debug)]
pub enum NoRestore {
    /// The directory has files.
    NotEmpty(PathBuf),
    /// A server has the store open.
    InUse(PathBuf),
    /// The directory cannot be made.
    Directory(DataDirectoryError),
    /// A file cannot be written.
    Io {
        /// The file or the directory.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The backup is refused.
    Backup(BackupError),
    /// The new store cannot be written.
    Store(StoreError),
}

impl fmt::Display for NoRestore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEmpty(directory) => write!(
                f,
                "{} is not empty; name another directory with --data, or replace its store and secrets with --force",
                directory.display()
            ),
            Self::InUse(path) => write!(f, "{}: a server has it open; stop that one first", path.display()),
            Self::Directory(cause) => cause.fmt(f),
            Self::Io { path, cause } => write!(f, "{}: {cause}", path.display()),
            Self::Backup(cause) => cause.fmt(f),
            Self::Store(cause) => cause.fmt(f),
        }
    }
}

impl Error for NoRestore {}

impl From<BackupError> for NoRestore {
    fn from(cause: BackupError) -> Self {
        Self::Backup(cause)
    }
}

/// Makes the store and the secrets of a backup in a directory. Existing files are replaced only with `force`.
///
/// # Errors
/// The directory is not empty, a server has it open, or the backup is not whole; then nothing changed.
pub fn restore(input: impl BufRead, directory: &Path, force: bool) -> Result<Restored, NoRestore> {
    silence_guarded_panics();
    data_directory::create(directory).map_err(NoRestore::Directory)?;
    let at = |path: &Path| {
        let path = path.to_owned();
        |cause| NoRestore::Io { path, cause }
    };
    if !force && fs::read_dir(directory).map_err(at(directory))?.next().is_some() {
        return Err(NoRestore::NotEmpty(directory.to_owned()));
    }
    let memory = usize::try_from(Settings::default().store_bytes()).unwrap_or(usize::MAX);
    let target = StoreFile::new(directory, memory).path();
    let mut locked = LockedStore::at(&target)?;
    remove_leftovers(directory).map_err(at(directory))?;
    let mut beside = tempfile::Builder::new();
    #[cfg(unix)]
    beside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let beside = beside.prefix(BESIDE).tempdir_in(directory).map_err(at(directory))?;
    let file = StoreFile::new(beside.path(), memory);
    let opened = file.open(IfMissing::Create).map_err(NoRestore::Store)?;
    let filled = fill(&opened, input, beside.path());
    store_file::close(opened);
    let restored = filled?;
    let secrets = directory.join(SECRETS_FILE);
    if restored.has_secrets {
        fs::rename(beside.path().join(SECRETS_FILE), &secrets).map_err(at(&secrets))?;
    } else if let Err(cause) = fs::remove_file(&secrets)
        && cause.kind() != ErrorKind::NotFound
    {
        return Err(at(&secrets)(cause));
    }
    fs::rename(file.path(), &target).map_err(at(&target))?;
    locked.is_ours = false;
    data_directory::sync_parent(&target).map_err(at(directory))?;
    Ok(restored)
}

/// The store's file, locked as a server locks it, so that no server opens it meanwhile. If there is no file, an empty
/// one is created, which is removed again unless a store replaces it.
struct LockedStore {
    path: PathBuf,
    is_ours: bool,
    _file: File,
}

impl LockedStore {
    fn at(path: &Path) -> Result<Self, NoRestore> {
        let mut options = File::options();
        options.read(true).write(true);
        let io = |cause| NoRestore::Io { path: path.to_owned(), cause };
        let (file, is_ours) = match options.open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                (options.create_new(true).open(path).map_err(io)?, true)
            }
            file => (file.map_err(io)?, false),
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(NoRestore::InUse(path.to_owned())),
            // Where the file system has no locks, a server has not locked the file either.
            Err(TryLockError::Error(_)) | Ok(()) => Ok(Self { path: path.to_owned(), is_ours, _file: file }),
        }
    }
}

impl Drop for LockedStore {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the temporary folders that killed restores left behind.
fn remove_leftovers(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(BESIDE) && entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Writes the rows of a backup into a new store, and the secrets beside it.
fn fill(opened: &OpenDatabase, input: impl BufRead, directory: &Path) -> Result<Restored, NoRestore> {
    let mut restored = Restored::default();
    let mut rows = Vec::new();
    let mut number = 0;
    read(input, |_, line| {
        number += 1;
        let malformed = || NoRestore::Backup(BackupError::Form { line: number });
        match line {
            BackupLine::Backup { store, .. } => schema::check(store).map_err(NoRestore::Store)?,
            BackupLine::Row { kind, at, value } => {
                let kind = RowKind::of(kind).ok_or_else(malformed)?;
                rows.push((kind, own(at), StoredValue::Bytes(bytes(&value).ok_or_else(malformed)?)));
            }
            BackupLine::Claim { at, value } => rows.push((RowKind::Claim, own(at), StoredValue::Claim(value))),
            BackupLine::Secrets { file } => {
                let path = directory.join(SECRETS_FILE);
                let file = bytes(&file).ok_or_else(malformed)?;
                data_directory::replace(&path, &file).map_err(|cause| NoRestore::Io { path, cause })?;
                restored.has_secrets = true;
            }
            BackupLine::End { .. } => {}
        }
        if rows.len() < AT_ONCE {
            return Ok(());
        }
        write(opened, &std::mem::take(&mut rows), &mut restored)
    })?;
    write(opened, &rows, &mut restored)?;
    Ok(restored)
}

/// A value as it was stored.
enum StoredValue {
    Bytes(Vec<u8>),
    Claim(u64),
}

type StoredRow = (RowKind, (String, String), StoredValue);

fn own((partition, key): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)) -> (String, String) {
    (partition.into_owned(), key.into_owned())
}

/// Writes rows in one transaction, with their entries in the index of what expires.
fn write(opened: &OpenDatabase, rows: &[StoredRow], restored: &mut Restored) -> Result<(), NoRestore> {
    let mut damaged = 0;
    let written = guard(|| {
        let transaction = opened.database.begin_write()?;
        let mut tables = Tables::open(&transaction)?;
        for (kind, (partition, key), value) in rows {
            let at = (&**partition, &**key);
            match value {
                StoredValue::Bytes(stored) => match kind.decode(at, stored) {
                    Some((expires, value)) => tables.write(*kind, at, value, expires)?,
                    None => damaged += 1,
                },
                StoredValue::Claim(stored) => match decode_claim(&[at.0, at.1], *stored) {
                    Some(expires) => tables.claim(at, expires)?,
                    None => damaged += 1,
                },
            }
        }
        drop(tables);
        transaction.commit()?;
        Ok::<_, redb::Error>(())
    });
    written.map_err(NoRestore::Store)?;
    restored.rows += rows.len() as u64 - damaged;
    restored.damaged += damaged;
    Ok(())
}
