//! Why a badge is not made yet: the step to take first, or a failure.

use badgesmith_provider::{Failure, Step};

/// A boxed step, so that returning it moves only a pointer. Code that returns whole steps would be a third of this
/// library.
#[derive(Debug)]
pub(crate) struct Stop(Box<Step>);

impl From<Failure> for Stop {
    #[cold]
    #[inline(never)]
    fn from(failure: Failure) -> Self {
        Self(Box::new(Step::Fail(failure)))
    }
}

impl From<Step> for Stop {
    #[cold]
    #[inline(never)]
    fn from(step: Step) -> Self {
        Self(Box::new(step))
    }
}

impl From<Stop> for Step {
    fn from(Stop(step): Stop) -> Self {
        *step
    }
}
