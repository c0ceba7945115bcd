//! Finds the documents of a file, and hands each one to its format.

use serde::de::IgnoredAny;

use crate::{
    document::{format::DocumentFormat, outline::Outline},
    refusal::ReportRefusal,
    report::TestReport,
};

/// How many lines may begin like a document without being one before the search ends.
const MOST_FALSE_STARTS: usize = 16;
/// The longest message of the parser that is repeated, in characters.
const LONGEST_REASON: usize = 200;

/// Reads a file that is one document and nothing else.
pub(super) fn read(text: &str, formats: &[DocumentFormat]) -> Option<TestReport> {
    let text = text.trim_ascii();
    let outline = text.starts_with(['{', '[']).then(|| Outline::parse(text)).flatten()?;
    read_document(&outline, text, formats)?.ok()
}

/// Reads all documents within other output, and adds them up.
pub(super) fn read_within_output(text: &str, formats: &[DocumentFormat]) -> Option<TestReport> {
    let mut sum: Option<TestReport> = None;
    let (mut start, mut false_starts) = (0, 0);
    while false_starts < MOST_FALSE_STARTS {
        let Some(rest) = text.get(start..) else { break };
        let Some(at) = next_start(rest) else { break };
        start += at;
        let rest = text.get(start..)?;
        let (outline, end) = Outline::parse_first(rest);
        if let Ok(outline) = outline
            && let Some(Ok(report)) = read_document(&outline, rest.get(..end)?, formats)
        {
            match &mut sum {
                Some(sum) => *sum += report,
                None => sum = Some(report),
            }
        } else {
            false_starts += 1;
        }
        start += end.max(1);
    }
    sum
}

/// Where the next document may begin: at a line that begins with an object or with a list of objects.
fn next_start(text: &str) -> Option<usize> {
    let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    line_starts.filter_map(|at| Some((at, text.get(at..)?))).find_map(|(at, rest)| {
        let is_list = || rest.strip_prefix('[').is_some_and(|items| items.trim_ascii_start().starts_with('{'));
        (rest.starts_with('{') || is_list()).then_some(at)
    })
}

/// Why a file that begins like JSON is not a report. `None` if it does not begin like JSON.
pub(super) fn refuse(text: &str, formats: &[DocumentFormat]) -> Option<ReportRefusal> {
    let text = text.trim_ascii();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    if let Some(outline) = Outline::parse(text)
        && let Some(Err(error)) = read_document(&outline, text, formats)
    {
        return Some(broken(&error));
    }
    let mut marks = formats.iter().flat_map(|format| format.marks);
    let is_marked = marks.any(|row| row.iter().all(|mark| text.contains(mark)));
    Some(match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) if is_marked => broken(&error),
        // Such as settings with comments in them.
        Err(error) => {
            let line = error.line();
            let found = format!("it is JSON, broken in line {line}, with none of the keys that reports have");
            ReportRefusal::NotAReport { found }
        }
        Ok(_) => ReportRefusal::NotAReport { found: "it is JSON with none of the keys that reports have".into() },
    })
}

fn read_document(outline: &Outline, text: &str, formats: &[DocumentFormat]) -> Option<serde_json::Result<TestReport>> {
    formats.iter().find(|format| (format.is_format_of)(outline)).map(|format| (format.read)(text))
}

fn broken(error: &serde_json::Error) -> ReportRefusal {
    let reason = error.to_string();
    // The message ends with the position, which the refusal states itself.
    let reason = reason.split(" at line ").next().unwrap_or_default().chars().take(LONGEST_REASON).collect();
    ReportRefusal::Json { line: error.line(), column: error.column(), reason }
}
