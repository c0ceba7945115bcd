//! Latin ligatures: the bundled font joins an `f` with the letters after it, according to its table of substitutions.

use crate::typeface::Typeface;

/// The letters that are joined, and the character whose glyph replaces them. Longer sequences come first.
const LIGATURES: [(&[char], char); 5] = [
    (&['f', 'f', 'i'], '\u{fb03}'),
    (&['f', 'f', 'l'], '\u{fb04}'),
    (&['f', 'f'], '\u{fb00}'),
    (&['f', 'i'], '\u{fb01}'),
    (&['f', 'l'], '\u{fb02}'),
];

/// Replaces the letters of each ligature, from the left to the right.
pub(crate) fn join(characters: &mut Vec<char>, typeface: &Typeface) {
    if !characters.contains(&'f') {
        return;
    }
    let mut at = 0;
    while let Some(rest) = characters.get(at..) {
        if rest.is_empty() {
            return;
        }
        let found = LIGATURES.iter().find(|(letters, joined)| rest.starts_with(letters) && typeface.has(*joined));
        if let Some((letters, joined)) = found {
            characters.splice(at..at + letters.len(), [*joined]);
        }
        at += 1;
    }
}
