//! The table of the engine's own addresses. Routing, the index page and `/openapi.json` are derived from it.

use std::borrow::Cow;

use badgesmith_queries::DocumentKind;

use crate::{
    request::{TooDeep, decode, decode_fully},
    route::Parameters,
};

/// An address of the engine's own.
pub(crate) struct OwnAddress {
    /// What this address serves.
    pub(crate) serves: Serves,
    /// Its path; a parameter in braces matches one segment, and one that ends with `…` the rest of a path, slashes
    /// included.
    pub(crate) path: &'static str,
    /// Its route in logs, metrics and the index page.
    pub(crate) route: &'static str,
    /// The setting that switches it off.
    pub(crate) switch: Switch,
    /// Its operation in `/openapi.json`; an older spelling of an address has none.
    pub(crate) operation: Option<Operation>,
    /// How the index page shows it, if it is a badge.
    pub(crate) example: Option<Example>,
}

/// What one of the engine's own addresses serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serves {
    Index,
    OpenApi,
    /// The list of badges as JSON.
    Catalog,
    /// The list of badges as text, for tools that write documents.
    Guide,
    Health,
    /// Whether the process answers.
    Liveness,
    /// Whether the process is ready for requests.
    Readiness,
    /// A static badge, described by its path.
    StaticPath,
    /// A static badge, described by its query.
    StaticQuery,
    /// A badge that a document describes.
    Endpoint,
    /// A badge with the results of queries in a document of this kind.
    Queries(DocumentKind),
    /// A badge with the match of a regular expression in any text.
    Regex,
    /// A badge that says whether a website answers.
    Website,
    /// The live page: of all repositories, of an owner, or of one repository.
    Live,
    /// The data of the live page.
    Repos,
    /// The stream of changes that the live page follows.
    Events,
    /// The JSON Schema of the events that subscriptions receive.
    EventSchema,
}

/// The setting of plugins.toml that switches an address off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// None: it is always served.
    Always,
    /// `endpoint = false`.
    Endpoint,
    /// `dynamic = false`.
    Dynamic,
    /// `live`; without it the address does not exist.
    Live,
}

/// An operation of `/openapi.json`.
pub(crate) struct Operation {
    pub(crate) id: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) summary: &'static str,
}

/// A badge on the index page.
pub(crate) struct Example {
    /// Its route on the page, if it differs from its route in logs.
    pub(crate) route: Option<&'static str>,
    /// The query parameters that the page's badge builder offers; if there are none, the builder has a separate form
    /// for this badge.
    pub(crate) query: &'static [&'static str],
    /// Which of these query parameters are required.
    pub(crate) required: &'static [&'static str],
    /// An example address, encoded as the builder encodes it.
    pub(crate) address: &'static str,
    /// The alternative text of the picture.
    pub(crate) words: &'static str,
}

/// The query parameters of `/badge/dynamic/…`, except for a regular expression.
const QUERY: &[&str] = &["url", "query", "prefix", "suffix", "separator", "as", "steps", "colors"];

