//! The width of a text that has characters without a measured width: by grapheme clusters, with the bundled font.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use crate::face::Face;
use crate::ignorable::is_ignorable;
use crate::text_line::TextLine;
use crate::typeface;

/// The sum over three kinds of grapheme clusters:
///
/// - A cluster whose first character is in the tables is as wide as its characters in the tables; combining marks and
///   variation selectors after it have no width.
/// - A wide cluster, such as an emoji sequence or a Korean syllable, is one glyph: as wide as in the bundled font, or
///   one em if the font lacks it.
/// - All others are as wide as the bundled font lays them out. They are measured a run at a time, because Arabic
///   letters are joined.
pub(crate) fn width(face: Face, text: &str) -> f64 {
    let table = face.width_table();
    let mut sum = 0.0;
    let mut run = String::new();
    for cluster in text.graphemes(true) {
        let Some(first) = cluster.chars().next() else { continue };
        let is_measured = table.measured(first).is_some() && !is_ignorable(first);
        let is_wide = first.width() == Some(2) || is_regional_indicator(first);
        if !is_measured && !is_wide {
            run.push_str(cluster);
            continue;
        }
        sum += line_width(face, &run);
        run.clear();
        sum += if is_measured {
            cluster.chars().filter_map(|character| table.measured(character)).sum::<f64>()
        } else {
            wide_width(face, first)
        };
    }
    sum + line_width(face, &run)
}

fn line_width(face: Face, text: &str) -> f64 {
    if text.is_empty() { 0.0 } else { TextLine::new(face, text).map_or(0.0, |line| line.width()) }
}

fn wide_width(face: Face, character: char) -> f64 {
    match typeface::of(face) {
        Some(typeface) if typeface.has(character) => line_width(face, character.encode_utf8(&mut [0; 4])),
        _ => f64::from(face.pixels()),
    }
}

/// Two regional indicators are a flag.
fn is_regional_indicator(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}
