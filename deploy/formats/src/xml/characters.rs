//! Removes the characters that XML 1.0 forbids, such as those of terminal escape sequences.
//!
//! They come from the output of tests, and the counts do not depend on them.

use std::borrow::Cow;

/// The most digits of a character reference that are examined. No valid reference has more, and the bound keeps the
/// work linear in the length of the text.
const MOST_DIGITS: usize = 7;

/// The text without forbidden characters and without references to them, such as `&#27;`.
pub(super) fn without_forbidden(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| !is_allowed(c)) && !text.contains("&#") {
        return Cow::Borrowed(text);
    }
    let mut allowed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '&' || !is_allowed(c)) {
        let (before, after) = rest.split_at(at);
        allowed.push_str(before);
        let length = forbidden_reference(after);
        let (first, rest_after) =
            after.split_at(length.unwrap_or_else(|| after.chars().next().map_or(0, char::len_utf8)));
        if first == "&" {
            allowed.push('&');
        }
        rest = rest_after;
    }
    allowed.push_str(rest);
    Cow::Owned(allowed)
}

/// The length of the reference at the beginning of the text, if it refers to a forbidden character.
fn forbidden_reference(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("&#")?;
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
    let end = digits.char_indices().take(MOST_DIGITS + 1).find(|(_, c)| !c.is_digit(radix))?.0;
    let number = u32::from_str_radix(digits.get(..end)?, radix).ok()?;
    let is_forbidden = digits.get(end..)?.starts_with(';') && char::from_u32(number).is_none_or(|c| !is_allowed(c));
    is_forbidden.then(|| text.len() - digits.len() + end + 1)
}

fn is_allowed(c: char) -> bool {
    xml::common::is_xml10_char(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_forbids_are_removed_and_others_stay() {
        for (text, allowed) in [
            ("a\u{1b}[0m\u{8}b\u{fffe}", "a[0mb"),
            ("&#27;&#x1b;&#0;&#xd800;&#x110000;&#xFFFF;", ""),
            ("&#9;&#65;&#x1F680;&amp;&", "&#9;&#65;&#x1F680;&amp;&"),
            ("&#;&#x;&#27&#-1;&#00000027;&#99999999999;", "&#;&#x;&#27&#-1;&#00000027;&#99999999999;"),
            ("&&#27;#27;", "&#27;"),
            ("é\n\t\r", "é\n\t\r"),
        ] {
            assert_eq!(without_forbidden(text), allowed, "{text:?}");
        }
    }
}
