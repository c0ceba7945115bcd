//! HTML's character references, and the escapes of XML.

use std::{collections::HashMap, sync::LazyLock};

/// The names of the characters from U+00A0 to U+00FF, in their order.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 \
    sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml \
    Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml \
    times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave \
    eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute \
    ucirc uuml yacute thorn yuml";
/// Other common names.
const OTHERS: [(&str, char); 25] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bull", '•'),
    ("hellip", '…'),
    ("euro", '€'),
    ("trade", '™'),
    ("larr", '←'),
    ("uarr", '↑'),
    ("rarr", '→'),
    ("darr", '↓'),
    ("infin", '∞'),
    ("minus", '−'),
    ("le", '≤'),
    ("ge", '≥'),
    ("check", '✓'),
    ("star", '☆'),
];
/// All characters by name.
static CHARACTERS: LazyLock<HashMap<&str, char>> = LazyLock::new(|| {
    let latin = LATIN.split_ascii_whitespace().zip('\u{a0}'..='\u{ff}');
    latin.chain(OTHERS).collect()
});
/// The longest name or number between `&` and `;`.
const LONGEST: usize = 10;

/// Writes a text of HTML as XML, with character references resolved. An unknown one stays as it is.
pub(super) fn resolve(text: &str, xml: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        escape(&rest[..at], xml);
        rest = &rest[at + 1..];
        let mut ahead = rest.char_indices().take(LONGEST + 1);
        let entity = ahead.find(|(_, letter)| !letter.is_ascii_alphanumeric() && *letter != '#');
        let entity =
            entity.filter(|(_, letter)| *letter == ';').and_then(|(end, _)| Some((character(&rest[..end])?, end)));
        match entity {
            Some((letter, end)) => {
                escape(letter.encode_utf8(&mut [0; 4]), xml);
                rest = &rest[end + 1..];
            }
            None => xml.push_str("&amp;"),
        }
    }
    escape(rest, xml);
}

/// Writes a text as XML, without the characters that XML forbids.
pub(super) fn escape(text: &str, xml: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\t' | '\n' | '\r' => xml.push(letter),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
            _ => xml.push(letter),
        }
    }
}

/// The character of a reference, without `&` and `;`.
fn character(entity: &str) -> Option<char> {
    if let Some(number) = entity.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some(char::from_u32(code).filter(|letter| *letter != '\0').unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    CHARACTERS.get(entity).copied()
}
