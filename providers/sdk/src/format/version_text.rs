//! The `v` before a version.

/// The version with a `v` before it, if it begins with a digit and is neither a date such as `2026-11-21` nor the hash
/// of a commit.
///
/// ```
/// use badgesmith_provider::format::add_v;
///
/// assert_eq!(add_v("1.2.3"), "v1.2.3");
/// assert_eq!(add_v("v1.2.3"), "v1.2.3");
/// assert_eq!(add_v("release-1.2"), "release-1.2");
/// assert_eq!(add_v("2026-11-21"), "2026-11-21");
/// assert_eq!(add_v("5aa272da79"), "5aa272da79");
/// ```
pub fn add_v(version: &str) -> String {
    let is_number = version.starts_with(|first: char| first.is_ascii_digit());
    if is_number && !has_date(version) && !is_hash(version) { format!("v{version}") } else { version.to_owned() }
}

/// The version without the `v` before it.
///
/// ```
/// use badgesmith_provider::format::omit_v;
///
/// assert_eq!(omit_v("v1.2.3"), "1.2.3");
/// assert_eq!(omit_v("1.2.3"), "1.2.3");
/// ```
pub fn omit_v(version: &str) -> &str {
    version.strip_prefix('v').unwrap_or(version)
}

/// Whether a date such as `2026-11-21` is anywhere in the text.
fn has_date(text: &str) -> bool {
    let is_date = |window: &[u8]| {
        window.iter().zip(b"0000-00-00").all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == form,
        })
    };
    text.as_bytes().windows("0000-00-00".len()).any(is_date)
}

/// Whether the text can be the hash of a commit, in full or in short.
fn is_hash(text: &str) -> bool {
    (7..=40).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_that_is_no_date_and_no_hash_gets_a_v() {
        let rows = [
            ("9", "v9"),
            ("0.1", "v0.1"),
            ("v0.6", "v0.6"),
            ("hello", "hello"),
            ("", ""),
            ("2017-05-05-Release-2.3.17", "2017-05-05-Release-2.3.17"),
            ("1.0-2017-05-05", "1.0-2017-05-05"),
            ("2017.05.05", "v2017.05.05"),
            ("123456", "v123456"),
            ("1234567", "1234567"),
            ("5aa272da7924fa76581fd5ea83b24cfbb3528b8a", "5aa272da7924fa76581fd5ea83b24cfbb3528b8a"),
            ("5AA272DA79", "v5AA272DA79"),
        ];
        for (version, expected) in rows {
            assert_eq!(add_v(version), expected, "{version}");
        }
    }
}
