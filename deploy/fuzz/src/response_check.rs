//! Checks that every response must pass, whatever the request was.

use badgesmith_engine::{Request, Response};
use http::{Method, StatusCode, header};

/// The largest body of a response, in bytes: a page of the history, or a picture with a large logo.
const LARGEST_RESPONSE: usize = 4 * 1024 * 1024;

/// Checks that a response is well-formed.
///
/// # Panics
/// If it is not.
pub fn check(request: &Request, response: &Response) {
    let Response { status, headers, body, .. } = response;
    let is_bodyless = request.method == Method::HEAD || *status == StatusCode::NOT_MODIFIED;
    assert!(body.len() <= LARGEST_RESPONSE, "{} bytes for {request:?}", body.len());
    assert!(!is_bodyless || body.is_empty(), "a body for {request:?}");
    if is_bodyless {
        return;
    }
    if let Some(length) = headers.get(header::CONTENT_LENGTH) {
        assert_eq!(length.to_str().ok(), Some(&*body.len().to_string()), "{request:?}");
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let text = || std::str::from_utf8(body).unwrap_or_else(|fault| panic!("{fault} for {request:?}"));
    match kind.split(';').next().unwrap_or_default() {
        "image/svg+xml" => {
            if let Err(fault) = roxmltree::Document::parse(text()) {
                panic!("{fault} for {request:?}: {}", text());
            }
        }
        "image/png" => assert!(body.starts_with(b"\x89PNG\r\n\x1a\n"), "no PNG for {request:?}"),
        kind if kind.ends_with("json") => {
            if let Err(fault) = serde_json::from_str::<serde_json::Value>(text()) {
                panic!("{fault} for {request:?}: {}", text());
            }
        }
        _ => {}
    }
}
