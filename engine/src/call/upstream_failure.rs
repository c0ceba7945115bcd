//! The failure that ends a call if an upstream does not answer.

use badgesmith_provider::Failure;

use crate::{
    code::Code,
    error::{busy_failure, late, rate_limited},
    world::Fault,
};

/// The failure that a fault becomes.
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
