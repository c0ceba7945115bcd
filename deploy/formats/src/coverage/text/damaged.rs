//! The refusal that names a line.

use crate::refusal::ReportRefusal;

/// The refusal of a line whose content does not match its key, or of a file that ends within a record.
pub(super) fn damaged(number: usize, what: &str) -> ReportRefusal {
    ReportRefusal::Damaged { reason: format!("line {number}: {what}") }
}
