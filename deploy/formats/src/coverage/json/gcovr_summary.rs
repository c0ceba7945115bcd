//! `gcovr --json-summary`, which has the totals of each file and no lines.

use serde::Deserialize;

use crate::{
    coverage::{
        count::{CoverageCount, CoverageTotals},
        json::format::JsonFormat,
        report::CoverageReport,
    },
    report::ReportFormat,
};

pub(super) const FORMAT: JsonFormat = JsonFormat {
    marks: &["\"gcovr/summary_format_version\""],
    is_format_of: |outline| outline.get("gcovr/summary_format_version").is_present(),
    read: |text| {
        let document: Document = serde_json::from_str(text)?;
        let mut report = CoverageReport::new(NAME);
        for file in &document.files {
            let some = |covered, total| Some(CoverageCount::new(covered, total)).filter(|count| count.total > 0);
            report.file(&file.filename).state(CoverageTotals {
                lines: CoverageCount::new(file.line_covered, file.line_total),
                branches: some(file.branch_covered, file.branch_total),
                functions: some(file.function_covered, file.function_total),
            });
        }
        Ok(report)
    },
};

const NAME: ReportFormat = ReportFormat::named("gcovr summary");

#[derive(Deserialize)]
struct Document {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    line_covered: u64,
    line_total: u64,
    #[serde(default)]
    branch_covered: u64,
    #[serde(default)]
    branch_total: u64,
    #[serde(default)]
    function_covered: u64,
    #[serde(default)]
    function_total: u64,
}
