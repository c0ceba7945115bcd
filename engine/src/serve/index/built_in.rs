//! The badges that need no plugin. Their paths in OpenAPI stand in `openapi.json`, written by hand.

use crate::Inner;

/// One of them, as the front page shows it.
pub(crate) struct BuiltIn {
    /// What an operator may switch off.
    part: Part,
    /// Its address, the parameters in braces.
    pub(crate) route: &'static str,
    /// The query parameters the builder offers; without any, the builder's own form is the one for it.
    pub(crate) query: &'static [&'static str],
    /// Those of them without which there is no badge.
    pub(crate) required: &'static [&'static str],
    /// An address that fits, encoded as the builder does it.
    pub(crate) example: &'static str,
    /// One sentence about it.
    pub(crate) summary: &'static str,
    /// What stands for the picture where it is not seen.
    pub(crate) words: &'static str,
}

enum Part {
    Static,
    Endpoint,
    Dynamic,
}

/// Those that are switched on.
pub(crate) fn served(inner: &Inner) -> impl Iterator<Item = &'static BuiltIn> {
    BUILT_IN.iter().filter(|badge| match badge.part {
        Part::Static => true,
        Part::Endpoint => inner.opens_endpoints,
        Part::Dynamic => inner.opens_dynamic,
    })
}

/// Whether a path of `openapi.json` is switched on.
pub(crate) fn is_served(inner: &Inner, path: &str) -> bool {
    match path {
        "/endpoint" => inner.opens_endpoints,
        path if path.starts_with("/badge/dynamic/") => inner.opens_dynamic,
        _ => true,
    }
}

const QUERY: &[&str] = &["url", "query", "prefix", "suffix", "separator", "as", "steps", "colors"];

const BUILT_IN: [BuiltIn; 8] = [
    BuiltIn {
        part: Part::Static,
        route: "/badge/{label}-{message}-{color}",
        query: &[],
        required: &[],
        example: "/badge/build-passing-brightgreen",
        summary: "Says what its address says.",
        words: "build: passing",
    },
    BuiltIn {
        part: Part::Static,
        route: "/static/v1?label=&message=&color=",
        query: &[],
        required: &[],
        example: "/static/v1?label=build&message=passing",
        summary: "Says what its query says.",
        words: "build: passing",
    },
    BuiltIn {
        part: Part::Endpoint,
        route: "/endpoint",
        query: &["url"],
        required: &["url"],
        example: "/endpoint?url=https:%2F%2Fraw.githubusercontent.com%2Fastral-sh%2Fruff%2Fmain%2Fassets%2Fbadge%2Fv2.json",
        summary: "Shows the badge that a document of shields' endpoint schema describes.",
        words: "endpoint",
    },
    BuiltIn {
        part: Part::Dynamic,
        route: "/badge/dynamic/json",
        query: QUERY,
        required: &["url", "query"],
        example: "/badge/dynamic/json?url=https:%2F%2Fraw.githubusercontent.com%2Fbadges%2Fshields%2Fmaster%2Fpackage.json&query=%24.license",
        summary: "Shows what a JSONPath finds in a JSON document.",
        words: "custom badge",
    },
    BuiltIn {
        part: Part::Dynamic,
        route: "/badge/dynamic/toml",
        query: QUERY,
        required: &["url", "query"],
        example: "/badge/dynamic/toml?url=https:%2F%2Fraw.githubusercontent.com%2Fastral-sh%2Fruff%2Fmain%2Fpyproject.toml&query=%24.project.version&as=version",
        summary: "Shows what a JSONPath finds in a TOML document.",
        words: "custom badge",
    },
    BuiltIn {
        part: Part::Dynamic,
        route: "/badge/dynamic/yaml",
        query: QUERY,
        required: &["url", "query"],
        example: "/badge/dynamic/yaml?url=https:%2F%2Fraw.githubusercontent.com%2Fbadges%2Fshields%2Fmaster%2F.github%2Fdependabot.yml&query=%24.version",
        summary: "Shows what a JSONPath finds in a YAML document.",
        words: "custom badge",
    },
    BuiltIn {
        part: Part::Dynamic,
        route: "/badge/dynamic/xml",
        query: QUERY,
        required: &["url", "query"],
        example: "/badge/dynamic/xml?url=https:%2F%2Frepo1.maven.org%2Fmaven2%2Forg%2Fslf4j%2Fslf4j-api%2Fmaven-metadata.xml&query=%2F%2Frelease",
        summary: "Shows what an XPath finds in an XML document.",
        words: "custom badge",
    },
    BuiltIn {
        part: Part::Dynamic,
        route: "/badge/dynamic/regex",
        query: &["url", "search", "replace", "flags", "prefix", "suffix"],
        required: &["url", "search"],
        example: "/badge/dynamic/regex?url=https:%2F%2Fraw.githubusercontent.com%2Frust-lang%2Frust%2Fmaster%2Fsrc%2Fversion&search=%5Cd%2B%5C.%5Cd%2B",
        summary: "Shows what a regular expression finds in any text.",
        words: "match",
    },
];
