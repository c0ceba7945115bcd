//! The reports of a branch's parts about its last commits, and the number of parts that are still missing for a commit.
//!
//! The commits are ordered by the time of the first record of each, so a re-run of an old commit does not make it the
//! newest one. If a part has several records for a commit, the newest one counts; so re-runs, and separate runs for a
//! push and for a pull request, count once.
//!
//! The parts that are expected for a commit follow from the commits before it. A commit that all expected parts
//! reported is complete, and its parts are expected for the following commits. A commit that lacks an expected part
//! changes nothing. Only the last [`MOST_COMMITS`] are considered, so a part that none of them has counts as removed.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value;

use crate::{parts::FoundParts, record::Record, timestamp::Timestamp};

/// How many commits are considered: a part that did not report for this many commits in a row is no longer expected.
const MOST_COMMITS: usize = 5;

/// A commit of a branch, with the newest record of every part that reported it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedCommit<'a> {
    /// The records, ordered by part; at least one.
    pub records: Vec<&'a Record>,
    /// How many parts are expected and did not report it yet.
    pub missing: usize,
}

impl ReportedCommit<'_> {
    /// While parts are missing, how many have reported: `3 of 4 parts`.
    #[must_use]
    pub fn progress(&self) -> Option<String> {
        let came = self.records.len();
        (self.missing > 0).then(|| format!("{came} of {} parts", came + self.missing))
    }

    /// The newest of its records.
    #[must_use]
    pub fn newest(&self) -> Option<&Record> {
        self.records.iter().max_by_key(|record| record.timestamp_ms).copied()
    }
}

/// A commit and the newest record of each part for it, by the part's index.
struct Seen<'a> {
    first: Timestamp,
    records: BTreeMap<usize, &'a Record>,
}

