//! The entry of a format that is one JSON document.

use crate::{document::outline::Outline, report::TestReport};

/// A format that is one JSON document.
pub(super) struct DocumentFormat {
    /// Tells a document that is cut off from other broken JSON: it contains all the texts of at least one row.
    pub(super) marks: &'static [&'static [&'static str]],
    /// Whether a document has this format.
    pub(super) is_format_of: fn(&Outline) -> bool,
    /// Counts the tests of a document.
    pub(super) read: fn(&str) -> serde_json::Result<TestReport>,
}
