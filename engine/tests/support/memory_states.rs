//! States, deliveries, lists and marks in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use badgesmith_engine::store::{
    Delivery, Entry, ListedSubject, States, Subject, delivery_partition, run_key, state_key,
};
use badgesmith_provider::{FoundState, State, fold};

use super::memory_rows::MemoryRows;

/// What a store has besides records and answers.
#[derive(Default)]
pub struct MemoryStates {
    /// By collection, owner, repository, and the key of the part and branch.
    states: Mutex<BTreeMap<(String, String, String, String), FoundState>>,
    claims: Mutex<BTreeSet<String>>,
    listed: Mutex<BTreeMap<(String, String), SystemTime>>,
    pub marks: Mutex<BTreeMap<String, SystemTime>>,
    pub rows: MemoryRows,
    /// How often states were read.
    pub reads: AtomicUsize,
    puts: AtomicUsize,
    /// How often a mark was asked for.
    pub asked_marks: AtomicUsize,
}

impl MemoryStates {
    /// How often a state was to be written.
    pub fn puts(&self) -> usize {
        self.puts.load(Ordering::Relaxed)
    }

    /// Whether a repository is public, as its state says.
    pub fn is_public(&self, owner: &str, repo: &str) -> Option<bool> {
        let states = self.states.lock().unwrap();
        let of = states.iter().find(|((collection, a, b, _), _)| collection == "visibility" && a == owner && b == repo);
        of?.1.fields["public"].as_bool()
    }

    pub fn put(&self, state: &State, now: SystemTime) -> bool {
        self.puts.fetch_add(1, Ordering::Relaxed);
        let [owner, repo, platform, branch] =
            [&state.owner, &state.repo, &state.platform, &state.branch].map(|part| fold(part));
        let place = (state.collection.clone(), owner.clone(), repo.clone(), state_key(&platform, &branch));
        let mut states = self.states.lock().unwrap();
        if states.get(&place).is_some_and(|old| old.sequence >= state.sequence) {
            return false;
        }
        if state.life_seconds.is_none() {
            let subject = Subject::new(&owner, &repo, &platform, &branch).unwrap();
            self.list(&state.collection, &subject, now);
        }
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let written_ms = i64::try_from(since.as_millis()).unwrap();
        let (sequence, fields) = (state.sequence.clone(), state.fields.clone());
        states.insert(place, FoundState { platform, branch, sequence, fields, written_ms });
        true
    }

    pub fn find(&self, asked: &States) -> Vec<FoundState> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let States { collection, owner, repo, platform, branch } = asked;
        let states = self.states.lock().unwrap();
        let of = states.iter().filter(|((a, b, c, _), state)| {
            (a, b, c) == (collection, owner, repo)
                && platform.as_ref().is_none_or(|platform| *platform == state.platform)
                && branch.as_ref().is_none_or(|branch| *branch == state.branch)
        });
        of.map(|(_, state)| state.clone()).collect()
    }

    /// Every state, as `collection owner/repo part#branch`.
    pub fn names(&self) -> Vec<String> {
        let states = self.states.lock().unwrap();
        states.keys().map(|(collection, owner, repo, key)| format!("{collection} {owner}/{repo} {key}")).collect()
    }

    pub fn has_claims(&self) -> bool {
        !self.claims.lock().unwrap().is_empty()
    }

    pub fn deliver(&self, delivery: &Delivery, entries: &mut Vec<Entry>) -> bool {
        let mut claims = self.claims.lock().unwrap();
        if !claims.insert(format!("{} {}", delivery_partition(&delivery.scheme, &delivery.owner), delivery.id)) {
            return false;
        }
        for told in &delivery.records {
            let is_same = |entry: &&mut Entry| {
                let key = |entry: &Entry| run_key(&entry.subject, &entry.record);
                entry.collection == told.collection
                    && entry.subject == told.subject
                    && key(entry) == run_key(&told.subject, &told.record)
            };
            if entries.iter_mut().any(|entry| is_same(&entry)) {
                continue;
            }
            self.list(&told.collection, &told.subject, delivery.arrived);
            self.rows.add(told.outbox.as_ref());
            entries.push(Entry {
                collection: told.collection.clone(),
                subject: told.subject.clone(),
                nonce: format!("delivery {}", delivery.id).into(),
                record: told.record.clone(),
                arrived: delivery.arrived,
                outbox: None,
            });
        }
        true
    }

    fn list(&self, collection: &str, subject: &Subject, at: SystemTime) {
        let place = (subject.owner().to_owned(), ListedSubject::key(collection, subject));
        self.listed.lock().unwrap().insert(place, at);
    }

    pub fn owners(&self, after: &str, limit: usize) -> Vec<String> {
        let owners: BTreeSet<String> = self.listed.lock().unwrap().keys().map(|(owner, _)| owner.clone()).collect();
        owners.into_iter().filter(|owner| &**owner > after).take(limit).collect()
    }

    pub fn subjects(&self, owner: &str, repo: Option<&str>, after: &str, limit: usize) -> Vec<ListedSubject> {
        let listed = self.listed.lock().unwrap();
        let of = listed.iter().filter(|((of, key), _)| of == owner && &**key > after);
        let all = of.map(|((owner, key), changed)| {
            let (collection, subject) = ListedSubject::read(key, owner).unwrap();
            ListedSubject { collection, subject, changed: *changed }
        });
        all.filter(|listed| repo.is_none_or(|repo| listed.subject.repo() == repo)).take(limit).collect()
    }
}