impl FoundParts {
    /// The last commits that the parts reported, at most five, the newest first. Records without a field `commit` are
    /// left out. Parts that the answer omits are missing from every commit.
    ///
    /// ```
    /// use badgesmith_provider::FoundParts;
    ///
    /// let found: FoundParts = serde_json::from_str(r#"{ "found": [
    ///   { "platform": "api", "records": [
    ///     { "run_id": "1", "run_attempt": 1, "timestamp_ms": 1000, "fields": { "commit": "a1" } } ] },
    ///   { "platform": "web", "records": [
    ///     { "run_id": "2", "run_attempt": 1, "timestamp_ms": 5000, "fields": { "commit": "b2" } },
    ///     { "run_id": "1", "run_attempt": 1, "timestamp_ms": 2000, "fields": { "commit": "a1" } } ] }
    /// ], "omitted": 0 }"#).unwrap();
    /// let commits = found.commits();
    /// assert_eq!(commits[0].progress().as_deref(), Some("1 of 2 parts"));
    /// assert_eq!((commits[1].records.len(), commits[1].progress()), (2, None));
    /// ```
    #[must_use]
    pub fn commits(&self) -> Vec<ReportedCommit<'_>> {
        let mut commits = self.seen();
        // From the oldest to the newest.
        let mut expected = BTreeSet::new();
        let mut reported: Vec<_> = commits
            .drain(..)
            .rev()
            .map(|Seen { records, .. }| {
                let missing = expected.iter().filter(|part| !records.contains_key(part)).count();
                if missing == 0 {
                    expected = records.keys().copied().collect();
                }
                let missing = missing + usize::try_from(self.omitted).unwrap_or(usize::MAX);
                ReportedCommit { records: records.into_values().collect(), missing }
            })
            .collect();
        reported.reverse();
        reported
    }

    /// The last commits, the newest first.
    fn seen(&self) -> Vec<Seen<'_>> {
        let mut commits: BTreeMap<&str, Seen<'_>> = BTreeMap::new();
        for (part, found) in self.found.iter().enumerate() {
            for record in &found.records {
                let Some(commit) = record.fields.get("commit").and_then(Value::as_str) else { continue };
                let first = record.timestamp_ms;
                let seen = commits.entry(commit).or_insert_with(|| Seen { first, records: BTreeMap::new() });
                seen.first = seen.first.min(first);
                // The first record of a part is its newest.
                seen.records.entry(part).or_insert(record);
            }
        }
        let mut commits: Vec<_> = commits.into_values().collect();
        commits.sort_by_key(|seen| Reverse(seen.first));
        commits.truncate(MOST_COMMITS);
        commits
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::parts::PartRecords;

    /// Parts with their records, each written as `commit@time`, in any order.
    fn found(parts: &[&str]) -> FoundParts {
        let record = |(run, text): (usize, &str)| {
            let (commit, time) = text.split_once('@').unwrap();
            let timestamp_ms = time.parse::<i64>().unwrap().try_into().unwrap();
            let fields = json!({ "commit": commit }).as_object().unwrap().clone();
            Record { run_id: run.to_string(), run_attempt: 1, timestamp_ms, fields }
        };
        let found = parts.iter().enumerate().map(|(part, records)| {
            let mut records: Vec<_> = records.split(' ').enumerate().map(record).collect();
            records.sort_by_key(|record| Reverse(record.timestamp_ms));
            PartRecords { platform: part.to_string(), records }
        });
        FoundParts { found: found.collect(), omitted: 0 }
    }

    /// The last commit: its name, the times of its records, and how many parts are missing.
    fn newest(parts: &[&str]) -> (String, Vec<i64>, usize) {
        let found = found(parts);
        let commits = found.commits();
        let commit = commits[0].records[0].fields["commit"].as_str().unwrap().to_owned();
        (commit, commits[0].records.iter().map(|record| record.timestamp_ms.as_ms()).collect(), commits[0].missing)
    }

    #[test]
    fn a_commit_that_all_parts_reported_is_whole() {
        assert_eq!(newest(&["a@1"]), ("a".to_owned(), vec![1], 0));
        assert_eq!(newest(&["a@1 b@5", "a@2 b@6", "b@4 a@3"]), ("b".to_owned(), vec![5, 6, 4], 0));
    }

    #[test]
    fn parts_are_missing_until_they_report_the_newest_commit() {
        assert_eq!(newest(&["a@1 b@5", "a@2", "a@3"]), ("b".to_owned(), vec![5], 2));
        assert_eq!(newest(&["a@1 b@5", "a@2 b@6", "a@3"]), ("b".to_owned(), vec![5, 6], 1));
    }

    #[test]
    fn a_new_part_is_expected_from_its_first_commit_on() {
        assert_eq!(newest(&["a@1 b@5", "a@2 b@6", "b@7"]), ("b".to_owned(), vec![5, 6, 7], 0));
        assert_eq!(newest(&["a@1 b@5 c@8", "a@2 b@6 c@9", "b@7"]), ("c".to_owned(), vec![8, 9], 1));
    }

    #[test]
    fn a_part_that_five_commits_did_not_report_is_expected_no_more() {
        assert_eq!(newest(&["a@1 b@3 c@4 d@5 e@6", "a@2"]).2, 1, "four commits without it");
        assert_eq!(newest(&["a@1 b@3 c@4 d@5 e@6 f@7", "a@2"]).2, 0, "five commits without it");
    }

    #[test]
    fn a_slow_part_of_an_old_commit_does_not_make_it_the_newest() {
        assert_eq!(newest(&["a@1 b@3", "a@9"]), ("b".to_owned(), vec![3], 1));
    }

    #[test]
    fn a_commit_that_was_never_whole_changes_nothing_that_is_expected() {
        assert_eq!(newest(&["a@1 b@3 c@5", "a@2 c@6"]), ("c".to_owned(), vec![5, 6], 0));
        assert_eq!(newest(&["a@1 b@3 c@5", "a@2"]), ("c".to_owned(), vec![5], 1));
    }

    #[test]
    fn of_several_runs_of_a_part_for_a_commit_the_newest_counts_once() {
        assert_eq!(newest(&["a@1 a@4 a@7", "a@2 a@3"]), ("a".to_owned(), vec![7, 3], 0));
        // A re-run of an old commit does not count for the newest one.
        assert_eq!(newest(&["a@1 b@3 a@9", "a@2 b@4"]), ("b".to_owned(), vec![3, 4], 0));
    }

    #[test]
    fn a_part_that_is_omitted_is_missing() {
        let found = FoundParts { omitted: 6, ..found(&["a@1", "a@2"]) };
        assert_eq!(found.commits()[0].progress().as_deref(), Some("2 of 8 parts"));
    }

    #[test]
    fn records_without_a_commit_are_left_out() {
        let mut found = found(&["a@1"]);
        found.found[0].records[0].fields.clear();
        assert!(found.commits().is_empty());
    }
}
