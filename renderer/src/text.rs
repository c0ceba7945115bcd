//! Prepares a badge's texts for XML: trims them, removes forbidden characters, converts them to the style's case, and
//! escapes them.

use std::borrow::Cow;

/// The case in which a style writes a text.
#[derive(Clone, Copy)]
pub(crate) enum TextCase {
    /// As it was given.
    AsGiven,
    /// All letters are capital.
    Upper,
    /// The first letter is capital.
    Capitalized,
}

/// A text that is [`cleaned`] and in its style's case, and whether it may have characters to escape.
pub(crate) struct PreparedText<'a> {
    pub(crate) plain: Cow<'a, str>,
    /// Whether it may have characters that are escaped.
    may_be_escaped: bool,
}

impl TextCase {
    /// The text [`cleaned`] and in this case.
    #[inline(always)]
    pub(crate) fn of(self, text: &str) -> PreparedText<'_> {
        // Printable ASCII is nearly every text, and this path is ten times faster than the one for all characters.
        let kinds = text.bytes().fold(0, |kinds, byte| kinds | KINDS[usize::from(byte)]);
        if kinds & OTHER != 0 {
            return self.of_any(text);
        }
        let trimmed = text.trim_ascii();
        let plain = match self {
            Self::AsGiven => Cow::Borrowed(trimmed),
            Self::Upper => Cow::Owned(trimmed.to_ascii_uppercase()),
            Self::Capitalized => capitalized(Cow::Borrowed(trimmed)),
        };
        PreparedText { plain, may_be_escaped: kinds & ESCAPED != 0 }
    }

    #[cold]
    #[inline(never)]
    fn of_any(self, text: &str) -> PreparedText<'_> {
        let text = cleaned_of_any(text);
        let plain = match self {
            Self::AsGiven => text,
            Self::Upper => Cow::Owned(text.to_uppercase()),
            Self::Capitalized => capitalized(text),
        };
        PreparedText { plain, may_be_escaped: true }
    }
}

impl PreparedText<'_> {
    /// The text escaped.
    #[inline(always)]
    pub(crate) fn xml(&self) -> Cow<'_, str> {
        if self.may_be_escaped { escaped(&self.plain) } else { Cow::Borrowed(&self.plain) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }
}

/// A character that has an [`entity`].
const ESCAPED: u8 = 1;
/// A byte that is not printable ASCII.
const OTHER: u8 = 2;

/// The kind of each byte; 0 for printable ASCII that needs no entity.
static KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        kinds[byte as usize] = if entity(byte).is_some() { ESCAPED } else { 0 };
        byte += 1;
    }
    kinds
};

/// Whether XML 1.0 allows the character. U+FFFD is allowed: it shows the reader that the input was damaged.
pub(crate) fn is_allowed(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether JavaScript's `trim`, which badge-maker uses, removes the character: U+FEFF is white space there, U+0085 is
/// not.
pub(crate) fn is_blank(character: char) -> bool {
    character == '\u{feff}' || (character.is_whitespace() && character != '\u{85}')
}

/// The text without the characters that XML forbids and without white space at its ends.
#[inline(always)]
pub(crate) fn cleaned(text: &str) -> Cow<'_, str> {
    // Printable ASCII is nearly every text, and this path is ten times faster than the one for all characters.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text.trim_ascii());
    }
    cleaned_of_any(text)
}

#[inline(never)]
fn cleaned_of_any(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_allowed) {
        return Cow::Borrowed(text.trim_matches(is_blank));
    }
    let kept: String = text.chars().filter(|c| is_allowed(*c)).collect();
    Cow::Owned(kept.trim_matches(is_blank).to_owned())
}

/// As badge-maker does it: a first character beyond U+FFFF stays, because JavaScript's `charAt` sees half of it.
fn capitalized(text: Cow<'_, str>) -> Cow<'_, str> {
    let Some(first) = text.chars().next() else { return text };
    if first > '\u{ffff}' || first.to_uppercase().eq([first]) {
        return text;
    }
    Cow::Owned(first.to_uppercase().chain(text.chars().skip(1)).collect())
}

/// The text escaped for XML content and for attributes in double quotes. Neither needs an escaped apostrophe.
#[inline(always)]
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| entity(byte).is_some()) { Cow::Owned(with_entities(text)) } else { Cow::Borrowed(text) }
}

#[inline(never)]
fn with_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| entity(byte).is_some()) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        out.push_str(after.bytes().next().and_then(entity).unwrap_or_default());
        rest = after.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

const fn entity(byte: u8) -> Option<&'static str> {
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
    fn a_text_is_trimmed_as_in_javascript_and_loses_what_xml_forbids() {
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
