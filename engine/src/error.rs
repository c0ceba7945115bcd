//! What goes wrong: whose fault it is, what a program reads, and the words on the badge.

use std::borrow::Cow;

use badgesmith_provider::{Failure, FailureKind};
use badgesmith_renderer::Color;

use crate::{
    ERROR_FRESH,
    drive::Broken,
    plugins::Plugin,
    request::{DEEPEST_ENCODING, MOST_PAIRS},
};

/// The code of a request that was refused because a queue is full.
pub(crate) const TOO_BUSY: &str = "TOO_BUSY";
/// After how many seconds it may be tried again: longer than anything waits in a queue.
const BUSY_RETRY: u32 = 5;

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Who asks us.
    Caller,
    /// Whom we ask.
    Upstream,
    /// The plugin.
    Provider,
    /// Us.
    Engine,
}

impl Source {
    /// The word the log has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Upstream => "upstream",
            Self::Provider => "provider",
            Self::Engine => "engine",
        }
    }
}

/// An answer that is not the badge that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    pub(crate) property: Option<Cow<'static, str>>,
    /// All that are at fault, where there is more than one.
    pub(crate) properties: Vec<Cow<'static, str>>,
    pub(crate) words: Cow<'static, str>,
    pub(crate) source: Source,
    pub(crate) retry_after: Option<u32>,
}

impl Error {
    fn of_caller(status: u16, code: &'static str, words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code: code.into(),
            property: None,
            properties: Vec::new(),
            words: words.into(),
            source: Source::Caller,
            retry_after: None,
        }
    }

    fn about(mut self, property: impl Into<Cow<'static, str>>) -> Self {
        self.property = Some(property.into());
        self
    }

    /// Red for what a caller can mend, light grey for what only time or an operator can.
    pub(crate) fn color(&self) -> Color {
        if self.source == Source::Caller { Color::RED } else { Color::LIGHTGREY }
    }

    pub(crate) fn no_route() -> Self {
        Self::of_caller(404, "ROUTE_NOT_FOUND", "badge not found")
    }

    /// A path is percent-encoded in more levels than are decoded.
    pub(crate) fn too_deep() -> Self {
        let words = format!("path encoded more than {DEEPEST_ENCODING} times");
        Self::of_caller(400, "PATH_INVALID", words).about("path")
    }

    /// A query has more pairs than are read.
    pub(crate) fn too_many_pairs() -> Self {
        let words = format!("more than {MOST_PAIRS} query parameters");
        Self::of_caller(400, "PARAMETER_INVALID", words).about("query")
    }

    /// The address of a report names a part of its subject in a way that could be read as another subject.
    pub(crate) fn ambiguous(name: &str) -> Self {
        let words = format!("invalid {name}: encode it once; no slash may stand in it, nor at the end of a branch");
        Self::of_caller(400, "PARAMETER_INVALID", words).about(name.to_owned())
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::of_caller(405, "METHOD_NOT_ALLOWED", "method not allowed")
    }

    pub(crate) fn unknown_provider() -> Self {
        Self::of_caller(400, "INVALID_PROVIDER", "unknown provider").about("provider")
    }

    pub(crate) fn message_missing() -> Self {
        Self::of_caller(400, "MESSAGE_REQUIRED", "message required").about("message")
    }

    /// A query parameter that every badge takes has a value that none takes.
    pub(crate) fn invalid_override(name: &'static str) -> Self {
        Self::of_caller(400, "PARAMETER_INVALID", format!("invalid {name}")).about(name)
    }

    /// A signed request lacks these headers, or they are no such thing.
    pub(crate) fn missing_headers(names: &[&'static str]) -> Self {
        let words = format!("missing or malformed: {}", names.join(", "));
        let properties = names.iter().map(|name| Cow::Borrowed(*name)).collect();
        Self { properties, ..Self::of_caller(400, "MISSING_AUTH_HEADERS", words) }
    }

    pub(crate) fn invalid_timestamp() -> Self {
        let words = "X-Timestamp is no RFC 3339 time within 5 minutes before and 1 minute after now";
        Self::of_caller(400, "INVALID_TIMESTAMP", words).about("X-Timestamp")
    }

    /// The same words for an owner nobody knows and for a wrong signature.
    pub(crate) fn unauthorized() -> Self {
        Self::of_caller(401, "INVALID_SIGNATURE", "the signature is not valid").about("X-Signature")
    }

    pub(crate) fn nonce_used() -> Self {
        Self::of_caller(400, "NONCE_ALREADY_USED", "the nonce was used before").about("X-Nonce")
    }

    pub(crate) fn duplicate() -> Self {
        Self::of_caller(409, "DUPLICATE_TEST_RESULT", "this run and attempt is recorded already").about("run_id")
    }

    pub(crate) fn too_large(status: u16, what: &'static str) -> Self {
        Self::of_caller(status, "TOO_LARGE", format!("{what} too large")).about(what)
    }

    pub(crate) fn detour() -> Self {
        Self::of_caller(403, "ORIGIN_FORBIDDEN", "ask by the address in front of this one")
    }

    pub(crate) fn broken() -> Self {
        Self { source: Source::Engine, ..Self::of_caller(500, "ENGINE_FAILED", "internal error") }
    }

    /// More is asked for at once than can be done.
    pub(crate) fn too_busy() -> Self {
        Self::from(&too_busy())
    }

    /// A route that the manifest knows as a mistake.
    pub(crate) fn refused(refusal: &badgesmith_provider::RefusedRoute) -> Self {
        Self {
            code: refusal.code.clone().into(),
            property: refusal.property.clone().map(Cow::Owned),
            ..Self::of_caller(400, "", refusal.words.clone())
        }
    }

    /// A plugin did something it may not; the log names it and says what.
    pub(crate) fn provider(plugin: &Plugin, broken: &Broken) -> Self {
        match broken {
            Broken::Lied(fault) => tracing::error!(plugin = plugin.id, fault, "a provider broke"),
            Broken::Overdue => tracing::error!(plugin = plugin.id, "a provider did not come back in time"),
            Broken::Out => tracing::debug!(plugin = plugin.id, "the plugin is out of service"),
            Broken::Busy => {
                tracing::warn!(plugin = plugin.id, "a provider has too many steps to take");
                return Self::too_busy();
            }
        }
        Self { source: Source::Provider, ..Self::of_caller(500, "PROVIDER_FAILED", "provider failed") }
    }
}

