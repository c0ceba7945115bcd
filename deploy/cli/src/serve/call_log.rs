//! Shows every step, request and answer of each call in the log, if the log's level is `debug`.

use std::sync::Arc;

use badgesmith_engine::{
    Plugin,
    world::{Secrets, Upstream},
};

use crate::call_trace::{LineSink, StepNames, Trace, TracedCode, WatchedSecrets, WatchedUpstream};

/// The log.
struct Log;

impl LineSink for Log {
    fn take(&self, about: &str, lines: &[String]) {
        tracing::debug!("{about}: {}", lines.join("; "));
    }
}

/// Shows the calls of a server in the log.
#[derive(Clone)]
pub(super) struct CallLog {
    trace: Arc<Trace<Log>>,
}

impl CallLog {
    /// `None` at every other level: then nothing is shown, and calls are not wrapped.
    pub(super) fn if_enabled() -> Option<Self> {
        tracing::enabled!(tracing::Level::DEBUG).then(|| Self { trace: Arc::new(Trace::new(Log, "")) })
    }

    /// Wraps a plugin, so that its steps are shown.
    pub(super) fn plugin(&self, plugin: Plugin) -> Plugin {
        let (trace, names) = (Trace::clone(&self.trace), StepNames::Calls(plugin.id.clone()));
        plugin.with_code(|code| Arc::new(TracedCode::new(code, trace, names)))
    }

    /// Wraps an upstream, so that requests and answers are shown.
    pub(super) fn upstream(&self, upstream: Arc<dyn Upstream>) -> Arc<dyn Upstream> {
        Arc::new(WatchedUpstream { upstream, watch: Arc::clone(&self.trace) })
    }

    /// Wraps the secrets, so that no line shows them.
    pub(super) fn secrets(&self, secrets: Arc<dyn Secrets>) -> Arc<dyn Secrets> {
        Arc::new(WatchedSecrets { secrets, watch: Arc::clone(&self.trace) })
    }
}
