//! The result of a delivery, while it is being collected.

use badgesmith_provider::{About, Call, Delivered, DeliveredRecord, Record, State, fold};

use crate::{
    collections::can_have,
    hooks::{fields::Fields, moment::Moment},
};

/// The greatest attempt of a record.
const MOST_ATTEMPTS: u64 = 9999;

/// The records, states and marks that were collected so far from a delivery about a repository.
pub(crate) struct Told<'c> {
    owner: &'c str,
    repo: &'c str,
    /// The time of the delivery in seconds since 1970, UTC.
    pub(crate) now: u64,
    delivered: Delivered,
}

/// The collection, the part and the branch that a record or a state belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'s> {
    pub(crate) collection: &'static str,
    pub(crate) part: &'s str,
    pub(crate) branch: &'s str,
}

/// The run of a record, and its time.
pub(crate) struct RecordedRun {
    pub(crate) id: String,
    pub(crate) attempt: u64,
    pub(crate) time: Moment,
}

impl<'c> Told<'c> {
    /// An empty result, about the repository that the delivery names.
    pub(crate) fn of(call: &'c Call<'_>) -> Self {
        let (owner, repo) = (call.param("owner"), call.param("repo"));
        Self { owner, repo, now: call.now, delivered: Delivered::default() }
    }

    /// Whether this is the full name of the repository.
    pub(crate) fn is_repository(&self, full_name: &str) -> bool {
        let names = full_name.split_once('/');
        names
            .is_some_and(|(owner, repo)| owner.eq_ignore_ascii_case(self.owner) && repo.eq_ignore_ascii_case(self.repo))
    }

    /// Adds a state that does not expire.
    pub(crate) fn state(&mut self, subject: Subject<'_>, sequence: &[u64], fields: Fields) {
        self.push_state(subject, sequence, fields, None);
    }

    /// Adds a state that expires after this many seconds.
    pub(crate) fn passing_state(&mut self, subject: Subject<'_>, sequence: &[u64], fields: Fields, seconds: u32) {
        self.push_state(subject, sequence, fields, Some(seconds));
    }

    fn push_state(&mut self, subject: Subject<'_>, sequence: &[u64], fields: Fields, life_seconds: Option<u32>) {
        let Some((platform, branch)) = names(subject) else { return };
        self.delivered.states.push(State {
            collection: subject.collection.to_owned(),
            owner: self.owner.to_owned(),
            repo: self.repo.to_owned(),
            platform,
            branch,
            sequence: sequence.to_vec(),
            fields: fields.into_map(),
            life_seconds,
        });
    }

    /// Adds a record.
    pub(crate) fn record(&mut self, subject: Subject<'_>, run: RecordedRun, fields: Fields) {
        let Some((platform, branch)) = names(subject) else { return };
        let run_attempt = u32::try_from(run.attempt.clamp(1, MOST_ATTEMPTS)).unwrap_or(1);
        self.delivered.records.push(DeliveredRecord {
            collection: subject.collection.to_owned(),
            owner: self.owner.to_owned(),
            repo: self.repo.to_owned(),
            platform,
            branch,
            record: Record {
                run_id: run.id,
                run_attempt,
                timestamp_ms: run.time.timestamp(),
                fields: fields.into_map(),
            },
        });
    }

    /// Marks the cached answers about something of the owner's, such as a package, as stale.
    pub(crate) fn stale(&mut self, name: &str) {
        self.delivered.stale.push(About::new(fold(self.owner), fold(name)));
    }

    /// Marks the cached answers about the repository as stale.
    pub(crate) fn stale_repository(&mut self) {
        self.stale(self.repo);
    }

    /// The whole result.
    pub(crate) fn end(self) -> Delivered {
        self.delivered
    }
}

/// The part and the branch in lower case; `None` if a name is longer than the store allows.
fn names(subject: Subject<'_>) -> Option<(String, String)> {
    let (part, branch) = (fold(subject.part), fold(subject.branch));
    can_have(&part, &branch).then_some((part, branch))
}
