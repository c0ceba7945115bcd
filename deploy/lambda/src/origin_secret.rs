//! Whether a request came by CloudFront, where the operator wants to know.

use std::env;

use badgesmith_engine::{Request, is_same};

/// The header that CloudFront adds, and nobody else knows.
const HEADER: &str = "x-origin-secret";

/// The secrets of which CloudFront sends one: two while they are changed, none where anybody may ask.
pub(crate) struct Origin(Vec<String>);

impl Origin {
    /// `BADGESMITH_ORIGIN_SECRET`, its values apart by commas.
    pub(crate) fn from_environment() -> Self {
        let secrets = env::var("BADGESMITH_ORIGIN_SECRET").unwrap_or_default();
        Self(secrets.split(',').map(str::trim).filter(|secret| !secret.is_empty()).map(str::to_owned).collect())
    }

    /// Whether the request may be answered. Every secret is compared whole, whichever fits.
    pub(crate) fn admits(&self, request: &Request) -> bool {
        let sent = request.headers.get(HEADER).map(http::HeaderValue::as_bytes).unwrap_or_default();
        let fits = self.0.iter().filter(|secret| is_same(secret.as_bytes(), sent)).count();
        self.0.is_empty() || fits > 0
    }
}
