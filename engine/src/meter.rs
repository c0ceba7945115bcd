//! Metrics: the events of a request, and the sink that counts them.

use std::time::Duration;

use http::StatusCode;

use crate::{report_limit::LimitedParty, response::AccessLine};

/// A metrics sink. It is called while a request is handled, so it must not block.
pub trait Meter: Send + Sync {
    /// Takes note of an event.
    fn note(&self, event: &Event<'_>);
}

/// No metrics sink.
impl Meter for () {
    fn note(&self, _: &Event<'_>) {}
}

/// An event that metrics count. Its texts are names from the engine, ids from plugins.toml and templates from
/// manifests, never text that a client sent, so that the number of label values is bounded.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A request was answered. The server reports it, since it answers some requests without the engine.
    Answered {
        /// The status of the response.
        status: StatusCode,
        /// Its line in the access log.
        line: &'a AccessLine,
        /// How long the whole request took.
        took: Duration,
    },
    /// A plugin's step returned or timed out.
    Stepped {
        /// The plugin.
        plugin: &'a str,
        /// How it ended.
        outcome: StepOutcome,
        /// How long it took.
        took: Duration,
    },
    /// A provider's request was answered, from an upstream or from the cache.
    Supplied {
        /// The plugin.
        plugin: &'a str,
        /// Where the answer came from.
        from: AnswerSource,
    },
    /// A request to an upstream ended; each retry is an event of its own.
    Called {
        /// The plugin that caused the request.
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
        /// How the report was authenticated: `signature`, `token`, or `none`.
        proof: &'static str,
        /// `ACCEPTED`, or the code of the refusal. A code may be the provider's own.
        outcome: &'a str,
    },
    /// A request was refused with 429, because its client or the owner of its report exceeded a rate limit.
    RateLimited {
        /// Whose rate was exceeded.
        limit: LimitedParty,
    },
    /// An event was created and put into the queue of each matching subscription.
    Told {
        /// The event's name.
        event: &'static str,
    },
    /// An event was sent to a receiver; each attempt is an event of its own.
    Sent {
        /// The subscription, as plugins.toml names it.
        subscription: &'a str,
        /// `delivered`, `failed`, `dead` or `ended`.
        outcome: &'static str,
        /// How long it took.
        took: Duration,
    },
    /// A webhook delivery was accepted or refused.
    Delivered {
        /// The plugin.
        plugin: &'a str,
        /// The event's name, if it is a well-known one, or else `other`.
        event: &'static str,
        /// `RECORDED`, `DUPLICATE`, `IGNORED`, `PONG`, or the code of the refusal. A code may be the provider's own.
        outcome: &'a str,
    },
}

/// How a step of a plugin ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// It returned a message.
    Done,
    /// It failed.
    Broken,
    /// It timed out.
    Overdue,
}

impl StepOutcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Done, Self::Broken, Self::Overdue];

    /// Its name in metrics.
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
    /// A stale answer from the cache, because the upstream did not answer.
    Stale,
    /// There was no answer.
    None,
}

impl AnswerSource {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Kept, Self::Asked, Self::Stale, Self::None];

    /// Its name in metrics.
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
    /// Status 429, or 403 with rate-limit headers.
    RateLimited,
    /// No connection, or one that broke.
    Unreachable,
    /// No complete reply in time.
    Timeout,
    /// The body is too large.
    TooLarge,
    /// The reply is invalid HTTP, has an unknown encoding, or redirects to another origin.
    Nonsense,
    /// The address is not allowed.
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

    /// Its name in metrics.
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
