//! Reads the reports that test tools write, and counts how many tests passed, failed and were skipped.
//!
//! [`read`] takes the bytes of a file, recognizes the report format by the content and counts the tests. It does no
//! I/O, so external entities are never fetched. For any input it returns a [`TestReport`], or a [`ReportRefusal`] that
//! says what is wrong with the file and where.
//!
//! # How tests are counted
//!
//! - Every test case counts once: as passed, failed or skipped. A repeated test counts as often as it was run, as in
//!   the tools' own totals.
//! - An error is a failure. A test that was ignored, disabled, inconclusive, marked as to do or not run was skipped; so
//!   was a test case that is both skipped and failed.
//! - A run, suite or container that failed or was cut short adds one failure if no test case in it failed.
//! - Otherwise the totals that a file states about itself are ignored, because only test cases count.
//! - A remark says where a run failed as a whole or was cut short.
//!
//! # How coverage is counted
//!
//! - [`read_coverage`] reads a coverage report in the same way, and [`CoverageMerge`] merges several by source file and
//!   line: a line, a branch or a function is covered if it is in one of them.
//! - What counts as a line depends on the tool: statements or sequence points in go cover profiles, Clover, `OpenCover`
//!   and dotCover; in Visual Studio's reports a line counts once in each function.
//! - A line that is partially covered is covered. Everything that the report does not state as covered is not covered.
//! - If a report has totals but no lines, the totals are added. Different totals of the same file cannot be merged.
//!
//! # Where a format is read
//!
//! Each format has one file in one of three modules, and one row in that module's table: `xml` for XML, `document` for
//! files that are one JSON document, `lines` for formats that are read line by line. `coverage` has the same three
//! modules for coverage reports.
//!
//! ```
//! let report = badgesmith_formats::read(b"TAP version 13\n1..2\nok 1\nnot ok 2 - adds\n").unwrap();
//! assert_eq!(report.format.name(), "TAP");
//! assert_eq!((report.counts.passed, report.counts.failed), (1, 1));
//! ```

mod coverage;
mod cucumber;
mod document;
mod duration;
mod encoding;
mod lines;
mod refusal;
mod report;
mod tally;
mod xml;

pub use coverage::{CoverageConflict, CoverageCount, CoverageMerge, CoverageReport, CoverageTotals, read_coverage};
pub use refusal::{EncodingFault, LARGEST_FILE, ReportRefusal};
pub use report::{ReportFormat, TestCounts, TestReport, TestSuite};

/// Counts the tests of one report, whatever tool wrote it.
///
/// # Errors
/// The file is too large, broken, or in none of the formats that are read here.
pub fn read(bytes: &[u8]) -> Result<TestReport, ReportRefusal> {
    if bytes.len() > LARGEST_FILE {
        return Err(ReportRefusal::TooLarge { bytes: bytes.len() });
    }
    let text = encoding::decode(bytes)?;
    let text = encoding::without_escape_sequences(&text);
    let text = text.as_ref();
    if text.trim_ascii().is_empty() {
        return Err(ReportRefusal::Empty);
    }
    if text.trim_ascii_start().starts_with('<') {
        return xml::read(text);
    }
    // The diagnostics of a TAP stream may contain anything, even whole JSON reports, so its version line decides first.
    if lines::is_tap(text) {
        return lines::read_tap(text).ok_or(ReportRefusal::Unrecognized);
    }
    document::read(text)
        .or_else(|| lines::read_events(text))
        .or_else(|| document::read_within_output(text))
        .or_else(|| lines::read_text(text))
        .ok_or_else(|| {
            document::refuse(text).or_else(|| xml::refuse_after_output(text)).unwrap_or(ReportRefusal::Unrecognized)
        })
}
