//! What a secret may be, what it may be for, and who may hold it: the same rules wherever it is stored.

use std::{error::Error, fmt};

use badgesmith_provider::fold;

/// The largest secret, in bytes.
pub const LARGEST_SECRET: usize = 8 * 1024;
/// How many values may be valid at once: the newest, and the previous one while it is being rotated.
pub const MOST_VALUES: usize = 2;
/// The longest purpose, in bytes.
const LONGEST_PURPOSE: usize = 64;

/// The holder of a secret: the owner, or `owner/repo` for a repository's own secret. A `/` in a name itself is `%2F`.
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

/// Why a text is refused as a secret or as a purpose. It never contains the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRefusal {
    /// The secret is empty.
    Empty,
    /// The secret is longer than [`LARGEST_SECRET`]; its length in bytes.
    TooLong(usize),
    /// The secret has a line end or another control character inside.
    ControlCharacter,
    /// The secret is sent to upstreams and has a character that no header takes.
    NotForHeaders,
    /// The purpose is not written as a manifest would.
    Purpose(String),
}

impl fmt::Display for SecretRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the secret is empty; send it to standard input"),
            Self::TooLong(bytes) => write!(f, "the secret has {bytes} bytes of at most {LARGEST_SECRET}"),
            Self::ControlCharacter => f.write_str("the secret has line ends or other control characters inside"),
            Self::NotForHeaders => f.write_str("the secret has blanks or characters that cannot be sent in a header"),
            Self::Purpose(purpose) => {
                write!(f, "{purpose:?} is no purpose; write it as the plugin's manifest does: Package, TestData")
            }
        }
    }
}

impl Error for SecretRefusal {}

/// Checks that a text can be a secret for that purpose: a secret that is sent to an upstream must fit into a header,
/// one that signs may be any text of one line.
///
/// # Errors
/// What is wrong with it, never the text.
pub fn check(purpose: &str, value: &str) -> Result<(), SecretRefusal> {
    check_purpose(purpose)?;
    if value.is_empty() {
        return Err(SecretRefusal::Empty);
    }
    if value.len() > LARGEST_SECRET {
        return Err(SecretRefusal::TooLong(value.len()));
    }
    if value.chars().any(char::is_control) {
        return Err(SecretRefusal::ControlCharacter);
    }
    if purpose == "Package" && !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(SecretRefusal::NotForHeaders);
    }
    Ok(())
}

/// Checks that a text can be a purpose.
///
/// # Errors
/// What a purpose is.
pub fn check_purpose(purpose: &str) -> Result<(), SecretRefusal> {
    let is_plain = purpose.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if purpose.is_empty() || purpose.len() > LONGEST_PURPOSE || !is_plain {
        return Err(SecretRefusal::Purpose(purpose.to_owned()));
    }
    Ok(())
}

/// The secrets of one holder for one purpose, without their values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedSecret {
    /// The holder, as [`holder`] writes it.
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
    fn a_signing_secret_may_be_any_line_of_text_and_one_that_is_sent_must_fit_into_a_header() {
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
