//! A provider that panics, as a library: the tests load it.

use badgesmith_provider::{Badge, Call, Provider, Step};

struct Panics;

impl Provider for Panics {
    #[expect(clippy::panic, reason = "this is what it is for")]
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        panic!("nobody expects {}", call.param("name"))
    }
}

badgesmith_provider::export!(
    Panics,
    r#"{"id": "panics", "version": "0.0.1", "mount": "/badges/panics",
        "badges": [{"name": "panic", "route": "{name}", "label": "panics", "summary": "Panics.", "example": "x"}]}"#
);
