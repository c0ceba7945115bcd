//! A store and secrets in memory.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use badgesmith_engine::{
    store::{
        Delivery, Entry, EveryPart, ListedSubject, MarkedAnswer, RecordPlace, Recorded, Row, RowChange, Span, States,
        Store, Subject, Unavailable, Unhealthy,
    },
    world::{SERVER, Secret, Secrets},
};
use badgesmith_provider::{FoundParts, FoundState, PartRecords, Record, State};
use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::memory_states::MemoryStates;

/// A store and secrets in memory.
#[derive(Default)]
pub struct MemoryStore {
    pub secrets: Mutex<HashMap<(String, String), Vec<String>>>,
    pub answers: Mutex<HashMap<String, (Bytes, SystemTime)>>,
    pub entries: Mutex<Vec<Entry>>,
    pub states: MemoryStates,
    /// How often secrets were looked up.
    pub lookups: AtomicUsize,
    /// How many records each read of a history asked for.
    pub reads: Mutex<Vec<usize>>,
    /// How often [`Store::record`] was called.
    pub writes: AtomicUsize,
    pub is_down: std::sync::atomic::AtomicBool,
    pub are_secrets_down: std::sync::atomic::AtomicBool,
    /// How often the health of the store or of the secrets was checked.
    pub checks: AtomicUsize,
}

impl Secrets for MemoryStore {
    fn find<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        purpose: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        let secrets = self.secrets.lock().unwrap();
        let of = |holder: String| secrets.get(&(holder, purpose.to_owned())).cloned();
        let found = repo.and_then(|repo| of(format!("{owner}/{repo}"))).or_else(|| of(owner.to_owned()));
        let is_down = self.are_secrets_down.load(Ordering::Relaxed);
        Box::pin(async move {
            if is_down {
                return Err(Unavailable("they are down".to_owned()));
            }
            Ok(found.unwrap_or_default().into_iter().map(Secret::new).collect())
        })
    }

    fn of_server<'a>(&'a self, purpose: &'a str) -> BoxFuture<'a, Result<Vec<Secret>, Unavailable>> {
        // Unlike other implementations, `find` has them too: the engine must not rely on that.
        self.find(SERVER, None, purpose)
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        self.checks.fetch_add(1, Ordering::Relaxed);
        let is_down = self.are_secrets_down.load(Ordering::Relaxed);
        Box::pin(async move { if is_down { Err(Unavailable("they are down".to_owned()).into()) } else { Ok(()) } })
    }
}

impl MemoryStore {
    /// Whether a delivery was claimed.
    pub fn has_claims(&self) -> bool {
        self.states.has_claims()
    }

    /// What `work` makes, if the store is not down.
    fn unless_down<'a, T: Send + 'a>(&self, work: impl FnOnce() -> T) -> BoxFuture<'a, Result<T, Unavailable>> {
        let is_down = self.is_down.load(Ordering::Relaxed);
        let done = if is_down { Err(Unavailable("it is down".to_owned())) } else { Ok(work()) };
        Box::pin(async move { done })
    }
}

