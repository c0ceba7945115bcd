//! Istanbul's `coverage-summary.json`, which has the totals of each file and no lines. Such totals cannot be merged
//! with others of the same file.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    coverage::{
        count::{CoverageCount, CoverageTotals},
        json::format::{JsonFault, JsonFormat},
        report::CoverageReport,
    },
    report::ReportFormat,
};

pub(super) const FORMAT: JsonFormat = JsonFormat {
    marks: &["\"statements\""],
    is_format_of: |outline| {
        let total = outline.get("total");
        total.has("lines") && total.has("statements")
    },
    read,
};

const NAME: ReportFormat = ReportFormat::named("Istanbul summary");
/// The key of the sum of all files.
const TOTAL: &str = "total";

#[derive(Deserialize)]
struct File {
    lines: Counts,
    functions: Counts,
    branches: Counts,
}

#[derive(Deserialize)]
struct Counts {
    total: u64,
    covered: u64,
}

impl Counts {
    fn some(&self) -> Option<CoverageCount> {
        Some(CoverageCount::new(self.covered, self.total)).filter(|count| count.total > 0)
    }
}

fn read(text: &str) -> Result<CoverageReport, JsonFault> {
    let mut document: BTreeMap<String, File> = serde_json::from_str(text)?;
    let total = document.remove(TOTAL);
    let mut report = CoverageReport::new(NAME);
    // With some settings the tool writes only the sum.
    let files =
        if document.is_empty() { total.map(|total| (TOTAL.to_owned(), total)).into_iter().collect() } else { document };
    for (path, read) in &files {
        report.file(path).state(CoverageTotals {
            lines: CoverageCount::new(read.lines.covered, read.lines.total),
            branches: read.branches.some(),
            functions: read.functions.some(),
        });
    }
    Ok(report)
}
