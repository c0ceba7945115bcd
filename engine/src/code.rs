//! The codes of errors, for programs; the text of the badge is for people.

/// A code that the engine knows. A provider may end a call with a code of its own, which is sent unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A declarative provider has no badge of that name.
    BadgeNotFound,
    /// The report's run and attempt are recorded already.
    DuplicateTestResult,
    /// The engine failed; the log says why.
    EngineFailed,
    /// The payload of a delivery cannot be read.
    InvalidPayload,
    /// No plugin has this provider's addresses.
    InvalidProvider,
    /// The signature of the report or the delivery is not valid.
    InvalidSignature,
    /// The report's timestamp is malformed or too far from the current time.
    InvalidTimestamp,
    /// The token of the report is not valid, or does not prove the origin of the report.
    InvalidToken,
    /// A static badge without `message`.
    MessageRequired,
    /// The address does not allow this method.
    MethodNotAllowed,
    /// A report or a delivery lacks headers, or has both a signature and a token.
    MissingAuthHeaders,
    /// The report's nonce was used before.
    NonceAlreadyUsed,
    /// The request did not come through the proxy in front of the server.
    OriginForbidden,
    /// A parameter has a value that is not allowed.
    ParameterInvalid,
    /// The path is percent-encoded too often.
    PathInvalid,
    /// The provider violated its interface; the log says how.
    ProviderFailed,
    /// A client or an owner exceeds a rate limit.
    RateLimited,
    /// The document does not exist.
    ResourceNotFound,
    /// The result of a query is not of the type that the caller named.
    ResultInvalid,
    /// There is no result, or a query found none.
    ResultNotFound,
    /// No badge has this address.
    RouteNotFound,
    /// The owner has no secret for this upstream.
    SecretNotConfigured,
    /// The store or the owners' secrets are unavailable.
    StoreUnavailable,
    /// A queue is full.
    TooBusy,
    /// The path, the headers or the body are too large.
    TooLarge,
    /// The upstream refuses access.
    UpstreamForbidden,
    /// The upstream's answer cannot be used.
    UpstreamInvalid,
    /// The operator has not set the address of the upstream.
    UpstreamNotSet,
    /// The rate limit of the upstream is exhausted.
    UpstreamRateLimited,
    /// The upstream did not answer in time.
    UpstreamTimeout,
    /// The upstream cannot be reached, or fails.
    UpstreamUnavailable,
    /// `url` is not a valid address.
    UrlInvalid,
    /// The address in `url` is not allowed.
    UrlNotAllowed,
}

impl Code {
    /// Every code, in the order of their names.
    pub const ALL: [Self; 33] = [
        Self::BadgeNotFound,
        Self::DuplicateTestResult,
        Self::EngineFailed,
        Self::InvalidPayload,
        Self::InvalidProvider,
        Self::InvalidSignature,
        Self::InvalidTimestamp,
        Self::InvalidToken,
        Self::MessageRequired,
        Self::MethodNotAllowed,
        Self::MissingAuthHeaders,
        Self::NonceAlreadyUsed,
        Self::OriginForbidden,
        Self::ParameterInvalid,
        Self::PathInvalid,
        Self::ProviderFailed,
        Self::RateLimited,
        Self::ResourceNotFound,
        Self::ResultInvalid,
        Self::ResultNotFound,
        Self::RouteNotFound,
        Self::SecretNotConfigured,
        Self::StoreUnavailable,
        Self::TooBusy,
        Self::TooLarge,
        Self::UpstreamForbidden,
        Self::UpstreamInvalid,
        Self::UpstreamNotSet,
        Self::UpstreamRateLimited,
        Self::UpstreamTimeout,
        Self::UpstreamUnavailable,
        Self::UrlInvalid,
        Self::UrlNotAllowed,
    ];

    /// The code as it is sent and logged.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadgeNotFound => "BADGE_NOT_FOUND",
            Self::DuplicateTestResult => "DUPLICATE_TEST_RESULT",
            Self::EngineFailed => "ENGINE_FAILED",
            Self::InvalidPayload => "INVALID_PAYLOAD",
            Self::InvalidProvider => "INVALID_PROVIDER",
            Self::InvalidSignature => "INVALID_SIGNATURE",
            Self::InvalidTimestamp => "INVALID_TIMESTAMP",
            Self::InvalidToken => "INVALID_TOKEN",
            Self::MessageRequired => "MESSAGE_REQUIRED",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::MissingAuthHeaders => "MISSING_AUTH_HEADERS",
            Self::NonceAlreadyUsed => "NONCE_ALREADY_USED",
            Self::OriginForbidden => "ORIGIN_FORBIDDEN",
            Self::ParameterInvalid => "PARAMETER_INVALID",
            Self::PathInvalid => "PATH_INVALID",
            Self::ProviderFailed => "PROVIDER_FAILED",
            Self::RateLimited => "RATE_LIMITED",
            Self::ResourceNotFound => "RESOURCE_NOT_FOUND",
            Self::ResultInvalid => "RESULT_INVALID",
            Self::ResultNotFound => "RESULT_NOT_FOUND",
            Self::RouteNotFound => "ROUTE_NOT_FOUND",
            Self::SecretNotConfigured => "SECRET_NOT_CONFIGURED",
            Self::StoreUnavailable => "STORE_UNAVAILABLE",
            Self::TooBusy => "TOO_BUSY",
            Self::TooLarge => "TOO_LARGE",
            Self::UpstreamForbidden => "UPSTREAM_FORBIDDEN",
            Self::UpstreamInvalid => "UPSTREAM_INVALID",
            Self::UpstreamNotSet => "UPSTREAM_NOT_SET",
            Self::UpstreamRateLimited => "UPSTREAM_RATE_LIMITED",
            Self::UpstreamTimeout => "UPSTREAM_TIMEOUT",
            Self::UpstreamUnavailable => "UPSTREAM_UNAVAILABLE",
            Self::UrlInvalid => "URL_INVALID",
            Self::UrlNotAllowed => "URL_NOT_ALLOWED",
        }
    }

    /// The code of that name, if the engine knows it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }
}