/// The addresses, in the order in which the index page shows their badges.
pub(crate) static ADDRESSES: [OwnAddress; 25] = [
    plain(Serves::Index, "/", server("front", "What is served here: a page, or the same for a program.")),
    plain(Serves::OpenApi, "/openapi.json", server("openapi", "This document.")),
    plain(Serves::Health, "/health", server("health", "Whether the server is well.")),
    OwnAddress {
        route: "/badge/{label}-{message}-{color}",
        example: Some(example("/badge/build-passing-brightgreen", "build: passing")),
        ..plain(Serves::StaticPath, "/badge/{content…}", open("static-path", "Shows the text that its path says."))
    },
    OwnAddress {
        example: Some(Example {
            route: Some("/static/v1?label=&message=&color="),
            ..example("/static/v1?label=build&message=passing", "build: passing")
        }),
        ..plain(Serves::StaticQuery, "/static/v1", open("static-query", "Shows the text that its query says."))
    },
    OwnAddress {
        switch: Switch::Endpoint,
        example: Some(Example {
            route: None,
            query: &["url"],
            required: &["url"],
            address: "/endpoint?url=https:%2F%2Fraw.githubusercontent.com%2Fastral-sh%2Fruff%2Fmain%2Fassets%2Fbadge%2Fv2.json",
            words: "endpoint",
        }),
        ..plain(
            Serves::Endpoint,
            "/endpoint",
            open("endpoint", "Shows the badge that a document of shields' endpoint schema describes."),
        )
    },
    // The address of the endpoint badge until 2019.
    OwnAddress {
        serves: Serves::Endpoint,
        path: "/badge/endpoint",
        route: "/endpoint",
        switch: Switch::Endpoint,
        operation: None,
        example: None,
    },
    dynamic(
        DocumentKind::Json,
        "/badge/dynamic/json",
        open("dynamic-json", "Shows what a JSONPath finds in a JSON document."),
        "/badge/dynamic/json?url=https:%2F%2Fraw.githubusercontent.com%2Fbadges%2Fshields%2Fmaster%2Fpackage.json&query=%24.license",
    ),
    dynamic(
        DocumentKind::Toml,
        "/badge/dynamic/toml",
        open("dynamic-toml", "Shows what a JSONPath finds in a TOML document."),
        "/badge/dynamic/toml?url=https:%2F%2Fraw.githubusercontent.com%2Fastral-sh%2Fruff%2Fmain%2Fpyproject.toml&query=%24.project.version&as=version",
    ),
    dynamic(
        DocumentKind::Yaml,
        "/badge/dynamic/yaml",
        open("dynamic-yaml", "Shows what a JSONPath finds in a YAML document."),
        "/badge/dynamic/yaml?url=https:%2F%2Fraw.githubusercontent.com%2Fbadges%2Fshields%2Fmaster%2F.github%2Fdependabot.yml&query=%24.version",
    ),
    dynamic(
        DocumentKind::Xml,
        "/badge/dynamic/xml",
        open("dynamic-xml", "Shows what an XPath finds in an XML document."),
        "/badge/dynamic/xml?url=https:%2F%2Frepo1.maven.org%2Fmaven2%2Forg%2Fslf4j%2Fslf4j-api%2Fmaven-metadata.xml&query=%2F%2Frelease",
    ),
    OwnAddress {
        switch: Switch::Dynamic,
        example: Some(Example {
            route: None,
            query: &["url", "search", "replace", "flags", "prefix", "suffix"],
            required: &["url", "search"],
            address: "/badge/dynamic/regex?url=https:%2F%2Fraw.githubusercontent.com%2Frust-lang%2Frust%2Fmaster%2Fsrc%2Fversion&search=%5Cd%2B%5C.%5Cd%2B",
            words: "match",
        }),
        ..plain(
            Serves::Regex,
            "/badge/dynamic/regex",
            open("dynamic-regex", "Shows what a regular expression finds in any text."),
        )
    },
    OwnAddress {
        switch: Switch::Dynamic,
        example: Some(Example {
            route: None,
            query: &["url", "up_message", "down_message", "up_color", "down_color"],
            required: &["url"],
            address: "/website?url=https:%2F%2Fwww.rust-lang.org",
            words: "website",
        }),
        ..plain(Serves::Website, "/website", open("website", "Says whether a website answers."))
    },
    live(Serves::Live, "/live", server("live", "The state of every branch, for people.")),
    live(Serves::Live, "/live/{owner}", server("live-owner", "The state of every branch of an owner, for people.")),
    live(
        Serves::Live,
        "/live/{owner}/{repo}",
        server("live-repo", "The state of every branch of a repository, for people."),
    ),
    live(Serves::Repos, "/api/repos", server("repos", "The repositories that are listed, in short.")),
    live(
        Serves::Repos,
        "/api/repos/{owner}",
        server("repos-owner", "Those of an owner, with the state of every branch."),
    ),
    live(
        Serves::Repos,
        "/api/repos/{owner}/{repo}",
        server("repos-repo", "A repository, with the state of every branch."),
    ),
    live(Serves::Events, "/events", server("events", "What changes, as Server-Sent Events.")),
    plain(
        Serves::EventSchema,
        "/events.schema.json",
        server("event-schema", "The JSON Schema of the events that subscriptions are told of."),
    ),
    plain(Serves::Liveness, "/health/live", server("health-live", "Whether the process answers.")),
    plain(Serves::Readiness, "/health/ready", server("health-ready", "Whether the server is ready for requests.")),
    plain(Serves::Catalog, "/badges.json", server("catalog", "The badges of this server, as data.")),
    plain(Serves::Guide, "/llms.txt", server("guide", "The badges of this server, as text for tools.")),
];

