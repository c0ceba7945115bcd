//! Links that are safe to write into a page.

use crate::text;

/// An address that a badge may link to: http, https, mailto, or relative to the page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link(Box<str>);

impl Link {
    /// Reads an address; `None` if it is empty or has another scheme, such as `javascript:`, which a browser would run.
    ///
    /// Control characters are removed before the scheme is read, as browsers do. The text before a colon is a scheme if
    /// the colon comes before the first `/`, `?`, `#` or `\`.
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

    /// The address, not escaped.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The links of a badge's two sides. A left link alone makes the whole badge one link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The link of the label, or of the whole badge if there is no right link.
    pub left: Option<Link>,
    /// The message's link.
    pub right: Option<Link>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_that_cannot_run_code_are_kept() {
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
