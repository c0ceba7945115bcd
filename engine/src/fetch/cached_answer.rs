//! An upstream's answer as it is cached, in memory and in the store.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};

use super::token_pool::TokenName;
use crate::{bounded::Weight, clock_watch::TOLERANCE, world::Reply};

/// An upstream's answer as it is cached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CachedAnswer {
    pub(crate) status: u16,
    /// The headers that a provider may read.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Bytes,
    /// When the upstream sent it or last confirmed it with 304.
    pub(crate) asked: SystemTime,
    /// Until when it is fresh.
    pub(crate) fresh_until: SystemTime,
    /// Which of the server's own tokens it was received with; not stored.
    pub(crate) token: Option<Arc<TokenName>>,
    /// The answer before this one, in case the provider finds this one invalid.
    pub(crate) before: Option<Arc<Self>>,
}

impl CachedAnswer {
    /// The answer of a reply that arrived now and replaces the answer `before`.
    pub(crate) fn new(reply: Reply, now: SystemTime, fresh_until: SystemTime, before: Option<Arc<Self>>) -> Self {
        let before = before.map(|before| Arc::new(Self { before: None, ..Self::clone(&before) }));
        Self {
            status: reply.status,
            headers: readable(&reply.headers),
            body: reply.body,
            asked: now,
            fresh_until,
            token: None,
            before,
        }
    }

    /// Whether the answer may be used without a new request. An answer with a time in the future was cached before the
    /// clock was set back, so it is not fresh.
    pub(crate) fn is_fresh(&self, now: SystemTime) -> bool {
        now < self.fresh_until && self.asked <= now + TOLERANCE
    }

    /// The time since the upstream sent or confirmed the answer. For an answer with a time in the future, this is how
    /// far in the future it is: the clock was set back by at least that much.
    pub(crate) fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.asked).unwrap_or_else(|ahead| ahead.duration().saturating_sub(TOLERANCE))
    }

    /// Its `Last-Modified`.
    pub(crate) fn last_modified(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.headers.get("last-modified")?).ok()
    }
}

/// The headers of an answer that a provider may read.
pub fn readable(headers: &HeaderMap) -> BTreeMap<String, String> {
    let names = [header::CONTENT_TYPE, header::ETAG, header::LAST_MODIFIED, header::LINK, header::RETRY_AFTER];
    let readable = headers
        .iter()
        .filter(|(name, _)| names.contains(name) || name.as_str().starts_with("x-ratelimit-"))
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    readable.collect()
}

impl Weight for CachedAnswer {
    fn weight(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + 48).sum::<usize>();
        size_of::<Self>() + headers + self.body.len() + self.before.as_ref().map_or(0, |before| before.weight())
    }
}

/// The head of a stored answer.
#[derive(Serialize, Deserialize)]
struct StoredHead {
    status: u16,
    headers: BTreeMap<String, String>,
    /// Seconds since 1970.
    asked: u64,
}

impl CachedAnswer {
    /// The stored form of the answer: the length of its head in four bytes, the head as JSON, the body.
    pub(crate) fn to_bytes(&self) -> Bytes {
        let asked = self.asked.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let head = StoredHead { status: self.status, headers: self.headers.clone(), asked };
        // This cannot fail: strings and numbers have a JSON form.
        let head = serde_json::to_vec(&head).unwrap_or_default();
        let length = u32::try_from(head.len()).unwrap_or_default().to_le_bytes();
        [&length[..], &head, &self.body].concat().into()
    }

    /// Reads a stored answer. It is stale until its upstream confirms it.
    pub(crate) fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let head: StoredHead = serde_json::from_slice(rest.get(..length)?).ok()?;
        let asked = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(head.asked))?;
        let body = bytes.slice(4 + length..);
        Some(Self {
            status: head.status,
            headers: head.headers,
            body,
            asked,
            fresh_until: asked,
            token: None,
            before: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_answer_comes_back_from_a_store_as_it_went() {
        let answer = CachedAnswer {
            status: 200,
            headers: BTreeMap::from([("etag".to_owned(), "\"1\"".to_owned())]),
            body: Bytes::from(vec![0; 5]),
            asked: SystemTime::UNIX_EPOCH,
            fresh_until: SystemTime::UNIX_EPOCH,
            token: None,
            before: None,
        };
        let bytes = answer.to_bytes();
        assert_eq!(CachedAnswer::from_bytes(&bytes), Some(answer));
        for length in 0..bytes.len() - 5 {
            assert_eq!(CachedAnswer::from_bytes(&bytes.slice(..length)), None, "cut at {length}");
        }
    }
}
