//! The counts of a test run, read from a record.

use badgesmith_provider::Record;
use serde_json::Value;

/// The numbers of tests that passed, failed and were skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    /// The counts of a record.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let count = |name| record.fields.get(name).and_then(Value::as_u64);
        Some(Self { passed: count("passed")?, failed: count("failed")?, skipped: count("skipped")? })
    }

    /// The sum of the counts of records.
    pub(crate) fn sum(records: &[&Record]) -> Option<Self> {
        records.iter().try_fold(Self { passed: 0, failed: 0, skipped: 0 }, |sum, record| {
            let counts = Self::of(record)?;
            Some(Self {
                passed: sum.passed.checked_add(counts.passed)?,
                failed: sum.failed.checked_add(counts.failed)?,
                skipped: sum.skipped.checked_add(counts.skipped)?,
            })
        })
    }
}