const fn plain(serves: Serves, path: &'static str, operation: Operation) -> OwnAddress {
    OwnAddress { serves, path, route: path, switch: Switch::Always, operation: Some(operation), example: None }
}

const fn live(serves: Serves, path: &'static str, operation: Operation) -> OwnAddress {
    OwnAddress { switch: Switch::Live, ..plain(serves, path, operation) }
}

const fn dynamic(kind: DocumentKind, path: &'static str, operation: Operation, address: &'static str) -> OwnAddress {
    let example = Example { route: None, query: QUERY, required: &["url", "query"], address, words: "custom badge" };
    OwnAddress {
        serves: Serves::Queries(kind),
        path,
        route: path,
        switch: Switch::Dynamic,
        operation: Some(operation),
        example: Some(example),
    }
}

const fn example(address: &'static str, words: &'static str) -> Example {
    Example { route: None, query: &[], required: &[], address, words }
}

const fn server(id: &'static str, summary: &'static str) -> Operation {
    Operation { id, tag: "server", summary }
}

const fn open(id: &'static str, summary: &'static str) -> Operation {
    Operation { id, tag: "open", summary }
}

/// First segments: an address that begins with one of these is answered with JSON unless it asks for a picture. Any
/// other address is answered with a picture, except that of the index page, which has no segment.
const KEPT: [&str; 18] = [
    ".well-known",
    "api",
    "badges",
    "badges.json",
    "coverage",
    "events",
    "events.schema.json",
    "favicon.ico",
    "health",
    "live",
    "llms.txt",
    "metrics",
    "openapi.json",
    "redirect",
    "robots.txt",
    "tests",
    "values",
    "webhooks",
];

/// First segments that routes of plugins must not use, besides those in [`ADDRESSES`]: `metrics` is answered by the
/// server, and the addresses of series begin with `charts` and `api`.
const RESERVED: [&str; 3] = ["metrics", "charts", "api"];

/// The address of a badge that says whether a website answers.
pub(crate) static WEBSITE: &OwnAddress = &ADDRESSES[12];

/// Whether these segments, still percent-encoded, are an older address of a badge that says whether a website answers:
/// `/website-up-down-green-red/https/example.com`.
pub(crate) fn is_older_website(segments: &[&str]) -> bool {
    let [words, scheme, host, ..] = segments else { return false };
    let (words, scheme) = (decode(words).to_ascii_lowercase(), decode(scheme).to_ascii_lowercase());
    let is_website = words.strip_prefix("website").is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    is_website && matches!(&*scheme, "http" | "https") && !host.is_empty()
}

/// The address of a static badge whose path describes it.
pub(crate) static STATIC_PATH: &OwnAddress = &ADDRESSES[3];

