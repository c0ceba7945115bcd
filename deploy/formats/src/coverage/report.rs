//! The result of reading a file: a coverage report, by source file.

use std::collections::BTreeMap;

use crate::{
    coverage::{count::CoverageTotals, path::normalize, source_file::SourceFile},
    report::ReportFormat,
};

/// The coverage that one report file states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageReport {
    /// The format of the file.
    pub format: ReportFormat,
    pub(crate) files: BTreeMap<String, SourceFile>,
}

impl CoverageReport {
    pub(crate) fn new(format: ReportFormat) -> Self {
        Self { format, files: BTreeMap::new() }
    }

    /// The source file with this name, which is added if it is new.
    pub(crate) fn file(&mut self, path: &str) -> &mut SourceFile {
        let format = self.format;
        self.files.entry(normalize(path)).or_insert_with(|| SourceFile::new(format))
    }

    /// The totals of this report alone.
    #[must_use]
    pub fn totals(&self) -> CoverageTotals {
        self.files.values().fold(CoverageTotals::default(), |mut sum, file| {
            sum += file.totals();
            sum
        })
    }

    /// How many source files it names.
    #[must_use]
    pub fn source_files(&self) -> usize {
        self.files.len()
    }
}
