//! The length of an answer, according to its head.

/// The length of the answer that `bytes` begin with, once its head is complete.
///
/// # Panics
/// The status is not 200, or the answer has no `Content-Length`.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]);
    assert!(head.starts_with("HTTP/1.1 200 "), "no answer with status 200: {head}");
    let body = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    Some(end + body.expect("an answer says its length"))
}
