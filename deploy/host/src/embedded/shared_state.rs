//! The state that the store's readers and its writer share: the open database, and the outage if results cannot be
//! recorded.

use std::{
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::Unhealthy;

use super::{store_error::StoreError, store_file::OpenDatabase};

/// How long the writer waits for readers before it opens the file again. A read takes microseconds.
const READERS_PATIENCE: Duration = Duration::from_secs(5);
/// The pause between two checks whether a reader still holds the database.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// What readers and the writer share.
#[derive(Debug)]
pub(super) struct SharedState {
    /// The open database; `None` while the file is opened again, and after that failed.
    current: RwLock<Option<CurrentDatabase>>,
    /// Why no result is recorded, during an outage.
    outage: Mutex<Option<Unhealthy>>,
    /// How many bytes of cached answers wait to be written.
    pub(super) queued_bytes: AtomicU64,
}

/// An open database, and how many were opened before it.
#[derive(Clone, Debug)]
pub(super) struct CurrentDatabase {
    pub(super) opened: Arc<OpenDatabase>,
    pub(super) generation: u64,
}

impl SharedState {
    pub(super) fn new(opened: OpenDatabase) -> Self {
        Self {
            current: RwLock::new(Some(CurrentDatabase { opened: Arc::new(opened), generation: 0 })),
            outage: Mutex::new(None),
            queued_bytes: AtomicU64::new(0),
        }
    }

    /// The open database, if there is one.
    pub(super) fn current(&self) -> Option<CurrentDatabase> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the open database and returns the previous one, which the caller closes.
    pub(super) fn replace(&self, opened: Option<OpenDatabase>, generation: u64) -> Option<CurrentDatabase> {
        let next = opened.map(|opened| CurrentDatabase { opened: Arc::new(opened), generation });
        std::mem::replace(&mut *self.current.write().unwrap_or_else(PoisonError::into_inner), next)
    }

    /// Why no result is recorded now, and since when.
    pub(super) fn outage(&self) -> Option<Unhealthy> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins an outage, or updates the cause of the present one, whose start time stays.
    pub(super) fn set_outage(&self, cause: &StoreError) {
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        let since = outage.as_ref().and_then(|outage| outage.since).unwrap_or_else(SystemTime::now);
        *outage = Some(Unhealthy { fault: cause.to_string(), since: Some(since) });
    }

    /// Ends the outage and returns it.
    pub(super) fn end_outage(&self) -> Option<Unhealthy> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Counts the bytes of an answer as queued, unless more than `limit` would be.
    pub(super) fn enqueue(&self, bytes: u64, limit: u64) -> bool {
        let add = |queued: u64| queued.checked_add(bytes).filter(|queued| *queued <= limit);
        self.queued_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }
}

/// Waits until no reader holds the database any more and returns it for closing; gives up after [`READERS_PATIENCE`].
pub(super) fn wait_for_readers(current: CurrentDatabase) -> Result<OpenDatabase, CurrentDatabase> {
    let CurrentDatabase { mut opened, generation } = current;
    for _ in 0..READERS_PATIENCE.as_millis() / POLL_INTERVAL.as_millis() {
        match Arc::try_unwrap(opened) {
            Ok(opened) => return Ok(opened),
            Err(held) => opened = held,
        }
        thread::sleep(POLL_INTERVAL);
    }
    Err(CurrentDatabase { opened, generation })
}
