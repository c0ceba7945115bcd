//! `/openapi.json`: every route in OpenAPI 3.1. The engine's own addresses are described by hand in `openapi.json`
//! beside this file; the rest is generated from the manifests.

use std::collections::BTreeSet;

use badgesmith_provider::{BadgeRoute, HookRoute, RedirectRoute, ReportRoute};
use serde_json::{Map, Value, json};

use super::{
    open_query::{open_query, trend_query},
    series_routes::{SeriesRoute, charts, histories},
};
use crate::{
    addresses::{ADDRESSES, Operation, OwnAddress, Serves, Switch},
    draw::overrides::OVERRIDES,
    parts::Parts,
    plugins::Plugin,
    route::{RouteSegment, RouteTemplate},
};

const BASE: &str = include_str!("openapi.json");

/// The error statuses of every request.
const ANY: [u16; 5] = [400, 413, 414, 429, 431];
/// The further error statuses of badges and redirects.
const SHOWN: [u16; 7] = [401, 403, 404, 500, 502, 503, 504];
/// The further error statuses of charts and histories.
const SERIES: [u16; 3] = [404, 500, 503];
/// The further error statuses of reports.
const REPORTED: [u16; 6] = [401, 404, 409, 500, 503, 504];

/// The further error statuses of webhooks.
const DELIVERED: [u16; 4] = [401, 500, 503, 504];

/// The whole document, for a server below the path `base`.
pub(crate) fn write(parts: &Parts, base: &str) -> String {
    // This cannot fail: a test parses the embedded file.
    let mut document: Value = serde_json::from_str(BASE).unwrap_or_default();
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    if !base.is_empty() {
        document["servers"] = json!([{ "url": base }]);
    }
    let operations = document.as_object_mut().and_then(|document| document.remove("operations")).unwrap_or_default();
    let paths = ADDRESSES.iter().filter(|address| parts.is_on(address.switch));
    let paths = paths.filter_map(|address| Some((address.documented_path(), own(address, &operations)?)));
    if !parts.is_on(Switch::Live) {
        remove_live(&mut document["components"]);
    }
    document["paths"] = paths.collect::<Map<_, _>>().into();
    for plugin in parts.plugins.all() {
        let manifest = &plugin.manifest;
        push(&mut document["tags"], json!({ "name": plugin.id, "description": manifest.summary }));
        let mut taken = BTreeSet::new();
        let mut named = |kind: &str, name: &str| {
            let mut id = format!("{}-{kind}-{name}", plugin.id);
            while !taken.insert(id.clone()) {
                id.push('_');
            }
            id
        };
        for route in &manifest.badges {
            add(&mut document, &route.route, "get", badge(plugin, route, named("badge", &route.name)));
        }
        for route in &manifest.redirects {
            add(&mut document, &route.route, "get", redirect(plugin, route, named("redirect", &route.name)));
        }
        for route in &manifest.reports {
            add(&mut document, &route.route, "post", report(plugin, route, named("report", &route.name)));
        }
        for route in &manifest.hooks {
            add(&mut document, &route.route, "post", hook(plugin, route, named("hook", &route.name)));
        }
        for (kind, routes) in [("chart", charts(plugin).collect::<Vec<_>>()), ("history", histories(plugin).collect())]
        {
            for route in routes {
                let id = named(kind, &route.name);
                add(&mut document, &route.route, "get", series(plugin, &route, id, operations[kind].clone()));
            }
        }
    }
    document.to_string()
}

/// Removes the components that only the addresses of the live page refer to.
fn remove_live(components: &mut Value) {
    if let Some(parameters) = components["parameters"].as_object_mut() {
        parameters.retain(|name, _| !name.starts_with("live-"));
    }
    if let Some(schemas) = components["schemas"].as_object_mut() {
        schemas.retain(|name, _| !matches!(&**name, "Repos" | "Repo" | "Card" | "Run"));
    }
}

