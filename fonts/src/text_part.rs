//! Splits a text at the places where another face draws it.

use unicode_segmentation::UnicodeSegmentation;

use crate::added_faces::AddedFaces;
use crate::ignorable::is_ignorable;
use crate::typeface::Typeface;

/// A part of a text that one face draws.
pub(crate) struct TextPart<'t> {
    pub(crate) text: &'t str,
    /// The added face; `None` for the bundled font.
    pub(crate) added: Option<u8>,
}

/// The parts of a text in their order. A grapheme cluster is drawn with the bundled font if that font has all its
/// characters, or if no added face has them.
pub(crate) fn parts<'t>(text: &'t str, bundled: &Typeface, faces: &AddedFaces) -> Vec<TextPart<'t>> {
    let mut parts: Vec<TextPart<'t>> = Vec::new();
    let mut start = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        let is_bundled = cluster.chars().all(|character| is_ignorable(character) || bundled.has(character));
        let added = if is_bundled { None } else { faces.with_characters_of(cluster) };
        let end = at + cluster.len();
        match parts.last_mut() {
            Some(last) if last.added == added => last.text = text.get(start..end).unwrap_or_default(),
            _ => {
                start = at;
                parts.push(TextPart { text: cluster, added });
            }
        }
    }
    parts
}
