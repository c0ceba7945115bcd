//! The rules for secrets: their values, their purposes and their holders. They are the same wherever secrets are
//! stored.

use std::{error::Error, fmt};

use badgesmith_engine::world::{MOST_SERVER_SECRETS, SERVER, Secret};
use badgesmith_provider::fold;

/// The largest secret, in bytes.
pub const LARGEST_SECRET: usize = 8 * 1024;
/// How many values of an owner's secret may be valid at once: the newest, and the previous one during a rotation.
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
    /// The secret is sent to upstreams and has a character that is not allowed in a header.
    NotForHeaders,
    /// The purpose is not written as a manifest would.
    Purpose(String),
    /// Only the server's own secrets can be added to existing ones.
    NotOfServer,
    /// The server's own secrets belong to no repository.
    ServersRepository,
    /// The server has this secret already; its id.
    Known(String),
    /// The server has as many secrets as it may.
    TooMany,
    /// The server has this many secrets, and a rotation would keep only two of them.
    NotRotated(usize),
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
            Self::NotOfServer => f.write_str(
                "only the server's own secrets, those of the owner '*', are several, and each of them has an id; an \
                 owner has one, which `secret set` replaces and `secret rotate` changes",
            ),
            Self::ServersRepository => f.write_str(
                "the server's own secrets, those of the owner '*', belong to no repository; leave out --repo",
            ),
            Self::Known(id) => write!(f, "the server has this secret already, as {id}"),
            Self::TooMany => write!(
                f,
                "the server has {MOST_SERVER_SECRETS} secrets for this purpose, which is the most; remove one with \
                 `secret remove --id`"
            ),
            Self::NotRotated(values) => write!(
                f,
                "the server has {values} secrets for this purpose, and a rotation keeps two at most; use `secret add`, \
                 and `secret remove --id` with an id of `secret list`"
            ),
        }
    }
}

impl Error for SecretRefusal {}

/// Checks that a text can be a secret of that holder for that purpose: a secret that is sent to an upstream must fit
/// into a header, one that signs may be any text of one line.
///
/// # Errors
/// What is wrong with it, never the text.
pub fn check(holder: &str, purpose: &str, value: &str) -> Result<(), SecretRefusal> {
    check_purpose(purpose)?;
    if holder.starts_with("*/") {
        return Err(SecretRefusal::ServersRepository);
    }
    if value.is_empty() {
        return Err(SecretRefusal::Empty);
    }
    if value.len() > LARGEST_SECRET {
        return Err(SecretRefusal::TooLong(value.len()));
    }
    if value.chars().any(char::is_control) {
        return Err(SecretRefusal::ControlCharacter);
    }
    if (purpose == "Package" || holder == SERVER) && !value.bytes().all(|byte| byte.is_ascii_graphic()) {
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

/// Checks that a secret can be added to those that the server has for its purpose.
///
/// # Errors
/// It is one of them, or there are as many as there may be.
pub fn check_added(added: &Secret, present: &[Secret]) -> Result<(), SecretRefusal> {
    if present.contains(added) {
        return Err(SecretRefusal::Known(added.id()));
    }
    if present.len() >= MOST_SERVER_SECRETS { Err(SecretRefusal::TooMany) } else { Ok(()) }
}

/// Checks that a holder with this many secrets for a purpose can rotate them. Only the server itself has more than two,
/// and a rotation would remove all but two.
///
/// # Errors
/// There are more than two.
pub fn check_rotated(values: usize) -> Result<(), SecretRefusal> {
    if values > MOST_VALUES { Err(SecretRefusal::NotRotated(values)) } else { Ok(()) }
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
    /// The ids of the server's own secrets, in the order of their values ([`Secret::id`]); empty for any other holder.
    pub ids: Vec<String>,
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
            assert_eq!(check("acme", purpose, value).is_ok(), is_secret, "{purpose:?} {value:?}");
        }
        assert!(check("acme", "TestData", &"x".repeat(LARGEST_SECRET)).is_ok());
        assert!(check("acme", "TestData", &"x".repeat(LARGEST_SECRET + 1)).is_err());
        assert!(check(SERVER, "TestData", "one-word").is_ok());
        assert_eq!(check(SERVER, "TestData", "two words"), Err(SecretRefusal::NotForHeaders));
        assert_eq!(check(&holder(SERVER, Some("tools")), "Package", "x"), Err(SecretRefusal::ServersRepository));
    }
}