/// The operation of one of the engine's own addresses, from `operations` of `openapi.json`. A badge gets the overrides
/// and the responses that all badges have.
fn own(address: &OwnAddress, operations: &Value) -> Option<Value> {
    let Operation { id, tag, summary } = address.operation.as_ref()?;
    let mut operation = operations[*id].clone();
    if address.is_badge() {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        operation["parameters"] = parameters.into_iter().chain(overrides(&[])).collect();
        operation["responses"] = badge_responses();
    }
    if !matches!(address.serves, Serves::Liveness | Serves::Readiness) {
        operation["responses"]["429"] = reference("responses/Error");
    }
    operation["operationId"] = (*id).into();
    operation["tags"] = json!([tag]);
    operation["summary"] = (*summary).into();
    Some(json!({ "get": operation }))
}

fn badge(plugin: &Plugin, route: &BadgeRoute, id: String) -> Value {
    let trends = trend_query(plugin, route).map(|name| {
        // `as` is a parameter of dynamic badges, too.
        reference(&format!("parameters/{}", if name == "as" { "asDuration" } else { name }))
    });
    let query = open_query(route).map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } }));
    let own = path_parameters(&route.route, &route.example).into_iter().chain(query);
    let parameters: Vec<_> = own.chain(overrides(&route.query)).chain(trends).collect();
    json!({
        "operationId": id, "tags": [plugin.id], "summary": route.summary,
        "parameters": parameters, "responses": badge_responses(),
    })
}

/// The operation of a chart or a history, from `operations` of `openapi.json`.
fn series(plugin: &Plugin, route: &SeriesRoute, id: String, mut operation: Value) -> Value {
    let query = operation["parameters"].as_array().cloned().unwrap_or_default();
    let parameters = path_parameters(&route.route, &route.example).into_iter().chain(query);
    operation["parameters"] = parameters.collect();
    let mut responses = errors(&SERIES);
    responses.insert("200".to_owned(), operation["responses"]["200"].take());
    responses.insert("304".to_owned(), reference("responses/NotModified"));
    operation["responses"] = responses.into();
    operation["operationId"] = id.into();
    operation["tags"] = json!([plugin.id]);
    operation["summary"] = route.summary.clone().into();
    operation
}

fn redirect(plugin: &Plugin, route: &RedirectRoute, id: String) -> Value {
    let mut responses = errors(&SHOWN);
    responses.insert("302".to_owned(), reference("responses/Redirect"));
    json!({
        "operationId": id, "tags": [plugin.id], "summary": route.summary,
        "parameters": path_parameters(&route.route, &route.example), "responses": responses,
    })
}

