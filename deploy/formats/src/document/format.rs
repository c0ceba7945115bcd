//! The entry of a format that is one JSON document.

use crate::{document::outline::Outline, report::TestReport};

/// A format that is one JSON document.
pub(super) struct DocumentFormat {
    /// Distinguishes a truncated document of this format from other broken JSON: the document contains all texts of at
    /// least one row.
    pub(super) marks: &'static [&'static [&'static str]],
    /// Whether a document has this format.
    pub(super) is_format_of: fn(&Outline) -> bool,
    /// Counts the tests of a document.
    pub(super) read: fn(&str) -> serde_json::Result<TestReport>,
}
