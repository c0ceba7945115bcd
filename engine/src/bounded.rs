//! Answers of upstreams and finished badges, kept within so many bytes.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{Badge, Failure, Record};
use bytes::Bytes;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};
use serde::{Deserialize, Serialize};

use crate::open::Opened;

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

/// A kept answer's head, as a store keeps it in front of the body.
#[derive(Serialize, Deserialize)]
struct Head {
    status: u16,
    headers: BTreeMap<String, String>,
    /// Seconds since 1970.
    asked: u64,
}

impl Kept {
    /// The answer as a store keeps it: the length of its head in four bytes, the head as JSON, the body.
    pub(crate) fn to_bytes(&self) -> Bytes {
        let asked = self.asked.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let head = Head { status: self.status, headers: self.headers.clone(), asked };
        // Strings and numbers always have a JSON form.
        let head = serde_json::to_vec(&head).unwrap_or_default();
        let length = u32::try_from(head.len()).unwrap_or_default().to_le_bytes();
        [&length[..], &head, &self.body].concat().into()
    }

    /// An answer that a store kept. It is stale, whatever it was, until its upstream says otherwise.
    pub(crate) fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let head: Head = serde_json::from_slice(rest.get(..length)?).ok()?;
        let asked = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(head.asked))?;
        let body = bytes.slice(4 + length..);
        Some(Self { status: head.status, headers: head.headers, body, asked, fresh_until: asked, before: None })
    }
}

/// The end a call was made for.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    Badge(Badge),
    Open(Box<Opened>),
    Redirect(String),
    Record(Record),
}

/// What a call came to, kept for as long as the answers it rests on are fresh.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(crate) outcome: Result<Done, Failure>,
    /// The newest `Last-Modified` among the answers.
    pub(crate) last_modified: Option<SystemTime>,
    /// Until when it holds; `None` where it holds for this request only.
    pub(crate) until: Option<SystemTime>,
    /// Whether it rests on an upstream's answers.
    pub(crate) asked: bool,
    /// The oldest answer that could not be renewed, in seconds.
    pub(crate) stale_seconds: Option<u64>,
    /// How long upstreams kept the call waiting.
    pub(crate) waited: Duration,
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
            Ok(Done::Badge(badge)) => badge.message.len() + badge.label.as_ref().map_or(0, String::len),
            Ok(Done::Open(opened)) => opened.weight(),
            // Only badges are kept.
            Ok(Done::Redirect(_) | Done::Record(_)) => 0,
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
    fn a_kept_answer_comes_back_from_a_store_as_it_went() {
        let headers = BTreeMap::from([("etag".to_owned(), "\"1\"".to_owned())]);
        let kept = Kept { headers, ..Kept::clone(&kept(5)) };
        let bytes = kept.to_bytes();
        assert_eq!(Kept::from_bytes(&bytes), Some(kept));
        for length in 0..bytes.len() - 5 {
            assert_eq!(Kept::from_bytes(&bytes.slice(..length)), None, "cut at {length}");
        }
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
