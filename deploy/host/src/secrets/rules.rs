//! What a secret may be, what it may be for, and who may hold it: the same wherever it lies.

use badgesmith_provider::fold;

/// The largest secret, in bytes.
pub const LARGEST_SECRET: usize = 8 * 1024;
/// How many values may be valid at once: the newest, and the one before while it is being rotated.
pub const MOST_VALUES: usize = 2;
/// The longest purpose, in bytes.
const LONGEST_PURPOSE: usize = 64;

/// Who holds a secret: the owner, or `owner/repo` where it is the repository's own. A `/` in a name itself is `%2F`.
///
/// ```
/// use badgesmith_host::secrets::holder;
///
/// assert_eq!(holder("Acme", None), "acme");
/// assert_eq!(holder("Acme", Some("Tools")), "acme/tools");
/// assert_eq!(holder("a/b", None), "a%2Fb");
/// ```
#[must_use]
pub fn holder(owner: &str, repo: Option<&str>) -> String {
    let part = |name: &str| fold(name).replace('%', "%25").replace('/', "%2F");
    match repo {
        Some(repo) => format!("{}/{}", part(owner), part(repo)),
        None => part(owner),
    }
}

/// Whether a text can be a secret for that purpose: what is sent to an upstream must fit into a header, what signs may
/// be any text of one line.
///
/// # Errors
/// What is wrong with it, never the text.
pub fn check(purpose: &str, value: &str) -> Result<(), String> {
    check_purpose(purpose)?;
    if value.is_empty() {
        return Err("the secret is empty; send it to standard input".to_owned());
    }
    if value.len() > LARGEST_SECRET {
        return Err(format!("the secret has {} bytes of at most {LARGEST_SECRET}", value.len()));
    }
    if value.chars().any(char::is_control) {
        return Err("the secret has line ends or other control characters inside".to_owned());
    }
    if purpose == "Package" && !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the secret has blanks or characters that cannot be sent in a header".to_owned());
    }
    Ok(())
}

/// Whether a text can be a purpose.
///
/// # Errors
/// What a purpose is.
pub fn check_purpose(purpose: &str) -> Result<(), String> {
    let is_plain = purpose.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if purpose.is_empty() || purpose.len() > LONGEST_PURPOSE || !is_plain {
        return Err(format!("{purpose:?} is no purpose; write it as the plugin's manifest does: Package, TestData"));
    }
    Ok(())
}

/// A place that has secrets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Who holds them, as [`holder`] writes it.
    pub holder: String,
    /// What they are for.
    pub purpose: String,
    /// How many are valid.
    pub values: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_signs_may_be_any_line_of_text_and_what_is_sent_must_fit_into_a_header() {
        for (purpose, value, is_secret) in [
            ("TestData", "two words \u{e9} \u{1F980}", true),
            ("Package", "two words", false),
            ("Package", "gr\u{fc}n", false),
            ("Package", "ghp_0123", true),
            ("TestData", "two\nlines", false),
            ("TestData", "nul\0", false),
            ("TestData", "", false),
            ("Test Data", "x", false),
            ("", "x", false),
        ] {
            assert_eq!(check(purpose, value).is_ok(), is_secret, "{purpose:?} {value:?}");
        }
        assert!(check("TestData", &"x".repeat(LARGEST_SECRET)).is_ok());
        assert!(check("TestData", &"x".repeat(LARGEST_SECRET + 1)).is_err());
    }
}