impl OwnAddress {
    /// The default label of its badges.
    pub(crate) const fn label(&self) -> &'static str {
        match self.serves {
            Serves::Endpoint | Serves::Queries(_) => "custom badge",
            Serves::Regex => "match",
            _ => "",
        }
    }

    /// Whether badges are served here.
    pub(crate) const fn is_badge(&self) -> bool {
        !matches!(
            self.serves,
            Serves::Index
                | Serves::OpenApi
                | Serves::Catalog
                | Serves::Guide
                | Serves::Health
                | Serves::Liveness
                | Serves::Readiness
                | Serves::Live
                | Serves::Repos
                | Serves::Events
                | Serves::EventSchema
        )
    }

    /// Its path as OpenAPI writes it.
    pub(crate) fn documented_path(&self) -> String {
        self.path.replace("…}", "}")
    }

    /// The values of its parameters in these segments, which match it; each is decoded until nothing is left to decode.
    ///
    /// # Errors
    /// [`TooDeep`] if one is encoded too often.
    pub(crate) fn parameters(&self, segments: &[&str]) -> Result<Parameters, TooDeep> {
        let literals = self.path.split('/').skip(1).enumerate();
        let named = literals.filter_map(|(index, literal)| {
            let name = literal.strip_prefix('{')?.strip_suffix('}')?;
            let rest = name.strip_suffix('…');
            let text = match rest {
                Some(_) => segments.get(index..)?.join("/"),
                None => (*segments.get(index)?).to_owned(),
            };
            Some((rest.unwrap_or(name).to_owned(), text))
        });
        named.map(|(name, text)| Ok((name, decode_fully(&text)?))).collect()
    }

    fn has_parameter(&self) -> bool {
        self.path.contains('{')
    }

    /// The first segment of its path.
    fn first(&self) -> &'static str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    /// Whether these segments, percent-decoded once, match. The comparison is case-insensitive.
    fn fits(&self, segments: &[Cow<'_, str>]) -> bool {
        let mut segments = segments.iter();
        for literal in self.path.split('/').skip(1).filter(|literal| !literal.is_empty()) {
            match segments.next() {
                Some(_) if literal.ends_with("…}") => return true,
                Some(segment) if literal.starts_with('{') && !segment.is_empty() => {}
                Some(segment) if segment.eq_ignore_ascii_case(literal) => {}
                _ => return false,
            }
        }
        segments.next().is_none()
    }
}

/// The engine's own address that these segments, still percent-encoded, match. `is_there` says whether its switch
/// leaves it on.
pub(crate) fn find(segments: &[&str], is_there: impl Fn(Switch) -> bool) -> Option<&'static OwnAddress> {
    let segments: Vec<_> = segments.iter().map(|segment| decode(segment)).collect();
    let mut fitting = ADDRESSES.iter().filter(|address| is_there(address.switch) && address.fits(&segments));
    let first = fitting.next()?;
    // A path without a parameter is more specific than one with it.
    Some(if first.has_parameter() { fitting.next().unwrap_or(first) } else { first })
}

/// Whether routes of plugins must not begin with this segment.
pub(crate) fn is_reserved(first: &str) -> bool {
    RESERVED.contains(&first) || ADDRESSES.iter().any(|address| address.first() == first)
}

/// Whether an address that begins with this segment, percent-decoded, is JSON unless it asks for a picture.
pub(crate) fn is_kept(first: &str) -> bool {
    KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_address_is_found_whatever_the_case_of_its_letters() {
        let of = |segments: &[&str]| find(segments, |_| true).map(|address| address.serves);
        let found = |path: &str| of(&path[1..].split('/').collect::<Vec<_>>());
        assert_eq!(of(&[]), Some(Serves::Index));
        let rows = [
            ("/Health", Some(Serves::Health)),
            ("/health/x", None),
            ("/health/live", Some(Serves::Liveness)),
            ("/health/Ready", Some(Serves::Readiness)),
            ("/badges.json", Some(Serves::Catalog)),
            ("/LLMS.txt", Some(Serves::Guide)),
            ("/badge/a/b-c-d", Some(Serves::StaticPath)),
            ("/badge/dynamic/x", Some(Serves::StaticPath)),
            ("/badge/dynamic/%4aSON", Some(Serves::Queries(DocumentKind::Json))),
            ("/badge/endpoint", Some(Serves::Endpoint)),
            ("/badge", None),
            ("/static/v2", None),
            ("/LIVE/acme/tools", Some(Serves::Live)),
            ("/live/acme/tools/main", None),
            ("/live//tools", None),
        ];
        for (path, serves) in rows {
            assert_eq!(found(path), serves, "{path}");
        }
        assert!(find(&["live"], |switch| switch != Switch::Live).is_none());
        assert_eq!(WEBSITE.serves, Serves::Website);
        assert!(is_older_website(&["website-up-down", "https", "example.com"]));
        assert!(!is_older_website(&["websites", "https", "example.com"]) && !is_older_website(&["website", "https"]));
        assert!(is_reserved("metrics") && is_reserved("badge") && !is_reserved("badges"));
    }
}
