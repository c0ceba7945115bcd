//! Widths of texts with characters the tables do not know: by grapheme clusters, from the shipped face.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use crate::text_line::is_ignorable;
use crate::{Face, Line, typeface};

/// The sum of three kinds of clusters. One whose first character the tables know is as wide as its known characters: marks and
/// selectors that follow take no place. A wide one, such as an emoji sequence or a Korean syllable, is one glyph: the face's if it
/// has one, else an em. Everything else is as wide as the face lays it out, a word at a time, because Arabic letters join.
pub(crate) fn width(face: Face, text: &str) -> f64 {
    let mut sum = 0.0;
    let mut word = String::new();
    for cluster in text.graphemes(true) {
        let Some(first) = cluster.chars().next() else { continue };
        let known = face.table().measured(first).is_some() && !is_ignorable(first);
        let wide = first.width() == Some(2) || is_flag(first);
        if !known && !wide {
            word.push_str(cluster);
            continue;
        }
        sum += laid_out(face, &mut word);
        sum += if known {
            cluster.chars().filter_map(|character| face.table().measured(character)).sum::<f64>()
        } else {
            wide_width(face, first)
        };
    }
    sum + laid_out(face, &mut word)
}

fn laid_out(face: Face, word: &mut String) -> f64 {
    let width = if word.is_empty() { 0.0 } else { line_width(face, word) };
    word.clear();
    width
}

fn line_width(face: Face, text: &str) -> f64 {
    Line::new(face, text, 0.0).map_or(0.0, |line| line.width())
}

fn wide_width(face: Face, character: char) -> f64 {
    let em = f64::from(face.pixels());
    match typeface::of(face) {
        Some(typeface) if typeface.has(character) => line_width(face, character.encode_utf8(&mut [0; 4])),
        _ => em,
    }
}

/// Two regional indicators are a flag.
fn is_flag(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}
