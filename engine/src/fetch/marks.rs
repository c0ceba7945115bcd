//! Invalidation of cached upstream answers: the marks that webhook deliveries make.
//!
//! A mark names a subject and a time. Answers about this subject that were requested until that time are stale: no
//! cache uses one as a fresh answer.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use badgesmith_provider::{About, fold};

/// How many marks are kept. When the oldest mark is evicted, every answer that is about something and that was
/// requested until that mark's time counts as stale, so the evicted mark still has its effect.
const MOST_MARKS: usize = 4096;
/// The longest name of a subject of answers, in bytes. No upstream has longer names.
const LONGEST_NAME: usize = 512;

/// The marks of this process.
#[derive(Debug)]
pub(crate) struct Marks {
    times: Mutex<Times>,
    /// The latest time of all marks, in nanoseconds since 1970. An answer that was requested later is not stale. This
    /// is checked without the mutex, because every thread checks every cached badge.
    latest: AtomicU64,
}

#[derive(Debug)]
struct Times {
    since: HashMap<String, SystemTime>,
    /// Every answer that is about something is stale if it was requested at this time or earlier.
    all_since: SystemTime,
}

impl Default for Marks {
    fn default() -> Self {
        let times = Times { since: HashMap::new(), all_since: SystemTime::UNIX_EPOCH };
        Self { times: Mutex::new(times), latest: AtomicU64::new(0) }
    }
}

impl Marks {
    /// Notes that answers about this subject are stale if they were requested at this time or earlier.
    pub(crate) fn note(&self, about: &str, at: SystemTime) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        self.latest.fetch_max(nanoseconds(at), Ordering::Release);
        if let Some(since) = times.since.get_mut(about) {
            *since = at.max(*since);
            return;
        }
        if times.since.len() >= MOST_MARKS {
            let oldest = times.since.iter().min_by_key(|(_, since)| **since);
            if let Some((about, since)) = oldest.map(|(about, since)| (about.clone(), *since)) {
                times.since.remove(&about);
                times.all_since = times.all_since.max(since);
            }
        }
        times.since.insert(about.to_owned(), at);
    }

    /// Whether a mark made one of these answers stale.
    pub(crate) fn are_stale(&self, sources: &[Source]) -> bool {
        sources.iter().any(|source| self.is_stale(&source.about, source.asked))
    }

    /// Whether an answer about this subject is stale if it was requested at this time.
    pub(crate) fn is_stale(&self, about: &str, asked: SystemTime) -> bool {
        if nanoseconds(asked) > self.latest.load(Ordering::Acquire) {
            return false;
        }
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        // The stored time of an answer is rounded down, so of two equal times the mark is taken to be the later one.
        asked <= times.since.get(about).copied().map_or(times.all_since, |since| since.max(times.all_since))
    }
}

/// Nanoseconds since 1970, in the years up to 2554.
fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// An answer that something depends on, and that a mark can make stale.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) about: Arc<str>,
    /// When it was requested or confirmed.
    pub(crate) asked: SystemTime,
}

/// The key of the subject that answers to a plugin's requests are about; `None` if its name is empty or too long.
pub(crate) fn key(plugin: &str, about: &About) -> Option<String> {
    let About { owner, name } = about;
    let is_named = !owner.is_empty() && !name.is_empty() && owner.len() + name.len() <= LONGEST_NAME;
    is_named.then(|| format!("{plugin} {}/{}", fold(owner), fold(name)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn an_answer_is_stale_if_it_was_requested_until_the_latest_mark() {
        let marks = Marks::default();
        assert!(!marks.is_stale("a", at(1)));
        marks.note("a", at(5));
        marks.note("a", at(3));
        assert!(marks.is_stale("a", at(5)) && !marks.is_stale("a", at(6)) && !marks.is_stale("b", at(5)));
    }

    #[test]
    fn a_mark_that_made_room_for_others_still_counts() {
        let marks = Marks::default();
        for number in 0..2 * MOST_MARKS as u64 {
            marks.note(&format!("{number}"), at(number + 10));
        }
        let count = marks.times.lock().unwrap().since.len();
        assert_eq!(count, MOST_MARKS);
        assert!(marks.is_stale("0", at(10)) && marks.is_stale("8191", at(8201)) && !marks.is_stale("8191", at(8202)));
    }

    #[test]
    fn names_are_the_same_in_any_case_and_have_a_length() {
        let key = |owner: &str, name: &str| key("github", &About::new(owner, name));
        assert_eq!(key("Acme", "Shop").as_deref(), Some("github acme/shop"));
        assert_eq!((key("", "shop"), key("acme", ""), key("acme", &"x".repeat(512))), (None, None, None));
    }
}
