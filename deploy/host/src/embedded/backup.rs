//! A backup of a data directory: every row of the store at one moment, and the secrets.
//!
//! Cached answers of upstreams are left out, since the server fetches them again. The index of expiries is built again
//! when the backup is restored.

use std::{
    fs,
    io::{self, BufRead, ErrorKind, Write},
    path::Path,
};

use badgesmith_engine::Settings;
use redb::{ReadTransaction, ReadableTable, TableError};

use super::{
    backup_line::{self, BackupError, BackupLine, BackupWriter, FORMAT, written},
    panic_guard::{drop_quietly, guard, silence_guarded_panics},
    rows::{CLAIMS, RowKind},
    schema,
    store::EmbeddedStore,
    store_error::StoreError,
    store_file::{StoreFile, StoreRefusal},
};
use crate::secrets::SECRETS_FILE;

/// Why no backup can be made.
#[derive(Debug)]
pub enum NoBackup {
    /// The store cannot be read.
    Store(StoreError),
    /// The store's file is refused.
    File(StoreRefusal),
    /// The secrets cannot be read, or the backup cannot be written.
    Io(io::Error),
}

impl std::fmt::Display for NoBackup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(cause) => cause.fmt(f),
            Self::File(refusal) => refusal.fmt(f),
            Self::Io(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for NoBackup {}

/// Writes a backup of a data directory that no server has open, and returns whether there were secrets.
///
/// # Errors
/// The store or the secrets cannot be read, or the backup cannot be written.
pub fn backup(directory: &Path, out: &mut dyn Write) -> Result<bool, NoBackup> {
    silence_guarded_panics();
    let memory = usize::try_from(Settings::default().store_bytes()).unwrap_or(usize::MAX);
    let file = StoreFile::new(directory, memory);
    let store = file.open_read_only().map_err(|error| NoBackup::File(file.refusal(error)))?;
    let transaction = guard(|| store.begin_read().map_err(redb::Error::from));
    let outcome = transaction.map_err(NoBackup::Store).and_then(|transaction| write(&transaction, directory, out));
    // Nothing was written, so a panic while it is closed loses nothing.
    drop_quietly(store);
    outcome
}

impl EmbeddedStore {
    /// Writes a backup of this store and of the secrets in its directory, while others read and write. It contains
    /// every write that was acknowledged before this call, and takes as long as reading and writing all of the data.
    ///
    /// # Errors
    /// The store or the secrets cannot be read, or the backup cannot be written.
    pub fn backup(&self, directory: &Path, out: &mut dyn Write) -> Result<(), NoBackup> {
        let transaction = self.begin_read().map_err(NoBackup::Store)?;
        write(&transaction, directory, out).map(drop)
    }
}

/// Copies a backup to `out` and checks that it is whole; returns whether it has secrets.
///
/// # Errors
/// It is not whole, or cannot be read or written.
pub fn copy_backup(input: impl BufRead, out: &mut dyn Write) -> Result<bool, BackupError> {
    let mut has_secrets = false;
    backup_line::read(input, |text, line| {
        has_secrets |= matches!(line, BackupLine::Secrets { .. });
        out.write_all(text).map_err(BackupError::Io)
    })?;
    out.flush().map_err(BackupError::Io)?;
    Ok(has_secrets)
}

/// Writes all of a backup, and returns whether it has secrets.
fn write(transaction: &ReadTransaction, directory: &Path, out: &mut dyn Write) -> Result<bool, NoBackup> {
    let version = guard(|| schema::version_in(transaction)).map_err(NoBackup::Store)?;
    schema::check(version).map_err(NoBackup::Store)?;
    let mut out = BackupWriter::new(out);
    out.write(&BackupLine::Backup { format: FORMAT, store: version }).map_err(NoBackup::Io)?;
    for kind in RowKind::ALL {
        write_rows(transaction, kind, &mut out)?;
    }
    let has_secrets = match fs::read(directory.join(SECRETS_FILE)) {
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        file => {
            let file = written(&file.map_err(NoBackup::Io)?);
            out.write(&BackupLine::Secrets { file }).map_err(NoBackup::Io)?;
            true
        }
    };
    out.finish().map_err(NoBackup::Io)?;
    Ok(has_secrets)
}

/// Writes every row of a kind; none if the store has no such table.
fn write_rows(transaction: &ReadTransaction, kind: RowKind, out: &mut BackupWriter<'_>) -> Result<(), NoBackup> {
    let mut failed = None;
    let mut put = |line: &BackupLine<'_>| {
        failed = out.write(line).err();
        failed.is_none()
    };
    let read = || {
        let Some(table) = kind.table() else {
            let claims = match transaction.open_table(CLAIMS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(()),
                table => table?,
            };
            for row in claims.iter()? {
                let (key, value) = row?;
                let (partition, key) = key.value();
                if !put(&BackupLine::Claim { at: (partition.into(), key.into()), value: value.value() }) {
                    break;
                }
            }
            return Ok(());
        };
        let rows = match transaction.open_table(table) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(()),
            table => table?,
        };
        for row in rows.iter()? {
            let (key, value) = row?;
            let ((partition, key), value) = (key.value(), written(value.value()));
            if !put(&BackupLine::Row { kind: kind as u8, at: (partition.into(), key.into()), value }) {
                break;
            }
        }
        Ok::<_, redb::Error>(())
    };
    guard(read).map_err(NoBackup::Store)?;
    failed.map_or(Ok(()), |failed| Err(NoBackup::Io(failed)))
}
