//! The persistent store: reported results by subject, and cached answers of upstreams.

use std::{
    borrow::Cow,
    future::ready,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{FoundState, Record, State, Timestamp, fold};
use bytes::Bytes;
use futures_util::future::BoxFuture;

/// How long a nonce is remembered. A signature is valid for six minutes, so this leaves a wide margin.
pub const NONCE_LIFE: Duration = Duration::from_secs(45 * 60);
/// How long a result, and the claim of its run, are kept after their arrival: two years.
pub const RESULT_LIFE: Duration = Duration::from_secs(730 * 24 * 60 * 60);
/// The longest owner and the longest repo, in bytes.
pub const LONGEST_NAME: usize = 100;
/// The longest platform, in bytes: file names of workflows and names of checks are longer than those of platforms.
pub const LONGEST_PLATFORM: usize = 128;
/// The longest branch, in bytes: the 255 bytes of a file name, which limit git, less `refs/heads/`.
pub const LONGEST_BRANCH: usize = 244;
/// The longest identifier of a run, in bytes.
pub const LONGEST_RUN: usize = 128;
/// The longest sort key of a record, in bytes.
pub const LONGEST_KEY: usize = 1024;
/// The most records that one query of a provider may return.
pub const MOST_RECORDS: usize = 100;
/// The most records that one chart is drawn of.
pub const MOST_CHARTED: usize = 1000;
/// The most states that one query may return.
pub const MOST_STATES: usize = 256;
/// How long the id of a delivery is remembered. GitHub delivers again for three days.
pub const DELIVERY_LIFE: Duration = Duration::from_secs(8 * 24 * 60 * 60);
/// How many numbers a state's sequence has at most.
pub const LONGEST_SEQUENCE: usize = 4;

/// The persistent store.
pub trait Store: Send + Sync {
    /// The cached answer of a key, if it has one that has not expired at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn answer<'a>(&'a self, key: &'a str, now: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>>;

    /// Caches an answer and replaces an older one of that key. It is written in the background.
    fn keep_answer(&self, key: &str, answer: Bytes, expires: SystemTime);

    /// Claims the nonce, claims the run and writes the record, in one transaction. After `Ok(New)` all of it is
    /// durable; after any other `Ok` nothing was written, not even the nonce.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether the record was written.
    fn record<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>>;

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

    /// Writes a state, unless there is one whose sequence is as great or greater. After `Ok(true)` it is durable. A state
    /// without a life is listed ([`Store::subjects`]), and listed anew with the time of each change.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether it was written.
    fn put_state<'a>(&'a self, state: &'a State, now: SystemTime) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let _ = (state, now);
        Box::pin(ready(Err(no_such("states"))))
    }

    /// The states of a repository in a collection, ordered by part and branch: all, those of a part, or that of a
    /// subject; at most [`MOST_STATES`]. Reads are consistent.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn states<'a>(
        &'a self,
        states: &'a States,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<FoundState>, Unavailable>> {
        let _ = (states, now);
        Box::pin(ready(Err(no_such("states"))))
    }

    /// Claims the id of a delivery, claims the runs of its records and writes them, in one transaction. A record whose
    /// run is claimed already is left out. After `Ok(true)` all of it is durable; after `Ok(false)`, which says that the
    /// delivery's id is claimed already, nothing was written.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether it was written.
    fn deliver<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<bool, Unavailable>> {
        let _ = delivery;
        Box::pin(ready(Err(no_such("deliveries"))))
    }

    /// The owners that have a subject, in their order, from the first one after `after` on, at most `limit`. Reads of
    /// this and of [`Store::subjects`] need not be consistent.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn owners<'a>(&'a self, after: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>, Unavailable>> {
        let _ = (after, limit);
        Box::pin(ready(Err(no_such("lists"))))
    }

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
    ) -> BoxFuture<'a, Result<Vec<ListedSubject>, Unavailable>> {
        let _ = (owner, repo, after, limit, now);
        Box::pin(ready(Err(no_such("lists"))))
    }

    /// Notes that cached answers about something are stale since `at`. `about` is a key that the engine made.
    ///
    /// # Errors
    /// [`Unavailable`] if it is unknown whether it was noted.
    fn mark_stale<'a>(&'a self, about: &'a str, at: SystemTime) -> BoxFuture<'a, Result<(), Unavailable>> {
        let _ = (about, at);
        Box::pin(ready(Err(no_such("marks"))))
    }

    /// The cached answer of a key, with the time since which answers about `about` are stale, if that was noted.
    ///
    /// # Errors
    /// [`Unavailable`] if the store cannot be read.
    fn answer_about<'a>(
        &'a self,
        key: &'a str,
        about: &'a str,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<MarkedAnswer, Unavailable>> {
        let _ = about;
        Box::pin(async move { Ok(MarkedAnswer { answer: self.answer(key, now).await?, stale_since: None }) })
    }

    /// Checks that a result could be recorded now, by the same path as a write, without a visible change. The engine
    /// caches the outcome for ten seconds.
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

