//! Why a call ended without an outcome: the plugin violated its interface, or the engine failed.

use badgesmith_provider::Failure;

/// Why a call ended without an outcome. Its badge says `provider failed`, `too busy` or `internal error`; the log says
/// more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The plugin panicked, returned nonsense, or requested something that it was not granted.
    Violation(String),
    /// A step of the plugin timed out.
    Overdue,
    /// The plugin is out of service.
    OutOfService,
    /// The queue of steps of this plugin is full, or a step waited too long in it.
    Busy,
    /// Work of the engine panicked or was dropped.
    Engine(&'static str),
}

/// Why a provider's request has no answer.
#[derive(Clone, Debug)]
pub(crate) enum Unanswered {
    /// The request violates the interface or the grants of the plugin.
    Broken(Broken),
    /// The call ends with this failure.
    Failed(Failure),
}

impl Unanswered {
    /// A violation with this description.
    pub(crate) fn violation(fault: impl ToString) -> Self {
        Self::Broken(Broken::violation(fault))
    }
}

impl Broken {
    /// A violation with this description.
    pub(crate) fn violation(fault: impl ToString) -> Self {
        Self::Violation(fault.to_string())
    }

    /// Writes to the log what went wrong in a call of this plugin.
    pub(crate) fn log(&self, plugin: &str) {
        match self {
            Self::Violation(fault) => tracing::error!(plugin, fault, "a provider broke"),
            Self::Overdue => tracing::error!(plugin, "a provider did not come back in time"),
            Self::OutOfService => tracing::debug!(plugin, "the plugin is out of service"),
            Self::Busy => tracing::warn!(plugin, "a provider has too many steps to take"),
            Self::Engine(fault) => tracing::error!(plugin, fault, "the engine failed"),
        }
    }
}
