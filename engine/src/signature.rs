//! The string that is signed, and the comparison.
//!
//! Version 2 binds a report to its time, its nonce and its address, so that it is good once and in one place. Version 1
//! signs the body alone, as BadgeSmith's first clients do.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{
    request::{TooDeep, decode_fully},
    world::Secret,
};

/// How many secrets are compared, whether there are any or not: two while one is being rotated.
const COMPARED: usize = 2;

/// The string that a version 2 signature signs: six lines, joined by `\n`.
///
/// They are `v2`, the timestamp and the nonce as their headers have them, the method, the path without its query and
/// percent-decoded until nothing is left to decode (a gateway may have decoded it once; more than 8 levels are left as
/// they are, and refused), and the body's SHA-256 in
/// lower-case hexadecimal digits.
///
/// ```
/// let text = badgesmith_engine::signature::string_to_sign("2026-11-21T12:00:00Z", "n1", "POST", "/a%2Fb", b"");
/// let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// assert_eq!(text, format!("v2\n2026-11-21T12:00:00Z\nn1\nPOST\n/a/b\n{empty}"));
/// ```
pub fn string_to_sign(timestamp: &str, nonce: &str, method: &str, path: &str, body: &[u8]) -> String {
    // A path that is encoded more often is refused before anybody looks at its signature.
    let path = decode_fully(path).unwrap_or_else(|TooDeep| path.to_owned());
    format!("v2\n{timestamp}\n{nonce}\n{method}\n{path}\n{}", hex::encode(Sha256::digest(body)))
}

/// The value of `X-Signature` for a report: `v2=` and the HMAC-SHA256 of [`string_to_sign`] in hexadecimal digits.
pub fn sign(secret: &str, timestamp: &str, nonce: &str, method: &str, path: &str, body: &[u8]) -> String {
    let mut mac = keyed(secret.as_bytes());
    mac.update(string_to_sign(timestamp, nonce, method, path, body).as_bytes());
    format!("v2={}", hex::encode(mac.finalize().into_bytes()))
}

/// What a report says it was signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// Over the six lines.
    Whole([u8; 32]),
    /// Over the body alone.
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

    /// Whether one of the secrets made this signature of `signed`. As many are compared where there are none.
    pub(crate) fn is_by(self, secrets: &[Secret], signed: &[u8]) -> bool {
        let (Self::Whole(given) | Self::BodyOnly(given)) = self;
        let mut is_any = false;
        for index in 0..COMPARED.max(secrets.len()) {
            // Nobody knows this key: a secret is never empty.
            let key = secrets.get(index).map_or("", Secret::reveal);
            let mut mac = keyed(key.as_bytes());
            mac.update(signed);
            let is_equal = mac.verify_slice(&given).is_ok();
            is_any |= is_equal && index < secrets.len();
        }
        is_any
    }
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut mac = keyed(b"compare");
    mac.update(one);
    let mut given = keyed(b"compare");
    given.update(other);
    mac.verify_slice(&given.finalize().into_bytes()).is_ok()
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length, so this never falls back.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// 32 bytes of 64 hexadecimal digits, in either case.
fn unhex(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}
