//! A provider that panics, as a shared library for the tests.

use badgesmith_provider::{Badge, Call, Provider, Step};

struct Panics;

impl Provider for Panics {
    #[expect(clippy::panic, reason = "the tests need a provider that panics")]
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        panic!("nobody expects {}", call.param("name"))
    }
}

badgesmith_provider::export!(
    Panics,
    r#"{"id": "panics", "version": "0.0.1", "mount": "/badges/panics",
        "badges": [{"name": "panic", "route": "{name}", "label": "panics", "summary": "Panics.", "example": "x"}]}"#
);