impl Store for MemoryStore {
    fn answer<'a>(&'a self, key: &'a str, now: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>> {
        let found = self.answers.lock().unwrap().get(key).filter(|(_, expires)| *expires > now).cloned();
        Box::pin(async move { Ok(found.map(|(bytes, _)| bytes)) })
    }

    fn keep_answer(&self, key: &str, answer: Bytes, expires: SystemTime) {
        self.answers.lock().unwrap().insert(key.to_owned(), (answer, expires));
    }

    fn record<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        if self.is_down.load(Ordering::Relaxed) {
            return Box::pin(async { Err(Unavailable("it is down".to_owned())) });
        }
        let mut entries = self.entries.lock().unwrap();
        let same = entries
            .iter()
            .filter(|other| other.subject == entry.subject && other.collection == entry.collection)
            .collect::<Vec<_>>();
        let run = |entry: &Entry| (entry.record.run_id.clone(), entry.record.run_attempt);
        let is_used = same.iter().any(|other| other.nonce.value == entry.nonce.value);
        let is_known = same.iter().any(|other| run(other) == run(entry));
        let recorded = if is_used && !(is_known && entry.nonce.is_after_run) {
            Recorded::NonceUsed
        } else if is_known {
            Recorded::Duplicate
        } else {
            entries.push(entry.clone());
            self.states.rows.add(entry.outbox.as_ref());
            Recorded::New
        };
        Box::pin(async move { Ok(recorded) })
    }

    fn history<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        span: Span,
        _: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Record>, Unavailable>> {
        if self.is_down.load(Ordering::Relaxed) {
            return Box::pin(async { Err(Unavailable("it is down".to_owned())) });
        }
        let entries = self.entries.lock().unwrap();
        let of = entries.iter().filter(|entry| entry.collection == collection && entry.subject == *subject);
        let mut records: Vec<Record> = of.map(|entry| entry.record.clone()).collect();
        records.sort_by_key(|record| (record.timestamp_ms, record.run_id.clone(), record.run_attempt));
        records.reverse();
        records.retain(|record| span.before.as_ref().is_none_or(|place| RecordPlace::of(record) < *place));
        records.retain(|record| span.since_ms.is_none_or(|since| record.timestamp_ms.as_ms() >= since));
        records.truncate(span.last);
        self.reads.lock().unwrap().push(span.last);
        Box::pin(async move { Ok(records) })
    }

    fn part_records<'a>(
        &'a self,
        every: &'a EveryPart,
        _: SystemTime,
    ) -> BoxFuture<'a, Result<FoundParts, Unavailable>> {
        self.unless_down(|| {
            let entries = self.entries.lock().unwrap();
            let mut parts: BTreeMap<&str, Vec<Record>> = BTreeMap::new();
            for Entry { collection, subject, record, .. } in entries.iter() {
                if *collection == every.collection && every.subject(subject.platform()).as_ref() == Some(subject) {
                    parts.entry(subject.platform()).or_default().push(record.clone());
                }
            }
            let found = parts.into_iter().map(|(platform, mut records)| {
                records.sort_by_key(|record| Reverse(RecordPlace::of(record)));
                records.truncate(every.last);
                PartRecords { platform: platform.to_owned(), records: every.keep(records) }
            });
            FoundParts { found: found.collect(), omitted: 0 }
        })
    }

    fn put_told_state<'a>(
        &'a self,
        state: &'a State,
        now: SystemTime,
        outbox: Option<&'a Row>,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        self.unless_down(|| {
            let is_new = self.states.put(state, now);
            self.states.rows.add(outbox.filter(|_| is_new));
            is_new
        })
    }

    fn states<'a>(&'a self, asked: &'a States, _: SystemTime) -> BoxFuture<'a, Result<Vec<FoundState>, Unavailable>> {
        self.unless_down(|| self.states.find(asked))
    }

    fn deliver<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<bool, Unavailable>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.unless_down(|| self.states.deliver(delivery, &mut self.entries.lock().unwrap()))
    }

    fn rows<'a>(
        &'a self,
        partition: &'a str,
        after: &'a str,
        limit: usize,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Row>, Unavailable>> {
        self.unless_down(|| self.states.rows.read(partition, after, limit, now))
    }

    fn change_rows<'a>(
        &'a self,
        changes: &'a [RowChange],
        now: SystemTime,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        self.unless_down(|| self.states.rows.change(changes, now))
    }

    fn owners<'a>(&'a self, after: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>, Unavailable>> {
        self.unless_down(|| self.states.owners(after, limit))
    }

    fn subjects<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        after: &'a str,
        limit: usize,
        _: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<ListedSubject>, Unavailable>> {
        self.unless_down(|| self.states.subjects(owner, repo, after, limit))
    }

    fn mark_stale<'a>(&'a self, about: &'a str, at: SystemTime) -> BoxFuture<'a, Result<(), Unavailable>> {
        self.unless_down(|| {
            self.states.marks.lock().unwrap().insert(about.to_owned(), at);
        })
    }

    fn answer_about<'a>(
        &'a self,
        key: &'a str,
        about: &'a str,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<MarkedAnswer, Unavailable>> {
        self.states.asked_marks.fetch_add(1, Ordering::Relaxed);
        let stale_since = self.states.marks.lock().unwrap().get(about).copied();
        Box::pin(async move { Ok(MarkedAnswer { answer: self.answer(key, now).await?, stale_since }) })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        self.checks.fetch_add(1, Ordering::Relaxed);
        let is_down = self.is_down.load(Ordering::Relaxed);
        Box::pin(async move { if is_down { Err(Unavailable("it is down".to_owned()).into()) } else { Ok(()) } })
    }
}
