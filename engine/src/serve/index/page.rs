//! The index page for people: `page.html` with entries from the manifests. Style and script are inline.

use std::fmt::Write;

use badgesmith_provider::BadgeRoute;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    address::{picture, relative},
    catalog::BUILT_IN,
    html::escape,
    open_query::{open_query, trend_query},
    series_routes::{charts, histories},
    snippet,
};
use crate::{
    addresses::{ADDRESSES, OwnAddress, Switch},
    format::Format,
    parts::Parts,
    plugins::Plugin,
    route::{Parameters, RouteTemplate},
};

const HTML: &str = include_str!("page.html");
const CSS: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The address of the repository of this build; the page links to its README and its source. It is set at build time,
/// as the release workflow does; without it there are no links.
const SOURCE: Option<&str> = option_env!("BADGESMITH_SOURCE");

/// The data that `page.js` needs to build the address of a badge.
#[derive(Serialize)]
struct Buildable<'a> {
    provider: &'a str,
    label: &'a str,
    route: &'a str,
    query: Vec<&'a str>,
    /// The required parameters among `query`.
    required: &'a [&'a str],
    /// Whether it is an SVG by default, without an ending.
    picture: bool,
    /// An address that matches the route, without its leading slash.
    example: &'a str,
}

/// The `Content-Security-Policy` of the page: its own style and script, images and requests to this server, nothing
/// else.
pub(crate) fn policy() -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(CSS)
    )
}

/// The whole page.
pub(crate) fn write(parts: &Parts) -> String {
    let mut jump = link("built-in", BUILT_IN);
    let mut providers = section("built-in", BUILT_IN, "", "Badges that need no provider.", |out| {
        let own = ADDRESSES.iter().filter(|address| parts.is_on(address.switch));
        own.for_each(|address| out.push_str(&own_entry(address).unwrap_or_default()));
    });
    for plugin in parts.plugins.all() {
        jump += &link(&plugin.id, &plugin.id);
        providers += &provider(plugin);
    }
    let source = SOURCE.map(source_links).unwrap_or_default();
    let live = if parts.is_on(Switch::Live) { "<a href=\"./live\">Live</a>\n" } else { "" };
    // Texts of manifests are inserted last, so that a marker in them is not replaced.
    HTML.replacen("<!--css-->", CSS, 1)
        .replacen("<!--js-->", SCRIPT, 1)
        .replacen("<!--live-->", live, 1)
        .replacen("<!--source-->", &source, 1)
        .replacen("<!--jump-->", &jump, 1)
        .replacen("<!--providers-->", &providers, 1)
}

/// Links to the documentation and the source.
fn source_links(source: &str) -> String {
    let source = escape(source);
    format!("<a href=\"{source}#readme\">Docs</a>\n<a href=\"{source}\">Source</a>\n")
}

fn link(id: &str, name: &str) -> String {
    format!("<a href=\"#provider-{}\">{}</a>\n", escape(id), escape(name))
}

fn provider(plugin: &Plugin) -> String {
    let manifest = &plugin.manifest;
    section(&plugin.id, &plugin.id, &manifest.version, &manifest.summary, |out| {
        for badge in &manifest.badges {
            out.push_str(&entry(plugin, badge));
        }
        for redirect in &manifest.redirects {
            out.push_str(&plain_entry("redirect", "GET", &redirect.route, &redirect.summary));
        }
        for report in &manifest.reports {
            out.push_str(&plain_entry("signed report", "POST", &report.route, &report.summary));
        }
        for hook in &manifest.hooks {
            out.push_str(&plain_entry("webhook", "POST", &hook.route, &hook.summary));
        }
        for chart in charts(plugin) {
            out.push_str(&plain_entry("chart", "GET", &chart.route, &chart.summary));
        }
        for history in histories(plugin) {
            out.push_str(&plain_entry("history", "GET", &history.route, &history.summary));
        }
    })
}

fn section(id: &str, name: &str, version: &str, summary: &str, entries: impl FnOnce(&mut String)) -> String {
    let (id, name) = (escape(id), escape(name));
    let version = if version.is_empty() { String::new() } else { format!("<span>{}</span>", escape(version)) };
    let mut out = format!(
        "<section class=\"provider\" id=\"provider-{id}\" aria-labelledby=\"name-{id}\">\n<h3 id=\"name-{id}\">\
         <span>{name}</span>{version}</h3>\n<p class=\"summary\">{}</p>\n<ul>\n",
        escape(summary)
    );
    entries(&mut out);
    out + "</ul>\n</section>\n"
}

