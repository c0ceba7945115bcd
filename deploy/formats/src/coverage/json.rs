//! Coverage reports that are one JSON document. The format is recognized by several keys and by what they contain.

mod coverage_py;
mod coveralls;
mod format;
mod gcov;
mod gcovr_summary;
mod hits;
mod istanbul;
mod istanbul_summary;
mod llvm_cov;
mod outline;
mod simplecov;

use serde::de::IgnoredAny;

use crate::{coverage::report::CoverageReport, refusal::ReportRefusal};
use format::JsonFormat;
use outline::Outline;

/// All formats. The first one that recognizes a document reads it.
const FORMATS: &[JsonFormat] = &[
    llvm_cov::FORMAT,
    gcov::FORMAT,
    gcovr_summary::FORMAT,
    coveralls::FORMAT,
    coverage_py::FORMAT,
    simplecov::RESULTSET,
    simplecov::FORMATTED,
    istanbul_summary::FORMAT,
    istanbul::FORMAT,
];

/// The longest message of the parser that is repeated, in characters.
const LONGEST_REASON: usize = 200;

/// Reads a file that begins with `{`.
pub(super) fn read(text: &str) -> Result<CoverageReport, ReportRefusal> {
    match serde_json::from_str::<Outline>(text) {
        Ok(outline) => match FORMATS.iter().find(|format| (format.is_format_of)(&outline)) {
            Some(format) => (format.read)(text).map_err(|fault| fault.refusal(broken)),
            None => Err(other("it is JSON with none of the keys that coverage reports have")),
        },
        // The outline cannot be read. If the text contains a mark of a coverage format, it is a broken report;
        // otherwise it is something else.
        Err(error) => Err(if FORMATS.iter().any(|format| format.marks.iter().any(|mark| text.contains(mark))) {
            broken(&error)
        } else {
            match serde_json::from_str::<IgnoredAny>(text) {
                Ok(_) => other("it is JSON with none of the keys that coverage reports have"),
                Err(_) => other("it is JSON that is broken, with none of the keys that coverage reports have"),
            }
        }),
    }
}

fn other(found: &str) -> ReportRefusal {
    ReportRefusal::NotAReport { found: found.to_owned() }
}

fn broken(error: &serde_json::Error) -> ReportRefusal {
    let reason = error.to_string();
    // The message ends with the position, which the refusal states itself.
    let reason = reason.split(" at line ").next().unwrap_or_default().chars().take(LONGEST_REASON).collect();
    ReportRefusal::Json { line: error.line(), column: error.column(), reason }
}
