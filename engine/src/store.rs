//! What survives a restart: results under their subjects, and the answers of upstreams.

use std::{
    borrow::Cow,
    future::ready,
    time::{Duration, SystemTime},
};

use badgesmith_provider::{Record, Timestamp, fold};
use bytes::Bytes;
use futures_util::future::BoxFuture;

/// For how long a nonce is remembered. A signature is good for six minutes, so this is far more than enough.
pub const NONCE_LIFE: Duration = Duration::from_secs(45 * 60);
/// For how long a result and the claim of its run are kept after their arrival: two years.
pub const RESULT_LIFE: Duration = Duration::from_secs(730 * 24 * 60 * 60);
/// The longest owner and the longest repo, in bytes.
pub const LONGEST_NAME: usize = 100;
/// The longest platform, in bytes.
pub const LONGEST_PLATFORM: usize = 64;
/// The longest branch, in bytes: git's own limit of a file's name, less what stands before it.
pub const LONGEST_BRANCH: usize = 244;
/// The longest identifier of a run, in bytes.
pub const LONGEST_RUN: usize = 128;
/// The longest sort key of a record, in bytes.
pub const LONGEST_KEY: usize = 1024;
/// The most records one question may ask for.
pub const MOST_RECORDS: usize = 100;

/// What survives a restart.
pub trait Store: Send + Sync {
    /// An answer as it was kept, if there is one that is not expired at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] where nobody can say.
    fn answer<'a>(&'a self, key: &'a str, now: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>>;

    /// Keeps an answer, in the place of an older one of that key; soon, and without saying when.
    fn keep_answer(&self, key: &str, answer: Bytes, expires: SystemTime);

    /// In one transaction: claims the nonce, claims the run, writes the record. `Ok(New)` says that all of it is
    /// durable; any other outcome that nothing was written, the nonce included.
    ///
    /// # Errors
    /// [`Unavailable`] where nobody can say whether it was written.
    fn record<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>>;

    /// The records of a subject that are not expired at `now`, the newest first: by timestamp, then run, then attempt.
    /// What [`Store::record`] called new before this was asked is among them.
    ///
    /// # Errors
    /// [`Unavailable`] where nobody can say.
    fn history<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        span: Span,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Record>, Unavailable>>;

    /// Whether a result could be recorded now: asks whatever writes, and changes nothing that a caller sees. It may be asked
    /// as often as the engine likes to know; the engine asks for callers at most once in ten seconds.
    ///
    /// # Errors
    /// [`Ill`] where a result could not be recorded.
    fn check(&self) -> BoxFuture<'_, Result<(), Ill>>;

    /// Makes ready what a first question needs, asking nobody. It is called while a plugin that will ask is opened.
    fn prepare(&self) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

/// A store that cannot be asked now. The words are for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(pub String);

/// What a report rests on, and cannot do its work now. The words are for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ill {
    /// What is wrong.
    pub fault: String,
    /// Since when, where that is known.
    pub since: Option<SystemTime>,
}

impl From<Unavailable> for Ill {
    fn from(Unavailable(fault): Unavailable) -> Self {
        Self { fault, since: None }
    }
}

/// What results are about. Two spellings that differ in case alone are one subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    owner: String,
    repo: String,
    platform: String,
    branch: String,
}

impl Subject {
    /// A subject, if every part is there and short enough.
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

    /// Who owns the repository, folded.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository, folded.
    pub fn repo(&self) -> &str {
        &self.repo
    }

    /// What it ran on, folded.
    pub fn platform(&self) -> &str {
        &self.platform
    }

    /// The branch, folded; it may hold `/` and anything else.
    pub fn branch(&self) -> &str {
        &self.branch
    }
}

