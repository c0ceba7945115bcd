//! `history.json`: the newest results of each branch, stored beside the pictures that are made from them.

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
};

use badgesmith_provider::{Query, Record, fold};
use serde::{Deserialize, Serialize};

/// The version of the file that this program writes.
const VERSION: u32 = 1;
/// How many results are kept for each badge and branch: more than a trend shows, and about 40 kB.
const MOST_RESULTS: usize = 100;
/// How many branches are kept for each badge. If there are more, those with the oldest results are left out.
const MOST_BRANCHES: usize = 50;
/// The largest file that is read, in bytes: many times what a repository with dozens of badges writes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The results of a repository.
#[derive(Debug, Default, PartialEq)]
pub(super) struct History {
    entries: Vec<Entry>,
}

/// One result of one badge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    collection: String,
    part: String,
    branch: String,
    record: Record,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
struct Document {
    results: Vec<Entry>,
}

/// Why a file is not a history.
#[derive(Debug)]
pub(super) enum HistoryFault {
    Unreadable(io::Error),
    TooLarge,
    Malformed(serde_json::Error),
    /// A later program wrote it.
    Newer(u32),
}

impl fmt::Display for HistoryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(fault) => fault.fmt(f),
            Self::TooLarge => write!(f, "it is larger than {LARGEST} bytes; remove it to begin anew"),
            Self::Malformed(fault) => write!(
                f,
                "it is not a history that `badgesmith render --from-report` wrote ({fault}); restore it, or remove it \
                 to begin anew"
            ),
            Self::Newer(version) => write!(
                f,
                "it has version {version}, and this badgesmith reads version {VERSION}; use a newer badgesmith"
            ),
        }
    }
}

impl History {
    /// Reads a file. Without one the history is empty.
    ///
    /// # Errors
    /// The file is damaged, or of a later version.
    pub(super) fn read(path: &Path) -> Result<Self, HistoryFault> {
        let mut text = Vec::new();
        match File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text)) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(fault) => return Err(HistoryFault::Unreadable(fault)),
            Ok(_) => {}
        }
        if text.len() as u64 > LARGEST {
            return Err(HistoryFault::TooLarge);
        }
        let Version { version } = serde_json::from_slice(&text).map_err(HistoryFault::Malformed)?;
        if version > VERSION {
            return Err(HistoryFault::Newer(version));
        }
        let Document { results } = serde_json::from_slice(&text).map_err(HistoryFault::Malformed)?;
        Ok(Self { entries: results })
    }

    /// Adds a result. If there is a result of the same run and attempt already, that one is kept, as on a server, and
    /// `false` is returned.
    pub(super) fn add(&mut self, collection: &str, part: &str, branch: &str, record: Record) -> bool {
        let (part, branch) = (fold(part), fold(branch));
        let is_same = |entry: &Entry| {
            (&*entry.collection, &entry.part, &entry.branch) == (collection, &part, &branch)
                && (&entry.record.run_id, entry.record.run_attempt) == (&record.run_id, record.run_attempt)
        };
        if self.entries.iter().any(is_same) {
            return false;
        }
        self.entries.push(Entry { collection: collection.to_owned(), part, branch, record });
        self.order();
        true
    }

    /// Sorts the results, the newest of each branch first, and drops the oldest.
    fn order(&mut self) {
        let time = |entry: &Entry| entry.record.timestamp_ms.as_ms();
        self.entries.sort_by(|one, other| {
            let subject = |entry: &Entry| (entry.collection.clone(), entry.part.clone(), entry.branch.clone());
            let age = |entry: &Entry| (time(entry), entry.record.run_attempt);
            subject(one).cmp(&subject(other)).then_with(|| age(other).cmp(&age(one)))
        });
        // The first result of a branch is its newest.
        let mut newest: BTreeMap<(String, String), BTreeMap<String, i64>> = BTreeMap::new();
        for entry in &self.entries {
            let branches = newest.entry((entry.collection.clone(), entry.part.clone())).or_default();
            branches.entry(entry.branch.clone()).or_insert_with(|| time(entry));
        }
        let is_kept = |entry: &Entry| {
            let Some(branches) = newest.get(&(entry.collection.clone(), entry.part.clone())) else { return false };
            let own = branches.get(&entry.branch);
            branches.values().filter(|other| Some(*other) > own).count() < MOST_BRANCHES
        };
        let mut counts: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        self.entries.retain(|entry| {
            let subject = (entry.collection.clone(), entry.part.clone(), entry.branch.clone());
            let count = counts.entry(subject).or_default();
            *count += 1;
            *count <= MOST_RESULTS && is_kept(entry)
        });
    }

    /// The records that match a query, the newest first.
    pub(super) fn records(&self, query: &Query) -> Vec<Record> {
        let (part, branch) = (fold(&query.platform), fold(&query.branch));
        let is_asked = |entry: &&Entry| {
            (&entry.collection, &entry.part, &entry.branch) == (&query.collection, &part, &branch)
                && query.since_ms.is_none_or(|since| entry.record.timestamp_ms.as_ms() >= since)
        };
        let last = usize::try_from(query.last).unwrap_or(usize::MAX);
        self.entries.iter().filter(is_asked).take(last).map(|entry| entry.record.clone()).collect()
    }

    /// The file: JSON with a line for each result, so that a commit changes few lines.
    ///
    /// # Errors
    /// None in practice, because every value was read from JSON.
    pub(super) fn to_text(&self) -> serde_json::Result<String> {
        let lines: Vec<_> = self.entries.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        Ok(format!("{{\"version\":{VERSION},\"results\":[\n{}\n]}}\n", lines.join(",\n")))
    }
}

