//! Merges coverage reports by source file and line, not by averaging.

use std::{collections::BTreeMap, error::Error, fmt};

use crate::coverage::{
    count::CoverageTotals,
    path::{below, normalize},
    report::CoverageReport,
    source_file::SourceFile,
};

/// Several coverage reports, merged by source file and line: a line is covered if it is in one of them.
///
/// A file is the same in two reports if its path is, after `\` is replaced by `/`, `.` and `..` are resolved and the
/// part up to one of the roots is removed.
#[derive(Clone, Debug, Default)]
pub struct CoverageMerge {
    roots: Vec<String>,
    files: BTreeMap<String, SourceFile>,
}

/// Two reports cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageConflict {
    /// The source file, package or assembly.
    pub file: String,
}

impl CoverageMerge {
    /// A merge of no reports yet. The roots are directories that paths in the reports may begin with, such as the
    /// directory of the checkout.
    #[must_use]
    pub fn new<'a>(roots: impl IntoIterator<Item = &'a str>) -> Self {
        let roots = roots.into_iter().map(normalize).filter(|root| root.len() > 1).collect();
        Self { roots, files: BTreeMap::new() }
    }

    /// Adds a report.
    ///
    /// # Errors
    /// This report and an earlier one have only totals of the same file, and different ones, so they cannot be merged.
    /// Equal totals count once.
    pub fn add(&mut self, report: CoverageReport) -> Result<(), CoverageConflict> {
        for (path, file) in report.files {
            let path = below(&path, &self.roots);
            match self.files.get_mut(path) {
                Some(known) => known.merge(file).map_err(|_| CoverageConflict { file: path.to_owned() })?,
                None => {
                    self.files.insert(path.to_owned(), file);
                }
            }
        }
        Ok(())
    }

    /// The totals of all reports together.
    #[must_use]
    pub fn totals(&self) -> CoverageTotals {
        self.files.values().fold(CoverageTotals::default(), |mut sum, file| {
            sum += file.totals();
            sum
        })
    }

    /// How many source files the reports name.
    #[must_use]
    pub fn source_files(&self) -> usize {
        self.files.len()
    }
}

impl fmt::Display for CoverageConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an earlier report has other totals of {} and neither has its lines, so they cannot be merged; give \
             reports with lines in them",
            self.file
        )
    }
}

impl Error for CoverageConflict {}