/// What results are about: a platform and branch of a repository. It is case-insensitive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    owner: String,
    repo: String,
    platform: String,
    branch: String,
}

impl Subject {
    /// A subject of these parts, none of which may be empty or too long.
    ///
    /// ```
    /// use badgesmith_engine::store::Subject;
    ///
    /// let one = Subject::new("Acme", "Tools", "Linux", "Feature/X").unwrap();
    /// assert_eq!(one, Subject::new("acme", "tools", "linux", "feature/x").unwrap());
    /// assert_eq!(Subject::new("acme", "tools", "", "main"), Err("platform"));
    /// ```
    ///
    /// # Errors
    /// The name of the part that is empty or too long.
    pub fn new(owner: &str, repo: &str, platform: &str, branch: &str) -> Result<Self, &'static str> {
        let checked = |name, text: &str, most| {
            let folded = fold(text);
            if folded.is_empty() || folded.len() > most { Err(name) } else { Ok(folded) }
        };
        Ok(Self {
            owner: checked("owner", owner, LONGEST_NAME)?,
            repo: checked("repo", repo, LONGEST_NAME)?,
            platform: checked("platform", platform, LONGEST_PLATFORM)?,
            branch: checked("branch", branch, LONGEST_BRANCH)?,
        })
    }

    /// The owner of the repository, case-folded.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository, case-folded.
    pub fn repo(&self) -> &str {
        &self.repo
    }

    /// The platform of the run, case-folded.
    pub fn platform(&self) -> &str {
        &self.platform
    }

    /// The branch, case-folded; it may contain any character, `/` included.
    pub fn branch(&self) -> &str {
        &self.branch
    }
}

/// The partition key of the records of a collection and repository: `TEST#owner#repo` for `test-results`, as BadgeSmith
/// has always written it, and `collection#owner#repo` for any other.
pub fn partition(collection: &str, subject: &Subject) -> String {
    // A collection's name is lower-case, so none is called TEST.
    let collection = if collection == "test-results" { "TEST" } else { collection };
    format!("{collection}#{}#{}", escape(&subject.owner), escape(&subject.repo))
}

/// The sort key of the claim of a run and attempt: `RUN#platform#branch#run#attempt`.
pub fn run_key(subject: &Subject, record: &Record) -> String {
    let [platform, branch, run] = [&subject.platform, &subject.branch, &record.run_id].map(|part| escape(part));
    format!("RUN#{platform}#{branch}#{run}#{}", record.run_attempt)
}

/// The partition key of the nonces of a subject: `NONCE#owner/repo/platform/branch`.
pub fn nonce_partition(subject: &Subject) -> String {
    let [owner, repo, platform] =
        [&subject.owner, &subject.repo, &subject.platform].map(|part| escape(part).replace('/', "%2F"));
    format!("NONCE#{owner}/{repo}/{platform}/{}", escape(&subject.branch))
}

/// The sort key of a record: `RESULT#platform#branch#timestamp#run#attempt`. The last key of a platform and branch is
/// that of its newest record.
pub fn result_key(subject: &Subject, record: &Record) -> String {
    RecordPlace::of(record).key(subject)
}

/// The prefix of the sort keys of a subject's records.
pub fn result_prefix(subject: &Subject) -> String {
    format!("RESULT#{}#{}#", escape(&subject.platform), escape(&subject.branch))
}

