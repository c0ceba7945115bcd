//! The newest records of every part of a branch, in one read transaction.

use badgesmith_engine::store::{EveryPart, MOST_PARTS, Span, Subject, subjects_partition};
use badgesmith_provider::{FoundParts, PartRecords};
use redb::{Database, ReadableTable};

use super::{
    checksummed::FOREVER,
    panic_guard::guard,
    records,
    rows::{self, RowKey, RowKind},
    store_error::StoreError,
};

/// The most parts of a collection that are read, whether or not they have the wanted branch.
const MOST_SEEN: usize = 1000;

/// The parts in a list that have a given branch.
#[derive(Debug)]
struct ListedParts {
    subjects: Vec<Subject>,
    /// How many further parts there are.
    omitted: u32,
    /// How many rows were read.
    reads: usize,
}

/// The parts of a branch, each with its newest records.
pub(super) fn read(database: &Database, every: &EveryPart, now: u64) -> Result<FoundParts, StoreError> {
    let open = || rows::open_together(database, [RowKind::Listed, RowKind::Result]);
    let [Some(lists), Some(results)] = guard::<_, redb::Error>(open)? else { return Ok(FoundParts::default()) };
    let ListedParts { subjects, omitted, .. } = guard::<_, redb::Error>(|| list(&lists, every, now))?;
    let mut found = FoundParts { found: Vec::new(), omitted };
    let span = Span { last: every.last, since_ms: None, before: None };
    for subject in subjects {
        let records = records::history_in(&results, &every.collection, &subject, &span, now, usize::MAX)?;
        let records = records.unwrap_or_default();
        // A list may name a part that has only states, or whose records have expired.
        if !records.is_empty() {
            let platform = subject.platform().to_owned();
            found.found.push(PartRecords { platform, records: every.keep(records) });
        }
    }
    Ok(found)
}

/// The parts that have the branch. For each part of the collection two rows are read, however many branches it has: the
/// part's first row, and the row of the wanted branch.
fn list(
    table: &impl ReadableTable<RowKey<'static>, &'static [u8]>,
    every: &EveryPart,
    now: u64,
) -> Result<ListedParts, redb::Error> {
    let partition = subjects_partition(every.owner());
    let (mut from, end) = every.range();
    let mut listed = ListedParts { subjects: Vec::new(), omitted: 0, reads: 0 };
    for _ in 0..MOST_SEEN {
        let first = table.range((&*partition, &*from)..(&*partition, &*end))?.next().transpose()?;
        listed.reads += 1;
        let Some((key, _)) = first else { return Ok(listed) };
        let Some(part) = every.part(key.value().1) else { return Ok(listed) };
        from = every.after(&part);
        let Some(subject) = every.subject(&part) else { continue };
        let key = every.key(&subject);
        let row = table.get((&*partition, &*key))?;
        listed.reads += 1;
        let expires = row.map(|row| {
            let decoded = RowKind::Listed.decode((&partition, &key), row.value());
            // The key of a damaged row is still right.
            decoded.map_or(FOREVER, |(expires, _)| expires)
        });
        // An expired row may not have been swept yet.
        if expires.is_some_and(|expires| expires > now) {
            if listed.subjects.len() < MOST_PARTS {
                listed.subjects.push(subject);
            } else {
                listed.omitted += 1;
            }
        }
    }
    // There may be more.
    listed.omitted += 1;
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use redb::backends::InMemoryBackend;

    use super::{super::lists, *};

    #[test]
    fn every_part_costs_two_rows_however_many_branches_it_has() {
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        let transaction = database.begin_write().unwrap();
        let mut tables = rows::Tables::open(&transaction).unwrap();
        let change = lists::Change { at: SystemTime::now(), expires: 4_000_000_000 };
        for part in 0..4 {
            for branch in 0..750 {
                let subject = Subject::new("acme", "tools", &format!("part{part}"), &format!("branch{branch:04}"));
                lists::list(&mut tables, "coverage", &subject.unwrap(), &change).unwrap();
            }
        }
        drop(tables);
        transaction.commit().unwrap();
        let every = EveryPart::new("coverage", ["acme", "tools", "branch0400"], 8, &[]).unwrap();
        let table = rows::open(&database, RowKind::Listed).unwrap().unwrap();
        let listed = list(&table, &every, 1_800_000_000).unwrap();
        assert_eq!((listed.subjects.len(), listed.omitted, listed.reads), (4, 0, 9));
    }
}
