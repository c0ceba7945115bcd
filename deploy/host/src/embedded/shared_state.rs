//! What the store's readers and its writer share: the open file, and whether results are taken.

use std::{
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::Ill;

use super::{fault::Fault, file::Opened};

/// How long the writer waits for those who are reading when it has to open the file again. A read takes microseconds.
const READERS_PATIENCE: Duration = Duration::from_secs(5);
/// The pause between two looks at whether somebody is reading.
const LOOK: Duration = Duration::from_millis(1);

/// What readers and the writer share.
#[derive(Debug)]
pub(super) struct Shared {
    /// The open file; none while it is opened again, and where that did not succeed.
    current: RwLock<Option<Current>>,
    /// Why no result is taken, if none is.
    ill: Mutex<Option<Ill>>,
    /// How many bytes of answers wait to be written.
    pub(super) waiting: AtomicU64,
}

/// An open file and how often one was opened before it.
#[derive(Clone, Debug)]
pub(super) struct Current {
    pub(super) opened: Arc<Opened>,
    pub(super) generation: u64,
}

impl Shared {
    pub(super) fn new(opened: Opened) -> Self {
        Self {
            current: RwLock::new(Some(Current { opened: Arc::new(opened), generation: 0 })),
            ill: Mutex::new(None),
            waiting: AtomicU64::new(0),
        }
    }

    /// The open file, if there is one.
    pub(super) fn current(&self) -> Option<Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another file in the place of the open one, which is returned for closing.
    pub(super) fn replace(&self, opened: Option<Opened>, generation: u64) -> Option<Current> {
        let fresh = opened.map(|opened| Current { opened: Arc::new(opened), generation });
        std::mem::replace(&mut *self.current.write().unwrap_or_else(PoisonError::into_inner), fresh)
    }

    /// Why no result is taken now, and since when.
    pub(super) fn ill(&self) -> Option<Ill> {
        self.ill.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records why no result is taken; if none was taken before, the time since when stays.
    pub(super) fn fall_ill(&self, fault: &Fault) {
        let mut ill = self.ill.lock().unwrap_or_else(PoisonError::into_inner);
        let since = ill.as_ref().and_then(|ill| ill.since).unwrap_or_else(SystemTime::now);
        *ill = Some(Ill { fault: fault.to_string(), since: Some(since) });
    }

    /// Notes that results are taken again, and returns why they were not.
    pub(super) fn recover(&self) -> Option<Ill> {
        self.ill.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Counts the bytes of an answer as waiting, unless there are too many already.
    pub(super) fn queue(&self, bytes: u64, most: u64) -> bool {
        let more = |waiting: u64| waiting.checked_add(bytes).filter(|waiting| *waiting <= most);
        self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

/// Waits until nobody reads the file any more, and returns it.
pub(super) fn alone(current: Current) -> Result<Opened, Current> {
    let Current { mut opened, generation } = current;
    for _ in 0..READERS_PATIENCE.as_millis() / LOOK.as_millis() {
        match Arc::try_unwrap(opened) {
            Ok(opened) => return Ok(opened),
            Err(held) => opened = held,
        }
        thread::sleep(LOOK);
    }
    Err(Current { opened, generation })
}
