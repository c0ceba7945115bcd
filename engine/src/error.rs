//! Errors: their source, their code for programs, and their text for the badge.

use std::borrow::Cow;

use badgesmith_provider::{Failure, FailureKind, RefusedRoute};
use badgesmith_renderer::Color;

use crate::{
    caching::{Caching, ERROR_FRESH, MISSING_FRESH},
    call::broken::Broken,
    code::Code,
    edit_distance::nearest_word,
    report_limit::LimitedParty,
    request::{DEEPEST_ENCODING, MOST_PAIRS},
};

/// `Retry-After` of `too busy`, in seconds: longer than any timeout in a queue.
const BUSY_RETRY: u32 = 5;
/// `Retry-After` if the keys of an issuer are unavailable, in seconds.
const KEYS_RETRY: u32 = 5;

/// The party that caused an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The client's.
    Caller,
    /// The upstream's.
    Upstream,
    /// The plugin's.
    Provider,
    /// The engine's.
    Engine,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Caller, Self::Upstream, Self::Provider, Self::Engine];

    /// Its name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Upstream => "upstream",
            Self::Provider => "provider",
            Self::Engine => "engine",
        }
    }
}

/// How much of the requested badge an error badge shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorPicture {
    /// All overrides of the caller.
    Whole,
    /// Only the error's text, because the badge itself could not be drawn.
    WordsAlone,
}

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    /// The names of the parameters or headers that caused it.
    pub(crate) properties: Box<[Cow<'static, str>]>,
    /// The text of its badge.
    pub(crate) words: Cow<'static, str>,
    /// What to write instead; only the JSON response contains it.
    remedy: Option<Box<Cow<'static, str>>>,
    pub(crate) source: Source,
    pub(crate) retry_after: Option<u32>,
    /// How long the response may be cached, in seconds; 0 if it must not be.
    pub(crate) fresh_seconds: u32,
    pub(crate) picture: ErrorPicture,
    /// The label of its badge, if it differs from that of the requested badge.
    pub(crate) label: Option<Box<str>>,
    /// `Allow`, for a method that is not allowed.
    pub(crate) allow: Option<&'static str>,
}

