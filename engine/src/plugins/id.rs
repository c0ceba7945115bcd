//! The ids of plugins and the names of collections.

/// Whether a plugin can have this id: lower-case letters, digits and `-`.
#[must_use]
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
