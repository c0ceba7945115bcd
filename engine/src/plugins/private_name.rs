//! `private`: owners and repositories whose private contents may be shown.

use std::{error::Error, fmt};

use badgesmith_provider::fold;
use serde::{Deserialize, Serialize};

/// The members of an answer that are `true` if the resource is private or internal.
pub(crate) const PRIVATE_FLAGS: [&str; 5] = ["private", "isPrivate", "is_private", "internal", "isInternal"];
/// The member that says in a word whether the resource is private.
pub(crate) const VISIBILITY: &str = "visibility";

/// An owner, `acme`, or a repository, `acme/shop`, whose private data badges may show. Groups within groups have more
/// parts. It is case-insensitive.
///
/// ```
/// use badgesmith_engine::PrivateName;
///
/// assert_eq!(PrivateName::try_from("Acme/Shop".to_owned()).unwrap().as_str(), "acme/shop");
/// assert!(PrivateName::try_from("*".to_owned()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrivateName(String);

/// The text that is neither an owner nor a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPrivateName(pub String);

impl PrivateName {
    /// The name, case-folded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a repository, or its owner, is granted.
pub(crate) fn is_granted(granted: &[PrivateName], name: &str) -> bool {
    let name = fold(name);
    granted.iter().any(|granted| {
        let rest = name.strip_prefix(granted.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

impl TryFrom<String> for PrivateName {
    type Error = InvalidPrivateName;

    fn try_from(text: String) -> Result<Self, InvalidPrivateName> {
        let is_letter = |letter: char| letter.is_alphanumeric() || "-_.~".contains(letter);
        let is_part = |part: &str| !matches!(part, "" | "." | "..") && part.chars().all(is_letter);
        if text.split('/').all(is_part) { Ok(Self(fold(&text))) } else { Err(InvalidPrivateName(text)) }
    }
}

impl From<PrivateName> for String {
    fn from(name: PrivateName) -> Self {
        name.0
    }
}

impl fmt::Display for InvalidPrivateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no owner and no repository; write \"acme\" or \"acme/shop\", each by its name", self.0)
    }
}

impl Error for InvalidPrivateName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_or_a_repository_is_granted_by_its_name_and_nothing_else_is() {
        for text in ["acme", "acme/shop", "group/sub/project", "~someone", "a.b_c-d"] {
            assert_eq!(PrivateName::try_from(text.to_owned()).unwrap().as_str(), text);
        }
        for text in ["", "*", "acme/*", "acme/", "/shop", "acme//shop", "a b", "https://h/acme", "..", "acme/.."] {
            let words = PrivateName::try_from(text.to_owned()).unwrap_err().to_string();
            assert!(words.contains("write \"acme\" or \"acme/shop\""), "{words}");
        }
    }
}
