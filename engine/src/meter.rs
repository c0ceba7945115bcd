//! Metrics: what happens on the way of a request, as data for whoever counts it.

use std::time::Duration;

use crate::response::Response;

/// A metrics sink. It is called on the way of a request, so it must not block.
pub trait Meter: Send + Sync {
    /// Takes note of an event.
    fn note(&self, event: &Event<'_>);
}

/// No metrics sink.
impl Meter for () {
    fn note(&self, _: &Event<'_>) {}
}

/// An event that metrics count. Its texts are names of the engine's, ids of plugins.toml and templates of manifests,
/// never what a client sent, so that there are only so many of them.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A request was answered; [`Response::line`] says how. The server reports it, since it answers some requests
    /// without the engine.
    Answered {
        /// The answer.
        response: &'a Response,
        /// How long it took, all in all.
        took: Duration,
    },
    /// A plugin's step came back, or was given up.
    Stepped {
        /// The plugin.
        plugin: &'a str,
        /// How it ended.
        outcome: StepOutcome,
        /// How long it took.
        took: Duration,
    },
    /// A provider's request was answered, whether or not an upstream was asked for it.
    Supplied {
        /// The plugin.
        plugin: &'a str,
        /// Where the answer came from.
        from: AnswerSource,
    },
    /// An upstream was asked; each retry counts.
    Called {
        /// The plugin whose provider asked first.
        plugin: &'a str,
        /// How it ended.
        outcome: ExchangeOutcome,
        /// How long it took.
        took: Duration,
    },
    /// The circuit breaker of an upstream opened, for a minute.
    Opened {
        /// The plugin whose request failed last.
        plugin: &'a str,
    },
    /// A report was accepted or refused.
    Reported {
        /// The plugin.
        plugin: &'a str,
        /// `ACCEPTED`, or the code of the refusal. A code may be the provider's own.
        outcome: &'a str,
    },
}

/// How a step of a plugin ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// It came back with a message.
    Done,
    /// It failed.
    Broken,
    /// It did not come back in time.
    Overdue,
}

impl StepOutcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Done, Self::Broken, Self::Overdue];

    /// The word that metrics have for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Broken => "broken",
            Self::Overdue => "overdue",
        }
    }
}

/// Where the answer to a provider's request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerSource {
    /// From the cache.
    Kept,
    /// From the upstream.
    Asked,
    /// From the cache, because the upstream did not answer.
    Stale,
    /// There was no answer.
    None,
}

impl AnswerSource {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Kept, Self::Asked, Self::Stale, Self::None];

    /// The word that metrics have for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Asked => "asked",
            Self::Stale => "stale",
            Self::None => "none",
        }
    }
}

/// How an exchange with an upstream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeOutcome {
    /// Status 2xx.
    Answered,
    /// Status 304.
    NotModified,
    /// Status 404 or 410.
    Missing,
    /// Any other status below 500.
    Refused,
    /// Status 5xx.
    Failed,
    /// Status 429, or 403 where headers tell of a limit.
    RateLimited,
    /// No connection, or one that broke.
    Unreachable,
    /// No whole answer in time.
    Timeout,
    /// A body larger than is read.
    TooLarge,
    /// An answer that is not HTTP, is encoded in an unknown way, or leads to another origin.
    Nonsense,
    /// An address that may not be asked.
    NotAllowed,
    /// Too many exchanges are under way.
    Busy,
}

impl ExchangeOutcome {
    /// Every outcome.
    pub const ALL: [Self; 12] = [
        Self::Answered,
        Self::NotModified,
        Self::Missing,
        Self::Refused,
        Self::Failed,
        Self::RateLimited,
        Self::Unreachable,
        Self::Timeout,
        Self::TooLarge,
        Self::Nonsense,
        Self::NotAllowed,
        Self::Busy,
    ];

    /// Whether the upstream answered, and not with a fault of its own.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::Answered | Self::NotModified | Self::Missing | Self::Refused)
    }

    /// The word that metrics have for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NotModified => "not_modified",
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::RateLimited => "rate_limited",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Nonsense => "nonsense",
            Self::NotAllowed => "not_allowed",
            Self::Busy => "busy",
        }
    }
}
