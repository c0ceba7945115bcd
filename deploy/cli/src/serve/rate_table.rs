//! Token buckets, one for each client or owner, in a table of a fixed size.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::rate::Rate;

/// How many buckets a set has. The hash of a key selects one set, which is searched linearly.
const BUCKETS_OF_SET: usize = 8;

/// A token bucket for each key. A bucket that is not in the table is full.
///
/// The table never grows. If the set of a new key has no free place, its fullest bucket is replaced, whose key only
/// gets back the few tokens that it had used. So no key is refused because of other keys, however many there are; and a
/// client with many keys has many buckets anyway. The hash has a random seed, so nobody can choose keys that fall into
/// the same set.
#[derive(Debug)]
pub(crate) struct RateTable<K> {
    rate: Rate,
    hasher: RandomState,
    sets: Box<[Mutex<BucketSet<K>>]>,
}

type BucketSet<K> = [Option<Bucket<K>>; BUCKETS_OF_SET];

/// The bucket of a key. It refills at a constant rate, so the time at which it will be full is its whole state, and no
/// timer is needed.
#[derive(Debug)]
struct Bucket<K> {
    key: K,
    full_at: Duration,
}

impl<K: Hash + Eq> RateTable<K> {
    /// A table for this many keys, rounded up to a whole set.
    pub(crate) fn new(rate: Rate, keys: usize) -> Self {
        let set = |_| Mutex::new([const { None }; BUCKETS_OF_SET]);
        Self { rate, hasher: RandomState::new(), sets: (0..keys.div_ceil(BUCKETS_OF_SET).max(1)).map(set).collect() }
    }

    /// Takes a token from the bucket of a key. `clock` never goes back.
    ///
    /// # Errors
    /// The bucket is empty; contains the time until it has a token.
    pub(crate) fn take(&self, key: K, clock: Duration) -> Result<(), Duration> {
        let hash = usize::try_from(self.hasher.hash_one(&key) % self.sets.len() as u64).unwrap_or_default();
        let mut set = self.sets[hash].lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = |bucket: &Option<Bucket<K>>| bucket.as_ref().map_or(Duration::ZERO, |bucket| bucket.full_at);
        let own = set.iter().position(|bucket| bucket.as_ref().is_some_and(|bucket| bucket.key == key));
        let then = own.map_or(clock, |at| full_at(&set[at]).max(clock)) + self.rate.interval();
        let wait = then.saturating_sub(clock + self.rate.period);
        if !wait.is_zero() {
            return Err(wait);
        }
        let fullest = || (0..BUCKETS_OF_SET).min_by_key(|at| full_at(&set[*at])).unwrap_or_default();
        let at = own.unwrap_or_else(fullest);
        set[at] = Some(Bucket { key, full_at: then });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn table(rate: &str, keys: usize) -> RateTable<u64> {
        RateTable::new(rate.parse().unwrap(), keys)
    }

    /// How many tokens a key can take at this time.
    fn tokens(table: &RateTable<u64>, key: u64, milliseconds: u64) -> usize {
        (0..10_000).take_while(|_| table.take(key, Duration::from_millis(milliseconds)).is_ok()).count()
    }

    #[test]
    fn a_bucket_has_the_tokens_of_one_period_and_refills_at_a_constant_rate() {
        for (rate, rows) in [
            ("10/s", &[(0, 10), (99, 0), (100, 1), (250, 1), (300, 1), (1299, 9), (9000, 10)][..]),
            ("60/m", &[(0, 60), (999, 0), (1000, 1), (61_000, 60), (500_000, 60)]),
            ("1/h", &[(7, 1), (3_600_006, 0), (3_600_007, 1), (3_600_008, 0)]),
        ] {
            let table = table(rate, 100);
            for (milliseconds, count) in rows {
                assert_eq!(tokens(&table, 1, *milliseconds), *count, "{rate} at {milliseconds} ms");
            }
            assert_ne!(tokens(&table, 2, 1), 0, "another key has a bucket of its own");
        }
    }

    #[test]
    fn an_empty_bucket_says_for_how_long_it_is_empty() {
        let table = table("10/s", 100);
        assert_eq!(tokens(&table, 1, 0), 10);
        let wait = |milliseconds| table.take(1, Duration::from_millis(milliseconds));
        assert_eq!(wait(0), Err(Duration::from_millis(100)));
        assert_eq!(wait(30), Err(Duration::from_millis(70)));
        assert_eq!(wait(100), Ok(()));
    }

    #[test]
    fn any_number_of_keys_takes_no_more_memory_and_locks_no_key_out() {
        let table = table("10/m", 64);
        assert_eq!(tokens(&table, 0, 0), 10);
        for key in 1..100_000 {
            assert!(table.take(key, Duration::from_millis(key / 1000)).is_ok(), "the first request of {key}");
        }
        assert_eq!(table.sets.len() * BUCKETS_OF_SET, 64);
        assert_eq!(tokens(&table, 0, 100), 0, "who used up his tokens keeps the empty bucket");
    }

    #[test]
    fn of_many_threads_no_more_take_tokens_than_there_are() {
        let table = table("1000/h", 64);
        let taken: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| tokens(&table, 1, 0))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 1000);
    }
}
