//! Reports of builds: bodies, signatures, and the HTTP request.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use badgesmith_engine::signature::sign;
use badgesmith_provider::Timestamp;
use serde_json::json;

use super::{Response, try_send};

/// plugins.toml with the test-results provider.
pub const TOML: &str = "[[plugin]]\nid = \"test-results\"\nlibrary = \"badgesmith_provider_test_results\"\n\
                        collections = [\"test-results\"]\n";

/// The same with the coverage provider.
pub const COVERAGE_TOML: &str = "[[plugin]]\nid = \"test-results\"\nlibrary = \"badgesmith_provider_test_results\"\n\
                                 collections = [\"test-results\"]\n\
                                 [[plugin]]\nid = \"coverage\"\nlibrary = \"badgesmith_provider_coverage\"\n\
                                 collections = [\"coverage\"]\n";

/// The same with the values provider.
pub const VALUES_TOML: &str = "[[plugin]]\nid = \"test-results\"\nlibrary = \"badgesmith_provider_test_results\"\n\
                               collections = [\"test-results\"]\n\
                               [[plugin]]\nid = \"coverage\"\nlibrary = \"badgesmith_provider_coverage\"\n\
                               collections = [\"coverage\"]\n\
                               [[plugin]]\nid = \"values\"\nlibrary = \"badgesmith_provider_values\"\n\
                               collections = [\"values\"]\n";

/// A nonce that is new in this process.
pub fn nonce() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The time in the format of a report.
pub fn now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::nearest(i64::try_from(since.as_millis()).unwrap()).to_string()
}

/// The body of a run.
pub fn body(platform: &str, run: &str, counts: [u64; 3]) -> String {
    let [passed, failed, skipped] = counts;
    json!({
        "platform": platform, "passed": passed, "failed": failed, "skipped": skipped, "total": counts.iter().sum::<u64>(),
        "url_html": format!("https://example.com/runs/{run}"), "timestamp": now(), "commit": "11e20f8", "run_id": run,
    })
    .to_string()
}

/// A complete signed request.
pub fn request(secret: &str, path: &str, body: &str, nonce: &str) -> String {
    let timestamp = now();
    let signature = sign(secret, &timestamp, nonce, "POST", path, body.as_bytes());
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         X-Signature: {signature}\r\nX-Timestamp: {timestamp}\r\nX-Nonce: {nonce}\r\n\r\n{body}",
        body.len()
    )
}

/// Posts a run; `None` if the server ended before it answered.
pub fn post(server: SocketAddr, secret: &str, path: &str, body: &str) -> Option<Response> {
    try_send(server, &request(secret, path, body, &nonce())).ok().filter(|response| response.status != 0)
}