/// A queue is full now; a later request may find room.
pub(crate) fn too_busy() -> Failure {
    Failure { retry_after: Some(BUSY_RETRY), ..Failure::inaccessible(TOO_BUSY, "too busy") }
}

/// An upstream limits us, for so many seconds if it said so. Where it did not, nobody is told to wait for longer than
/// the error is kept.
pub(crate) fn rate_limited(after: Option<u32>) -> Failure {
    let limited = Failure::inaccessible("UPSTREAM_RATE_LIMITED", "rate limited");
    Failure { retry_after: Some(after.unwrap_or(ERROR_FRESH)), ..limited }
}

impl From<&Failure> for Error {
    fn from(failure: &Failure) -> Self {
        let (status, source) = match failure.kind {
            FailureKind::NotFound => (404, Source::Caller),
            FailureKind::InvalidParameter => (400, Source::Caller),
            FailureKind::InvalidResponse => (502, Source::Upstream),
            FailureKind::Inaccessible => (503, Source::Upstream),
        };
        let status = match &*failure.code {
            "SECRET_NOT_CONFIGURED" => 401,
            "UPSTREAM_FORBIDDEN" | "URL_NOT_ALLOWED" => 403,
            "RESULT_NOT_FOUND" => 404,
            "UPSTREAM_TIMEOUT" => 504,
            _ => status,
        };
        let is_ours = matches!(&*failure.code, "STORE_UNAVAILABLE" | TOO_BUSY);
        let source = if is_ours { Source::Engine } else { source };
        Self {
            status,
            code: failure.code.clone(),
            property: failure.property.clone(),
            properties: failure.properties.clone(),
            words: failure.words.clone(),
            source,
            retry_after: failure.retry_after,
        }
    }
}
