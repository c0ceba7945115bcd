//! Failures of the upstreams, in shields' words.

use badgesmith_provider::{Answer, Failure};
use serde_json::Value;

/// The requested thing does not exist. The code is derived from the message: `job not found` has `JOB_NOT_FOUND`.
pub(crate) fn not_found(words: &str) -> Failure {
    let code = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    Failure::not_found(words.chars().take(64).map(code).collect::<String>(), words.to_owned())
}

/// A query parameter is missing or has an invalid value.
pub(crate) fn invalid_query(parameter: &'static str) -> Failure {
    Failure::invalid_parameter("PARAMETER_INVALID", parameter, format!("invalid query parameter: {parameter}"))
}

/// The upstream's answer lacks a value that the project itself may lack; `words` is the message.
pub(crate) fn lacks(words: &'static str) -> Failure {
    Failure { words: words.into(), ..Failure::invalid_response() }
}

/// The JSON of an answer; `missing` is the message for 404.
pub(crate) fn json(answer: &Answer, missing: &str) -> Result<Value, Failure> {
    if answer.is_missing() { Err(not_found(missing)) } else { answer.json() }
}

/// The text of an answer; `missing` is the message for 404.
pub(crate) fn text<'a>(answer: &Answer<'a>, missing: &str) -> Result<&'a str, Failure> {
    if answer.is_missing() {
        return Err(not_found(missing));
    }
    std::str::from_utf8(answer.success()?).map_err(|_| Failure::invalid_response().because("the text is not UTF-8"))
}
