//! The id of a package.

/// The longest id of a package, in characters.
const LONGEST: usize = 100;

/// A valid id of a NuGet package, in lower case as in the addresses of a feed.
#[derive(Debug)]
pub(crate) struct PackageId(String);

impl PackageId {
    /// Reads an id. `None` if it is not valid for a package.
    ///
    /// NuGet's rule: words of letters, digits and `_`, with a single `.` or `-` between them. Letters need not be
    /// ASCII: nuget.org accepts no new ids with others, but other feeds may.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
        let is_id = text.chars().nth(LONGEST).is_none() && text.split(['.', '-']).all(is_word);
        is_id.then(|| Self(text.to_lowercase()))
    }

    /// The id in lower case.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_without_regard_to_case() {
        for text in ["Newtonsoft.Json", "xunit", "7Zip", "_A_", "a-b.c_d", "A__b", "Größe.Ω", &"a".repeat(LONGEST)] {
            let id = PackageId::parse(text).unwrap_or_else(|| panic!("{text:?} is refused"));
            assert_eq!(id.as_str(), text.to_lowercase());
        }
    }

    #[test]
    fn what_cannot_be_an_id_is_refused() {
        let too_long = "é".repeat(LONGEST + 1);
        for text in ["", ".", "..", "a..b", "a.", "-a", "a--b", " a", "a b", "a/b", "a%2Fb", "a?b", "a\0", &too_long] {
            assert!(PackageId::parse(text).is_none(), "{text:?} is read");
        }
    }
}
