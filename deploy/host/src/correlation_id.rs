//! Correlation IDs, which a response and its log lines share.

use std::hash::{BuildHasher, RandomState};

use badgesmith_engine::CORRELATION_ID;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

/// The longest ID that is accepted from a caller, in bytes.
const LONGEST: usize = 64;

/// The caller's ID if it is well-formed, otherwise a new one.
#[must_use]
pub fn from_headers(headers: &HeaderMap) -> String {
    given(headers).map_or_else(fresh, |(text, _)| text.to_owned())
}

/// The same ID as the value of a response header.
#[must_use]
pub fn header_from_headers(headers: &HeaderMap) -> HeaderValue {
    let fresh = || HeaderValue::from_maybe_shared(Bytes::from(fresh()));
    // Hex digits are allowed in a header.
    given(headers).map_or_else(|| fresh().unwrap_or(HeaderValue::from_static("")), |(_, value)| value.clone())
}

/// The caller's ID if it is safe to log.
fn given(headers: &HeaderMap) -> Option<(&str, &HeaderValue)> {
    let value = headers.get(&CORRELATION_ID)?;
    Some((value.to_str().ok().filter(|text| is_safe(text))?, value))
}

/// A new ID: 128 random bits as lower-case hex.
///
/// It has to be unique, not secret, so the random keys of the standard library's hasher are enough.
///
/// ```
/// assert_eq!(badgesmith_host::correlation_id::fresh().len(), 32);
/// ```
#[must_use]
pub fn fresh() -> String {
    // Every `RandomState` has different keys.
    let random = || RandomState::new().hash_one(());
    let mut digits = [0; 32];
    let number = u128::from(random()) << 64 | u128::from(random());
    for (digit, shift) in digits.iter_mut().zip((0..128).step_by(4).rev()) {
        *digit = b"0123456789abcdef"[(number >> shift) as usize & 15];
    }
    String::from_utf8_lossy(&digits).into_owned()
}

/// A caller's ID if it is safe to log: 1 to 64 of `A-Z a-z 0-9 . _ -`.
///
/// ```
/// use badgesmith_host::correlation_id::accept;
/// assert_eq!(accept("build-7.2"), Some("build-7.2".to_owned()));
/// assert_eq!(accept("two words"), None);
/// ```
#[must_use]
pub fn accept(text: &str) -> Option<String> {
    is_safe(text).then(|| text.to_owned())
}

fn is_safe(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    #[test]
    fn a_fresh_id_differs_from_every_other_on_any_thread() {
        let threads: Vec<_> =
            (0..4).map(|_| thread::spawn(|| (0..1000).map(|_| fresh()).collect::<Vec<_>>())).collect();
        let ids: Vec<String> = threads.into_iter().flat_map(|ids| ids.join().unwrap()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 4000);
        for id in ids {
            assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
            assert_eq!(accept(&id), Some(id));
        }
    }

    #[test]
    fn an_id_is_accepted_only_if_it_is_safe_to_log() {
        let longest = "x".repeat(64);
        let too_long = "x".repeat(65);
        let rows = [
            ("a", true),
            ("Az09._-", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("a b", false),
            ("a\nb", false),
            ("a\"b", false),
            ("é", false),
        ];
        for (text, is_kept) in rows {
            assert_eq!(accept(text).as_deref(), is_kept.then_some(text), "{text:?}");
        }
    }
}
