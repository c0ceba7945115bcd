//! Counts answers in counters of each thread. If all threads changed the same counters, every answer would wait for
//! cache lines of other processors.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use badgesmith_engine::{AccessLine, CacheState, Format};
use http::StatusCode;
use prometheus::local::LocalHistogram;

/// How many threads count without ever waiting for another one.
const SHARDS: usize = 32;

thread_local! {
    /// The number of this thread.
    static THREAD: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed)
    };
}

/// The counts since they were last taken.
#[derive(Debug, Default)]
pub(super) struct AnswerTally([Shard; SHARDS]);

/// The counts of one thread, by the hash of the counted answers' properties. No two threads' counts share a cache line
/// of the processor.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<HashMap<u64, Vec<AnswerCount>, BuildHasherDefault<HashedAlready>>>);

/// A hasher for keys that are hashes already.
#[derive(Default)]
struct HashedAlready(u64);

impl Hasher for HashedAlready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| mix(hash, u64::from(*byte)));
    }
}

/// The hash of the properties by which answers are counted. Clients choose none of these names, so a fast hash that is
/// not collision-resistant is enough.
fn hash(status: StatusCode, line: &AccessLine) -> u64 {
    let text = |hash: u64, text: &str| {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        let hash = words.iter().fold(hash, |hash, word| mix(hash, u64::from_le_bytes(*word)));
        rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)))
    };
    text(text(mix(0, status.as_u16().into()), &line.route), &line.plugin)
}

/// One step of a multiplicative hash. The multiplier is 2 to the 64th power divided by the golden ratio.
const fn mix(hash: u64, word: u64) -> u64 {
    let product = (hash.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

/// How many answers were alike.
#[derive(Debug)]
pub(super) struct AnswerCount {
    pub(super) route: String,
    pub(super) plugin: String,
    pub(super) status: StatusCode,
    pub(super) format: Option<Format>,
    pub(super) cache: Option<CacheState>,
    pub(super) count: u64,
    /// How long they took.
    pub(super) seconds: LocalHistogram,
}

impl AnswerTally {
    /// Counts an answer. `histogram` belongs to its route.
    pub(super) fn note(
        &self,
        status: StatusCode,
        line: &AccessLine,
        took: Duration,
        histogram: impl FnOnce() -> LocalHistogram,
    ) {
        let shard = &self.0[THREAD.with(|thread| thread % SHARDS)];
        let mut counts = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = counts.entry(hash(status, line)).or_default();
        let count = match counts.iter().position(|count| count.is_of(status, line)) {
            Some(found) => &mut counts[found],
            None => {
                counts.push(AnswerCount {
                    route: line.route.to_string(),
                    plugin: line.plugin.clone(),
                    status,
                    format: line.format,
                    cache: line.cache,
                    count: 0,
                    seconds: histogram(),
                });
                let last = counts.len() - 1;
                &mut counts[last]
            }
        };
        count.count += 1;
        count.seconds.observe(took.as_secs_f64());
    }

    /// Takes all counts. Answers that are counted meanwhile are taken the next time.
    pub(super) fn take(&self, mut take: impl FnMut(&AnswerCount)) {
        for shard in &self.0 {
            let mut counts = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
            for count in counts.values_mut().flatten().filter(|count| count.count > 0) {
                take(count);
                count.seconds.flush();
                count.count = 0;
            }
        }
    }
}

impl AnswerCount {
    fn is_of(&self, status: StatusCode, line: &AccessLine) -> bool {
        self.status == status
            && self.format == line.format
            && self.cache == line.cache
            && self.route == line.route
            && self.plugin == line.plugin
    }
}
