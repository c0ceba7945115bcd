//! Counts the calls to AWS that something makes.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;

use badgesmith_aws::AwsClients;

/// The calls that were made since `before`.
pub(crate) fn since(before: &BTreeMap<String, u64>, aws: &AwsClients) -> Vec<(String, u64)> {
    let more = |(name, count): (String, u64)| {
        let new = count - before.get(&name).copied().unwrap_or_default();
        (new > 0).then_some((name, new))
    };
    aws.call_counts().into_iter().filter_map(more).collect()
}

/// The calls by name and number.
pub(crate) fn calls(rows: &[(&str, u64)]) -> Vec<(String, u64)> {
    rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}
