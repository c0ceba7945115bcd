//! Sends a report. Each attempt is signed anew, transient faults are retried, and what the server answers is passed on.

use std::{cell::Cell, error::Error, fmt, time::Duration};

use backon::{ExponentialBuilder, Retryable};
use badgesmith_host::client;
use reqwest::{Client, Response, StatusCode, header};
use serde::Deserialize;
use url::Url;

use super::{secret::ReportSecret, signing::SignedHeaders};

/// How often an attempt is repeated.
const RETRIES: usize = 3;
/// The shortest pause before the first retry. It doubles with each retry, and a random time up to the same length is
/// added, so that jobs that failed together do not retry together.
const SHORTEST_PAUSE: Duration = Duration::from_millis(75);
/// The timeout of one attempt. The server answers within ten seconds or not at all.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The longest pause that a server may ask for. A job does not wait longer.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);
/// How much of an answer is read, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// A report and its address.
#[derive(Debug)]
pub(super) struct Delivery<'a> {
    pub(super) url: Url,
    /// The path as the server sees it, without the prefix of a proxy in front of it. It is part of what is signed.
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
    pub(super) secret: &'a ReportSecret,
}

/// Why a report was not recorded.
#[derive(Debug)]
pub(super) enum SendFault {
    /// The HTTP client cannot be built.
    Client(String),
    /// The server refused the report, and would refuse it again.
    Refused(AttemptFault),
    /// The server asks for a pause that is too long.
    Postponed(AttemptFault, Duration),
    /// All attempts failed.
    GaveUp(AttemptFault),
}

impl fmt::Display for SendFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(reason) => f.write_str(reason),
            Self::Refused(fault) => fault.fmt(f),
            Self::Postponed(fault, pause) => {
                write!(f, "{fault}; the server asks to wait {} seconds, so try again later", pause.as_secs())
            }
            Self::GaveUp(fault) => write!(f, "{fault}, {} times in a row", RETRIES + 1),
        }
    }
}

/// Sends a report until it is recorded or refused. `show` is called with the headers of each attempt.
///
/// # Errors
/// The server refused the report, or no attempt reached it.
pub(super) async fn send(delivery: &Delivery<'_>, show: impl Fn(&SignedHeaders)) -> Result<(), SendFault> {
    let connections = client::Connections::new();
    let client = connections.client().map_err(|fault| SendFault::Client(fault.to_string()))?;
    let (attempts, may_be_recorded) = (Cell::new(0), Cell::new(false));
    let attempt = || async {
        attempts.set(attempts.get() + 1);
        let headers = SignedHeaders::new(delivery.secret, delivery.path, delivery.body);
        show(&headers);
        match post(client, delivery, &headers).await {
            // An earlier attempt was recorded, and its answer was lost.
            Err(fault) if fault.is_conflict() && may_be_recorded.get() => Ok(()),
            Err(fault) => {
                may_be_recorded.set(may_be_recorded.get() || fault.may_be_recorded());
                Err(fault)
            }
            Ok(()) => Ok(()),
        }
    };
    let backoff = ExponentialBuilder::default().with_min_delay(SHORTEST_PAUSE).with_max_times(RETRIES).with_jitter();
    let sent = attempt.retry(backoff).when(AttemptFault::is_transient).adjust(AttemptFault::pause).await;
    sent.map_err(|fault| match fault.retry_after() {
        _ if !fault.is_transient() => SendFault::Refused(fault),
        Some(pause) if attempts.get() <= RETRIES => SendFault::Postponed(fault, pause),
        _ => SendFault::GaveUp(fault),
    })
}

/// Why one attempt failed.
#[derive(Debug)]
pub(super) struct AttemptFault {
    origin: String,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    /// There was no answer.
    Transport(reqwest::Error),
    /// The server answered with an error.
    Answer { status: StatusCode, message: String, retry_after: Option<Duration> },
}

impl AttemptFault {
    /// Whether another attempt may succeed.
    fn is_transient(&self) -> bool {
        match &self.cause {
            Cause::Transport(_) => true,
            Cause::Answer { status, .. } => *status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error(),
        }
    }

