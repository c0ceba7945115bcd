//! Long reads. They run on threads of their own, and only a few run at once, so that they delay no other request and
//! need little memory.

use std::sync::Arc;

use redb::Database;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{
    panic_guard::{drop_quietly, guard},
    shared_state::CurrentDatabase,
    store_error::StoreError,
};
use crate::step_threads;

/// A read of more records than this is long.
pub(super) const MOST_AT_ONCE: usize = 128;
/// A read of records is also long if they have more bytes than this together: at 4 ms for each MiB it would take half a
/// millisecond.
pub(super) const LARGEST_AT_ONCE: usize = 128 * 1024;
/// How many long reads there are at once. The others wait.
const LONG_READS: usize = 2;

/// The permits for long reads.
#[derive(Debug)]
pub(super) struct LongReads(Arc<Semaphore>);

/// The permit for one long read.
#[derive(Debug)]
pub(super) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

impl LongReads {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(LONG_READS)))
    }

    /// Waits for a permit. A waiting read does not hold the database open.
    pub(super) async fn turn(&self) -> Turn {
        // The semaphore is never closed.
        Turn { _permit: Arc::clone(&self.0).acquire_owned().await.ok() }
    }
}

impl Turn {
    /// Reads on another thread. The permit is released when the read ends, even if its caller no longer waits for it.
    pub(super) async fn read<T: Send + 'static>(
        self,
        current: CurrentDatabase,
        read: impl FnOnce(&Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let work = move || {
            let found = guard(|| read(&current.opened.database));
            // The last reader of a replaced file closes it.
            drop_quietly(current);
            drop(self);
            // If the client has disconnected, nothing receives the result.
            let _ = sender.send(found);
        };
        step_threads::run(Box::new(work))?;
        receiver.await.unwrap_or_else(|_| Err(StoreError::Io("a read of the store broke off".to_owned())))
    }
}
