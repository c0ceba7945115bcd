//! The failures that more than one file returns.

use badgesmith_provider::Failure;

use crate::stop::Stop;

/// There is no such package, or the token may not see it.
pub(crate) fn package_not_found() -> Failure {
    Failure::not_found("PACKAGE_NOT_FOUND", "package not found").about("package")
}

/// The package has no version that fits the query.
pub(crate) fn version_not_found() -> Failure {
    Failure::not_found("VERSION_NOT_FOUND", "version not found").about("version")
}

/// There is no such repository, user, release, …; `words` is the message.
pub(crate) fn not_found(words: impl Into<String>) -> Stop {
    Failure::not_found("NOT_FOUND", words.into()).into()
}

/// GitHub answers this only to requests with a token, and there is none.
pub(crate) fn token_required() -> Stop {
    Failure::inaccessible("TOKEN_REQUIRED", "token required").into()
}

/// A parameter is missing or has an invalid value; `words` is the message.
pub(crate) fn refused(parameter: &'static str, words: impl Into<String>) -> Stop {
    Failure::invalid_parameter("PARAMETER_INVALID", parameter, words.into()).into()
}

/// A query parameter is missing or has an invalid value.
pub(crate) fn invalid_query(name: &'static str) -> Stop {
    refused(name, format!("invalid query parameter: {name}"))
}

/// GitHub's answer lacks the value that the badge shows; `words` is the message. Unlike for a missing repository, the
/// badge is grey.
pub(crate) fn lacking(words: impl Into<String>) -> Stop {
    Failure { words: words.into().into(), ..Failure::invalid_response() }.into()
}

/// GitHub's answer is not what it documents; `reason` is for the log.
pub(crate) fn invalid(reason: String) -> Stop {
    Failure::invalid_response().because(reason).into()
}
