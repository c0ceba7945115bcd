//! The string that a report's signature signs, and its verification.
//!
//! A version 2 signature covers the timestamp, the nonce, the path and the body, so it is valid once and for one
//! address. A version 1 signature covers the body alone, as BadgeSmith's first clients send it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{
    request::{TooDeep, decode_fully},
    world::Secret,
};

/// The least number of HMACs that are computed, so that timing does not tell how many secrets there are. There are two
/// during a rotation.
const COMPARED: usize = 2;

/// The string that a version 2 signature signs: six lines, joined by `\n`.
///
/// They are `v2`, the values of the timestamp and nonce headers, the method, the path without its query, and the
/// SHA-256 of the body in lower-case hexadecimal digits. The path is percent-decoded until it does not change any more,
/// because a gateway may have decoded it once. A path with more than 8 levels of encoding is signed as it is; the
/// engine refuses it.
///
/// ```
/// let text = badgesmith_engine::signature::string_to_sign("2026-11-21T12:00:00Z", "n1", "POST", "/a%2Fb", b"");
/// let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// assert_eq!(text, format!("v2\n2026-11-21T12:00:00Z\nn1\nPOST\n/a/b\n{empty}"));
/// ```
pub fn string_to_sign(timestamp: &str, nonce: &str, method: &str, path: &str, body: &[u8]) -> String {
    // Such a path is refused before its signature is verified.
    let path = decode_fully(path).unwrap_or_else(|TooDeep| path.to_owned());
    format!("v2\n{timestamp}\n{nonce}\n{method}\n{path}\n{}", hex::encode(Sha256::digest(body)))
}

/// The value of `X-Signature` for a report: `v2=` and the HMAC-SHA256 of [`string_to_sign`] in hexadecimal digits.
pub fn sign(secret: &str, timestamp: &str, nonce: &str, method: &str, path: &str, body: &[u8]) -> String {
    let mut mac = keyed(secret.as_bytes());
    mac.update(string_to_sign(timestamp, nonce, method, path, body).as_bytes());
    format!("v2={}", hex::encode(mac.finalize().into_bytes()))
}

/// The value of `X-Signature`, by version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// Version 2: the HMAC of the six lines.
    Whole([u8; 32]),
    /// Version 1: the HMAC of the body alone.
    BodyOnly([u8; 32]),
}

impl Signature {
    /// Reads `X-Signature`.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        if let Some(digits) = header.strip_prefix("v2=") {
            return unhex(digits).map(Self::Whole);
        }
        unhex(header.strip_prefix("sha256=")?).map(Self::BodyOnly)
    }

    /// Reads `X-Hub-Signature-256`, GitHub's signature of a delivery's body.
    pub(crate) fn of_delivery(header: &str) -> Option<Self> {
        unhex(header.strip_prefix("sha256=")?).map(Self::BodyOnly)
    }

    /// A signature that no secret has, used instead of one that cannot be parsed, so that both take the same time to
    /// compare.
    pub(crate) const NONE: Self = Self::BodyOnly([0; 32]);

    /// Whether this is the signature of `signed` by one of the secrets. At least [`COMPARED`] HMACs are computed.
    pub(crate) fn is_by(self, secrets: &[Secret], signed: &[u8]) -> bool {
        let (Self::Whole(given) | Self::BodyOnly(given)) = self;
        let mut is_any = false;
        for index in 0..COMPARED.max(secrets.len()) {
            // The empty key only keeps the number of comparisons constant: a secret is never empty.
            let key = secrets.get(index).map_or("", Secret::reveal);
            let mut mac = keyed(key.as_bytes());
            mac.update(signed);
            let is_equal = mac.verify_slice(&given).is_ok();
            is_any |= is_equal && index < secrets.len();
        }
        is_any
    }
}

/// Whether two secrets are equal, in constant time.
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut mac = keyed(b"compare");
    mac.update(one);
    let mut given = keyed(b"compare");
    given.update(other);
    mac.verify_slice(&given.finalize().into_bytes()).is_ok()
}

/// The HMAC-SHA256 with a key of any length.
pub(crate) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length, so this never falls back.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// Decodes 64 hexadecimal digits of either case.
fn unhex(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}
