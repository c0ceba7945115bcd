//! The keys under which both stores keep results, states and claims.

use std::borrow::Cow;

use badgesmith_provider::Record;

use super::subject::Subject;

/// The partition key of the records of a collection and repository: `TEST#owner#repo` for `test-results`, as since the
/// first version of BadgeSmith, and `collection#owner#repo` for any other.
pub fn partition(collection: &str, subject: &Subject) -> String {
    // Names of collections are lower-case, so no other collection is called TEST.
    let collection = if collection == "test-results" { "TEST" } else { collection };
    format!("{collection}#{}#{}", escape(subject.owner()), escape(subject.repo()))
}

/// The sort key of the claim of a run and attempt: `RUN#platform#branch#run#attempt`.
pub fn run_key(subject: &Subject, record: &Record) -> String {
    let [platform, branch, run] = [subject.platform(), subject.branch(), &record.run_id].map(|part| escape(part));
    format!("RUN#{platform}#{branch}#{run}#{}", record.run_attempt)
}

/// The partition key of the nonces of a collection and subject: `NONCE#collection#owner/repo/platform/branch`.
pub fn nonce_partition(collection: &str, subject: &Subject) -> String {
    let [owner, repo, platform] =
        [subject.owner(), subject.repo(), subject.platform()].map(|part| escape(part).replace('/', "%2F"));
    format!("NONCE#{collection}#{owner}/{repo}/{platform}/{}", escape(subject.branch()))
}

/// The collection and the subject of the record with these keys, which [`partition`] and `result_key` wrote.
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
pub fn unescape(part: &str) -> String {
    let mut pieces = part.split("%25").map(|piece| piece.replace("%23", "#"));
    let first = pieces.next().unwrap_or_default();
    pieces.fold(first, |text, piece| text + "%" + &piece)
}

/// A part of a key, with `#` and `%` percent-encoded, so that `#` always separates parts.
pub fn escape(part: &str) -> Cow<'_, str> {
    if part.contains(['#', '%']) { part.replace('%', "%25").replace('#', "%23").into() } else { part.into() }
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

/// The partition key of the list of owners.
pub const OWNERS: &str = "OWNERS";

/// The partition key of the list of an owner's subjects: `SUBJECTS#owner`.
pub fn subjects_partition(owner: &str) -> String {
    format!("SUBJECTS#{}", escape(owner))
}

/// The part and the branch of a state with this sort key, which [`state_key`] wrote.
///
/// ```
/// use badgesmith_engine::store::{read_state_key, state_key};
///
/// let key = state_key("ci.yml", "issue#1");
/// assert_eq!(read_state_key(&key), Some(("ci.yml".to_owned(), "issue#1".to_owned())));
/// ```
pub fn read_state_key(key: &str) -> Option<(String, String)> {
    let (platform, branch) = key.split_once('#')?;
    Some((unescape(platform), unescape(branch)))
}

/// The collection and the subject of the state with these keys, which [`state_partition`] and [`state_key`] wrote.
///
/// ```
/// use badgesmith_engine::store::{Subject, state_subject_of};
///
/// let subject = Subject::new("acme", "tools", "ci.yml", "issue#1").unwrap();
/// let found = state_subject_of("STATE#workflow#acme#tools", "ci.yml#issue%231");
/// assert_eq!(found, Some(("workflow".to_owned(), subject)));
/// ```
pub fn state_subject_of(partition: &str, key: &str) -> Option<(String, Subject)> {
    let mut names = partition.strip_prefix("STATE#")?.split('#').map(unescape);
    let (collection, owner, repo) = (names.next()?, names.next()?, names.next()?);
    let (platform, branch) = read_state_key(key)?;
    Some((collection, Subject::new(&owner, &repo, &platform, &branch).ok()?))
}
