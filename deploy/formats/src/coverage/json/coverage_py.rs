//! The JSON of coverage.py (`coverage json`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    coverage::{
        json::format::{JsonFault, JsonFormat},
        report::CoverageReport,
        source_file::{mark_of, short_mark},
    },
    report::ReportFormat,
};

pub(super) const FORMAT: JsonFormat = JsonFormat {
    marks: &["\"executed_lines\"", "\"missing_lines\""],
    is_format_of: |outline| outline.get("totals").has("num_statements") && outline.get("files").is_present(),
    read,
};

const NAME: ReportFormat = ReportFormat::named("coverage.py JSON");

#[derive(Deserialize)]
struct Document {
    files: BTreeMap<String, File>,
}

#[derive(Deserialize)]
struct File {
    executed_lines: Vec<u32>,
    missing_lines: Vec<u32>,
    #[serde(default)]
    executed_branches: Vec<Branch>,
    #[serde(default)]
    missing_branches: Vec<Branch>,
    /// The functions of a file, since version 7.6. Code outside of all functions is listed under an empty name.
    #[serde(default)]
    functions: BTreeMap<String, Function>,
}

/// From a line to a line; a negative number is an exit.
#[derive(Deserialize)]
struct Branch(i64, i64);

#[derive(Deserialize)]
struct Function {
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    covered_lines: u64,
    num_statements: u64,
}

fn read(text: &str) -> Result<CoverageReport, JsonFault> {
    let document: Document = serde_json::from_str(text)?;
    let mut report = CoverageReport::new(NAME);
    for (path, read) in &document.files {
        let file = report.file(path);
        read.executed_lines.iter().for_each(|line| file.line(*line, true));
        read.missing_lines.iter().for_each(|line| file.line(*line, false));
        let branches = read.executed_branches.iter().map(|branch| (branch, true));
        for (Branch(from, to), is_covered) in branches.chain(read.missing_branches.iter().map(|branch| (branch, false)))
        {
            let line = u32::try_from(from.unsigned_abs()).unwrap_or(u32::MAX);
            file.branch(line, short_mark([&from.to_le_bytes()[..], &to.to_le_bytes()[..]]), is_covered);
        }
        for (name, function) in &read.functions {
            if !name.is_empty() && function.summary.num_statements > 0 {
                file.function(mark_of([name.as_bytes()]), function.summary.covered_lines > 0);
            }
        }
    }
    Ok(report)
}
