//! Reports that are one JSON document. The format is recognized by several keys and by what they contain, because any
//! single key may occur in other documents.
//!
//! Some tools print their document to standard output, between the output of the tests, so a document may also begin at
//! the beginning of any line.
//!
//! A new format is a file here that exports a [`DocumentFormat`], and a row in [`FORMATS`].

mod ctrf;
mod cucumber;
mod format;
mod jest;
mod mocha;
mod mochawesome;
pub(crate) mod outline;
mod playwright;
mod reader;
mod rspec;

use crate::{refusal::ReportRefusal, report::TestReport};
use format::DocumentFormat;

/// All formats. The first one that recognizes a document reads it.
const FORMATS: &[DocumentFormat] = &[
    jest::FORMAT,
    playwright::FORMAT,
    mochawesome::FORMAT,
    mocha::FORMAT,
    rspec::FORMAT,
    ctrf::FORMAT,
    cucumber::FORMAT,
];

/// Reads a file that is one document and nothing else.
pub(crate) fn read(text: &str) -> Option<TestReport> {
    reader::read(text, FORMATS)
}

/// Reads all documents within other output, and adds them up: each package of a workspace may print one.
pub(crate) fn read_within_output(text: &str) -> Option<TestReport> {
    reader::read_within_output(text, FORMATS)
}

/// Why a file that begins like JSON is not a report. `None` if it does not begin like JSON.
pub(crate) fn refuse(text: &str) -> Option<ReportRefusal> {
    reader::refuse(text, FORMATS)
}
