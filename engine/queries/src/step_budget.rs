//! The work a document's queries may still take, counted in steps.

use std::cell::Cell;

use crate::Fault;

/// How many steps are left. All queries of one document share them.
#[derive(Debug)]
pub(crate) struct Steps(Cell<u64>);

impl Steps {
    pub(crate) const fn new(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    /// Takes so many steps from those that are left.
    ///
    /// # Errors
    /// [`Fault::TooManySteps`] where there are none left.
    pub(crate) fn spend(&self, steps: usize) -> Result<(), Fault> {
        let left = self.0.get().saturating_sub(steps as u64);
        self.0.set(left);
        if left == 0 { Err(Fault::TooManySteps) } else { Ok(()) }
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}
