//! The cache of finished responses: whoever asks gets what an engine without it answers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/allocations.rs"]
mod allocations;
mod support;

use std::{path::Path, sync::Arc};

use badgesmith_engine::{CacheState, Config, Engine, Format, Plugin, Request, Response, plugins, world::Fault};
use http::{Method, StatusCode};
use support::{
    MemoryStore, TestServer,
    ci::{self, delivery, payload},
    hello_toml,
};

const ASKED: &str = "https://example.com/world.txt";
const DOCUMENT: &str = "https://example.com/a.json";

fn server(is_caching: bool) -> TestServer {
    let config = Config::parse(&hello_toml(), Path::new("plugins.toml")).unwrap();
    let mut plugins: Vec<Plugin> = plugins::load(&config, &[]).unwrap();
    plugins.push(ci::plugin());
    let store = Arc::<MemoryStore>::default();
    store.secrets.lock().unwrap().insert(("*".to_owned(), "Webhook".to_owned()), vec!["s".to_owned()]);
    let make = |world| {
        let engine = Engine::new(plugins, &config.engine, world)?;
        Ok::<_, badgesmith_engine::RouteError>(if is_caching {
            engine.with_response_cache(&config.engine)
        } else {
            engine
        })
    };
    let server = TestServer::with_engine(store, make).unwrap();
    server.upstream.set(ASKED, 200, &[("last-modified", "Sat, 21 Nov 2026 10:00:00 GMT")], "good");
    server.web.set(DOCUMENT, 200, &[], r#"{"schemaVersion":1,"label":"a","message":"one","cacheSeconds":300}"#);
    server
}

/// A request with a correlation ID of its own and these headers.
fn request(method: Method, address: &str, headers: &[(&'static str, &str)]) -> Request {
    let mut request = Request::get(address);
    request.method = method;
    request.correlation_id = format!("id-{}", headers.len());
    for (name, value) in headers {
        request.headers.insert(*name, value.parse().unwrap());
    }
    request
}

/// The response without the correlation ID, which the server adds to those that have none.
fn described(mut response: Response, request: &Request) -> String {
    if let Some(id) = response.headers.remove(badgesmith_engine::CORRELATION_ID) {
        assert_eq!(id, request.correlation_id, "a response has the ID of its own request");
    }
    format!("{response:?}")
}

#[tokio::test(start_paused = true)]
async fn a_response_is_the_same_as_without_the_cache_for_every_method_and_condition_and_as_time_passes() {
    let (plain, caching) = (server(false), server(true));
    let etag = |response: Response| response.headers["etag"].to_str().unwrap().to_owned();
    let known = etag(plain.get("/badge/build-passing-brightgreen").await);
    etag(caching.get("/badge/build-passing-brightgreen").await);
    let addresses = [
        "/badge/build-passing-brightgreen",
        "/badge/build-passing-brightgreen.png?scale=2",
        "/badge/build-passing-brightgreen?format=json",
        "/badge/build-passing-brightgreen?style=social&logo=github",
        "/badge/build-passing-nonsense.json",
        "/static/v1?label=a&message=b&cacheSeconds=100000",
        "/static/v1?label=a",
        "/badges/hello/world",
        "/badges/hello/world.svg",
        "/badges/hello/world.svg?loud=1",
        "/badges/hello/world.png?style=plastic",
        "/badges/hello/missing.svg",
        "/badges/hello/World.SVG",
        "/endpoint?url=https://example.com/a.json",
        "/endpoint?url=https://example.com/none.json",
        "/badges/ci/acme/shop/ci.yml/main.svg",
        "/badge/%62uild-passing-brightgreen",
        "/nothing.svg",
        "/health",
        "/openapi.json",
    ];
    for step in 0..12 {
        match step {
            2 => {
                let told = payload("acme/shop", 1, "done").to_string();
                for server in [&plain, &caching] {
                    server.send(&delivery("s", "/webhooks/github", "d1", told.clone())).await;
                }
            }
            3 => [&plain, &caching].map(|server| server.upstream.set(ASKED, 200, &[], "better")).into_iter().collect(),
            8 => [&plain, &caching]
                .map(|server| server.upstream.fault(ASKED, Fault::Unreachable("refused".to_owned())))
                .into_iter()
                .collect(),
            _ => {}
        }
        for address in addresses {
            for method in [Method::GET, Method::HEAD, Method::GET, Method::POST, Method::OPTIONS] {
                for headers in [
                    vec![],
                    vec![("if-none-match", &*known)],
                    vec![("if-none-match", "*"), ("accept", "application/json")],
                    vec![("if-modified-since", "Sat, 21 Nov 2026 11:00:00 GMT"), ("host", "x"), ("range", "bytes=0-1")],
                ] {
                    let request = request(method.clone(), address, &headers);
                    let (expected, found) = (plain.send(&request).await, caching.send(&request).await);
                    let (expected, found) = (described(expected, &request), described(found, &request));
                    assert_eq!(found, expected, "{method} {address} {headers:?} in step {step}");
                }
            }
        }
        assert_eq!(caching.upstream.calls(), plain.upstream.calls(), "step {step}");
        assert_eq!(caching.web.calls(), plain.web.calls(), "step {step}");
        for server in [&plain, &caching] {
            server.advance(45);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_too_large_is_refused_although_its_address_is_cached() {
    let server = server(true);
    let address = "/badge/build-passing-brightgreen";
    assert_eq!(server.get(address).await.status, StatusCode::OK);
    let large = "x".repeat(20_000);
    let headers = server.send(&request(Method::GET, address, &[("x-large", &large)])).await;
    assert!(String::from_utf8_lossy(&headers.body).contains("too large"), "{headers:?}");
    let mut body = Request::get(address);
    body.body = vec![0; 300_000].into();
    let refused = server.send(&body).await;
    assert!(String::from_utf8_lossy(&refused.body).contains("too large"), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_million_addresses_take_no_more_memory_than_the_cache_may_have() {
    let server = server(true);
    for number in 0..20_000 {
        assert_eq!(server.get(&format!("/badge/a-{number}-blue")).await.status, StatusCode::OK);
    }
    let now = *server.now.lock().unwrap();
    let pictures = server.engine.health(now).cache.into_iter().find(|cache| cache.of == "pictures").unwrap();
    // An eighth of 64 MiB.
    assert!((1_000_000..=8 * 1024 * 1024).contains(&pictures.bytes), "{pictures:?}");
}

#[tokio::test]
async fn a_cached_response_takes_at_most_six_allocations() {
    let server = server(true);
    for address in ["/badges/hello/world.svg", "/badge/build-passing-brightgreen", "/badges/hello/world.png"] {
        let request = request(Method::GET, address, &[("host", "x"), ("accept", "image/*")]);
        let first = server.send(&request).await;
        let now = *server.now.lock().unwrap();
        let before = allocations::count();
        let again = server.engine.respond_cached(&request, now).await;
        let count = allocations::count() - before;
        assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
        assert_eq!(again.line.format, Some(if address.ends_with("png") { Format::Png } else { Format::Svg }));
        assert_eq!(again.line.cache, address.starts_with("/badges").then_some(CacheState::Kept));
        assert!(count <= 6, "{address}: {count}");
    }
}
