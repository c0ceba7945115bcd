//! Coverage reports that are read line by line.

mod go;
mod lcov;

use crate::{coverage::report::CoverageReport, refusal::ReportRefusal};

/// Reads a file that is neither XML nor JSON.
pub(super) fn read(text: &str) -> Result<CoverageReport, ReportRefusal> {
    if go::is_profile(text) {
        return go::read(text);
    }
    if lcov::is_tracefile(text) {
        return lcov::read(text);
    }
    Err(ReportRefusal::Unrecognized)
}

/// The refusal of a line that is not what it begins as, or of a file that ends within a record.
fn damaged(number: usize, what: &str) -> ReportRefusal {
    ReportRefusal::Damaged { reason: format!("line {number}: {what}") }
}
