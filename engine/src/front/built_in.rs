//! The badges that need no plugin.

/// One of them, as the front page shows it. Its path in OpenAPI stands in `openapi.json`, written by hand.
pub(crate) struct BuiltIn {
    /// Its address, the parameters in braces.
    pub(crate) route: &'static str,
    /// The query parameters the builder offers; without any, the builder's own form is the one for it.
    pub(crate) query: &'static [&'static str],
    /// An address that fits.
    pub(crate) example: &'static str,
    /// One sentence about it.
    pub(crate) summary: &'static str,
    /// What the example reads, for those who cannot see it.
    pub(crate) words: &'static str,
}

pub(crate) const BUILT_IN: [BuiltIn; 2] = [
    BuiltIn {
        route: "/badge/{label}-{message}-{color}",
        query: &[],
        example: "/badge/build-passing-brightgreen",
        summary: "Says what its address says.",
        words: "build: passing",
    },
    BuiltIn {
        route: "/static/v1?label=&message=&color=",
        query: &[],
        example: "/static/v1?label=build&message=passing",
        summary: "Says what its query says.",
        words: "build: passing",
    },
];
