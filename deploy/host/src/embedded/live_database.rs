//! The open database as the writer thread sees it: transactions, and opening the file again after an error.
//!
//! redb refuses everything after an I/O error until its file is opened again, and may panic on damaged bytes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use redb::{TableDefinition, WriteTransaction};

use super::{
    cached_answers,
    panic_guard::guard,
    schema,
    shared_state::{SharedState, wait_for_readers},
    store_error::StoreError,
    store_file::{self, IfMissing, OpenDatabase, StoreFile},
};

/// For how long a successful transaction counts as proof that the next would succeed. So health checks do not make the
/// store write more often than this.
const PROOF_LIFETIME: Duration = Duration::from_secs(15);
/// How many bytes are written to prove that a result could be written: more pages than most results need.
const PROBE_SIZE: usize = 16 * 1024;

/// One row that is written again and again.
const PROBES: TableDefinition<&str, &[u8]> = TableDefinition::new("probes");

/// The writer's handle of the database.
pub(super) struct LiveDatabase {
    pub(super) file: StoreFile,
    pub(super) shared: Arc<SharedState>,
    generation: u64,
    /// Whether a transaction failed in the open database, which then has to be opened again.
    pub(super) needs_reopen: bool,
    /// When the last transaction succeeded.
    proven_at: Option<Instant>,
}

impl LiveDatabase {
    pub(super) fn new(file: StoreFile, shared: Arc<SharedState>) -> Self {
        Self { file, shared, generation: 0, needs_reopen: false, proven_at: None }
    }

    /// Makes one transaction durable in the file at the store's path.
    pub(super) fn commit(
        &mut self,
        work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), StoreError> {
        let current = self.shared.current().ok_or(StoreError::NotOpen)?;
        let opened = &*current.opened;
        let written = if self.file.is_same_file(opened) && !self.file.has_its_length(opened) {
            Err(StoreError::Damaged("somebody made it shorter while it was open".to_owned()))
        } else {
            guard(|| commit(opened, work))
        };
        if let Err(error) = written {
            self.needs_reopen = true;
            self.proven_at = None;
            return Err(error);
        }
        // Data that was written to a file that was unlinked meanwhile is lost.
        if !self.file.is_same_file(opened) {
            return Err(StoreError::Replaced);
        }
        self.file.record_length(opened);
        self.proven_at = Some(Instant::now());
        Ok(())
    }

    /// Writes and commits a test row.
    pub(super) fn probe(&mut self) -> Result<(), StoreError> {
        self.commit(|transaction| {
            transaction.open_table(PROBES)?.insert("probe", &*vec![0; PROBE_SIZE])?;
            Ok(())
        })
    }

    /// Whether a transaction succeeded within [`PROOF_LIFETIME`], in the file that is still at the path.
    pub(super) fn is_proven(&self) -> bool {
        let is_recent = self.proven_at.is_some_and(|proven_at| proven_at.elapsed() < PROOF_LIFETIME);
        is_recent && self.shared.current().is_some_and(|current| self.file.is_same_file(&current.opened))
    }

    /// Whether no answer is cached.
    pub(super) fn has_no_answers(&self) -> Result<bool, StoreError> {
        let current = self.shared.current().ok_or(StoreError::NotOpen)?;
        guard(|| cached_answers::is_empty(&current.opened.database))
    }

    /// Notes that a reader met an error in the database of this generation. Returns whether that is the present one.
    pub(super) fn suspect(&mut self, generation: u64) -> bool {
        let is_present = generation == self.generation;
        self.needs_reopen |= is_present;
        is_present
    }

    /// Opens the file again if a transaction failed or another file is at the path.
    pub(super) fn reopen(&mut self) -> Result<(), StoreError> {
        let current = self.shared.current();
        let is_same = current.as_ref().is_none_or(|current| self.file.is_same_file(&current.opened));
        if !self.needs_reopen && is_same && current.is_some() {
            return Ok(());
        }
        drop(current);
        if is_same && let Some(current) = self.shared.replace(None, self.generation) {
            // One file must not be open twice, so it is closed first.
            match wait_for_readers(current) {
                Ok(opened) => store_file::close(opened),
                Err(_) => {
                    tracing::warn!("a reader has held the store for seconds; it is closed when the reader is done")
                }
            }
        }
        // Where another file is at the path, the previous one stays readable until the new one proves to be a store.
        let opened = self.file.open(IfMissing::Refuse)?;
        self.generation += 1;
        self.needs_reopen = false;
        if let Some(Ok(previous)) = self.shared.replace(Some(opened), self.generation).map(wait_for_readers) {
            store_file::close(previous);
        }
        tracing::info!("the store is open again");
        Ok(())
    }
}

/// Creates the tables, evicts expired answers, and fills the lists of a store of an earlier version.
pub(super) fn prepare(opened: &OpenDatabase) -> Result<(), redb::Error> {
    commit(opened, schema::upgrade)
}

fn commit(
    opened: &OpenDatabase,
    work: impl FnOnce(&WriteTransaction) -> Result<(), redb::Error>,
) -> Result<(), redb::Error> {
    let transaction = opened.database.begin_write()?;
    work(&transaction)?;
    transaction.commit()?;
    Ok(())
}
