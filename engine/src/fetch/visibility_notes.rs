//! Stores for the live page whether repositories are public, as answers of upstreams say.
//!
//! An answer counts only if it is about the same repository that the badge's address names, so that nobody can change
//! the visibility of another one. The contents of a file never count.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use badgesmith_provider::fold;

use super::{
    cached_answer::CachedAnswer,
    private_rule::is_json,
    visibility::{Said, said},
};
use crate::{
    plugins::Live,
    store::Subject,
    visibility_state::{ALL, visibility_state},
    world::{Executor, Store},
};

/// How many repositories are remembered.
const MOST_KNOWN: usize = 4096;
/// After how long an unchanged visibility is written again: another process may have written a different one meanwhile.
const KNOWN_LIFE: Duration = Duration::from_secs(60 * 60);

/// The visibility that this process stored, by repository.
pub(crate) struct VisibilityNotes {
    owners: Live,
    store: Arc<dyn Store>,
    executor: Arc<dyn Executor>,
    /// By `owner/repo`, case-folded: whether it is public, and when that was written.
    known: Arc<Mutex<HashMap<String, Known>>>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    is_public: bool,
    at: SystemTime,
}

/// The repository whose visibility the answer to a request may say.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub(crate) notes: Arc<VisibilityNotes>,
    /// Its `owner/repo`, as the badge's address has it.
    pub(crate) name: String,
}

impl fmt::Debug for VisibilityNotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VisibilityNotes")
    }
}

impl VisibilityNotes {
    /// Stores the visibility of the repositories of these owners.
    pub(crate) fn new(owners: Live, store: Arc<dyn Store>, executor: Arc<dyn Executor>) -> Self {
        Self { owners, store, executor, known: Arc::default() }
    }
}

impl Noted {
    /// Stores in the background the visibility that a new answer says, if this process has not stored the same already.
    pub(crate) fn note(&self, answer: &CachedAnswer, now: SystemTime) {
        let Self { notes, name } = self;
        let name = fold(name);
        let Some((owner, repo)) = name.split_once('/') else { return };
        if !notes.owners.shows(owner) || !matches!(answer.status, 200..=299) || !is_json(answer) {
            return;
        }
        let about =
            said(&answer.body).into_iter().find(|said| said.name.as_deref().map(fold).as_deref() == Some(&*name));
        let Some(Said { is_public: Some(is_public), .. }) = about else { return };
        if Subject::new(owner, repo, ALL, ALL).is_err() || !notes.is_news(&name, is_public, now) {
            return;
        }
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let state = visibility_state(owner, repo, is_public, seconds);
        let (store, known) = (Arc::clone(&notes.store), Arc::clone(&notes.known));
        notes.executor.spawn(Box::pin(async move {
            if store.put_state(&state, now).await.is_err() {
                // The next answer writes it.
                known.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
            }
        }));
    }
}

impl VisibilityNotes {
    /// Whether the visibility has to be written: this process did not write the same within [`KNOWN_LIFE`]. If so, it
    /// counts as written from now on.
    fn is_news(&self, name: &str, is_public: bool, now: SystemTime) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |known: &Known| now.duration_since(known.at).unwrap_or_default() >= KNOWN_LIFE;
        if known.get(name).is_some_and(|known| known.is_public == is_public && !is_old(known)) {
            return false;
        }
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(name.to_owned(), Known { is_public, at: now });
        true
    }
}
