//! Counts the calls to AWS by operation, so that tests can check a request's cost and the IAM policy.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef, dyn_dispatch_hint},
        orchestrator::Metadata,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

/// How often each operation was sent. An interceptor of the SDK counts its calls; calls without the SDK are counted by
/// [`CallCounts::note`].
#[derive(Clone, Debug, Default)]
pub(crate) struct CallCounts(Arc<Mutex<BTreeMap<String, u64>>>);

impl CallCounts {
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts one attempt.
    pub(crate) fn note(&self, operation: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
    }
}

#[dyn_dispatch_hint]
impl Intercept for CallCounts {
    fn name(&self) -> &'static str {
        "call counts"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(operation) = config.load::<Metadata>() {
            self.note(format!("{}.{}", operation.service(), operation.name()));
        }
        Ok(())
    }
}