fn entry(plugin: &Plugin, badge: &BadgeRoute) -> String {
    let is_picture = Format::by_default(badge) == Format::Svg;
    let example = relative(&badge.example);
    let params = RouteTemplate::parse(&badge.route).ok().and_then(|template| template.fit_address(&badge.example));
    let (params, none) = (params.unwrap_or_default(), Parameters::new());
    let label = plugin.label(&badge.label, &params, &none);
    let buildable = Buildable {
        provider: &plugin.id,
        label: &label,
        route: &badge.route,
        query: open_query(badge).chain(trend_query(plugin, badge)).collect(),
        required: &[],
        picture: is_picture,
        example: &example,
    };
    let address = if is_picture { example.clone() } else { picture(&badge.example) };
    live_entry(Some(&buildable), &badge.route, &address, &label, &badge.summary)
}

/// The entry of one of the engine's own addresses, if it has an example of a badge, or belongs to the live page.
fn own_entry(own: &OwnAddress) -> Option<String> {
    let operation = own.operation.as_ref()?;
    if own.switch == Switch::Live {
        return Some(plain_entry("live", "GET", own.route, operation.summary));
    }
    let example = own.example.as_ref()?;
    let (route, address) = (example.route.unwrap_or(own.route), relative(example.address));
    let buildable = Buildable {
        provider: BUILT_IN,
        label: example.words,
        route,
        query: example.query.to_vec(),
        required: example.required,
        picture: true,
        example: &address,
    };
    let buildable = (!example.query.is_empty()).then_some(&buildable);
    Some(live_entry(buildable, route, &address, example.words, operation.summary))
}

/// An entry with a live badge, code to paste, and the builder's data if it can build the badge.
fn live_entry(buildable: Option<&Buildable>, route: &str, address: &str, alt: &str, summary: &str) -> String {
    // This cannot fail: strings and booleans have a JSON form.
    let json = |buildable| serde_json::to_string(buildable).unwrap_or_default();
    // In single quotes, those of JSON need no escape: it has many.
    let quoted = |buildable| format!(" data-badge='{}'", escape(&json(buildable)).replace("&quot;", "\""));
    let data = buildable.map(quoted).unwrap_or_default();
    let names = buildable.into_iter().flat_map(|buildable| &buildable.query);
    let names: Vec<_> = names.map(|name| format!("<code>{}</code>", escape(name))).collect();
    let query =
        if names.is_empty() { String::new() } else { format!("<p class=\"query\">takes {}</p>\n", names.join(" ")) };
    let (href, words, summary) = (escape(address), escape(alt), escape(summary));
    let mut out = format!(
        "<li class=\"entry\"{data}>\n<a class=\"specimen\" href=\"./{href}\"><img src=\"./{href}\" alt=\"{words}, live \
         example\" height=\"20\" loading=\"lazy\"></a>\n<div class=\"about\">\n<p>{summary}</p>\n<p class=\"route\">{}</p>\n\
         {query}<details><summary>Code to paste<span class=\"unseen\"> for {words}: {summary}</span></summary>\n",
        marked(route)
    );
    for (language, text) in snippet::all(address, alt) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "<div class=\"paste\"><span>{language}</span><code>{}</code></div>", escape(&text));
    }
    out + "</details>\n</div>\n</li>\n"
}

/// An entry of a route without a picture.
fn plain_entry(kind: &str, method: &str, route: &str, summary: &str) -> String {
    format!(
        "<li class=\"entry\">\n<span class=\"kind\">{kind}</span>\n<div class=\"about\">\n<p>{}</p>\n<p class=\"route\">\
         <b>{method}</b> {}</p>\n</div>\n</li>\n",
        escape(summary),
        marked(route)
    )
}

/// A route with its parameters marked up.
fn marked(route: &str) -> String {
    let route = escape(route).replace('{', "<var>{").replace('}', "}</var>");
    format!("<code>{route}</code>")
}