/// The range of the sort keys of a subject's records in a span: its inclusive start and its exclusive end.
pub fn result_range(subject: &Subject, span: &Span) -> (String, String) {
    let prefix = result_prefix(subject);
    let end = match &span.before {
        Some(place) => place.key(subject),
        // The prefix ends with `#`, and `$` is the next character in ASCII.
        None => format!("{}$", prefix.trim_end_matches('#')),
    };
    let since = span.since_ms.map(|since| Timestamp::nearest(since).to_string()).unwrap_or_default();
    (prefix + &since, end)
}

/// The collection and the subject of the record with these keys, which [`partition`] and [`result_key`] wrote.
///
/// ```
/// use badgesmith_engine::store::{Subject, subject_of};
///
/// let subject = Subject::new("acme", "tools", "linux", "issue#1").unwrap();
/// let key = "RESULT#linux#issue%231#2025-07-18T11:10:27.500Z#42#0001";
/// assert_eq!(subject_of("TEST#acme#tools", key), Some(("test-results".to_owned(), subject)));
/// ```
pub fn subject_of(partition: &str, key: &str) -> Option<(String, Subject)> {
    let mut names = partition.split('#');
    let (collection, owner, repo) = (names.next()?, names.next()?, names.next()?);
    let (platform, rest) = key.strip_prefix("RESULT#")?.split_once('#')?;
    let (branch, _) = rest.split_once('#')?;
    let [owner, repo, platform, branch] = [owner, repo, platform, branch].map(unescape);
    let collection = if collection == "TEST" { "test-results" } else { collection };
    Some((collection.to_owned(), Subject::new(&owner, &repo, &platform, &branch).ok()?))
}

/// The inverse of [`escape`]. `%2523` becomes `%23`, so `%23` and `%25` must be decoded in one pass.
fn unescape(part: &str) -> String {
    let mut pieces = part.split("%25").map(|piece| piece.replace("%23", "#"));
    let first = pieces.next().unwrap_or_default();
    pieces.fold(first, |text, piece| text + "%" + &piece)
}

/// A part of a key, with `#` and `%` percent-encoded, so that `#` always separates parts.
pub fn escape(part: &str) -> Cow<'_, str> {
    if part.contains(['#', '%']) { part.replace('%', "%25").replace('#', "%23").into() } else { part.into() }
}

/// A record to be written, with the nonce and the run that it claims.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The collection, such as `test-results`.
    pub collection: String,
    /// The subject of the record.
    pub subject: Subject,
    /// The nonce of the request, 1 to 128 visible ASCII characters; it is claimed for the subject.
    pub nonce: String,
    /// The record; its run and attempt are claimed for the subject.
    pub record: Record,
    /// When the request arrived: [`RESULT_LIFE`] and [`NONCE_LIFE`] begin here.
    pub arrived: SystemTime,
}

/// The outcome of [`Store::record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The record was written and is durable.
    New,
    /// The nonce was claimed before. This is reported even if the run was claimed, too.
    NonceUsed,
    /// The run and attempt were claimed before.
    Duplicate,
}

/// A cached answer, with the mark of what it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkedAnswer {
    /// The answer, if there is one.
    pub answer: Option<Bytes>,
    /// Since when such answers are stale, if that was noted.
    pub stale_since: Option<SystemTime>,
}

/// What a delivery of a webhook writes, besides states.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The webhook's scheme, such as `github`.
    pub scheme: String,
    /// The owner that the delivery is from, case-folded.
    pub owner: String,
    /// The id of the delivery, 1 to 128 visible ASCII characters; it is claimed for the scheme and the owner.
    pub id: String,
    /// The records, at most [`MOST_DELIVERED`].
    pub records: Vec<SubjectRecord>,
    /// When it arrived: [`RESULT_LIFE`] and [`DELIVERY_LIFE`] begin here.
    pub arrived: SystemTime,
}

/// The most records of one delivery: DynamoDB writes 100 items in one transaction.
pub const MOST_DELIVERED: usize = 16;

/// A record with its collection and subject.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectRecord {
    /// The collection.
    pub collection: String,
    /// The subject.
    pub subject: Subject,
    /// The record.
    pub record: Record,
}

