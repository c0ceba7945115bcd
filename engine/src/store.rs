//! The persistent store: reported results by subject, states, lists of both, and cached answers of upstreams.

mod entry;
mod every_part;
mod identity;
mod keys;
mod nonce;
mod row;
mod span;
mod subject;

use std::{
    future::ready,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{FoundParts, FoundState, Record, State};
use bytes::Bytes;
use futures_util::future::BoxFuture;

pub use entry::{Delivery, Entry, ListedSubject, MOST_DELIVERED, MarkedAnswer, Recorded, States, SubjectRecord};
pub use every_part::{EveryPart, MOST_PART_RECORDS, MOST_PARTS};
pub use identity::{IDENTITY, Identity};
pub use keys::{
    OWNERS, delivery_partition, escape, nonce_partition, partition, read_sequence, read_state_key, run_key,
    sequence_text, state_key, state_partition, state_subject_of, subject_of, subjects_partition, unescape,
};
pub use nonce::{NONCE_LIFE, Nonce};
pub use row::{LARGEST_ROW, LONGEST_ROW_KEY, MOST_CHANGED_BYTES, MOST_CHANGES, Row, RowChange, RowIs, RowRefusal};
pub use span::{MOST_CHARTED, RecordPlace, Span, result_key, result_prefix, result_range};
pub use subject::{LONGEST_BRANCH, LONGEST_NAME, LONGEST_PLATFORM, Subject};

/// How long a result, and the claim of its run, are kept after their arrival: two years.
pub const RESULT_LIFE: Duration = Duration::from_secs(730 * 24 * 60 * 60);
/// The longest identifier of a run, in bytes.
pub const LONGEST_RUN: usize = 128;
/// The longest sort key of a record, in bytes.
pub const LONGEST_KEY: usize = 1024;
/// The most records that one query of a provider may return.
pub const MOST_RECORDS: usize = 100;
/// The most states that one query may return.
pub const MOST_STATES: usize = 256;
/// How long the id of a delivery is remembered. GitHub delivers again for three days.
pub const DELIVERY_LIFE: Duration = Duration::from_secs(8 * 24 * 60 * 60);
/// How long a mark that invalidates answers is kept. No cached answer is used longer than this without a request to its
/// upstream.
pub const MARK_LIFE: Duration = Duration::from_secs(8 * 24 * 60 * 60);
/// How many numbers a state's sequence has at most.
pub const LONGEST_SEQUENCE: usize = 4;

/// The engine's own collection, whose states say whether repositories are public. No plugin may read or write it, and
/// no list shows it.
pub const VISIBILITY: &str = "visibility";

/// Whether a collection is one of the engine's own.
#[must_use]
pub fn is_own_collection(collection: &str) -> bool {
    [VISIBILITY, IDENTITY].contains(&collection)
}

/// The persistent store.
pub trait Store: Send + Sync {
    /// The cached answer of a key, if it has one that has not expired at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn answer<'a>(&'a self, key: &'a str, now: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>>;

    /// Caches an answer and replaces an older one of that key. It is written in the background.
    fn keep_answer(&self, key: &str, answer: Bytes, expires: SystemTime);

    /// Claims the nonce, claims the run and writes the record and its outbox row, if it has one, in one transaction.
    /// After `Ok(New)` all of it is durable; after any other `Ok` nothing was written, not even the nonce.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether the record was written.
    fn record<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>>;

    /// Claims at `now` the nonce of a report that is recorded later. After `Ok(true)` the claim is durable; `Ok(false)`
    /// says that the nonce was claimed before, perhaps by an earlier attempt of this same call whose answer was lost.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether it was claimed, or if the store cannot claim a nonce without a record,
    /// as by default.
    fn claim_nonce<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        nonce: &'a Nonce,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let _ = (collection, subject, nonce, now);
        Box::pin(ready(Err(Unavailable("this store claims no nonces by themselves".to_owned()))))
    }

    /// The records of a subject that have not expired at `now`, the newest first: by timestamp, then run, then attempt.
    /// Reads are consistent: every record for which [`Store::record`] returned `New` before is among them.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn history<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        span: Span,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Record>, Unavailable>>;

    /// The parts of a branch that [`Store::subjects`] lists, ordered by part, each with its newest records; without
    /// those whose records have all expired at `now`. At most [`MOST_PARTS`] are returned, with the number of further
    /// parts, which may be too small if there are very many. Reads are consistent, and their number is bounded, however
    /// many other subjects are listed.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn part_records<'a>(
        &'a self,
        every: &'a EveryPart,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<FoundParts, Unavailable>>;

    /// Writes a state, unless there is one whose sequence is as great or greater. After `Ok(true)` it is durable. A
    /// state that does not expire is listed by [`Store::subjects`], with the time of its latest change.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether it was written.
    fn put_state<'a>(&'a self, state: &'a State, now: SystemTime) -> BoxFuture<'a, Result<bool, Unavailable>> {
        self.put_told_state(state, now, None)
    }

    /// As [`Store::put_state`]; if the state is written, the outbox row is written in the same transaction.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether it was written.
    fn put_told_state<'a>(
        &'a self,
        state: &'a State,
        now: SystemTime,
        outbox: Option<&'a Row>,
    ) -> BoxFuture<'a, Result<bool, Unavailable>>;

    /// The states of a repository in a collection, ordered by part and branch: all, those of a part, or that of a
    /// subject; at most [`MOST_STATES`]. Reads are consistent.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn states<'a>(&'a self, states: &'a States, now: SystemTime)
    -> BoxFuture<'a, Result<Vec<FoundState>, Unavailable>>;

    /// In one transaction: claims the id of a delivery, claims the runs of its records, and writes the records with
    /// their outbox rows. A record whose run is claimed already is left out with its row. After `Ok(true)` all of it is
    /// durable; after `Ok(false)`, which says that the delivery's id is claimed already, nothing was written.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether it was written.
    fn deliver<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<bool, Unavailable>>;

    /// The owners that have a subject, in their order, from the first one after `after` on, at most `limit`. Reads of
    /// this and of [`Store::subjects`] need not be consistent.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn owners<'a>(&'a self, after: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>, Unavailable>>;

    /// The subjects of an owner that have a record or a state, ordered by repository, collection, part and branch; of
    /// one repository, if it is named. At most `limit`, after `after`, a [`ListedSubject::key`]; empty for the first.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn subjects<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        after: &'a str,
        limit: usize,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<ListedSubject>, Unavailable>>;

    /// Notes that cached answers about something are stale since `at`. `about` is a key that the engine made.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether it was noted.
    fn mark_stale<'a>(&'a self, about: &'a str, at: SystemTime) -> BoxFuture<'a, Result<(), Unavailable>>;

    /// The cached answer of a key, with the time since which answers about `about` are stale, if that was noted.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn answer_about<'a>(
        &'a self,
        key: &'a str,
        about: &'a str,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<MarkedAnswer, Unavailable>>;

    /// The rows of a partition of the table of events that have not expired at `now`, in the order of their keys, from
    /// the first key after `after` on, at most `limit`. Reads are consistent.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read, or does not support such rows, as by default.
    fn rows<'a>(
        &'a self,
        partition: &'a str,
        after: &'a str,
        limit: usize,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Row>, Unavailable>> {
        let _ = (partition, after, limit, now);
        Box::pin(ready(Err(no_rows())))
    }

    /// Makes all changes in one transaction, if [`RowChange::check`] finds nothing wrong with them. After `Ok(true)`
    /// they are durable; after `Ok(false)`, which says that a condition does not hold, nothing was changed. If the
    /// store itself retries a transaction that was committed already, the result is still `Ok(true)`.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether they were made, or if the store does not support such rows, as by
    /// default.
    fn change_rows<'a>(
        &'a self,
        changes: &'a [RowChange],
        now: SystemTime,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let _ = (changes, now);
        Box::pin(ready(Err(no_rows())))
    }

    /// Whether other processes may change the store at the same time.
    fn is_shared(&self) -> bool {
        false
    }

    /// Checks that a result could be recorded now, with the same operations as a write, but without a visible change.
    /// The engine caches the outcome for ten seconds.
    ///
    /// # Errors
    /// [`Unhealthy`] if it could not.
    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>>;

    /// Prepares what the first query needs, without I/O. It is called while a plugin that uses the store is loaded.
    fn prepare(&self) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

/// The store, or the secrets, cannot be read or written now. The text is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(pub String);

impl From<RowRefusal> for Unavailable {
    fn from(refusal: RowRefusal) -> Self {
        Self(refusal.to_string())
    }
}

fn no_rows() -> Unavailable {
    Unavailable("this store keeps no events".to_owned())
}

/// The subject of a state.
///
/// # Errors
/// [`Unavailable`], with the part that is empty or too long for a store.
pub fn state_subject(state: &State) -> Result<Subject, Unavailable> {
    let refused = |part: &str| Unavailable(format!("a state's {part} is empty or too long"));
    let subject = Subject::new(&state.owner, &state.repo, &state.platform, &state.branch).map_err(refused)?;
    let is_storable = state_key(subject.platform(), subject.branch()).len() <= LONGEST_KEY;
    if is_storable { Ok(subject) } else { Err(refused("key")) }
}

/// A dependency that failed its health check. The text is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhealthy {
    /// What is wrong.
    pub fault: String,
    /// Since when, if that is known.
    pub since: Option<SystemTime>,
}

impl From<Unavailable> for Unhealthy {
    fn from(Unavailable(fault): Unavailable) -> Self {
        Self { fault, since: None }
    }
}
