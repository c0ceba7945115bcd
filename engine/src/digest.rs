//! The SHA-256 of several texts, for keys and groups that have to be short.

use sha2::{Digest, Sha256};

/// The SHA-256 of these texts, each preceded by its length, so that different lists of texts have different inputs.
///
/// ```
/// use badgesmith_engine::digest;
///
/// assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
/// ```
#[must_use]
pub fn digest(texts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update(format!("{}:{text}", text.len()));
    }
    digest.finalize().into()
}
