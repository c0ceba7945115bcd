//! Why a call had no end: the plugin broke the rules, or the engine failed.

use badgesmith_provider::Failure;

/// Why a call had no end. Its badge says `provider failed`, `too busy` or `internal error`; the log says more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The plugin panicked, returned nonsense, or asked for something that it was not granted.
    Violation(String),
    /// A step of the plugin did not come back in time.
    Overdue,
    /// The plugin is out of service.
    OutOfService,
    /// Too many steps wait for this plugin.
    Busy,
    /// Work of the engine's own ended without a result.
    Engine(&'static str),
}

/// Why a provider's request has no answer.
#[derive(Clone, Debug)]
pub(crate) enum Unanswered {
    /// The provider may not ask this.
    Broken(Broken),
    /// The call ends with this failure.
    Failed(Failure),
}

impl Broken {
    /// A violation in these words.
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
