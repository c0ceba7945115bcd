//! Coverage reports that are read line by line.

mod damaged;
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
