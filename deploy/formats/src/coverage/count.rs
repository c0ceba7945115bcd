//! How much of something was covered.

use std::ops::AddAssign;

/// How many of a number of lines, branches or functions were covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoverageCount {
    /// Those that ran at least once.
    pub covered: u64,
    /// All of them.
    pub total: u64,
}

impl CoverageCount {
    /// A count, whose covered part is never more than the whole.
    pub(crate) fn new(covered: u64, total: u64) -> Self {
        Self { covered: covered.min(total), total }
    }
}

impl AddAssign for CoverageCount {
    fn add_assign(&mut self, other: Self) {
        self.covered = self.covered.saturating_add(other.covered);
        self.total = self.total.saturating_add(other.total);
    }
}

/// What was covered in one or more reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoverageTotals {
    /// Lines that can run; statements where the tool counts statements.
    pub lines: CoverageCount,
    /// Branches, if the reports contain any.
    pub branches: Option<CoverageCount>,
    /// Functions and methods, if the reports contain any.
    pub functions: Option<CoverageCount>,
}

impl AddAssign for CoverageTotals {
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        for (sum, more) in [(&mut self.branches, other.branches), (&mut self.functions, other.functions)] {
            if let Some(more) = more {
                *sum.get_or_insert_default() += more;
            }
        }
    }
}
