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

/// What shows the calls of a server.
#[derive(Clone)]
pub(super) struct CallLog {
    trace: Arc<Trace<Log>>,
}

impl CallLog {
    /// `None` at every other level: then nothing is shown, and nothing is in the way of a call.
    pub(super) fn if_enabled() -> Option<Self> {
        tracing::enabled!(tracing::Level::DEBUG).then(|| Self { trace: Arc::new(Trace::new(Log, "")) })
    }

    /// The plugin, whose steps are shown.
    pub(super) fn plugin(&self, plugin: Plugin) -> Plugin {
        let (trace, names) = (Trace::clone(&self.trace), StepNames::Calls(plugin.id.clone()));
        plugin.with_code(|code| Arc::new(TracedCode::new(code, trace, names)))
    }

    /// The way to upstreams, whose requests and answers are shown.
    pub(super) fn upstream(&self, upstream: Arc<dyn Upstream>) -> Arc<dyn Upstream> {
        Arc::new(WatchedUpstream { upstream, watch: Arc::clone(&self.trace) })
    }

    /// The secrets, which are not shown.
    pub(super) fn secrets(&self, secrets: Arc<dyn Secrets>) -> Arc<dyn Secrets> {
        Arc::new(WatchedSecrets { secrets, watch: Arc::clone(&self.trace) })
    }
}
