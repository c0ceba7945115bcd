//! The three headers of a signed report.

use std::time::{Duration, SystemTime};

use badgesmith_provider::Timestamp;
use http::HeaderName;

use crate::{
    call::records::unavailable,
    error::Error,
    parts::Parts,
    request::Request,
    signature::{Signature, string_to_sign},
    store::Subject,
    world::SERVER,
};

const SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-timestamp");
const NONCE: HeaderName = HeaderName::from_static("x-nonce");
/// Their names, as errors write them.
pub(super) const NAMES: [&str; 3] = ["X-Signature", "X-Timestamp", "X-Nonce"];
/// The longest nonce, in bytes.
const LONGEST_NONCE: usize = 128;
/// How far behind the engine's clock a request's timestamp may be, and how far ahead of it.
const BACK: Duration = Duration::from_secs(5 * 60);
const AHEAD: Duration = Duration::from_secs(60);

/// The headers of a signed request.
pub(super) struct SignedHeaders<'a> {
    signature: &'a str,
    timestamp: &'a str,
    pub(super) nonce: &'a str,
}

/// Whether a text can be a nonce: visible ASCII characters, and not too many.
pub(super) fn is_nonce(text: &str) -> bool {
    (1..=LONGEST_NONCE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl<'a> SignedHeaders<'a> {
    /// The headers that are missing.
    pub(super) fn missing(request: &Request) -> Vec<&'static str> {
        let headers = [SIGNATURE, TIMESTAMP, NONCE].map(|name| request.header(name));
        headers.iter().zip(NAMES).filter(|(header, _)| header.is_empty()).map(|(_, name)| name).collect()
    }

    /// Reads the three headers.
    pub(super) fn read(request: &'a Request) -> Result<Self, Error> {
        let missing = Self::missing(request);
        if !missing.is_empty() {
            return Err(Error::missing_headers(&missing));
        }
        let [signature, timestamp, nonce] = [SIGNATURE, TIMESTAMP, NONCE].map(|name| request.header(name));
        if !is_nonce(nonce) {
            return Err(Error::missing_headers(&["X-Nonce"]));
        }
        Ok(Self { signature, timestamp, nonce })
    }

    /// Checks that the request was signed just now.
    pub(super) fn check_clock(&self, now: SystemTime) -> Result<(), Error> {
        let Some(timestamp) = Timestamp::parse(self.timestamp) else { return Err(Error::invalid_timestamp()) };
        let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let milliseconds = u128::try_from(timestamp.as_ms()).map_err(|_| Error::invalid_timestamp())?;
        if milliseconds < since(now - BACK) || milliseconds > since(now + AHEAD) {
            return Err(Error::invalid_timestamp());
        }
        Ok(())
    }

    /// Whether the signature was made with a secret of the repository, or else of its owner. A malformed signature, a
    /// disabled version and an unknown owner take as long as a wrong signature, so that timing reveals nothing.
    pub(super) async fn is_authentic(
        &self,
        parts: &Parts,
        request: &Request,
        subject: &Subject,
        purpose: &str,
    ) -> Result<bool, Error> {
        let Self { signature, timestamp, nonce } = self;
        let secrets = parts.world.secrets.find(subject.owner(), Some(subject.repo()), purpose).await;
        let mut secrets = secrets.map_err(|fault| {
            parts.secrets.invalidate();
            Error::from(&unavailable(&fault))
        })?;
        if subject.owner() == SERVER {
            // The server's own secrets verify nothing, whatever an implementation returns.
            secrets.clear();
        }
        let signature = Signature::parse(signature);
        let (is_readable, signature) = match signature {
            Some(Signature::BodyOnly(_)) if !parts.accepts_body_only => (false, Signature::Whole([0; 32])),
            Some(signature) => (true, signature),
            None => (false, Signature::Whole([0; 32])),
        };
        let whole = string_to_sign(timestamp, nonce, request.method.as_str(), &request.path, &request.body);
        let is_signed = match signature {
            Signature::Whole(_) => signature.is_by(&secrets, whole.as_bytes()),
            Signature::BodyOnly(_) => signature.is_by(&secrets, &request.body),
        };
        Ok(is_signed && is_readable)
    }
}
