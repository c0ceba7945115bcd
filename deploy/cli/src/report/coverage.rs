//! The coverage of a build: its reports, merged, and the body that reports it.

use std::path::PathBuf;

use badgesmith_formats::{CoverageCount, CoverageMerge, CoverageTotals};
use serde::Serialize;

use super::{
    build::BuildBody,
    ci::BuildFacts,
    failure::ReportFailure,
    files::{self, COVERAGE},
    output::first_names,
};
use crate::output::print_notice;

/// The coverage of all reports together.
#[derive(Debug)]
pub(super) struct MergedCoverage {
    pub(super) totals: CoverageTotals,
    /// How many reports were merged.
    pub(super) reports: usize,
}

/// Reads and merges all reports. The roots are directories that their paths may begin with.
pub(super) fn read(names: &[PathBuf], roots: &[String]) -> Result<MergedCoverage, ReportFailure> {
    let files = files::read(names, &COVERAGE, false);
    if !files.refusals.is_empty() {
        return Err(ReportFailure::Files(files.refusals));
    }
    if !files.others.is_empty() {
        let names = first_names(&files.others);
        print_notice(&format!("notice: passed over, because they are no reports of coverage: {names}"));
    }
    if files.reports.is_empty() {
        return Err(ReportFailure::NoCoverage);
    }
    let mut merge = CoverageMerge::new(roots.iter().map(String::as_str));
    let reports = files.reports.len();
    for named in files.reports {
        merge.add(named.report).map_err(|conflict| ReportFailure::Conflict { file: named.file, conflict })?;
    }
    Ok(MergedCoverage { totals: merge.totals(), reports })
}

impl MergedCoverage {
    /// What was counted, in one line.
    pub(super) fn summary(&self) -> String {
        let CoverageTotals { lines, branches, functions } = self.totals;
        let percent = if lines.total == 0 { 0.0 } else { lines.covered as f64 * 100.0 / lines.total as f64 };
        // Rounded down, so that it is 100.0 only if everything is covered.
        let percent = (percent * 10.0).floor() / 10.0;
        let mut text = format!("{} of {} lines covered ({percent:.1}%)", lines.covered, lines.total);
        for (count, name) in [(branches, "branches"), (functions, "functions")] {
            if let Some(CoverageCount { covered, total }) = count {
                text += &format!(", {covered} of {total} {name}");
            }
        }
        text
    }

    /// The body as compact JSON: the bytes that are signed and sent.
    ///
    /// # Errors
    /// None in practice, because every value is a string or a number.
    pub(super) fn body(&self, part: &str, facts: &BuildFacts, timestamp: &str) -> serde_json::Result<Vec<u8>> {
        let CoverageTotals { lines, branches, functions } = self.totals;
        let counted = CoverageCounts {
            lines: lines.into(),
            branches: branches.map(Counts::from),
            functions: functions.map(Counts::from),
        };
        serde_json::to_vec(&BuildBody::new(part, facts, timestamp, counted))
    }
}

/// The counts of the coverage, as the server reads them.
#[derive(Debug, Serialize)]
struct CoverageCounts {
    lines: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    branches: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    functions: Option<Counts>,
}

#[derive(Debug, Serialize)]
struct Counts {
    covered: u64,
    total: u64,
}

impl From<CoverageCount> for Counts {
    fn from(CoverageCount { covered, total }: CoverageCount) -> Self {
        Self { covered, total }
    }
}
