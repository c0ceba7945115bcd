//! The words of a badge made fit for XML: blanks trimmed, forbidden characters removed, the rest escaped.

use std::borrow::Cow;

use badgesmith_fonts::{Face, TextLine, width};

/// One half's words as they are measured and as they are written.
pub(crate) struct Words<'a> {
    pub(crate) plain: &'a str,
    pub(crate) xml: Cow<'a, str>,
    /// The words laid out, where they are to be drawn as outlines.
    pub(crate) line: Option<TextLine>,
    face: Face,
}

impl<'a> Words<'a> {
    pub(crate) fn new(plain: &'a str, face: Face) -> Self {
        Self { plain, xml: escaped(plain), line: None, face }
    }

    /// The same words to be drawn as outlines, their letters apart by as many pixels more.
    pub(crate) fn outlined(self, letter_spacing: f32) -> Self {
        let line = if self.is_empty() { None } else { TextLine::new(self.face, self.plain, letter_spacing) };
        Self { line, ..self }
    }

    /// How wide the words are, in pixels.
    pub(crate) fn width(&self) -> f64 {
        self.line.as_ref().map_or_else(|| width(self.face, self.plain), TextLine::width)
    }

    /// The width words take, made odd, which gives text with a middle pixel to centre on; badge-maker's `preferredWidthOf`.
    pub(crate) fn odd_width(&self) -> i64 {
        self.width() as i64 | 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }
}

/// Whether XML 1.0 can hold the character. U+FFFD stays, so that a reader sees that something was broken before.
pub(crate) fn is_allowed(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// JavaScript's idea of a blank, which is what badge-maker trims: U+FEFF is one and U+0085 is none.
pub(crate) fn is_blank(character: char) -> bool {
    character == '\u{feff}' || (character.is_whitespace() && character != '\u{85}')
}

/// Without forbidden characters and without blanks at the ends.
pub(crate) fn cleaned(text: &str) -> Cow<'_, str> {
    // Nearly every badge, and ten times faster than the rules for all characters.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text.trim_ascii());
    }
    if text.chars().all(is_allowed) {
        return Cow::Borrowed(text.trim_matches(is_blank));
    }
    let kept: String = text.chars().filter(|c| is_allowed(*c)).collect();
    Cow::Owned(kept.trim_matches(is_blank).to_owned())
}

/// All capitals, as for-the-badge sets its words.
pub(crate) fn upper(text: Cow<'_, str>) -> Cow<'_, str> {
    Cow::Owned(text.to_uppercase())
}

/// With a leading capital, as social sets its label. Characters beyond U+FFFF stay: JavaScript's `charAt` sees half of them.
pub(crate) fn capitalized(text: Cow<'_, str>) -> Cow<'_, str> {
    let Some(first) = text.chars().next() else { return text };
    if first > '\u{ffff}' || first.to_uppercase().eq([first]) {
        return text;
    }
    Cow::Owned(first.to_uppercase().chain(text.chars().skip(1)).collect())
}

/// Fit for content and for an attribute in double quotes; an apostrophe may stay in both.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| entity(byte).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| entity(byte).is_some()) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        out.push_str(after.bytes().next().and_then(entity).unwrap_or_default());
        rest = after.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_trimmed_as_javascript_trims_and_stripped_of_what_xml_forbids() {
        for (text, expected) in [
            ("  a b\u{a0}\u{feff}", "a b"),
            ("\u{85}a", "\u{85}a"),
            ("\0 a\u{7}b \u{ffff}", "ab"),
            ("tab\tinside\r\n\u{1f}x", "tab\tinside\r\nx"),
            ("\u{1fffe}", "\u{1fffe}"),
            ("a\u{fffd}\u{fffe}", "a\u{fffd}"),
        ] {
            assert_eq!(cleaned(text), expected, "{text:?}");
        }
    }

    #[test]
    fn only_the_first_character_is_capitalized() {
        for (text, expected) in [("", ""), ("stars", "Stars"), ("ßa", "SSa"), ("éa", "Éa"), ("𐐨", "𐐨"), ("构", "构")]
        {
            assert_eq!(capitalized(text.into()), expected);
        }
    }

    #[test]
    fn what_xml_reads_as_markup_is_escaped() {
        assert_eq!(escaped(r#"<é> & "it's""#), r#"&lt;é&gt; &amp; &quot;it's&quot;"#);
        assert!(matches!(escaped("plain é"), Cow::Borrowed("plain é")));
    }
}
