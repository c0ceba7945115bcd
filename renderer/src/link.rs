//! A link that is safe to write into a page.

use crate::text;

/// An address a badge may lead to: http, https, mailto, or relative to the page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link(Box<str>);

impl Link {
    /// Reads an address, and drops what a browser would run or open elsewhere, such as `javascript:`.
    ///
    /// Control characters are removed before the scheme is looked at, because browsers do so too; whatever stands before a colon that
    /// comes before the first `/`, `?` or `#` counts as a scheme.
    ///
    /// ```
    /// use badgesmith_renderer::Link;
    ///
    /// assert_eq!(Link::parse(" https://example.com/?a=1 ").unwrap().as_str(), "https://example.com/?a=1");
    /// assert!(Link::parse("java\nscript:alert(1)").is_none());
    /// ```
    pub fn parse(address: &str) -> Option<Self> {
        let visible: String = address.chars().filter(|c| !c.is_control() && text::is_allowed(*c)).collect();
        let address = visible.trim();
        let head = address.split(['/', '?', '#', '\\']).next()?;
        let known = head.split_once(':').is_none_or(|(scheme, _)| {
            ["http", "https", "mailto"].iter().any(|allowed| scheme.eq_ignore_ascii_case(allowed))
        });
        (known && !address.is_empty()).then(|| Self(address.into()))
    }

    /// The address as it is written into the picture, before escaping.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_that_cannot_run_are_kept() {
        let kept = [
            ("https://example.com", "https://example.com"),
            ("HTTP://example.com/a b", "HTTP://example.com/a b"),
            ("mailto:a@example.com", "mailto:a@example.com"),
            ("//example.com/x", "//example.com/x"),
            ("/path?x=a:b", "/path?x=a:b"),
            ("docs/a:b", "docs/a:b"),
            ("#part:two", "#part:two"),
            ("&#106;avascript:x", "&#106;avascript:x"),
            ("\u{1}https://example.com\u{0}", "https://example.com"),
        ];
        for (address, expected) in kept {
            assert_eq!(Link::parse(address).as_ref().map(Link::as_str), Some(expected), "{address:?}");
        }
        let dropped = [
            "",
            "  ",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            " \u{1}java\tscript:alert(1)",
            "\u{feff}javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "ftp://example.com",
            "example.com:80/x",
        ];
        for address in dropped {
            assert_eq!(Link::parse(address), None, "{address:?}");
        }
    }
}
