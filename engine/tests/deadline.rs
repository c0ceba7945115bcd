//! Responses of [`badgesmith_engine::Engine::respond_late`], which a Lambda function sends before its deadline.
#![allow(clippy::unwrap_used)]

mod support;

use badgesmith_engine::Request;
use support::{TestServer, hello_toml, title};

#[test]
fn a_late_response_has_the_format_that_the_request_asked_for() {
    let server = TestServer::new(&hello_toml());
    let rows = [
        ("/badges/hello/a.svg", 200, "hello: upstream unavailable"),
        ("/endpoint?url=https://a.example/", 200, "custom badge: inaccessible"),
        ("/badge/dynamic/json.svg?url=https://a.example/&query=a&label=mine", 200, "mine: inaccessible"),
        ("/badge/a-b-red", 200, "too busy"),
        ("/nowhere.svg", 200, "badge: too busy"),
        ("/badge/dynamic/json.json?url=https://a.example/&query=a", 504, ""),
        ("/badge/a-b-red.json", 503, ""),
    ];
    for (path, status, words) in rows {
        let response = server.engine.respond_late(&Request::get(path));
        let body = String::from_utf8_lossy(&response.body).into_owned();
        assert_eq!(response.status, status, "{path}: {body}");
        assert_eq!(title(&body).unwrap_or_default(), words, "{path}: {body}");
    }
    let png = server.engine.respond_late(&Request::get("/badge/a-b-red.png?logo=data:image/svg%2Bxml,x&scale=4"));
    assert!(png.body.starts_with(b"\x89PNG"));
    assert_eq!(png.headers["cache-control"], "public, max-age=10, s-maxage=10");
}
