//! Sending: every try is signed anew, faults are tried again, and what the server says is passed on.

use std::{fmt, time::Duration};

use badgesmith_engine::signature;
use badgesmith_host::client;
use reqwest::{Client, Response, StatusCode, header};
use serde::Deserialize;
use url::Url;

/// Tries after the first.
const RETRIES: u32 = 3;
/// The pause before the first of them; it doubles each time.
const PAUSE: Duration = Duration::from_millis(150);
/// How long one try may take. The server answers within ten seconds or not at all.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest pause a server may ask for; with a longer one the job would wait for nothing.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How much of an answer is read, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// What signs reports. It is printed nowhere.
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The three headers that prove where a report comes from.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) signature: String,
    pub(crate) timestamp: String,
    pub(crate) nonce: String,
}

impl Signed {
    /// Signs a body for a path, for the next minutes and for once.
    pub(crate) fn new(secret: &Secret, path: &str, body: &[u8]) -> Self {
        let (timestamp, nonce) = (super::now(), format!("{:032x}", fastrand::u128(..)));
        let signature = signature::sign(&secret.0, &timestamp, &nonce, "POST", path, body);
        Self { signature, timestamp, nonce }
    }
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signature, timestamp, nonce } = self;
        write!(f, "X-Signature: {signature}\nX-Timestamp: {timestamp}\nX-Nonce: {nonce}\n")
    }
}

/// A report on its way.
#[derive(Debug)]
pub(super) struct Letter<'a> {
    pub(super) url: Url,
    /// The path as the server sees it: without what a proxy in front of it takes off.
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
    pub(super) secret: &'a Secret,
}

/// How one try ended.
enum Tried {
    Recorded,
    /// The run is known already.
    Known(String),
    /// It would end the same way again.
    Refused(String),
    /// It may go better later. `is_open` where the report may have been recorded all the same.
    Faulty {
        words: String,
        pause: Option<Duration>,
        is_open: bool,
    },
}

/// Sends it until it is recorded or refused; `show` sees every try's headers.
///
/// # Errors
/// What the server or the network said, and what to do.
pub(super) async fn send(letter: &Letter<'_>, mut show: impl FnMut(&Signed)) -> Result<(), String> {
    let client = client::Connections::new().client().cloned().map_err(|error| error.to_string())?;
    let mut may_be_recorded = false;
    let mut retry = 0;
    loop {
        let signed = Signed::new(letter.secret, letter.path, letter.body);
        show(&signed);
        let (words, pause) = match attempt(&client, letter, &signed).await {
            Tried::Recorded => return Ok(()),
            Tried::Known(_) if may_be_recorded => return Ok(()),
            Tried::Known(words) | Tried::Refused(words) => return Err(words),
            Tried::Faulty { words, pause, is_open } => {
                may_be_recorded |= is_open;
                (words, pause)
            }
        };
        if retry == RETRIES {
            return Err(format!("{words}, {} times in a row", RETRIES + 1));
        }
        if let Some(pause) = pause.filter(|pause| *pause > LONGEST_PAUSE) {
            return Err(format!("{words}; the server asks to wait {} seconds, so try again later", pause.as_secs()));
        }
        // Between half of the pause and all of it, so that jobs which failed together do not come back together.
        let own = (PAUSE * 2_u32.pow(retry)).mul_f64(0.5 + fastrand::f64() / 2.0);
        tokio::time::sleep(pause.unwrap_or(own)).await;
        retry += 1;
    }
}

async fn attempt(client: &Client, letter: &Letter<'_>, signed: &Signed) -> Tried {
    let request = client
        .post(letter.url.clone())
        .timeout(PATIENCE)
        .header(header::CONTENT_TYPE, "application/json")
        .header("X-Signature", &signed.signature)
        .header("X-Timestamp", &signed.timestamp)
        .header("X-Nonce", &signed.nonce)
        .body(letter.body.to_vec());
    let response = match request.send().await {
        Ok(response) => response,
        Err(fault) => {
            let is_open = !fault.is_connect();
            let what = match &fault {
                fault if fault.is_timeout() => "does not answer in time",
                fault if fault.is_connect() => "cannot be reached",
                _ => "broke the connection off",
            };
            let words = format!("{} {what} ({})", origin(&letter.url), reason(&fault));
            return Tried::Faulty { words, pause: None, is_open };
        }
    };
    let status = response.status();
    let pause = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let pause = pause.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    if status == StatusCode::CREATED {
        return Tried::Recorded;
    }
    let words = format!("{} answers {}{}", origin(&letter.url), status, said(response).await);
    match status {
        StatusCode::CONFLICT => Tried::Known(format!(
            "{words}; another job of this run has reported already: tell them apart by --platform, or give a new --run-attempt"
        )),
        StatusCode::TOO_MANY_REQUESTS => Tried::Faulty { words, pause, is_open: false },
        status if status.is_server_error() => Tried::Faulty { words, pause, is_open: true },
        status if status.is_redirection() => Tried::Refused(format!("{words}; give --server the address it moved to")),
        StatusCode::UNAUTHORIZED => {
            Tried::Refused(format!("{words}; is it the secret that the server has for this owner or repository?"))
        }
        StatusCode::NOT_FOUND => Tried::Refused(format!("{words}; is --server the address of a badge server?")),
        _ => Tried::Refused(words),
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The innermost reason, which is the one that says something.
fn reason(fault: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = fault;
    while let Some(deeper) = reason.source() {
        reason = deeper;
    }
    // Without a deeper reason it would name the whole address.
    if std::ptr::eq(reason, fault) { "no reason given".to_owned() } else { clean(&reason.to_string()) }
}

/// An error's shape, as far as it is of use here.
#[derive(Deserialize)]
struct Refused {
    message: String,
    #[serde(default)]
    error_details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    error_code: Option<String>,
    property_name: Option<String>,
    message: Option<String>,
}

/// What the server says beside its status.
async fn said(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST_ANSWER {
            break;
        }
    }
    let Ok(refused) = serde_json::from_slice::<Refused>(&bytes) else { return String::new() };
    let details = refused.error_details.iter().map(|detail| {
        let parts = [&detail.error_code, &detail.property_name, &detail.message];
        parts.into_iter().flatten().map(|part| clean(part)).collect::<Vec<_>>().join(" ")
    });
    let details: Vec<_> = details.collect();
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
    format!(": {}{details}", clean(&refused.message))
}

/// One line of readable length, without what would move a terminal's cursor.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
