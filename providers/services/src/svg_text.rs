//! The texts of a badge that another service drew.

/// The last text of an SVG badge, which is its message; `None` if the document is not an SVG badge.
pub(crate) fn message(svg: &str) -> Option<&str> {
    let before = &svg[..svg.rfind("</text>")?];
    let text = before[before.rfind('>')? + 1..].trim();
    (!text.is_empty() && svg.contains("<svg")).then_some(text)
}

/// The text that follows the first `mark`.
pub(crate) fn after<'s>(svg: &'s str, mark: &str) -> Option<&'s str> {
    let (_, rest) = svg.split_once(mark)?;
    Some(rest.split('<').next().unwrap_or_default().trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn the_message_is_the_last_text() {
        let svg = "<svg><g><text x=\"1\">build</text><text>\n  passing\n</text>\n</g></svg>";
        assert_eq!(message(svg), Some("passing"));
        assert_eq!(message("<html><text>passing</text></html>"), None);
        assert_eq!(message("<svg><text></text></svg>"), None);
    }
}
