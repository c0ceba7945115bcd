//! One attempt to reach a server: the request, and why it failed.

use std::{error::Error, fmt, time::Duration};

use reqwest::{RequestBuilder, Response, StatusCode, Url, header};
use serde::Deserialize;

/// The timeout of one attempt. The server answers within ten seconds or not at all.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How much of an answer is read, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Why one attempt failed.
#[derive(Debug)]
pub(super) struct AttemptFault {
    /// Whether the request was for an ID token, not the report itself.
    is_of_token: bool,
    origin: String,
    cause: Cause,
    /// What to do about it.
    remedy: &'static str,
}

#[derive(Debug)]
enum Cause {
    /// There was no answer.
    Transport(reqwest::Error),
    /// The server answered with an error.
    Answer { status: StatusCode, error: ErrorBody, retry_after: Option<Duration> },
    /// The answer does not have the expected form.
    Malformed(&'static str),
}

/// Sends a request, and returns the answer if it has one of the statuses that are a success.
pub(super) async fn send(
    url: &Url,
    request: RequestBuilder,
    successes: &[StatusCode],
) -> Result<Response, AttemptFault> {
    let fault = |cause| AttemptFault { cause, ..AttemptFault::malformed(url, "") };
    let sent = request.timeout(TIMEOUT).send().await;
    let response = sent.map_err(|error| fault(Cause::Transport(error)))?;
    let status = response.status();
    if successes.contains(&status) {
        return Ok(response);
    }
    let seconds = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = seconds.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    let error = serde_json::from_slice(&read(response).await).unwrap_or_default();
    Err(fault(Cause::Answer { status, error, retry_after }))
}

/// The body of an answer, as far as it is read.
pub(super) async fn read(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_ANSWER {
            break;
        }
    }
    bytes
}

impl AttemptFault {
    /// The fault of an answer that does not have the expected form.
    pub(super) fn malformed(url: &Url, why: &'static str) -> Self {
        let origin = url.origin().ascii_serialization();
        Self { is_of_token: false, origin, cause: Cause::Malformed(why), remedy: "" }
    }

    /// Marks this as the fault of a request for an ID token.
    pub(super) fn of_token(mut self) -> Self {
        self.is_of_token = true;
        self
    }

    /// Adds advice for an answer with this status.
    pub(super) fn with_remedy(mut self, remedy: impl FnOnce(StatusCode) -> &'static str) -> Self {
        if let Cause::Answer { status, .. } = &self.cause {
            self.remedy = remedy(*status);
        }
        self
    }

    /// Whether another attempt may succeed.
    pub(super) fn is_transient(&self) -> bool {
        match &self.cause {
            Cause::Transport(_) => true,
            Cause::Answer { status, .. } => *status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error(),
            Cause::Malformed(_) => false,
        }
    }

    /// Whether the server may have recorded the report although the attempt failed.
    pub(super) fn may_be_recorded(&self) -> bool {
        match &self.cause {
            _ if self.is_of_token => false,
            Cause::Transport(fault) => !fault.is_connect(),
            Cause::Answer { status, .. } => status.is_server_error(),
            Cause::Malformed(_) => false,
        }
    }

    /// Whether the run is recorded already.
    pub(super) fn is_conflict(&self) -> bool {
        !self.is_of_token && matches!(&self.cause, Cause::Answer { status: StatusCode::CONFLICT, .. })
    }

    /// Whether the server says that this part of the request has this fault.
    pub(super) fn says(&self, code: &str, property: &str) -> bool {
        let is_it = |detail: &ErrorDetail| {
            detail.error_code.as_deref() == Some(code) && detail.property_name.as_deref() == Some(property)
        };
        matches!(&self.cause, Cause::Answer { error, .. } if error.error_details.iter().any(is_it))
    }

    /// How long the server asks to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match &self.cause {
            Cause::Answer { retry_after, .. } => *retry_after,
            Cause::Transport(_) | Cause::Malformed(_) => None,
        }
    }
}

impl fmt::Display for AttemptFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_of_token, origin, cause, remedy } = self;
        let purpose = if *is_of_token { "no ID token: " } else { "" };
        write!(f, "{purpose}{origin} ")?;
        match cause {
            Cause::Transport(fault) => {
                let what = match fault {
                    fault if fault.is_timeout() => "does not answer in time",
                    fault if fault.is_connect() => "cannot be reached",
                    _ => "broke the connection off",
                };
                write!(f, "{what} ({})", innermost_reason(fault))
            }
            Cause::Answer { status, error, .. } => write!(f, "answers {status}{error}{remedy}"),
            Cause::Malformed(why) => f.write_str(why),
        }
    }
}

/// The parts of an error answer's body that are shown. Empty if the body does not come from a badge server.
#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: String,
    #[serde(default)]
    error_details: Vec<ErrorDetail>,
}

#[derive(Debug, Deserialize)]
struct ErrorDetail {
    error_code: Option<String>,
    property_name: Option<String>,
    message: Option<String>,
}

impl fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.message.is_empty() {
            write!(f, ": {}", clean(&self.message))?;
        }
        let details = self.error_details.iter().map(|detail| {
            let parts = [&detail.error_code, &detail.property_name, &detail.message];
            parts.into_iter().flatten().map(|part| clean(part)).collect::<Vec<_>>().join(" ")
        });
        let details: Vec<_> = details.collect();
        if details.is_empty() { Ok(()) } else { write!(f, " ({})", details.join(", ")) }
    }
}

/// The innermost reason of a transport fault. The outer ones are less specific.
fn innermost_reason(fault: &reqwest::Error) -> String {
    let mut reason: &dyn Error = fault;
    while let Some(source) = reason.source() {
        reason = source;
    }
    // The outermost reason contains the whole address.
    if std::ptr::eq(reason, fault) { "no reason given".to_owned() } else { clean(&reason.to_string()) }
}

/// A single line of limited length, without control characters that would move the cursor of a terminal. Commands of CI
/// systems are disarmed too: Azure Pipelines and GitHub Actions obey `##vso[` and `##[` anywhere in a line.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect::<String>().replace("##", "#\u{200b}#")
}
