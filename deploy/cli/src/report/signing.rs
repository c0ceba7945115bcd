//! The headers that prove where a report comes from.

use std::{fmt, time::SystemTime};

use badgesmith_engine::signature;
use jiff::Timestamp;

use crate::report::secret::ReportSecret;

/// The three headers of a signed report.
#[derive(Debug)]
pub(crate) struct SignedHeaders {
    pub(crate) signature: String,
    pub(crate) timestamp: String,
    pub(crate) nonce: String,
}

impl SignedHeaders {
    /// Signs a body for a path. The signature is valid for a few minutes and for one request.
    pub(crate) fn new(secret: &ReportSecret, path: &str, body: &[u8]) -> Self {
        let (timestamp, nonce) = (now(), format!("{:032x}", fastrand::u128(..)));
        let signature = signature::sign(&secret.0, &timestamp, &nonce, "POST", path, body);
        Self { signature, timestamp, nonce }
    }
}

impl fmt::Display for SignedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signature, timestamp, nonce } = self;
        write!(f, "X-Signature: {signature}\nX-Timestamp: {timestamp}\nX-Nonce: {nonce}\n")
    }
}

/// The time in UTC with milliseconds, because the badge shows the latest of several results. A system clock outside the
/// range of the calendar gives 1970, which no server accepts.
pub(crate) fn now() -> String {
    format!("{:.3}", Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH))
}
