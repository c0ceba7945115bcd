//! What says what is served here: `/` for a person, `/?format=json` for a program, `/openapi.json` for its tools.
//!
//! All three are made of the manifests and of nothing else, once, when somebody first asks. Nothing of a request is in
//! them, its host neither, so a cache may give one caller's copy to every other.

mod address;
mod built_in;
mod openapi;
mod page;
mod snippet;

use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderValue, header};
use serde::Serialize;

use crate::{Inner, request::{Pairs, Request}, response::{Caching, Draft, Response, etag}};

/// How long they may be kept, in seconds.
const CACHING: Caching = Caching::Fresh(300);

/// What was made so far.
#[derive(Debug, Default)]
pub(crate) struct Front {
    page: OnceLock<(Made, HeaderValue)>,
    listing: OnceLock<Made>,
    openapi: OnceLock<Made>,
}

/// A body and its tag: to sum up 130 KB takes longer than all else that a request costs.
#[derive(Debug)]
struct Made {
    body: Bytes,
    etag: HeaderValue,
}

impl From<String> for Made {
    fn from(body: String) -> Self {
        Self { etag: etag(body.as_bytes()), body: body.into() }
    }
}

impl Made {
    /// The draft that `draft` makes of the body.
    fn draft(&self, draft: impl FnOnce(Bytes) -> Draft) -> Draft {
        Draft { etag: Some(self.etag.clone()), ..draft(self.body.clone()) }
    }
}

impl Front {
    /// Answers `/`: a page, or with `format=json` the same for a program.
    pub(crate) fn answer(&self, inner: &Inner, request: &Request, pairs: &Pairs) -> Response {
        if pairs.get("format") == Some("json") {
            let listing = self.listing.get_or_init(|| list(inner).into());
            return listing.draft(|body| Draft::json(200, body, CACHING)).respond(request);
        }
        let (page, policy) = self.page.get_or_init(|| {
            // Base64 and plain words can always stand in a header.
            let policy = HeaderValue::from_str(&page::policy());
            (page::write(inner).into(), policy.unwrap_or(HeaderValue::from_static("default-src 'none'")))
        });
        let mut response = page.draft(|body| Draft::page(body, CACHING)).respond(request);
        if let Some(header) = response.headers.get_mut(header::CONTENT_SECURITY_POLICY) {
            header.clone_from(policy);
        }
        response
    }

    /// Answers `/openapi.json`.
    pub(crate) fn openapi(&self, inner: &Inner, request: &Request) -> Response {
        let openapi = self.openapi.get_or_init(|| openapi::write(inner).into());
        openapi.draft(|body| Draft::json(200, body, CACHING)).respond(request)
    }
}

#[derive(Serialize)]
struct Listing<'a> {
    providers: Vec<Listed<'a>>,
    badges: Vec<ListedBadge<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    summary: &'a str,
    badges: Vec<ListedBadge<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reports: Vec<ListedRoute<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    redirects: Vec<ListedRoute<'a>>,
}

#[derive(Serialize)]
struct ListedBadge<'a> {
    route: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    query: Vec<&'a str>,
    example: &'a str,
    summary: &'a str,
}

#[derive(Serialize)]
struct ListedRoute<'a> {
    route: &'a str,
    example: &'a str,
    summary: &'a str,
}

/// The front page for programs.
fn list(inner: &Inner) -> String {
    let providers = inner.plugins.iter().map(|plugin| {
        let manifest = &plugin.manifest;
        let badges = manifest.badges.iter().map(|badge| ListedBadge {
            route: &badge.route,
            query: badge.query.iter().map(String::as_str).collect(),
            example: &badge.example,
            summary: &badge.summary,
        });
        let reports = manifest.reports.iter().map(|report| ListedRoute {
            route: &report.route,
            example: &report.example,
            summary: &report.summary,
        });
        let redirects = manifest.redirects.iter().map(|redirect| ListedRoute {
            route: &redirect.route,
            example: &redirect.example,
            summary: &redirect.summary,
        });
        Listed {
            id: &plugin.id,
            version: &manifest.version,
            summary: &manifest.summary,
            badges: badges.collect(),
            reports: reports.collect(),
            redirects: redirects.collect(),
        }
    });
    let built_in = built_in::served(inner).map(|badge| ListedBadge {
        route: badge.route,
        query: badge.query.to_vec(),
        example: badge.example,
        summary: badge.summary,
    });
    let listing = Listing { providers: providers.collect(), badges: built_in.collect() };
    // Strings always have a JSON form.
    serde_json::to_string(&listing).unwrap_or_default()
}
