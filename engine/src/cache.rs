//! Answers of upstreams and finished badges, kept within so many bytes.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{Badge, Failure};
use bytes::Bytes;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};

/// An upstream's answer, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) status: u16,
    /// The headers a provider may read.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Bytes,
    /// When the upstream last said that this is its answer.
    pub(crate) asked: SystemTime,
    /// Until when nobody needs to ask again.
    pub(crate) fresh_until: SystemTime,
    /// The answer before this one, in case this one turns out to be rubbish.
    pub(crate) before: Option<Arc<Kept>>,
}

impl Kept {
    pub(crate) fn is_fresh(&self, now: SystemTime) -> bool {
        now < self.fresh_until
    }

    /// How long ago the upstream last said so.
    pub(crate) fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.asked).unwrap_or_default()
    }
}

/// What a call came to, kept for as long as the answers it rests on are fresh.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(crate) outcome: Result<Badge, Failure>,
    /// The newest `Last-Modified` among the answers.
    pub(crate) last_modified: Option<SystemTime>,
    /// Until when it holds; `None` where it holds for this request only.
    pub(crate) until: Option<SystemTime>,
    /// Whether it rests on an upstream's answers.
    pub(crate) asked: bool,
    /// The oldest answer that could not be renewed, in seconds.
    pub(crate) stale_seconds: Option<u64>,
}

/// How many bytes a value takes.
pub(crate) trait Weight {
    fn weight(&self) -> usize;
}

impl Weight for Kept {
    fn weight(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + 48).sum::<usize>();
        size_of::<Self>() + headers + self.body.len() + self.before.as_ref().map_or(0, |before| before.weight())
    }
}

impl Weight for Finished {
    fn weight(&self) -> usize {
        let text = match &self.outcome {
            Ok(badge) => badge.message.len() + badge.label.as_ref().map_or(0, String::len),
            Err(failure) => failure.words.len() + failure.code.len(),
        };
        size_of::<Self>() + text
    }
}

/// Values by key, within so many bytes; what was not asked for lately goes first.
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
        // One shard, because a shard keeps nothing that is larger than its share.
        let options = OptionsBuilder::new().shards(1).estimated_items_capacity(1024).weight_capacity(bytes).build();
        match options {
            Ok(options) => {
                Self(Cache::with_options(options, ByWeight, DefaultHashBuilder::default(), DefaultLifecycle::default()))
            }
            // Every option without a default was given.
            Err(_) => Self(Cache::with_weighter(1024, bytes, ByWeight)),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<T>> {
        self.0.get(key)
    }

    pub(crate) fn put(&self, key: &str, value: Arc<T>) {
        self.0.insert(key.to_owned(), value);
    }

    /// Replaces what is there, if it is still `old`.
    pub(crate) fn replace(&self, key: &str, old: &Arc<T>, new: Option<Arc<T>>) {
        if !self.0.get(key).is_some_and(|now| Arc::ptr_eq(&now, old)) {
            return;
        }
        match new {
            Some(new) => self.put(key, new),
            None => drop(self.0.remove(key)),
        }
    }

    /// How many values and how many bytes are kept.
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

    fn kept(bytes: usize) -> Arc<Kept> {
        Arc::new(Kept {
            status: 200,
            headers: BTreeMap::new(),
            body: Bytes::from(vec![0; bytes]),
            asked: SystemTime::UNIX_EPOCH,
            fresh_until: SystemTime::UNIX_EPOCH,
            before: None,
        })
    }

    #[test]
    fn the_cache_never_holds_more_bytes_than_it_may() {
        let cache = Bounded::new(1_000_000);
        for index in 0..100 {
            cache.put(&index.to_string(), kept(100_000));
        }
        assert!(cache.size().1 <= 1_000_000);
        assert!(cache.size().0 >= 5, "{:?}", cache.size());
        cache.put("most", kept(900_000));
        assert!(cache.get("most").is_some(), "one large answer may take almost all of it");
    }
}
