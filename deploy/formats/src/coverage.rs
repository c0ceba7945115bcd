//! Coverage reports: which lines, branches and functions of which source files ran.
//!
//! A new format is a file in one of the three modules, and a row in that module's table.

mod count;
mod json;
mod line_budget;
mod merge;
mod path;
mod report;
mod source_file;
mod text;
mod xml;

use crate::{
    encoding,
    refusal::{LARGEST_FILE, ReportRefusal},
};
pub use count::{CoverageCount, CoverageTotals};
pub use merge::{CoverageConflict, CoverageMerge};
pub use report::CoverageReport;

/// Reads a coverage report, whatever tool wrote it. [`CoverageMerge`] adds up several.
///
/// ```
/// let report = badgesmith_formats::read_coverage(b"SF:a.c\nDA:1,3\nDA:2,0\nend_of_record\n").unwrap();
/// assert_eq!(report.format.name(), "lcov");
/// assert_eq!((report.totals().lines.covered, report.totals().lines.total), (1, 2));
/// ```
///
/// # Errors
/// The file is too large, broken, cut off, or in none of the formats that are read here.
pub fn read_coverage(bytes: &[u8]) -> Result<CoverageReport, ReportRefusal> {
    if bytes.len() > LARGEST_FILE {
        return Err(ReportRefusal::TooLarge { bytes: bytes.len() });
    }
    let text = encoding::decode(bytes)?;
    let text = text.as_ref();
    let read = match text.trim_ascii_start().as_bytes().first() {
        None => return Err(ReportRefusal::Empty),
        Some(b'<') => xml::read(text),
        Some(b'{') => json::read(text),
        Some(_) => text::read(text.trim_ascii_start())
            .or_else(|refusal| xml::refuse_after_output(text).map_or(Err(refusal), Err)),
    };
    read.map_err(|refusal| match refusal {
        ReportRefusal::NotAReport { found } => ReportRefusal::NotCoverage { found },
        ReportRefusal::Unrecognized => ReportRefusal::UnrecognizedCoverage,
        refusal => refusal,
    })
}