/// Which states are queried. All of it is case-folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct States {
    /// The collection.
    pub collection: String,
    /// The owner of the repository.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The part, if not those of all parts.
    pub platform: Option<String>,
    /// The branch, if not those of all branches of the part.
    pub branch: Option<String>,
}

/// A subject in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSubject {
    /// The collection.
    pub collection: String,
    /// The subject.
    pub subject: Subject,
    /// When a record or a state of it was written last.
    pub changed: SystemTime,
}

impl ListedSubject {
    /// The sort key of a subject in the list of its owner: `repo#collection#part#branch`.
    pub fn key(collection: &str, subject: &Subject) -> String {
        let parts = [&*subject.repo, collection, &subject.platform, &subject.branch];
        parts.map(escape).join("#")
    }

    /// The inverse of [`ListedSubject::key`].
    ///
    /// ```
    /// use badgesmith_engine::store::{ListedSubject, Subject};
    ///
    /// let subject = Subject::new("acme", "tools", "ci.yml", "issue#1").unwrap();
    /// let key = ListedSubject::key("workflow", &subject);
    /// assert_eq!(key, "tools#workflow#ci.yml#issue%231");
    /// assert_eq!(ListedSubject::read(&key, "acme"), Some(("workflow".to_owned(), subject)));
    /// ```
    pub fn read(key: &str, owner: &str) -> Option<(String, Subject)> {
        let mut parts = key.split('#').map(unescape);
        let (repo, collection, platform, branch) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some((collection, Subject::new(owner, &repo, &platform, &branch).ok()?))
    }
}

/// The partition key of the states of a collection and repository: `STATE#collection#owner#repo`.
pub fn state_partition(collection: &str, owner: &str, repo: &str) -> String {
    format!("STATE#{collection}#{}#{}", escape(owner), escape(repo))
}

/// The sort key of a state: `part#branch`.
pub fn state_key(platform: &str, branch: &str) -> String {
    format!("{}#{}", escape(platform), escape(branch))
}

/// The partition key of the claimed deliveries of an owner: `NONCE#scheme#owner`.
pub fn delivery_partition(scheme: &str, owner: &str) -> String {
    format!("NONCE#{scheme}#{}", escape(owner))
}

/// A sequence as a text that sorts as the sequence does: each number in twenty digits.
///
/// ```
/// use badgesmith_engine::store::sequence_text;
///
/// assert_eq!(sequence_text(&[7, 1]), "00000000000000000007.00000000000000000001");
/// assert!(sequence_text(&[7, 1]) > sequence_text(&[7]) && sequence_text(&[10]) > sequence_text(&[9, 5]));
/// ```
pub fn sequence_text(sequence: &[u64]) -> String {
    sequence.iter().map(|number| format!("{number:020}")).collect::<Vec<_>>().join(".")
}

/// The inverse of [`sequence_text`].
pub fn read_sequence(text: &str) -> Option<Vec<u64>> {
    text.split('.').map(|number| number.parse().ok()).collect()
}

fn no_such(what: &str) -> Unavailable {
    Unavailable(format!("this store has no {what}"))
}

/// The place of a record in the history of its subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordPlace {
    /// The record's time.
    pub timestamp: Timestamp,
    /// Its run.
    pub run_id: String,
    /// Its attempt.
    pub run_attempt: u32,
}

impl RecordPlace {
    /// The place of a record.
    pub fn of(record: &Record) -> Self {
        let Record { timestamp_ms, run_id, run_attempt, .. } = record;
        Self { timestamp: *timestamp_ms, run_id: run_id.clone(), run_attempt: *run_attempt }
    }

    /// The sort key of a record of a subject in this place.
    pub fn key(&self, subject: &Subject) -> String {
        let Self { timestamp, run_id, run_attempt } = self;
        format!("{}{timestamp}#{}#{run_attempt:04}", result_prefix(subject), escape(run_id))
    }
}

/// Which part of a subject's history is queried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The number of newest records, at most [`MOST_CHARTED`].
    pub last: usize,
    /// Only records from this time on, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Only records that are older than the one in this place.
    pub before: Option<RecordPlace>,
}

impl Span {
    /// Only the newest record.
    pub const LATEST: Self = Self { last: 1, since_ms: None, before: None };
}
