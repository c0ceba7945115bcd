//! Any request to a server with the plugins of plugins.toml: the response is well-formed, its status is no 5xx unless
//! it needed an upstream, a `HEAD` has the headers of the `GET`, and the same request again gets the same response, or
//! a 304 if it sends the `ETag`. An input is a request as in HTTP/1.1, with `\n` as the end of a line.
#![no_main]

use std::sync::LazyLock;

use badgesmith_engine::{Engine, Settings, Source};
use badgesmith_fuzz::{
    http_request, plugins, response_check,
    world::{Parts, respond, respond_cached, wait},
};
use http::{HeaderMap, Method, StatusCode, header};
use libfuzzer_sys::fuzz_target;

struct Server {
    engine: Engine,
    world: Parts,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let config = plugins::config();
    // Little memory, so that the caches are full early.
    let settings = Settings { cache_mib: 8, live: badgesmith_engine::Live::All, ..config.engine.clone() };
    let world = Parts::default();
    let engine = wait(async { Engine::new(plugins::all(), &settings, world.world()) });
    let engine = engine.expect("it has no conflict").with_events().with_response_cache(&settings);
    Server { engine, world }
});

fn asked() -> usize {
    SERVER.world.upstream.asked() + SERVER.world.web.asked()
}

fuzz_target!(
    init: {
        LazyLock::force(&SERVER);
    },
    |input: &[u8]| {
        let Some(request) = http_request::read(input) else { return };
        let before = asked();
        let response = respond_cached(&SERVER.engine, &request);
        response_check::check(&request, &response);
        assert_ne!(response.line.code, "ENGINE_FAILED", "{request:?}");
        if asked() > before || response.events.is_some() {
            return;
        }
        // An upstream that has just failed is not called again, and the response says so.
        if response.line.fault == Some(Source::Upstream) {
            return;
        }
        assert!(response.status.as_u16() < 500, "{} {request:?}", response.status);
        let is_own = response.line.plugin.is_empty();
        if !is_own || request.path.starts_with("/health") || !matches!(request.method, Method::GET) {
            return;
        }
        let again = respond(&SERVER.engine, &request);
        assert_eq!((again.status, &again.body), (response.status, &response.body), "{request:?}");
        let mut head = request.clone();
        head.method = Method::HEAD;
        let head = respond(&SERVER.engine, &head);
        let of = |headers: &HeaderMap| [header::ETAG, header::CONTENT_TYPE].map(|name| headers.get(name).cloned());
        assert_eq!((head.status, of(&head.headers)), (response.status, of(&response.headers)), "{request:?}");
        if let Some(etag) = response.headers.get(header::ETAG).filter(|_| response.status == StatusCode::OK) {
            let mut conditional = request.clone();
            conditional.headers.remove(header::IF_MODIFIED_SINCE);
            conditional.headers.insert(header::IF_NONE_MATCH, etag.clone());
            let unchanged = respond_cached(&SERVER.engine, &conditional);
            assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED, "{request:?}");
        }
    }
);
