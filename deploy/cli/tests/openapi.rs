//! The OpenAPI document against the server it describes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use serde_json::Value;
use support::{Response, Server, Upstream, escape, report, send};

/// A server with a native provider, a declarative one whose route takes the rest of the path, and one that takes
/// reports. Their upstream answers 404 to everything.
fn server(name: &str) -> Server {
    let upstream = Upstream::start(|_| (404, Vec::new(), Vec::new()));
    let url = upstream.url();
    let coveralls = concat!(env!("CARGO_MANIFEST_DIR"), "/../../providers/declarative/coveralls.toml");
    let coveralls = format!(
        "[[plugin]]\nid = \"coveralls\"\ndeclarative = {coveralls:?}\norigins = [{url:?}]\n\
         settings = {{ upstream = {url:?} }}\n"
    );
    Server::start(name, &(support::nuget_toml(&url) + &coveralls + report::VALUES_TOML))
}

fn json(response: &Response) -> Value {
    serde_json::from_str(&response.body).unwrap_or_default()
}

/// The target of a `$ref`, or the value itself.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere"),
        None => value,
    }
}

/// The path with the examples of its parameters.
fn example(document: &Value, path: &str, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    parameters.iter().map(|parameter| resolve(document, parameter)).filter(|parameter| parameter["in"] == "path").fold(
        path.to_owned(),
        |path, parameter| {
            let value = parameter["example"].as_str().or(parameter["examples"]["three"]["value"].as_str());
            path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), &escape(value.unwrap()))
        },
    )
}

/// The media type, without parameters.
fn media_type(response: &Response) -> &str {
    let line = response.head.lines().find_map(|line| line.strip_prefix("content-type: "));
    line.unwrap_or_default().split(';').next().unwrap_or_default()
}

#[test]
fn every_path_of_the_document_answers_as_it_says() {
    let server = server("openapi");
    let response = server.get("/openapi.json");
    assert!(response.head.contains("cache-control: public, max-age=300"), "{}", response.head);
    let document = json(&response);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut count = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let address = example(&document, path, operation);
            assert!(!address.contains('{'), "{address}");
            let is_read = method == "get";
            let method = method.to_uppercase();
            for query in if is_read { &["", "?format=json", "?format=svg", "?format=tiff"][..] } else { &[""] } {
                let request = format!("{method} {address}{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                let response = send(server.address, &request);
                let said = &operation["responses"][response.status.to_string()];
                assert!(said.is_object(), "{method} {address}{query} is {}", response.status);
                let content = &resolve(&document, said)["content"];
                assert!(content[media_type(&response)].is_object(), "{method} {address}{query}: {}", response.head);
                count += 1;
            }
            let other = if is_read { "DELETE" } else { "GET" };
            let request = format!("{other} {address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            assert_eq!(send(server.address, &request).status, 405, "{other} {address}");
        }
    }
    assert!(count > 30, "only {count} requests were sent");
}

#[test]
fn every_route_that_is_served_is_in_the_document() {
    let server = server("openapi-routes");
    let document = json(&server.get("/openapi.json"));
    let listing = json(&server.get("/?format=json"));
    for open in ["/endpoint", "/badge/dynamic/json", "/badge/dynamic/xml", "/badge/dynamic/regex"] {
        assert!(document["paths"][open]["get"]["responses"]["200"].is_object(), "{open}");
    }
    let providers = listing["providers"].as_array().unwrap();
    let mut routes: Vec<(&str, &str)> = Vec::new();
    for provider in providers {
        for (kind, method) in [("badges", "get"), ("redirects", "get"), ("reports", "post")] {
            let of_kind = provider[kind].as_array().into_iter().flatten();
            routes.extend(of_kind.map(|route| (route["route"].as_str().unwrap(), method)));
        }
    }
    assert_eq!(routes.len(), 22);
    for (route, method) in routes {
        assert!(document["paths"][route.replace('…', "").replace("{@", "{")][method].is_object(), "{method} {route}");
    }
    let schema = "/paths/~1tests~1results~1{platform}~1{owner}~1{repo}~1{branch}/post/requestBody/content/application~1json/schema";
    assert_eq!(document.pointer(schema).unwrap()["properties"]["passed"]["type"], "integer");
}

#[test]
fn what_is_switched_off_is_on_no_page() {
    let server = Server::start("openapi-switched-off", "[engine]\nendpoint = false\ndynamic = false\n");
    for page in ["/", "/?format=json", "/openapi.json", "/badges.json", "/llms.txt"] {
        let page = server.get(page).body;
        assert!(
            page.contains("/static/v1") && !page.contains("/endpoint") && !page.contains("/badge/dynamic"),
            "{page}"
        );
    }
}

#[test]
fn every_reference_in_the_document_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    fn walk<'a>(value: &'a Value, see: &mut impl FnMut(&'a str, &'a Value)) {
        for (key, inner) in value.as_object().into_iter().flatten() {
            see(key, inner);
            walk(inner, see);
        }
        value.as_array().into_iter().flatten().for_each(|inner| walk(inner, see));
    }
    let document = json(&server("openapi-references").get("/openapi.json"));
    let (mut references, mut names) = (0, Vec::new());
    walk(&document["paths"], &mut |key, value| match key {
        "$ref" => {
            let pointer = value.as_str().unwrap().trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            references += 1;
        }
        "operationId" => names.push(value.as_str().unwrap()),
        _ => {}
    });
    assert!(references > 100, "only {references} references were read");
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), count), (count, document["paths"].as_object().unwrap().len()));
}
