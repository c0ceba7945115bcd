//! The owners' secrets in memory, for a while: at most so many, and the absence of one too.

use std::{sync::Arc, time::Duration};

use badgesmith_engine::world::Secret;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, UnitWeighter,
    sync::{Cache, DefaultLifecycle},
};
use tokio::time::Instant;

/// How long a secret is used without asking again; so long an old one counts after it was removed.
pub(crate) const PRESENT: Duration = Duration::from_secs(15 * 60);
/// How long the absence of one is believed.
pub(crate) const ABSENT: Duration = Duration::from_secs(30);
/// How many answers are kept. Who is asked for once does not drive out who is asked for often.
const MOST: usize = 1024;

/// Whose secrets, those of a repository if it has any, and what for.
pub(crate) type Key = (String, Option<String>, String);

/// What was found, and until when that counts.
#[derive(Debug)]
pub(crate) struct Kept(Cache<Key, Arc<(Instant, Vec<Secret>)>>);

impl Kept {
    pub(crate) fn new() -> Self {
        // One shard: the number of processors, which is the default, takes a dozen files to find out.
        let options =
            OptionsBuilder::new().shards(1).estimated_items_capacity(MOST).weight_capacity(MOST as u64).build();
        Self(match options {
            Ok(options) => {
                Cache::with_options(options, UnitWeighter, DefaultHashBuilder::default(), DefaultLifecycle::default())
            }
            // Everything that is asked for is set above.
            Err(_) => Cache::new(MOST),
        })
    }

    /// What was found, if that still counts.
    pub(crate) fn get(&self, key: &Key, now: Instant) -> Option<Vec<Secret>> {
        let kept = self.0.get(key)?;
        (kept.0 > now).then(|| kept.1.clone())
    }

    pub(crate) fn put(&self, key: Key, found: &[Secret], now: Instant) {
        let life = if found.is_empty() { ABSENT } else { PRESENT };
        self.0.insert(key, Arc::new((now + life, found.to_vec())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(owner: &str) -> Key {
        (owner.to_owned(), None, "TestData".to_owned())
    }

    #[test]
    fn a_secret_is_kept_for_fifteen_minutes_and_its_absence_for_thirty_seconds() {
        let (kept, now) = (Kept::new(), Instant::now());
        let secret = [Secret::new("hush")];
        kept.put(key("acme"), &secret, now);
        kept.put(key("nobody"), &[], now);
        let just = Duration::from_millis(1);
        assert_eq!(kept.get(&key("acme"), now + PRESENT - just).as_deref(), Some(&secret[..]));
        assert_eq!(kept.get(&key("acme"), now + PRESENT), None);
        assert_eq!(kept.get(&key("nobody"), now + ABSENT - just).as_deref(), Some(&[][..]));
        assert_eq!(kept.get(&key("nobody"), now + ABSENT), None);
        assert!(!format!("{kept:?}").contains("hush"));
    }

    #[test]
    fn no_flood_of_names_takes_more_room_or_drives_out_who_is_asked_for_often() {
        let (kept, now) = (Kept::new(), Instant::now());
        kept.put(key("acme"), &[Secret::new("hush")], now);
        for index in 0..20 * MOST {
            assert!(kept.get(&key("acme"), now).is_some(), "after {index}");
            kept.put(key(&index.to_string()), &[], now);
        }
        assert!(kept.0.len() <= MOST, "{}", kept.0.len());
    }
}
