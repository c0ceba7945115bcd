//! The index of all routes: `/` is a page for people, `/?format=json` a list for programs, `/openapi.json` a
//! description in OpenAPI, `/badges.json` the badges alone, and `/llms.txt` the same as text.
//!
//! All of them are generated from the manifests, once, at the first request. They do not depend on the request, not
//! even on its host, so that shared caches can serve one copy to all callers.

mod address;
mod catalog;
mod guide;
pub(super) mod html;
mod open_query;
mod openapi;
mod page;
mod series_routes;
mod snippet;

use std::{borrow::Cow, sync::OnceLock};

use bytes::Bytes;
use http::{HeaderValue, header};
use serde::Serialize;

use self::{
    catalog::{ListedBadge, badges, built_in},
    series_routes::{SeriesRoute, charts, histories},
};
use crate::{
    addresses::{ADDRESSES, Switch},
    answer::{Answer, etag},
    caching::Caching,
    error::Error,
    parts::Parts,
    request::Incoming,
};

/// How long the documents may be cached.
const CACHING: Caching = Caching::Fresh(300);

/// The generated documents.
#[derive(Debug, Default)]
pub(crate) struct IndexPages {
    /// The path below which the server is shown; empty if it is at the root of its host.
    pub(crate) base: String,
    page: OnceLock<(CachedBody, HeaderValue)>,
    listing: OnceLock<CachedBody>,
    openapi: OnceLock<CachedBody>,
    catalog: OnceLock<CachedBody>,
    guide: OnceLock<CachedBody>,
}

/// A body and its ETag. Hashing 130 KB for each request would take longer than the rest of the request.
#[derive(Debug)]
struct CachedBody {
    body: Bytes,
    etag: HeaderValue,
}

impl From<String> for CachedBody {
    fn from(body: String) -> Self {
        Self { etag: etag(body.as_bytes()), body: body.into() }
    }
}

impl CachedBody {
    /// An answer with the body, made by `answer`.
    fn answer(&self, answer: impl FnOnce(Bytes, Caching) -> Answer) -> Answer {
        Answer { etag: Some(self.etag.clone()), ..answer(self.body.clone(), CACHING) }
    }
}

impl IndexPages {
    /// Answers `/`: the page, or the list for programs with `format=json`.
    pub(crate) fn index(&self, parts: &Parts, incoming: &Incoming<'_>) -> Result<Answer, Error> {
        if incoming.pairs.get("format") == Some("json") {
            let listing = self.listing.get_or_init(|| list(parts, &self.base).into());
            return Ok(listing.answer(|body, caching| Answer::json(200, body, caching)));
        }
        let (page, policy) = self.page.get_or_init(|| {
            // This cannot fail: the policy is printable ASCII.
            let policy = HeaderValue::from_str(&page::policy());
            (page::write(parts).into(), policy.unwrap_or(HeaderValue::from_static("default-src 'none'")))
        });
        let headers = vec![(header::CONTENT_SECURITY_POLICY, policy.clone())];
        Ok(Answer { headers, ..page.answer(Answer::page) })
    }

    /// Answers `/openapi.json`.
    pub(crate) fn openapi(&self, parts: &Parts) -> Result<Answer, Error> {
        let openapi = self.openapi.get_or_init(|| openapi::write(parts, &self.base).into());
        Ok(openapi.answer(|body, caching| Answer::json(200, body, caching)))
    }

    /// Answers `/badges.json`.
    pub(crate) fn catalog(&self, parts: &Parts) -> Result<Answer, Error> {
        let catalog = self.catalog.get_or_init(|| catalog::write(parts, &self.base).into());
        Ok(catalog.answer(|body, caching| Answer::json(200, body, caching)))
    }

    /// Answers `/llms.txt`.
    pub(crate) fn guide(&self, parts: &Parts) -> Result<Answer, Error> {
        let guide = self.guide.get_or_init(|| guide::write(parts, &self.base).into());
        Ok(guide.answer(Answer::text))
    }
}

#[derive(Serialize)]
struct Listing<'a> {
    providers: Vec<Listed<'a>>,
    badges: Vec<ListedBadge<'a>>,
    /// The addresses of the live page, if it is on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    live: Vec<ListedRoute<'a>>,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hooks: Vec<ListedRoute<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    charts: Vec<ListedSeries>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    histories: Vec<ListedSeries>,
}

#[derive(Serialize)]
struct ListedSeries {
    route: String,
    example: String,
    summary: String,
}

impl ListedSeries {
    fn new(SeriesRoute { route, example, summary, .. }: SeriesRoute, base: &str) -> Self {
        let [route, example] = [route, example].map(|path| [base, &path].concat());
        Self { route, example, summary }
    }
}

#[derive(Serialize)]
struct ListedRoute<'a> {
    route: String,
    example: String,
    summary: &'a str,
}

impl<'a> ListedRoute<'a> {
    fn new(route: &str, example: &str, summary: &'a str, base: &str) -> Self {
        let [route, example] = [route, example].map(|path| [base, path].concat());
        Self { route, example, summary }
    }
}

/// An example of an address of the live page.
fn live_example(path: &'static str) -> Cow<'static, str> {
    if path.contains('{') { path.replace("{owner}", "acme").replace("{repo}", "tools").into() } else { path.into() }
}

/// The list of all routes, in JSON, whose addresses begin with the path `base`.
fn list(parts: &Parts, base: &str) -> String {
    let providers = parts.plugins.all().iter().map(|plugin| {
        let manifest = &plugin.manifest;
        let reports = manifest.reports.iter();
        let reports = reports.map(|report| ListedRoute::new(&report.route, &report.example, &report.summary, base));
        let redirects = manifest.redirects.iter();
        let redirects = redirects.map(|to| ListedRoute::new(&to.route, &to.example, &to.summary, base));
        let hooks = manifest.hooks.iter();
        let hooks = hooks.map(|hook| ListedRoute::new(&hook.route, &hook.example, &hook.summary, base));
        Listed {
            id: &plugin.id,
            version: &manifest.version,
            summary: &manifest.summary,
            badges: badges(plugin).map(|badge| badge.below(base)).collect(),
            reports: reports.collect(),
            redirects: redirects.collect(),
            hooks: hooks.collect(),
            charts: charts(plugin).map(|chart| ListedSeries::new(chart, base)).collect(),
            histories: histories(plugin).map(|history| ListedSeries::new(history, base)).collect(),
        }
    });
    let live = ADDRESSES.iter().filter(|address| address.switch == Switch::Live && parts.is_on(Switch::Live));
    let live = live.filter_map(|address| {
        let summary = address.operation.as_ref()?.summary;
        Some(ListedRoute::new(address.route, &live_example(address.path), summary, base))
    });
    let badges = built_in(parts).map(|badge| badge.below(base)).collect();
    let listing = Listing { providers: providers.collect(), badges, live: live.collect() };
    // Strings always have a JSON form.
    serde_json::to_string(&listing).unwrap_or_default()
}
