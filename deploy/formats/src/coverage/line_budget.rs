//! Limits the work for ranges of lines, since a file may contain invented line numbers.

use std::ops::RangeInclusive;

use crate::refusal::ReportRefusal;

/// The most lines that the ranges of one file may have together.
const MOST_LINES: u32 = 5_000_000;

/// How many lines the ranges of a file may still have.
#[derive(Debug)]
pub(crate) struct LineBudget(u32);

impl Default for LineBudget {
    fn default() -> Self {
        Self(MOST_LINES)
    }
}

impl LineBudget {
    /// The lines from the first to the last.
    ///
    /// # Errors
    /// Together with the earlier ranges, they are too many.
    pub(crate) fn lines(&mut self, first: u32, last: u32) -> Result<RangeInclusive<u32>, ReportRefusal> {
        let count = last.saturating_sub(first).saturating_add(1);
        self.0 = self.0.checked_sub(count).ok_or_else(|| ReportRefusal::Damaged {
            reason: format!("its ranges have more than {MOST_LINES} lines, which no report's have"),
        })?;
        Ok(first..=last.max(first))
    }
}
