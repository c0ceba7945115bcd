//! The secret by which CloudFront proves that a request came through it, where an operator requires that.

use std::env;

use badgesmith_engine::{Request, is_same};

/// The header in which CloudFront sends the secret.
const HEADER: &str = "x-origin-secret";

/// The accepted secrets: two during a rotation, none if requests need not come through CloudFront.
pub(crate) struct OriginSecrets(Vec<String>);

impl OriginSecrets {
    /// The values of `BADGESMITH_ORIGIN_SECRET`, separated by commas.
    pub(crate) fn from_environment() -> Self {
        let secrets = env::var("BADGESMITH_ORIGIN_SECRET").unwrap_or_default();
        Self(secrets.split(',').map(str::trim).filter(|secret| !secret.is_empty()).map(str::to_owned).collect())
    }

    /// Whether the request may be answered. Every secret is compared, in constant time, so that timing reveals nothing.
    pub(crate) fn admit(&self, request: &Request) -> bool {
        let sent = request.headers.get(HEADER).map(http::HeaderValue::as_bytes).unwrap_or_default();
        let fits = self.0.iter().filter(|secret| is_same(secret.as_bytes(), sent)).count();
        self.0.is_empty() || fits > 0
    }
}
