//! A bounded cache of the owners' secrets, which also remembers that an owner has none.

use std::{sync::Arc, time::Duration};

use badgesmith_engine::world::Secret;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, UnitWeighter,
    sync::{Cache, DefaultLifecycle},
};
use tokio::time::Instant;

/// How long secrets are cached, which is also how long a removed secret is still accepted.
const PRESENT_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How long the absence of secrets is cached.
const ABSENT_LIFETIME: Duration = Duration::from_secs(30);
/// The most entries. The cache evicts keys that were requested once before keys that are requested often.
const CAPACITY: usize = 1024;

/// The owner, the repository if one was named, and the purpose.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SecretCacheKey {
    pub(crate) owner: String,
    pub(crate) repo: Option<String>,
    pub(crate) purpose: String,
}

/// Secrets by key, with the time when they expire.
#[derive(Debug)]
pub(crate) struct SecretCache(Cache<SecretCacheKey, Arc<(Instant, Vec<Secret>)>>);

impl SecretCache {
    pub(crate) fn new() -> Self {
        // One shard. The default is the number of processors, and finding that out reads a dozen files.
        let options =
            OptionsBuilder::new().shards(1).estimated_items_capacity(CAPACITY).weight_capacity(CAPACITY as u64).build();
        Self(match options {
            Ok(options) => {
                Cache::with_options(options, UnitWeighter, DefaultHashBuilder::default(), DefaultLifecycle::default())
            }
            // Building fails only if a required option is missing.
            Err(_) => Cache::new(CAPACITY),
        })
    }

    /// The cached secrets of a key, unless they have expired.
    pub(crate) fn get(&self, key: &SecretCacheKey, now: Instant) -> Option<Vec<Secret>> {
        let cached = self.0.get(key)?;
        (cached.0 > now).then(|| cached.1.clone())
    }

    pub(crate) fn put(&self, key: SecretCacheKey, secrets: &[Secret], now: Instant) {
        let lifetime = if secrets.is_empty() { ABSENT_LIFETIME } else { PRESENT_LIFETIME };
        self.0.insert(key, Arc::new((now + lifetime, secrets.to_vec())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(owner: &str) -> SecretCacheKey {
        SecretCacheKey { owner: owner.to_owned(), repo: None, purpose: "TestData".to_owned() }
    }

    #[test]
    fn a_secret_is_cached_for_fifteen_minutes_and_its_absence_for_thirty_seconds() {
        let (cache, now) = (SecretCache::new(), Instant::now());
        let secret = [Secret::new("hush")];
        cache.put(key("acme"), &secret, now);
        cache.put(key("nobody"), &[], now);
        let moment = Duration::from_millis(1);
        assert_eq!(cache.get(&key("acme"), now + PRESENT_LIFETIME - moment).as_deref(), Some(&secret[..]));
        assert_eq!(cache.get(&key("acme"), now + PRESENT_LIFETIME), None);
        assert_eq!(cache.get(&key("nobody"), now + ABSENT_LIFETIME - moment).as_deref(), Some(&[][..]));
        assert_eq!(cache.get(&key("nobody"), now + ABSENT_LIFETIME), None);
        assert!(!format!("{cache:?}").contains("hush"));
    }

    #[test]
    fn a_flood_of_names_takes_no_more_memory_and_evicts_no_key_that_is_requested_often() {
        let (cache, now) = (SecretCache::new(), Instant::now());
        cache.put(key("acme"), &[Secret::new("hush")], now);
        for index in 0..20 * CAPACITY {
            assert!(cache.get(&key("acme"), now).is_some(), "after {index}");
            cache.put(key(&index.to_string()), &[], now);
        }
        assert!(cache.0.len() <= CAPACITY, "{}", cache.0.len());
    }
}
