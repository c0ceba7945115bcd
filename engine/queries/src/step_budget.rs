//! The work that queries may still do, counted in steps.

use std::cell::Cell;

use crate::query_error::QueryError;

/// How many bytes of text a query reads in one step.
pub(crate) const BYTES_A_STEP: usize = 32;

/// How many steps are left. All queries of one document share them.
#[derive(Debug)]
pub(crate) struct StepBudget(Cell<u64>);

impl StepBudget {
    pub(crate) const fn new(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    /// Spends this many steps.
    ///
    /// # Errors
    /// [`QueryError::TooManySteps`] if no steps are left.
    pub(crate) fn spend(&self, steps: usize) -> Result<(), QueryError> {
        let left = self.0.get().saturating_sub(steps as u64);
        self.0.set(left);
        if left == 0 { Err(QueryError::TooManySteps) } else { Ok(()) }
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}
