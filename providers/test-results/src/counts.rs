//! The counts of a test run, as a record has them.

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
}
