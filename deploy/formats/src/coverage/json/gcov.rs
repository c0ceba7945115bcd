//! The JSON of `gcov --json-format` and of gcovr (`gcovr --json`), which have nearly the same form.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{
    coverage::{
        json::{
            format::{JsonFault, JsonFormat},
            hits::Hits,
        },
        report::CoverageReport,
        source_file::{mark_of, short_mark},
    },
    report::ReportFormat,
};

pub(super) const FORMAT: JsonFormat = JsonFormat {
    marks: &["\"gcovr/format_version\"", "\"gcc_version\"", "\"gcovr/", "\"unexecuted_block\""],
    is_format_of: |outline| {
        (outline.get("gcovr/format_version").is_present() || outline.get("gcc_version").is_present())
            && outline.get("files").is_list_of("lines")
    },
    read,
};

const GCOV: ReportFormat = ReportFormat::named("gcov JSON");
const GCOVR: ReportFormat = ReportFormat::named("gcovr JSON");

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, rename = "gcovr/format_version")]
    gcovr: Option<Cow<'a, str>>,
    #[serde(borrow)]
    files: Vec<File<'a>>,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow, alias = "filename")]
    file: Cow<'a, str>,
    lines: Vec<Line>,
    #[serde(borrow, default)]
    functions: Vec<Function<'a>>,
}

#[derive(Deserialize)]
struct Line {
    line_number: u32,
    count: Hits,
    #[serde(default)]
    branches: Vec<Branch>,
    #[serde(default, rename = "gcovr/noncode")]
    is_noncode: bool,
    #[serde(default, rename = "gcovr/excluded")]
    is_excluded: bool,
}

#[derive(Deserialize)]
struct Branch {
    count: Hits,
    #[serde(default)]
    branchno: Option<u32>,
    source_block_id: Option<i64>,
    destination_block_id: Option<i64>,
    #[serde(default, rename = "gcovr/excluded")]
    is_excluded: bool,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    demangled_name: Cow<'a, str>,
    #[serde(alias = "start_line", alias = "lineno", default)]
    line: Option<u32>,
    execution_count: Hits,
    #[serde(default, rename = "gcovr/excluded")]
    is_excluded: bool,
}

fn read(text: &str) -> Result<CoverageReport, JsonFault> {
    let document: Document<'_> = serde_json::from_str(text)?;
    let mut report = CoverageReport::new(if document.gcovr.is_some() { GCOVR } else { GCOV });
    for read in &document.files {
        let file = report.file(&read.file);
        for line in read.lines.iter().filter(|line| !line.is_noncode && !line.is_excluded) {
            file.line(line.line_number, line.count.is_covered());
            for (number, branch) in (0..).zip(&line.branches).filter(|(_, branch)| !branch.is_excluded) {
                // The instances of a template have the same lines and branches.
                let numbers = [
                    i64::from(branch.branchno.unwrap_or(number)),
                    branch.source_block_id.unwrap_or_default(),
                    branch.destination_block_id.unwrap_or_default(),
                ];
                let marks = numbers.map(i64::to_le_bytes);
                file.branch(
                    line.line_number,
                    short_mark(marks.iter().map(|mark| &mark[..])),
                    branch.count.is_covered(),
                );
            }
        }
        for function in read.functions.iter().filter(|function| !function.is_excluded) {
            let name = if function.demangled_name.is_empty() { &function.name } else { &function.demangled_name };
            let line = function.line.unwrap_or_default().to_le_bytes();
            file.function(mark_of([name.as_bytes(), &line]), function.execution_count.is_covered());
        }
    }
    Ok(report)
}
