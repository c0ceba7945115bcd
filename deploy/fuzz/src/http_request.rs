//! A request, written as it is in HTTP/1.1 but with `\n` as the end of a line.

use badgesmith_engine::{LARGEST_HEADERS, LONGEST_PATH, Request, largest_body};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, uri::PathAndQuery};

/// Reads a method and a target, headers, an empty line, and a body. `None` for a request that the HTTP server itself
/// refuses.
pub fn read(input: &[u8]) -> Option<Request> {
    let at = input.windows(2).position(|window| window == b"\n\n");
    let (head, body) = at.map_or((input, &[][..]), |at| (&input[..at], &input[at + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut first = lines.next()?.splitn(2, |byte| *byte == b' ');
    let method = Method::from_bytes(first.next()?).ok()?;
    let target = PathAndQuery::try_from(first.next()?).ok()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let mut line = line.splitn(2, |byte| *byte == b':');
        let name = HeaderName::from_bytes(line.next()?).ok()?;
        headers.append(name, HeaderValue::from_bytes(line.next()?.trim_ascii()).ok()?);
    }
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let (path, query) = (target.path().to_owned(), target.query().unwrap_or_default().to_owned());
    // A little more than the engine accepts, so that its own limits are tested.
    let is_bounded = size <= 2 * LARGEST_HEADERS && path.len() + query.len() <= 2 * LONGEST_PATH;
    (is_bounded && body.len() <= largest_body(&path)).then(|| Request {
        method,
        path,
        query,
        headers,
        body: Bytes::copy_from_slice(body),
        source: "192.0.2.1".to_owned(),
        correlation_id: "fuzz".to_owned(),
    })
}