#[cfg(test)]
mod tests {
    use badgesmith_provider::Timestamp;

    use super::*;

    fn record(run: usize) -> Record {
        let timestamp_ms = Timestamp::nearest(1_000_000 + run as i64);
        Record { run_id: run.to_string(), run_attempt: 1, timestamp_ms, ..Record::default() }
    }

    fn query(part: &str, branch: &str, last: u32) -> Query {
        let text = str::to_owned;
        Query { collection: text("tests"), platform: text(part), branch: text(branch), last, ..Query::default() }
    }

    #[test]
    fn the_newest_results_of_a_branch_are_kept_and_each_run_once() {
        let mut history = History::default();
        for run in (0..150).rev() {
            assert!(history.add("tests", "All", "Main", record(run)));
        }
        assert!(!history.add("tests", "all", "main", record(149)), "a run is recorded once");
        let runs = |last| history.records(&query("all", "main", last)).into_iter().map(|record| record.run_id);
        assert_eq!(runs(2).collect::<Vec<_>>(), ["149", "148"]);
        assert_eq!((runs(1000).count(), runs(1000).next_back().as_deref()), (MOST_RESULTS, Some("50")));
        for branch in 0..60 {
            history.add("tests", "all", &format!("b{branch}"), record(200 + branch));
        }
        assert_eq!(history.records(&query("all", "b59", 1)).len(), 1);
        assert!(history.records(&query("all", "main", 1)).is_empty(), "the branch with the oldest results is left out");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.json");
        assert_eq!(History::read(&path).unwrap(), History::default());
        let mut history = History::default();
        history.add("tests", "all", "main", record(1));
        history.add("values", "size", "main", record(2));
        std::fs::write(&path, history.to_text().unwrap()).unwrap();
        assert_eq!(History::read(&path).unwrap(), history);
        for (text, words) in [
            ("", "it is not a history"),
            ("{\"version\":1}", "it is not a history"),
            ("{\"version\":1,\"results\":[{}]}", "it is not a history"),
            ("{\"version\":2,\"results\":7}", "it has version 2"),
        ] {
            std::fs::write(&path, text).unwrap();
            let fault = History::read(&path).unwrap_err().to_string();
            assert!(fault.starts_with(words), "{text}: {fault}");
        }
    }
}
