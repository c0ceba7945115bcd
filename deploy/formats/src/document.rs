//! Reports that are one JSON document: CTRF, mocha, RSpec.
//!
//! Tools that print theirs to standard output print it between whatever the tests print there, so a document is also
//! looked for where a line begins with `{`.

use serde::{Deserialize, de::IgnoredAny};

use crate::{ctrf, mocha, refusal::Refusal, report::Report, rspec};

/// At how many places in a log a document may seem to begin.
const MOST_BEGINNINGS: usize = 16;

/// The keys that tell which kind a document is.
#[derive(Deserialize)]
struct Shape {
    examples: Option<IgnoredAny>,
    stats: Option<IgnoredAny>,
    results: Option<IgnoredAny>,
}

/// Counts a file that is one document and nothing else.
pub(crate) fn read(text: &str) -> Option<Report> {
    let text = text.trim_ascii();
    let shape = text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()?;
    by_shape(&shape, text)?.ok()
}

/// Counts the document that stands in a log.
pub(crate) fn read_amid_noise(text: &str) -> Option<Report> {
    let mut start = 0;
    for _ in 0..MOST_BEGINNINGS {
        let rest = text.get(start..)?;
        let at = if rest.starts_with('{') { 0 } else { rest.find("\n{")? + 1 };
        start += at;
        let rest = text.get(start..)?;
        let mut documents = serde_json::Deserializer::from_str(rest).into_iter::<Shape>();
        let shape = documents.next();
        let end = documents.byte_offset();
        if let Some(Ok(shape)) = shape
            && let Some(Ok(report)) = by_shape(&shape, rest.get(..end)?)
        {
            return Some(report);
        }
        start += end.max(1);
    }
    None
}

/// Why a file that begins like JSON is no report.
pub(crate) fn refuse(text: &str) -> Option<Refusal> {
    let text = text.trim_ascii();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    if text.starts_with('{')
        && let Ok(shape) = serde_json::from_str::<Shape>(text)
        && let Some(Err(error)) = by_shape(&shape, text)
    {
        return Some(broken(&error));
    }
    let has_keys = ["\"examples\"", "\"stats\"", "\"results\""].iter().any(|key| text.contains(key));
    Some(match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) if has_keys => broken(&error),
        // Settings with comments in them are such files.
        Err(error) => {
            let line = error.line();
            let found = format!("it is JSON, broken in line {line}, with none of the keys that reports have");
            Refusal::NotAReport { found }
        }
        Ok(_) => Refusal::NotAReport { found: "it is JSON with none of the keys that reports have".into() },
    })
}

fn broken(error: &serde_json::Error) -> Refusal {
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default().chars().take(200).collect();
    Refusal::Json { line: error.line(), column: error.column(), reason }
}

fn by_shape(shape: &Shape, text: &str) -> Option<Result<Report, serde_json::Error>> {
    if shape.examples.is_some() {
        Some(rspec::read(text))
    } else if shape.stats.is_some() {
        Some(mocha::read(text))
    } else if shape.results.is_some() {
        Some(ctrf::read(text))
    } else {
        None
    }
}
