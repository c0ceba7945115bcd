//! What test tools write, read as how many tests passed, failed and were skipped.
//!
//! [`read`] takes a file's bytes, finds its kind by what is in them and counts. It does no I/O: no file, no socket, and
//! so no external entity is ever fetched. Whatever it is given, it answers with a [`Report`] or with a [`Refusal`] that
//! says where the file is broken.
//!
//! Every test case counts once and in one of three ways. Errors are failures; what was ignored, disabled, inconclusive,
//! still to do or not run was skipped, and so was a case that is both skipped and failed. A repeated test counts as
//! often as it was run, as the tools themselves count. A run, a suite or a container that failed, or was cut short,
//! although no case in it failed is one failure. Otherwise what a file says about itself in sums is not believed: cases
//! are counted. A remark says where a run failed as a whole or was cut short.
//!
//! ```
//! let report = badgesmith_formats::read(b"TAP version 13\n1..2\nok 1\nnot ok 2 - adds\n").unwrap();
//! assert_eq!(report.kind, badgesmith_formats::Kind::Tap);
//! assert_eq!((report.counts.passed, report.counts.failed), (1, 1));
//! ```

mod document;
mod encoding;
mod lines;
mod refusal;
mod report;
mod tally;
mod xml;

pub use refusal::Refusal;
pub use report::{Counts, Kind, Report, Suite};

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: usize = 64 * 1024 * 1024;

/// Counts the tests of one report, whatever tool wrote it.
///
/// # Errors
/// The file is too large, broken, or of no kind known here.
pub fn read(bytes: &[u8]) -> Result<Report, Refusal> {
    if bytes.len() > LARGEST_FILE {
        return Err(Refusal::TooLarge { bytes: bytes.len() });
    }
    let text = encoding::decode(bytes)?;
    let text = encoding::without_colours(&text);
    let text = text.as_ref();
    if text.trim_ascii().is_empty() {
        return Err(Refusal::Empty);
    }
    if text.trim_ascii_start().starts_with('<') {
        return xml::read(text);
    }
    // A TAP stream may carry anything in its diagnostics, whole JSON reports too; its first line says what it is.
    if lines::tap::is_announced(text) {
        return lines::tap::read(text).ok_or(Refusal::Unrecognized);
    }
    if let Some(report) = document::read(text).or_else(|| lines::read(text)).or_else(|| document::read_amid_noise(text))
    {
        return Ok(report);
    }
    if let Some(report) = lines::go_text::read(text).or_else(|| lines::tap::read(text)) {
        return Ok(report);
    }
    Err(document::refuse(text).or_else(|| xml::refuse_amid_noise(text)).unwrap_or(Refusal::Unrecognized))
}
