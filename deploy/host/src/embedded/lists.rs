//! The lists of owners and of their subjects.
//!
//! A subject is listed until the last of its records expires, and forever if it has a state that does not expire. Rows
//! of lists expire at the ends of days, so that the index of expiries changes once a day and not with each record.

use std::{
    ops::Bound,
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::{LONGEST_KEY, ListedSubject, OWNERS, Subject, escape, subjects_partition, unescape};
use redb::Database;

use super::{
    checksummed::FOREVER,
    panic_guard::guard,
    rows::{self, RowKind, Tables},
    store_error::StoreError,
};
use crate::unix_time::unix_milliseconds;

/// A day in seconds.
const DAY: u64 = 24 * 60 * 60;

/// A change of a subject.
pub(super) struct Change {
    /// When it changed.
    pub(super) at: SystemTime,
    /// When what changed expires, in seconds since 1970.
    pub(super) expires: u64,
}

/// Which page of a list is read.
pub(super) struct Page<'a> {
    /// The key after which it begins.
    pub(super) after: &'a str,
    /// How many rows it has at most.
    pub(super) limit: usize,
    /// In seconds since 1970.
    pub(super) now: u64,
}

/// Lists a subject and its owner, or notes that they changed. As in DynamoDB, a subject whose names make too long a key
/// is not listed.
pub(super) fn list(
    tables: &mut Tables<'_>,
    collection: &str,
    subject: &Subject,
    change: &Change,
) -> Result<(), redb::Error> {
    let (partition, key) = (subjects_partition(subject.owner()), ListedSubject::key(collection, subject));
    if key.len() > LONGEST_KEY {
        return Ok(());
    }
    put(tables, (&partition, &key), change, true)?;
    put(tables, (OWNERS, &escape(subject.owner())), change, false)
}

fn put(tables: &mut Tables<'_>, key: (&str, &str), change: &Change, has_time: bool) -> Result<(), redb::Error> {
    let stored = tables.read(RowKind::Listed, key, read_time)?;
    let expires = if change.expires < FOREVER { change.expires.div_ceil(DAY) * DAY } else { FOREVER };
    let expires = stored.map_or(expires, |(stored, _)| stored.max(expires));
    let at = if has_time { unix_milliseconds(change.at) } else { 0 };
    let at = stored.map_or(at, |(_, stored)| stored.max(at));
    if stored == Some((expires, at)) {
        return Ok(());
    }
    tables.write(RowKind::Listed, key, &at.to_le_bytes(), expires)
}

fn read_time(value: &[u8]) -> Option<i64> {
    Some(i64::from_le_bytes(value.try_into().ok()?))
}

/// The owners after a key.
pub(super) fn owners(database: &Database, page: &Page<'_>) -> Result<Vec<String>, StoreError> {
    let after = escape(page.after);
    let page = Page { after: &after, ..*page };
    // No key of this partition is as great as the first of the next one.
    let rows = read(database, OWNERS, &page, None)?;
    Ok(rows.into_iter().map(|(key, _)| unescape(&key)).collect())
}

/// The subjects of an owner after a key, all of them or those of a repository.
pub(super) fn subjects(
    database: &Database,
    owner: &str,
    repo: Option<&str>,
    page: &Page<'_>,
) -> Result<Vec<ListedSubject>, StoreError> {
    let rows = read(database, &subjects_partition(owner), page, repo)?;
    let listed = |(key, at): (String, i64)| {
        let (collection, subject) = ListedSubject::read(&key, owner)?;
        let changed = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at).unwrap_or_default());
        Some(ListedSubject { collection, subject, changed })
    };
    Ok(rows.into_iter().filter_map(listed).collect())
}

/// The keys of a page of a list, each with the time of the last change.
fn read(
    database: &Database,
    partition: &str,
    page: &Page<'_>,
    repo: Option<&str>,
) -> Result<Vec<(String, i64)>, StoreError> {
    let Some(table) = guard(|| rows::open(database, RowKind::Listed))? else { return Ok(Vec::new()) };
    let repo = repo.map(|repo| escape(repo).into_owned());
    let first = repo.as_ref().map(|repo| format!("{repo}#")).unwrap_or_default();
    // `$` follows `#` in ASCII.
    let end = repo.map_or_else(|| "\u{10ffff}".to_owned(), |repo| format!("{repo}$"));
    let from = page.after.max(&first);
    let read = || {
        let mut found = Vec::new();
        if from >= &*end {
            return Ok(found);
        }
        let range = (Bound::Excluded((partition, from)), Bound::Excluded((partition, &*end)));
        for row in table.range(range)? {
            if found.len() == page.limit {
                break;
            }
            let (key, value) = row?;
            let (expires, value) = RowKind::Listed.decode(key.value(), value.value()).unwrap_or((FOREVER, &[]));
            // An expired row may not have been swept yet. The key of a damaged row is still right.
            if expires > page.now {
                found.push((key.value().1.to_owned(), read_time(value).unwrap_or_default()));
            }
        }
        Ok(found)
    };
    guard::<_, redb::Error>(read)
}