    /// Whether the server may have recorded the report although the attempt failed.
    fn may_be_recorded(&self) -> bool {
        match &self.cause {
            Cause::Transport(fault) => !fault.is_connect(),
            Cause::Answer { status, .. } => status.is_server_error(),
        }
    }

    /// Whether the run is recorded already.
    fn is_conflict(&self) -> bool {
        matches!(&self.cause, Cause::Answer { status: StatusCode::CONFLICT, .. })
    }

    fn retry_after(&self) -> Option<Duration> {
        match &self.cause {
            Cause::Transport(_) => None,
            Cause::Answer { retry_after, .. } => *retry_after,
        }
    }

    /// The pause before the next attempt: the server's rather than our own, and `None` if there is no next attempt.
    fn pause(&self, own: Option<Duration>) -> Option<Duration> {
        let pause = self.retry_after().or(own)?;
        own.filter(|_| pause <= LONGEST_RETRY_AFTER).map(|_| pause)
    }
}

impl fmt::Display for AttemptFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &self.origin;
        match &self.cause {
            Cause::Transport(fault) => {
                let what = match fault {
                    fault if fault.is_timeout() => "does not answer in time",
                    fault if fault.is_connect() => "cannot be reached",
                    _ => "broke the connection off",
                };
                write!(f, "{origin} {what} ({})", innermost_reason(fault))
            }
            Cause::Answer { status, message, .. } => {
                let remedy = match *status {
                    StatusCode::CONFLICT => {
                        "; another job of this run has reported already: tell them apart by --platform or --part, or give a new \
                         --run-attempt"
                    }
                    status if status.is_redirection() => "; give --server the address it moved to",
                    StatusCode::UNAUTHORIZED => "; is it the secret that the server has for this owner or repository?",
                    StatusCode::NOT_FOUND => "; is --server the address of a badge server?",
                    _ => "",
                };
                write!(f, "{origin} answers {status}{message}{remedy}")
            }
        }
    }
}

/// One attempt.
async fn post(client: &Client, delivery: &Delivery<'_>, headers: &SignedHeaders) -> Result<(), AttemptFault> {
    let request = client
        .post(delivery.url.clone())
        .timeout(TIMEOUT)
        .header(header::CONTENT_TYPE, "application/json")
        .header("X-Signature", &headers.signature)
        .header("X-Timestamp", &headers.timestamp)
        .header("X-Nonce", &headers.nonce)
        .body(delivery.body.to_vec());
    let fault = |cause| AttemptFault { origin: delivery.url.origin().ascii_serialization(), cause };
    let response = request.send().await.map_err(|error| fault(Cause::Transport(error)))?;
    let status = response.status();
    if status == StatusCode::CREATED {
        return Ok(());
    }
    let seconds = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = seconds.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    Err(fault(Cause::Answer { status, message: error_message(response).await, retry_after }))
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

/// The body of an error answer, as far as it is shown.
#[derive(Deserialize)]
struct ErrorBody {
    message: String,
    #[serde(default)]
    error_details: Vec<ErrorDetail>,
}

#[derive(Deserialize)]
struct ErrorDetail {
    error_code: Option<String>,
    property_name: Option<String>,
    message: Option<String>,
}

/// The message in an error answer, with a colon before it; empty if the body is not one of a badge server.
async fn error_message(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_ANSWER {
            break;
        }
    }
    let Ok(body) = serde_json::from_slice::<ErrorBody>(&bytes) else { return String::new() };
    let details = body.error_details.iter().map(|detail| {
        let parts = [&detail.error_code, &detail.property_name, &detail.message];
        parts.into_iter().flatten().map(|part| clean(part)).collect::<Vec<_>>().join(" ")
    });
    let details: Vec<_> = details.collect();
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
    format!(": {}{details}", clean(&body.message))
}

/// A single line of limited length, without control characters that would move the cursor of a terminal.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
