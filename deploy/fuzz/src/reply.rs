//! A reply of an upstream, written as a status, headers, an empty line, and a body.

use badgesmith_engine::world::Reply;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Reads a reply. An input that is not in this form becomes the body of a reply with status 200.
pub fn read(input: &[u8]) -> Reply {
    let at = input.windows(2).position(|window| window == b"\n\n");
    let head = at.and_then(|at| Some((head(&input[..at])?, &input[at + 2..])));
    let ((status, headers), body) = head.unwrap_or(((200, HeaderMap::new()), input));
    Reply { status, headers, body: Bytes::copy_from_slice(body) }
}

fn head(text: &[u8]) -> Option<(u16, HeaderMap)> {
    let mut lines = text.split(|byte| *byte == b'\n');
    let status: u16 = std::str::from_utf8(lines.next()?).ok()?.parse().ok()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let mut line = line.splitn(2, |byte| *byte == b':');
        let name = HeaderName::from_bytes(line.next()?).ok()?;
        headers.append(name, HeaderValue::from_bytes(line.next()?.trim_ascii()).ok()?);
    }
    (200..=599).contains(&status).then_some((status, headers))
}
