//! An LRU cache that is bounded by the size of its values.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};

/// A value whose size is known.
pub(crate) trait Weight {
    /// How many bytes it takes.
    fn weight(&self) -> usize;
}

impl Weight for Bytes {
    fn weight(&self) -> usize {
        self.len()
    }
}

/// A cache of a limited size in bytes. The least recently used values are evicted first.
pub(crate) struct Bounded<T>(Cache<String, Arc<T>, ByWeight>);

#[derive(Clone)]
struct ByWeight;

impl<T: Weight> Weighter<String, Arc<T>> for ByWeight {
    fn weight(&self, key: &String, value: &Arc<T>) -> u64 {
        (key.len() + value.weight()) as u64
    }
}

impl<T: Weight> Bounded<T> {
    pub(crate) fn new(bytes: u64) -> Self {
        // One shard, because a shard rejects values that are larger than its share of the size.
        let options = OptionsBuilder::new().shards(1).estimated_items_capacity(1024).weight_capacity(bytes).build();
        match options {
            Ok(options) => {
                Self(Cache::with_options(options, ByWeight, DefaultHashBuilder::default(), DefaultLifecycle::default()))
            }
            // This cannot fail: all required options are set.
            Err(_) => Self(Cache::with_weighter(1024, bytes, ByWeight)),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<T>> {
        self.0.get(key)
    }

    pub(crate) fn put(&self, key: &str, value: Arc<T>) {
        self.0.insert(key.to_owned(), value);
    }

    /// Replaces the value of a key if it is still `old`.
    pub(crate) fn replace(&self, key: &str, old: &Arc<T>, new: Option<Arc<T>>) {
        if !self.0.get(key).is_some_and(|now| Arc::ptr_eq(&now, old)) {
            return;
        }
        match new {
            Some(new) => self.put(key, new),
            None => drop(self.0.remove(key)),
        }
    }

    /// Removes all values.
    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    /// The number of values, and their size in bytes.
    pub(crate) fn size(&self) -> (usize, u64) {
        (self.0.len(), self.0.weight())
    }
}

impl<T> fmt::Debug for Bounded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bounded")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_never_holds_more_bytes_than_it_may() {
        let cache = Bounded::new(1_000_000);
        let value = |bytes: usize| Arc::new(Bytes::from(vec![0; bytes]));
        for index in 0..100 {
            cache.put(&index.to_string(), value(100_000));
        }
        assert!(cache.size().1 <= 1_000_000);
        assert!(cache.size().0 >= 5, "{:?}", cache.size());
        cache.put("most", value(900_000));
        assert!(cache.get("most").is_some(), "one large value may take almost all of it");
    }
}