fn report(plugin: &Plugin, route: &ReportRoute, id: String) -> Value {
    // The signature itself is a security scheme, and so is the token in its place.
    let header = |name: &str, schema: Value, description: &str| json!({ "name": name, "in": "header", "schema": schema, "description": description });
    let headers = [
        header(
            "X-Timestamp",
            json!({ "type": "string", "format": "date-time" }),
            "Now, within five minutes; required with X-Signature.",
        ),
        header(
            "X-Nonce",
            json!({ "type": "string", "pattern": "^[!-~]{1,128}$" }),
            "Used once: visible ASCII characters; required with X-Signature.",
        ),
    ];
    let mut responses = errors(&REPORTED);
    responses.insert("201".to_owned(), reference("responses/Recorded"));
    let parameters: Vec<_> = path_parameters(&route.route, &route.example).into_iter().chain(headers).collect();
    let schema = route.body.clone().unwrap_or_else(|| json!({ "type": "object" }));
    json!({
        "operationId": id, "tags": [plugin.id], "summary": route.summary,
        "parameters": parameters,
        "security": [{ "signature": [] }, { "token": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
        "responses": responses,
    })
}

fn hook(plugin: &Plugin, route: &HookRoute, id: String) -> Value {
    let header = |name: &str, pattern: &str, description: &str| json!({ "name": name, "in": "header", "required": true, "schema": { "type": "string", "pattern": pattern }, "description": description });
    let headers = [
        header("X-GitHub-Event", "^[!-~]{1,128}$", "The name of the event."),
        header("X-GitHub-Delivery", "^[!-~]{1,128}$", "The id of the delivery, which is taken once for an owner."),
    ];
    let mut responses = errors(&DELIVERED);
    let taken = |words: &str| json!({ "description": words, "content": { "application/json": { "schema": reference("schemas/Delivery") } } });
    responses.insert("200".to_owned(), taken("What the delivery tells is durable, or was before; or it is a ping."));
    responses.insert("202".to_owned(), taken("Nobody reads such an event."));
    let parameters: Vec<_> = path_parameters(&route.route, &route.example).into_iter().chain(headers).collect();
    let form = json!({ "type": "object", "required": ["payload"], "properties": { "payload": { "type": "string" } } });
    json!({
        "operationId": id, "tags": [plugin.id], "summary": route.summary,
        "parameters": parameters,
        "security": [{ "webhook": [] }],
        "requestBody": { "required": true, "content": {
            "application/json": { "schema": { "type": "object" } },
            "application/x-www-form-urlencoded": { "schema": form },
        } },
        "responses": responses,
    })
}

/// Adds an operation. OpenAPI cannot distinguish a route that ends with `{rest…}` from one with a single parameter in
/// its place; then only the first is described.
fn add(document: &mut Value, route: &str, method: &str, operation: Value) {
    // The path keeps the upper and lower case of the manifest.
    let path = route.replace("{@", "{").replace("…}", "}").replace("...}", "}");
    let is_same = |other: &str| path.split('/').map(blank).eq(other.split('/').map(blank));
    if let Some(paths) = document["paths"].as_object_mut()
        && !paths.keys().any(|other| is_same(other))
    {
        paths.insert(path, json!({ method: operation }));
    }
}

/// A segment of a path, with the name of a parameter removed.
fn blank(segment: &str) -> &str {
    if segment.starts_with('{') { "{}" } else { segment }
}

/// The path parameters of a route, with their values in its example.
fn path_parameters(route: &str, example: &str) -> Vec<Value> {
    let path = example.split('?').next().unwrap_or_default();
    let texts: Vec<_> = path.trim_start_matches('/').split('/').collect();
    let values = RouteTemplate::parse(route).ok().and_then(|template| template.fit(&texts)).unwrap_or_default();
    let parameters = segments(route).into_iter().filter_map(|segment| {
        let (name, words) = match segment {
            RouteSegment::Literal(_) => return None,
            RouteSegment::Parameter(name) => (name, "One segment of the path."),
            RouteSegment::Scoped(name) => (name, "One segment of the path, or two if the first begins with @."),
            RouteSegment::Rest(name) => (name, "The rest of the path, slashes included."),
        };
        Some(json!({
            "name": name, "in": "path", "required": true, "description": words,
            "schema": { "type": "string", "minLength": 1 }, "example": values.get(&name),
        }))
    });
    parameters.collect()
}

/// The route's segments. Parsing cannot fail: routes are checked when a plugin is loaded.
fn segments(route: &str) -> Vec<RouteSegment> {
    RouteTemplate::parse(route).map(|template| template.segments().to_vec()).unwrap_or_default()
}

/// The overrides, except those whose name the provider uses for a parameter of its own.
fn overrides(own: &[String]) -> impl Iterator<Item = Value> {
    let names = OVERRIDES.iter().filter(|parameter| parameter.is_documented).map(|parameter| parameter.name);
    names.filter(|name| !own.iter().any(|own| own == name)).map(|name| reference(&format!("parameters/{name}")))
}

fn badge_responses() -> Value {
    let mut responses = errors(&SHOWN);
    responses.insert("200".to_owned(), reference("responses/Badge"));
    responses.insert("304".to_owned(), reference("responses/NotModified"));
    responses.into()
}

fn errors(statuses: &[u16]) -> Map<String, Value> {
    ANY.iter().chain(statuses).map(|status| (status.to_string(), reference("responses/Error"))).collect()
}

fn reference(component: &str) -> Value {
    json!({ "$ref": format!("#/components/{component}") })
}

fn push(list: &mut Value, item: Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(item);
    }
}