/// What the records of a collection and a repository lie under: `TEST#owner#repo` for `test-results`, as BadgeSmith has
/// it, and the collection's own name for any other.
pub fn partition(collection: &str, subject: &Subject) -> String {
    // A collection's name is in lower case, so none can pass for TEST.
    let collection = if collection == "test-results" { "TEST" } else { collection };
    format!("{collection}#{}#{}", escape(&subject.owner), escape(&subject.repo))
}

/// What claims a run and attempt, beside its record: `RUN#platform#branch#run#attempt`.
pub fn run_key(subject: &Subject, record: &Record) -> String {
    let [platform, branch, run] = [&subject.platform, &subject.branch, &record.run_id].map(|part| escape(part));
    format!("RUN#{platform}#{branch}#{run}#{}", record.run_attempt)
}

/// What the nonces of a subject lie under: `NONCE#owner/repo/platform/branch`.
pub fn nonce_partition(subject: &Subject) -> String {
    let [owner, repo, platform] =
        [&subject.owner, &subject.repo, &subject.platform].map(|part| escape(part).replace('/', "%2F"));
    format!("NONCE#{owner}/{repo}/{platform}/{}", escape(&subject.branch))
}

/// What a record is sorted by under its owner and repo: `RESULT#platform#branch#timestamp#run#attempt`, so that the last
/// one of a platform and branch is the newest.
pub fn result_key(subject: &Subject, record: &Record) -> String {
    let Record { run_id, run_attempt, timestamp_ms, .. } = record;
    format!("{}{timestamp_ms}#{}#{run_attempt:04}", result_prefix(subject), escape(run_id))
}

/// What the sort keys of a subject's records begin with.
pub fn result_prefix(subject: &Subject) -> String {
    format!("RESULT#{}#{}#", escape(&subject.platform), escape(&subject.branch))
}

/// What the sort keys of a subject's records lie between, if none is to be older than `since_ms`: the first one that may
/// be there, and one behind the last.
pub fn result_range(subject: &Subject, since_ms: Option<i64>) -> (String, String) {
    let prefix = result_prefix(subject);
    // The prefix ends with #, and $ follows it.
    let end = format!("{}$", prefix.trim_end_matches('#'));
    let since = since_ms.map(|since| Timestamp::nearest(since).to_string()).unwrap_or_default();
    (prefix + &since, end)
}

/// The collection and the subject of a record that lies under these two keys, made by [`partition`] and [`result_key`].
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

/// What [`escape`] was given. `%2523` was `%23`: only a `%` that it wrote begins an escape.
fn unescape(part: &str) -> String {
    let mut pieces = part.split("%25").map(|piece| piece.replace("%23", "#"));
    let first = pieces.next().unwrap_or_default();
    pieces.fold(first, |text, piece| text + "%" + &piece)
}

/// A part of a key, with `#` and `%` percent-encoded so that no part can pass for two.
pub fn escape(part: &str) -> Cow<'_, str> {
    if part.contains(['#', '%']) { part.replace('%', "%25").replace('#', "%23").into() } else { part.into() }
}

/// A record on its way into the store, and what it claims there.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Which collection it goes to: `test-results`.
    pub collection: String,
    /// What it is about.
    pub subject: Subject,
    /// The nonce of the request that brought it, 1 to 128 visible ASCII characters; it is claimed for the subject.
    pub nonce: String,
    /// The record; its run and attempt are claimed for the subject.
    pub record: Record,
    /// When it arrived: lifetimes count from here.
    pub arrived: SystemTime,
}

/// What an attempt to record came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is there, durably.
    New,
    /// The nonce was claimed before, whatever became of the run.
    NonceUsed,
    /// The run and attempt were claimed before.
    Duplicate,
}

/// How much of a subject's history is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// At most so many, the newest; at most [`MOST_RECORDS`].
    pub last: usize,
    /// None before this time, in milliseconds since 1970.
    pub since_ms: Option<i64>,
}

impl Span {
    /// The newest record alone.
    pub const LATEST: Self = Self { last: 1, since_ms: None };
}
