//! The failure that ends a call if an upstream does not answer.

use badgesmith_provider::{Failure, FailureKind};

use crate::{
    code::Code,
    error::{busy_failure, late, rate_limited},
    world::Fault,
};

/// Whether a failure was caused by an upstream or the engine. Then cached answers may avoid it, and a call goes on
/// without the answer to an optional request.
pub(super) const fn is_infrastructure(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::InvalidResponse | FailureKind::Inaccessible)
}

/// The failure for a fault.
pub(super) fn upstream_failure(fault: &Fault) -> Failure {
    match fault {
        Fault::Unreachable(_) | Fault::Status(_) => {
            Failure::inaccessible(Code::UpstreamUnavailable.name(), "upstream unavailable")
        }
        Fault::Timeout => late(),
        Fault::TooLarge => Failure::invalid_response().because("the answer is too large"),
        Fault::Nonsense(words) => Failure::invalid_response().because(words.clone()),
        Fault::NotAllowed(words) => Failure::invalid_response().because(*words),
        Fault::RateLimited(after) => rate_limited(*after),
        Fault::Busy => busy_failure(),
    }
}
