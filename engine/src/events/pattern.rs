//! A filter of a subscription: a name in which `*` matches any sequence of characters.

use std::fmt;

use badgesmith_provider::fold;

/// The longest filter, in bytes: as long as the longest name of a branch on GitHub.
const LONGEST_PATTERN: usize = 255;

/// A case-folded name, in which `*` matches any sequence of characters, also an empty one.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Reads a filter. `None` if it is empty, longer than 255 bytes, or has blanks or control characters.
    ///
    /// ```
    /// use badgesmith_engine::events::Pattern;
    ///
    /// let tools = Pattern::parse("Tools*").unwrap();
    /// assert!(tools.matches("tools") && tools.matches("tools-cli") && !tools.matches("my-tools"));
    /// assert!(!tools.is_exact());
    /// assert!(Pattern::parse("").is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_name = !text.is_empty()
            && text.len() <= LONGEST_PATTERN
            && !text.chars().any(|letter| letter.is_control() || letter.is_whitespace());
        is_name.then(|| Self(fold(text)))
    }

    /// Whether a case-folded name matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let mut pieces = self.0.split('*');
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else { return false };
        let Some(last) = pieces.next_back() else { return rest.is_empty() };
        for piece in pieces {
            let Some(at) = rest.find(piece) else { return false };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(last)
    }

    /// Whether it has no `*`, so that it names one owner, repository, part or branch.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_run_of_characters_and_everything_else_itself() {
        for (pattern, name, matches) in [
            ("main", "main", true),
            ("MAIN", "main", true),
            ("main", "main2", false),
            ("main", "amain", false),
            ("*", "", true),
            ("*", "a/b", true),
            ("release/*", "release/1.0", true),
            ("release/*", "release", false),
            ("*-cli", "tools-cli", true),
            ("*-cli", "tools-cli-2", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "axxbxxbxc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("ab*ba", "aba", false),
            ("a**c", "abc", true),
            ("*b*", "abc", true),
            ("*b*b*", "abc", false),
            ("*ü*", "grün", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(name), matches, "{pattern} {name}");
        }
        for text in ["", " ", "a b", "a\n", &"a".repeat(256)] {
            assert!(Pattern::parse(text).is_none(), "{text:?}");
        }
    }
}
