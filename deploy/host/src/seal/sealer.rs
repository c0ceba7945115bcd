//! The keys that seal and open, and the data keys that were unwrapped lately.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    data_key::{DataKey, NewDataKey, WrappedKey},
    key_wrapper::KeyWrapper,
    local_key::LocalKey,
    seal_error::SealError,
};

/// How long a data key of a key service is kept: a file that is read again within this time needs no call.
const DATA_KEY_LIFE: Duration = Duration::from_secs(5 * 60);
/// How many data keys of a key service are kept: one for each file that is sealed, with room for previous versions.
const MOST_DATA_KEYS: usize = 16;

/// A key that seals or opens.
#[derive(Clone)]
pub enum SealKey {
    /// A key of this machine.
    Local(LocalKey),
    /// A key that never leaves its service.
    Remote(Arc<dyn KeyWrapper>),
}

/// The keys that seal and open. The first one seals, and all of them open. Without a key nothing is sealed, and sealed
/// texts are refused.
///
/// Calls of a key service are asynchronous and have functions of their own: [`Sealer::fetch`] and [`Sealer::fetch_new`]
/// fetch data keys, and the functions that seal and open use the fetched keys. Keys of this machine need neither.
#[derive(Default)]
pub struct Sealer {
    keys: Vec<SealKey>,
    fetched: Mutex<Vec<FetchedKey>>,
    /// The data key for the next text, which is used once.
    next: Mutex<Option<NewDataKey>>,
}

/// A data key as its service unwrapped it.
struct FetchedKey {
    wrapped: WrappedKey,
    plain: DataKey,
    until: Instant,
}

impl Sealer {
    /// A sealer with these keys, of which the first one seals.
    #[must_use]
    pub fn new(keys: Vec<SealKey>) -> Self {
        Self { keys, ..Self::default() }
    }

    /// Whether there is a key that seals.
    #[must_use]
    pub fn is_sealing(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether there is a key service, for which [`Sealer::fetch`] and [`Sealer::fetch_new`] are needed.
    #[must_use]
    pub fn has_service(&self) -> bool {
        self.keys.iter().any(|key| matches!(key, SealKey::Remote(_)))
    }

    /// Fetches a data key for the next text from the key service, if the sealing key belongs to one.
    ///
    /// # Errors
    /// The service does not make one.
    pub async fn fetch_new(&self) -> Result<(), SealError> {
        if let Some(SealKey::Remote(wrapper)) = self.keys.first() {
            let new = wrapper.generate().await?;
            *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(new);
        }
        Ok(())
    }

    /// Fetches a data key from the key service that wrapped it, if a service did. The key is cached for five minutes.
    ///
    /// # Errors
    /// The service does not unwrap it.
    pub async fn fetch(&self, wrapped: &WrappedKey) -> Result<(), SealError> {
        let Err(SealError::NotFetched(_)) = self.data_key(wrapped, Instant::now()) else { return Ok(()) };
        let remote = self.keys.iter().find_map(|key| match key {
            SealKey::Remote(wrapper) => Some(wrapper),
            SealKey::Local(_) => None,
        });
        if let Some(wrapper) = remote {
            let plain = wrapper.unwrap(wrapped).await?;
            self.keep(wrapped.clone(), plain, Instant::now());
        }
        Ok(())
    }

    /// A data key that no text has been sealed with.
    pub(super) fn new_data_key(&self) -> Result<NewDataKey, SealError> {
        match self.keys.first() {
            None => Err(SealError::NothingSeals),
            Some(SealKey::Local(key)) => key.generate(),
            Some(SealKey::Remote(_)) => {
                self.next.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(SealError::NoneFetched)
            }
        }
    }

    /// The data key of a sealed text.
    pub(super) fn data_key(&self, wrapped: &WrappedKey, now: Instant) -> Result<DataKey, SealError> {
        let locals = || {
            self.keys.iter().filter_map(|key| match key {
                SealKey::Local(key) => Some(key),
                SealKey::Remote(_) => None,
            })
        };
        if let Some(key) = locals().find(|key| key.name() == wrapped.key) {
            return key.unwrap(&wrapped.wrapped);
        }
        if !self.has_service() || is_local_name(&wrapped.key) {
            let given = locals().map(|key| key.name().to_owned()).collect();
            return Err(SealError::KeyMissing { key: wrapped.key.clone(), given });
        }
        let fetched = self.fetched(now);
        let found = fetched.iter().find(|fetched| fetched.wrapped == *wrapped);
        found.map(|fetched| fetched.plain.clone()).ok_or_else(|| SealError::NotFetched(wrapped.clone()))
    }

    /// Keeps a fetched data key for five minutes.
    pub(super) fn keep(&self, wrapped: WrappedKey, plain: DataKey, now: Instant) {
        let mut fetched = self.fetched(now);
        if fetched.len() >= MOST_DATA_KEYS {
            fetched.remove(0);
        }
        fetched.push(FetchedKey { wrapped, plain, until: now + DATA_KEY_LIFE });
    }

    /// The data keys that are kept, without those whose time is over.
    fn fetched(&self, now: Instant) -> MutexGuard<'_, Vec<FetchedKey>> {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.retain(|fetched| fetched.until > now);
        fetched
    }
}

/// Whether a name is the name of a key of this machine. No key service uses names of this form.
fn is_local_name(name: &str) -> bool {
    name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Shows the names of the keys of this machine, and no byte of a key.
impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(key) => key.fmt(f),
            Self::Remote(_) => f.write_str("Remote"),
        }
    }
}
