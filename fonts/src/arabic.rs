//! Arabic shaping: each letter becomes the contextual form that its neighbours require.
//!
//! Unicode has a character for each form (Arabic Presentation Forms), and the bundled font has a glyph for each of
//! them.

/// A letter, the character of its isolated form, and the number of its forms. The forms have consecutive code points:
/// isolated, final, initial, medial.
const LETTERS: [(char, char, u32); 51] = [
    ('\u{621}', '\u{fe80}', 1),
    ('\u{622}', '\u{fe81}', 2),
    ('\u{623}', '\u{fe83}', 2),
    ('\u{624}', '\u{fe85}', 2),
    ('\u{625}', '\u{fe87}', 2),
    ('\u{626}', '\u{fe89}', 4),
    ('\u{627}', '\u{fe8d}', 2),
    ('\u{628}', '\u{fe8f}', 4),
    ('\u{629}', '\u{fe93}', 2),
    ('\u{62a}', '\u{fe95}', 4),
    ('\u{62b}', '\u{fe99}', 4),
    ('\u{62c}', '\u{fe9d}', 4),
    ('\u{62d}', '\u{fea1}', 4),
    ('\u{62e}', '\u{fea5}', 4),
    ('\u{62f}', '\u{fea9}', 2),
    ('\u{630}', '\u{feab}', 2),
    ('\u{631}', '\u{fead}', 2),
    ('\u{632}', '\u{feaf}', 2),
    ('\u{633}', '\u{feb1}', 4),
    ('\u{634}', '\u{feb5}', 4),
    ('\u{635}', '\u{feb9}', 4),
    ('\u{636}', '\u{febd}', 4),
    ('\u{637}', '\u{fec1}', 4),
    ('\u{638}', '\u{fec5}', 4),
    ('\u{639}', '\u{fec9}', 4),
    ('\u{63a}', '\u{fecd}', 4),
    ('\u{641}', '\u{fed1}', 4),
    ('\u{642}', '\u{fed5}', 4),
    ('\u{643}', '\u{fed9}', 4),
    ('\u{644}', '\u{fedd}', 4),
    ('\u{645}', '\u{fee1}', 4),
    ('\u{646}', '\u{fee5}', 4),
    ('\u{647}', '\u{fee9}', 4),
    ('\u{648}', '\u{feed}', 2),
    ('\u{649}', '\u{feef}', 2),
    ('\u{64a}', '\u{fef1}', 4),
    ('\u{679}', '\u{fb66}', 4),
    ('\u{67e}', '\u{fb56}', 4),
    ('\u{686}', '\u{fb7a}', 4),
    ('\u{688}', '\u{fb88}', 2),
    ('\u{691}', '\u{fb8c}', 2),
    ('\u{698}', '\u{fb8a}', 2),
    ('\u{6a9}', '\u{fb8e}', 4),
    ('\u{6af}', '\u{fb92}', 4),
    ('\u{6ba}', '\u{fb9e}', 2),
    ('\u{6be}', '\u{fbaa}', 4),
    ('\u{6c0}', '\u{fba4}', 2),
    ('\u{6c1}', '\u{fba6}', 4),
    ('\u{6cc}', '\u{fbfc}', 4),
    ('\u{6d2}', '\u{fbae}', 2),
    ('\u{6d3}', '\u{fbb0}', 2),
];

const LAM: char = '\u{644}';

/// Replaces every letter by its contextual form, and lam with alef by their ligature. The characters stay in logical
/// order.
pub(crate) fn shape(characters: &mut Vec<char>) {
    if !characters.iter().any(|character| letter(*character).is_some()) {
        return;
    }
    *characters = (0..characters.len()).filter_map(|at| contextual_form(characters, at)).collect();
}

/// The form of the character at the index `at`; `None` for an alef that is part of a lam-alef ligature.
fn contextual_form(text: &[char], at: usize) -> Option<char> {
    let character = *text.get(at)?;
    let Some((isolated, forms)) = letter(character) else { return Some(character) };
    let before = text.get(..at).unwrap_or_default().iter().rev().find(|c| !is_transparent(**c)).copied();
    let after = text.get(at + 1..).unwrap_or_default().iter().find(|c| !is_transparent(**c)).copied();
    if ligature(before, character).is_some() {
        return None;
    }
    let from_before = forms > 1 && before.is_some_and(joins_forward);
    if let Some(ligature) = after.and_then(|after| ligature(Some(character), after)) {
        return char::from_u32(ligature as u32 + u32::from(from_before));
    }
    let to_after = forms == 4 && after.is_some_and(joins_backward);
    char::from_u32(isolated as u32 + u32::from(from_before) + 2 * u32::from(to_after))
}

fn letter(character: char) -> Option<(char, u32)> {
    let at = LETTERS.binary_search_by_key(&character, |(letter, ..)| *letter).ok()?;
    LETTERS.get(at).map(|(_, isolated, forms)| (*isolated, *forms))
}

fn ligature(lam: Option<char>, alef: char) -> Option<char> {
    match alef {
        _ if lam != Some(LAM) => None,
        '\u{622}' => Some('\u{fef5}'),
        '\u{623}' => Some('\u{fef7}'),
        '\u{625}' => Some('\u{fef9}'),
        '\u{627}' => Some('\u{fefb}'),
        _ => None,
    }
}

/// Tatweel and the zero width joiner join on both sides and have a single form.
fn joins_both(character: char) -> bool {
    matches!(character, '\u{640}' | '\u{200d}')
}

fn joins_forward(character: char) -> bool {
    joins_both(character) || letter(character).is_some_and(|(_, forms)| forms == 4)
}

fn joins_backward(character: char) -> bool {
    joins_both(character) || letter(character).is_some_and(|(_, forms)| forms > 1)
}

/// Vowel signs are placed above or below a letter and do not interrupt joining.
fn is_transparent(character: char) -> bool {
    matches!(character, '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_takes_the_form_that_its_neighbours_require() {
        for (text, expected) in [
            ("ب", "\u{fe8f}"),
            ("ببب", "\u{fe91}\u{fe92}\u{fe90}"),
            ("دار", "\u{fea9}\u{fe8d}\u{fead}"),
            ("بَب", "\u{fe91}\u{64e}\u{fe90}"),
            ("لا", "\u{fefb}"),
            ("بلا", "\u{fe91}\u{fefc}"),
            ("ب\u{200c}ب", "\u{fe8f}\u{200c}\u{fe8f}"),
            ("بـ", "\u{fe91}\u{640}"),
            ("a ء", "a \u{fe80}"),
        ] {
            let mut characters: Vec<char> = text.chars().collect();
            shape(&mut characters);
            assert_eq!(String::from_iter(characters), expected, "{text}");
        }
    }

    #[test]
    fn letters_are_sorted_for_binary_search() {
        assert!(LETTERS.is_sorted_by_key(|(letter, ..)| *letter));
    }
}