impl Error {
    fn caller_error(status: u16, code: Code, words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code: code.name().into(),
            properties: Box::default(),
            words: words.into(),
            remedy: None,
            source: Source::Caller,
            retry_after: None,
            fresh_seconds: ERROR_FRESH,
            picture: ErrorPicture::Whole,
            label: None,
            allow: None,
        }
    }

    fn about(mut self, property: impl Into<Cow<'static, str>>) -> Self {
        self.properties = Box::new([property.into()]);
        self
    }

    /// The text of its JSON.
    pub(crate) fn message(&self) -> Cow<'_, str> {
        match &self.remedy {
            Some(remedy) => format!("{}; {remedy}", self.words).into(),
            None => Cow::Borrowed(&self.words),
        }
    }

    /// What caches may do with the response.
    pub(crate) const fn caching(&self) -> Caching {
        if self.fresh_seconds == 0 { Caching::NoStore } else { Caching::Fresh(self.fresh_seconds) }
    }

    /// Red for an error that the caller can correct, light grey for any other.
    pub(crate) fn color(&self) -> Color {
        if self.source == Source::Caller { Color::RED } else { Color::LIGHTGREY }
    }

    pub(crate) fn no_route() -> Self {
        Self { label: Some("404".into()), ..Self::caller_error(404, Code::RouteNotFound, "badge not found") }
    }

    /// The path has too many levels of percent-encoding.
    pub(crate) fn too_deep() -> Self {
        let words = format!("path encoded more than {DEEPEST_ENCODING} times");
        Self::caller_error(400, Code::PathInvalid, words).about("path")
    }

    /// The query has too many parameters.
    pub(crate) fn too_many_pairs() -> Self {
        let words = format!("more than {MOST_PAIRS} query parameters");
        Self::caller_error(400, Code::ParameterInvalid, words).about("query")
    }

    /// The encoding of a parameter in the address of a report is ambiguous: the signature would be valid for two
    /// subjects.
    pub(crate) fn ambiguous(name: &str) -> Self {
        let words = format!("invalid {name}: encode it once; no slash may stand in it, nor at the end of a branch");
        Self::caller_error(400, Code::ParameterInvalid, words).about(name.to_owned())
    }

    /// The method is not one of those that the address allows.
    pub(crate) fn method_not_allowed(methods: &'static str) -> Self {
        Self { allow: Some(methods), ..Self::caller_error(405, Code::MethodNotAllowed, "method not allowed") }
    }

    pub(crate) fn unknown_provider() -> Self {
        Self::caller_error(400, Code::InvalidProvider, "unknown provider").about("provider")
    }

    pub(crate) fn message_missing() -> Self {
        Self::caller_error(400, Code::MessageRequired, "message required").about("message")
    }

    /// The value of an override is invalid.
    pub(crate) fn invalid_override(name: &'static str) -> Self {
        Self::caller_error(400, Code::ParameterInvalid, format!("invalid {name}")).about(name)
    }

    /// The value of a query parameter is not one of the allowed values.
    pub(crate) fn not_among(name: &'static str, value: &str, choices: &[&str]) -> Self {
        Self::invalid_override(name).with_choices(value, choices)
    }

    /// The same error, which names the values that the parameter may have.
    pub(crate) fn with_choices(self, value: &str, choices: &[&str]) -> Self {
        Self { remedy: remedy(value, choices), ..self }
    }

    /// A signed request lacks these headers, or they are malformed.
    pub(crate) fn missing_headers(names: &[&'static str]) -> Self {
        let words = format!("missing or malformed: {}", names.join(", "));
        let properties = names.iter().map(|name| Cow::Borrowed(*name)).collect();
        Self { properties, ..Self::caller_error(400, Code::MissingAuthHeaders, words) }
    }

    /// A request carries both a signature and a token.
    pub(crate) fn two_proofs() -> Self {
        let words = "give a signature or a token: X-Signature, X-Timestamp and X-Nonce, or Authorization: Bearer";
        Self::caller_error(400, Code::MissingAuthHeaders, words).about("Authorization")
    }

    /// A request carries neither a signature nor a token, but `Authorization` with another scheme.
    pub(crate) fn no_bearer(missing: &[&'static str]) -> Self {
        let mut error = Self::missing_headers(missing);
        error.words = format!("{}; or Authorization: Bearer with a build's token", error.words).into();
        error.properties = error.properties.into_iter().chain(["Authorization".into()]).collect();
        error
    }

    pub(crate) fn invalid_timestamp() -> Self {
        let words = "X-Timestamp is no RFC 3339 time within 5 minutes before and 1 minute after now";
        Self::caller_error(400, Code::InvalidTimestamp, words).about("X-Timestamp")
    }

    /// The signature is wrong or the owner is unknown; both have the same text.
    pub(crate) fn unauthorized() -> Self {
        Self::caller_error(401, Code::InvalidSignature, "the signature is not valid").about("X-Signature")
    }

    /// A token is not valid, or does not prove the origin of this report. The words contain no part of the token except
    /// plain values of claims.
    pub(crate) fn invalid_token(claim: &'static str, words: &str) -> Self {
        Self::caller_error(401, Code::InvalidToken, format!("{claim}: {words}")).about(claim)
    }

    /// The keys of a token's issuer cannot be read; the log says why.
    pub(crate) fn keys_unavailable() -> Self {
        let words = "the keys of the token's issuer are unavailable";
        Self {
            source: Source::Upstream,
            retry_after: Some(KEYS_RETRY),
            ..Self::caller_error(503, Code::UpstreamUnavailable, words).about("Authorization")
        }
    }

    /// The signature of a delivery is wrong, its owner is unknown, or the delivery is not from that owner; all three
    /// have the same text.
    pub(crate) fn unauthorized_delivery() -> Self {
        Self::unauthorized().about("X-Hub-Signature-256")
    }

    /// The payload of a delivery cannot be read.
    pub(crate) fn invalid_payload() -> Self {
        let words = "the payload is no event in JSON; the form has it in the field payload";
        Self::caller_error(400, Code::InvalidPayload, words).about("payload")
    }

    pub(crate) fn nonce_used() -> Self {
        Self::caller_error(400, Code::NonceAlreadyUsed, "the nonce was used before").about("X-Nonce")
    }

    /// The token was used for another run of this subject.
    pub(crate) fn token_used() -> Self {
        Self::caller_error(400, Code::NonceAlreadyUsed, "the token was used before").about("jti")
    }

    pub(crate) fn duplicate() -> Self {
        Self::caller_error(409, Code::DuplicateTestResult, "this run and attempt is recorded already").about("run_id")
    }

    pub(crate) fn too_large(status: u16, what: &'static str) -> Self {
        Self::caller_error(status, Code::TooLarge, format!("{what} too large")).about(what)
    }

    /// The client or the owner exceeds its rate limit. No cache may store this response, because it does not apply to
    /// other clients.
    pub(crate) fn over_rate(party: LimitedParty, retry_after: u32) -> Self {
        Self {
            retry_after: Some(retry_after),
            fresh_seconds: 0,
            ..Self::caller_error(429, Code::RateLimited, "rate limited").about(party.name())
        }
    }

    /// The request did not come through the proxy in front of the server.
    pub(crate) fn proxy_bypassed() -> Self {
        Self::caller_error(403, Code::OriginForbidden, "ask by the address in front of this one")
    }

    /// No repository of this name is listed. The error does not reveal whether the repository exists.
    pub(crate) fn nothing_listed() -> Self {
        Self::caller_error(404, Code::ResourceNotFound, "no such repository is listed here")
    }

    /// The server does not support streaming responses.
    pub(crate) fn no_events() -> Self {
        Self::caller_error(
            404,
            Code::ResourceNotFound,
            "this server streams no events; ask /api/repos with If-None-Match",
        )
    }

    /// The engine failed; the log says why.
    pub(crate) fn engine_failed() -> Self {
        Self { source: Source::Engine, ..Self::caller_error(500, Code::EngineFailed, "internal error") }
    }

    /// A queue is full.
    pub(crate) fn too_busy() -> Self {
        Self::from(&busy_failure())
    }

    /// An address that a manifest refuses.
    pub(crate) fn refused(refusal: &RefusedRoute) -> Self {
        Self {
            code: refusal.code.clone().into(),
            properties: refusal.property.clone().map(Cow::Owned).into_iter().collect(),
            ..Self::caller_error(400, Code::PathInvalid, refusal.words.clone())
        }
    }

    /// The failure of a call. If an upstream answered that the resource does not exist, the error may be cached longer
    /// than others.
    pub(crate) fn of_outcome(failure: &Failure, asked_upstream: bool) -> Self {
        let mut error = Self::from(failure);
        if error.status == 404 && asked_upstream {
            error.fresh_seconds = MISSING_FRESH;
        }
        error
    }

    /// The same error, with a badge of this label.
    pub(crate) fn labelled(self, label: impl Into<Box<str>>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    /// The same error, with a badge that shows only its text.
    pub(crate) const fn words_alone(mut self) -> Self {
        self.picture = ErrorPicture::WordsAlone;
        self
    }
}

/// What to write instead of a value, the most similar choice first; `None` if there is no choice.
fn remedy(value: &str, choices: &[&str]) -> Option<Box<Cow<'static, str>>> {
    let near = nearest_word(&value.to_ascii_lowercase(), choices.iter().copied());
    let others = choices.iter().copied().filter(|choice| Some(*choice) != near);
    let sorted: Vec<&str> = near.into_iter().chain(others).collect();
    let (last, others) = sorted.split_last()?;
    let or = if others.is_empty() { "" } else { " or " };
    Some(Box::new(format!("use {}{or}{last}", others.join(", ")).into()))
}

/// The failure of a provider's badge after the caller's timeout.
pub(crate) fn late() -> Failure {
    Failure::inaccessible(Code::UpstreamTimeout.name(), "upstream unavailable")
}

/// The failure when a queue is full.
pub(crate) fn busy_failure() -> Failure {
    Failure { retry_after: Some(BUSY_RETRY), ..Failure::inaccessible(Code::TooBusy.name(), "too busy") }
}

/// The failure when plugins.toml does not set the upstream that a request goes to.
pub(crate) fn no_upstream_set() -> Failure {
    Failure::inaccessible(Code::UpstreamNotSet.name(), "no upstream set")
}

/// The failure when an upstream's rate limit is exhausted, with its `Retry-After`. Without one, it is as long as the
/// error may be cached.
pub(crate) fn rate_limited(after: Option<u32>) -> Failure {
    let limited = Failure::inaccessible(Code::UpstreamRateLimited.name(), "rate limited");
    Failure { retry_after: Some(after.unwrap_or(ERROR_FRESH)), ..limited }
}

impl From<&Broken> for Error {
    fn from(broken: &Broken) -> Self {
        match broken {
            Broken::Violation(_) | Broken::Overdue | Broken::OutOfService => {
                Self { source: Source::Provider, ..Self::caller_error(500, Code::ProviderFailed, "provider failed") }
            }
            Broken::Busy => Self::too_busy(),
            Broken::Engine(_) => Self::engine_failed(),
        }
    }
}

impl From<&Failure> for Error {
    fn from(failure: &Failure) -> Self {
        let (status, source) = match failure.kind {
            FailureKind::NotFound => (404, Source::Caller),
            FailureKind::InvalidParameter => (400, Source::Caller),
            FailureKind::InvalidResponse => (502, Source::Upstream),
            FailureKind::Inaccessible => (503, Source::Upstream),
        };
        let code = Code::parse(&failure.code);
        let status = match code {
            Some(Code::SecretNotConfigured) => 401,
            Some(Code::UpstreamForbidden | Code::UrlNotAllowed) => 403,
            Some(Code::ResultNotFound) => 404,
            Some(Code::UpstreamNotSet) => 501,
            Some(Code::UpstreamTimeout) => 504,
            _ => status,
        };
        let properties = match &failure.properties[..] {
            [] => failure.property.clone().into_iter().collect(),
            all => all.into(),
        };
        let is_engine = matches!(code, Some(Code::StoreUnavailable | Code::TooBusy | Code::UpstreamNotSet));
        Self {
            code: failure.code.clone(),
            properties,
            source: if is_engine { Source::Engine } else { source },
            retry_after: failure.retry_after,
            ..Self::caller_error(status, Code::EngineFailed, failure.words.clone())
        }
    }
}
