//! Removes the escapes of the surrounding markup from an address.

use super::found::Escapes;

/// The entities that stand in addresses.
const ENTITIES: [(&str, char); 6] =
    [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", '\u{a0}')];
/// The longest name of an entity, or number of a character.
const LONGEST_ENTITY: usize = 8;

/// The address as a browser would read it.
pub(super) fn unescaped(text: &str, escapes: Escapes) -> String {
    if escapes == Escapes::None {
        return text.to_owned();
    }
    let has_backslashes = escapes == Escapes::EntitiesAndBackslashes;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or_default();
        let escaped = after.chars().next().filter(|next| character == '\\' && next.is_ascii_punctuation());
        let (meant, length) = match (escaped, character) {
            (Some(escaped), _) if has_backslashes => (escaped, 1),
            (_, '&') => entity(after).unwrap_or(('&', 0)),
            _ => (character, 0),
        };
        out.push(meant);
        rest = after.get(length..).unwrap_or_default();
    }
    out
}

/// The character of the entity after an `&`, and the entity's length with its semicolon.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(LONGEST_ENTITY + 1).position(|byte| byte == b';')?;
    let name = text.get(..end)?;
    let meant = if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        char::from_u32(code.ok()?)?
    } else {
        ENTITIES.iter().find(|(known, _)| *known == name)?.1
    };
    Some((meant, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_a_browser_reads_it() {
        for (text, escapes, expected) in [
            ("/x?a=1&amp;b=2&#38;c&#x26;d", Escapes::Entities, "/x?a=1&b=2&c&d"),
            ("/x?a=1&amp;b", Escapes::None, "/x?a=1&amp;b"),
            ("/x?copy=1&copy=2&lt", Escapes::Entities, "/x?copy=1&copy=2&lt"),
            (r"/a\_b\(c\)", Escapes::EntitiesAndBackslashes, "/a_b(c)"),
            (r"/a\_b", Escapes::Entities, r"/a\_b"),
            (r"/a\b\", Escapes::EntitiesAndBackslashes, r"/a\b\"),
            ("/&#1114112;&#xd800;&;é&nbsp;", Escapes::Entities, "/&#1114112;&#xd800;&;é\u{a0}"),
        ] {
            assert_eq!(unescaped(text, escapes), expected, "{text}");
        }
    }
}
