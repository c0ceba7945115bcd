//! Sends reports. Each attempt has a new signature, transient faults are retried until the patience ends, and the
//! server's error messages are passed on.

use std::{
    cell::{Cell, RefCell},
    fmt,
    time::Duration,
};

use backon::Retryable;
use badgesmith_host::client::{ClientError, Connections};
use reqwest::{Client, StatusCode, header};
use url::Url;

use super::{
    attempt::{self, AttemptFault},
    credential::{Credential, ProvingHeaders},
    patience::Deadline,
    signing::SignedHeaders,
    token::BearerToken,
};

/// A report and its address.
#[derive(Debug)]
pub(super) struct Delivery<'a> {
    pub(super) url: Url,
    /// The path as the server sees it, without the prefix of a proxy in front of it. It is part of the signed string.
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
}

/// Sends the reports of a command, which share a client, a patience and, if there is one, a token.
pub(super) struct Sender<'a> {
    client: Client,
    credential: &'a Credential,
    deadline: Deadline,
    /// Called with the headers of each attempt.
    show: &'a dyn Fn(&ProvingHeaders),
    /// The most recent token.
    token: RefCell<Option<BearerToken>>,
}

/// Why a report was not recorded.
#[derive(Debug)]
pub(super) enum SendFault {
    /// The server refused the report, and would refuse it again.
    Refused(AttemptFault),
    /// The server asks for a pause that is longer than the patience.
    Postponed(AttemptFault, Duration),
    /// All attempts failed.
    GaveUp { fault: AttemptFault, attempts: u32, patience: Duration },
}

impl fmt::Display for SendFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(fault) | Self::GaveUp { fault, attempts: 1, .. } => fault.fmt(f),
            Self::Postponed(fault, pause) => {
                let pause = pause.as_secs();
                write!(
                    f,
                    "{fault}; the server asks to wait {pause} seconds, which is longer than what is left of --patience"
                )
            }
            Self::GaveUp { fault, attempts, patience } => {
                write!(f, "{fault}, {attempts} times within the {} seconds of --patience", patience.as_secs_f32())
            }
        }
    }
}

impl<'a> Sender<'a> {
    /// A sender that begins attempts until the deadline.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub(super) fn new(
        credential: &'a Credential,
        deadline: Deadline,
        show: &'a dyn Fn(&ProvingHeaders),
    ) -> Result<Self, ClientError> {
        let connections = Connections::new();
        let client = connections.client()?.clone();
        Ok(Self { client, credential, deadline, show, token: RefCell::default() })
    }

    /// Sends a report until it is recorded, accepted by a queue, or refused.
    ///
    /// # Errors
    /// The server refused the report, or no attempt reached it.
    pub(super) async fn send(&self, delivery: &Delivery<'_>) -> Result<(), SendFault> {
        let (attempts, may_be_recorded) = (Cell::new(0), Cell::new(false));
        let try_once = || async {
            attempts.set(attempts.get() + 1);
            match self.attempt(delivery).await {
                // An earlier attempt was recorded, and its answer was lost.
                Err(fault) if fault.is_conflict() && may_be_recorded.get() => Ok(()),
                Err(fault) => {
                    may_be_recorded.set(may_be_recorded.get() || fault.may_be_recorded());
                    Err(fault)
                }
                Ok(()) => Ok(()),
            }
        };
        let pauses = try_once.retry(Deadline::pauses()).when(AttemptFault::is_transient);
        let sent = pauses.adjust(|fault, own| self.deadline.pause(fault.retry_after(), own)).await;
        let attempts = attempts.get();
        sent.map_err(|fault| match fault.retry_after().filter(|pause| !pause.is_zero()) {
            _ if !fault.is_transient() => SendFault::Refused(fault),
            Some(pause) => SendFault::Postponed(fault, pause),
            None => SendFault::GaveUp { fault, attempts, patience: self.deadline.patience },
        })
    }

    /// Makes one attempt. If the token of an earlier report has expired, requests another one.
    async fn attempt(&self, delivery: &Delivery<'_>) -> Result<(), AttemptFault> {
        match self.post(delivery).await {
            Err(fault) if fault.says("INVALID_TOKEN", "exp") && self.forget_token() => self.post(delivery).await,
            outcome => outcome,
        }
    }

    async fn post(&self, delivery: &Delivery<'_>) -> Result<(), AttemptFault> {
        let headers = self.headers(delivery).await?;
        (self.show)(&headers);
        let request = self.client.post(delivery.url.clone()).header(header::CONTENT_TYPE, "application/json");
        let request = headers.add_to(request).body(delivery.body.to_vec());
        let sent = attempt::send(&delivery.url, request, &[StatusCode::CREATED, StatusCode::ACCEPTED]).await;
        sent.map(drop).map_err(|fault| fault.with_remedy(|status| remedy(status, &headers)))
    }

    /// The headers that prove the origin: a new signature, or the token that all reports share.
    async fn headers(&self, delivery: &Delivery<'_>) -> Result<ProvingHeaders, AttemptFault> {
        let source = match self.credential {
            Credential::Secret(secret) => {
                return Ok(ProvingHeaders::Signed(SignedHeaders::new(secret, delivery.path, delivery.body)));
            }
            Credential::Token(source) => source,
        };
        let known = self.token.borrow().clone();
        let token = match known {
            Some(token) => token,
            None => source.token(&self.client).await?,
        };
        *self.token.borrow_mut() = Some(token.clone());
        Ok(ProvingHeaders::Token(token))
    }

    /// Forgets the token if another one can be requested. Returns whether it did.
    fn forget_token(&self) -> bool {
        let can_renew = matches!(self.credential, Credential::Token(source) if source.can_renew());
        can_renew && self.token.take().is_some()
    }
}

/// What to do about a refusal.
fn remedy(status: StatusCode, headers: &ProvingHeaders) -> &'static str {
    match status {
        StatusCode::CONFLICT => {
            "; another job of this run has reported already: tell them apart by --platform or --part, or give a new \
             --run-attempt"
        }
        status if status.is_redirection() => "; give --server the address it moved to",
        StatusCode::UNAUTHORIZED if matches!(headers, ProvingHeaders::Signed(_)) => {
            "; is it the secret that the server has for this owner or repository?"
        }
        StatusCode::NOT_FOUND => "; is --server the address of a badge server?",
        _ => "",
    }
}
