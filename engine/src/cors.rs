//! CORS preflight requests, which browsers send before some requests from other sites.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{request::Request, response::Response, target::Target};

/// The headers of a request that the engine reads.
const READ: [&str; 4] = ["content-type", "x-signature", "x-timestamp", "x-nonce"];
/// The header that it also reads from reports.
const READ_OF_REPORTS: &str = "authorization";

/// Answers a preflight with 204, the methods of the address, and the requested headers that the engine reads there.
pub(crate) fn preflight(request: &Request, target: &Target<'_>) -> Response {
    let (methods, line) = (target.methods(), target.access_line());
    let is_report = matches!(target, Target::Report(_));
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    let wanted = request.header(header::ACCESS_CONTROL_REQUEST_HEADERS).to_ascii_lowercase();
    let is_read = |name: &&str| READ.contains(name) || (is_report && *name == READ_OF_REPORTS);
    let allowed: Vec<_> = wanted.split(',').map(str::trim).filter(is_read).collect();
    if let (false, Ok(allowed)) = (allowed.is_empty(), HeaderValue::from_str(&allowed.join(", "))) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    let vary = HeaderValue::from_static("Access-Control-Request-Method, Access-Control-Request-Headers");
    headers.insert(header::VARY, vary);
    Response { status: StatusCode::NO_CONTENT, headers, body: Bytes::new(), events: None, line }
}
