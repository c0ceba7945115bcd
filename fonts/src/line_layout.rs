//! Text layout in the bundled font: the position of each glyph, by the font's advances, kerning and ligatures.

use unicode_bidi::{BidiInfo, Level};

#[cfg(feature = "added-faces")]
use crate::added_faces::AddedFaces;
use crate::arabic;
use crate::ignorable::is_ignorable;
use crate::ligature;
#[cfg(not(feature = "added-faces"))]
use crate::no_added_faces::AddedFaces;
use crate::outline::Glyph;
#[cfg(feature = "added-faces")]
use crate::text_part::parts;
use crate::typeface::{GlyphBounds, Typeface};

/// The distance between two combining marks on one letter, or between a mark and a capital letter; in font units.
const MARK_GAP: f32 = 60.0;

/// A text being laid out, and the result. Lengths are in font units.
pub(crate) struct LineLayout<'f> {
    typeface: &'static Typeface,
    #[cfg_attr(not(feature = "added-faces"), expect(dead_code, reason = "there are no faces to ask"))]
    faces: &'f AddedFaces,
    /// How many hundredths of a pixel a font unit is.
    scale: f32,
    pub(crate) glyphs: Vec<Glyph>,
    /// The number of letters, that is of glyphs that are not combining marks.
    pub(crate) letters: u16,
    /// The position of the next glyph; at the end the width of the text.
    pub(crate) x: f32,
    /// The glyph before, for kerning.
    last: Option<u16>,
    /// The letter to which combining marks belong, and its position.
    letter: Option<(u16, f32)>,
    /// The bounding box of that letter and its marks; computed at its first mark.
    base: Option<GlyphBounds>,
}

impl<'f> LineLayout<'f> {
    /// Lays out a text. `scale` is the number of hundredths of a pixel in a font unit.
    pub(crate) fn of(text: &str, typeface: &'static Typeface, scale: f32, faces: &'f AddedFaces) -> Self {
        let glyphs = Vec::with_capacity(text.len());
        let mut layout =
            Self { typeface, faces, scale, glyphs, letters: 0, x: 0.0, last: None, letter: None, base: None };
        if is_plain(text) {
            layout.add_plain(text);
        } else {
            layout.add_paragraph(&collapsed(text));
        }
        layout
    }

    /// Adds a text that [`is_plain`].
    fn add_plain(&mut self, text: &str) {
        let (typeface, ascii, mut last) = (self.typeface, self.typeface.ascii(), None);
        for character in text.bytes() {
            let Some(glyph) = ascii.glyph(character) else { continue };
            let kerning = |last| ascii.kerning(last, character, |last, glyph| typeface.kerning(last, glyph));
            self.x += last.map_or(0.0, kerning);
            self.begin_letter();
            self.put(glyph.id, None, self.x, 0.0);
            self.x += glyph.advance;
            last = Some(character);
        }
    }

    fn add_paragraph(&mut self, text: &str) {
        // Characters below the Hebrew block are all left-to-right.
        if text.chars().all(|character| character < '\u{590}') {
            self.add_run(&mut text.chars().collect(), false);
        } else {
            let bidi = BidiInfo::new(text, Some(Level::ltr()));
            for paragraph in &bidi.paragraphs {
                let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
                for run in runs {
                    let is_right_to_left = levels.get(run.start).is_some_and(Level::is_rtl);
                    self.add_text(text.get(run).unwrap_or_default(), is_right_to_left);
                }
            }
        }
    }

    /// Adds a text of one direction, with the added faces where the bundled font lacks its characters.
    #[cfg(feature = "added-faces")]
    fn add_text(&mut self, text: &str, is_right_to_left: bool) {
        if self.faces.is_empty() {
            return self.add_run(&mut text.chars().collect(), is_right_to_left);
        }
        let mut parts = parts(text, self.typeface, self.faces);
        if is_right_to_left {
            parts.reverse();
        }
        for part in parts {
            match part.added {
                Some(added) => self.add_shaped(part.text, added, is_right_to_left),
                None => self.add_run(&mut part.text.chars().collect(), is_right_to_left),
            }
        }
    }

    #[cfg(not(feature = "added-faces"))]
    fn add_text(&mut self, text: &str, is_right_to_left: bool) {
        self.add_run(&mut text.chars().collect(), is_right_to_left);
    }

    /// Adds a text that an added face shapes.
    #[cfg(feature = "added-faces")]
    fn add_shaped(&mut self, text: &str, added: u8, is_right_to_left: bool) {
        let Some(face) = self.faces.face(added) else { return };
        let scale = crate::typeface::UNITS_PER_EM / face.units_per_em();
        for glyph in face.shaped(text, is_right_to_left) {
            // A glyph without an advance is a mark of the letter beside it.
            if glyph.advance != 0.0 {
                self.begin_letter();
            }
            self.put(glyph.id, Some(added), self.x + glyph.x * scale, glyph.y * scale);
            self.x += glyph.advance * scale;
        }
        (self.last, self.letter, self.base) = (None, None, None);
    }

    /// Adds characters of one direction, given in logical order.
    fn add_run(&mut self, characters: &mut Vec<char>, is_right_to_left: bool) {
        arabic::shape(characters);
        characters.retain(|character| !is_ignorable(*character));
        ligature::join(characters, self.typeface);
        if !is_right_to_left {
            for character in characters {
                self.add(*character);
            }
            return;
        }
        // The letters from the last to the first, but each letter before its own marks.
        let mut end = characters.len();
        for start in (0..characters.len()).rev() {
            if start > 0 && characters.get(start).is_some_and(|character| self.is_mark(*character)) {
                continue;
            }
            self.last = None;
            for character in characters.get(start..end).unwrap_or_default() {
                self.add(mirrored(*character));
            }
            end = start;
        }
    }

    fn add(&mut self, character: char) {
        let glyph = self.typeface.glyph(character);
        let advance = self.typeface.advance(glyph);
        if self.is_mark(character) {
            return self.add_mark(glyph);
        }
        self.x += self.last.map_or(0.0, |last| self.typeface.kerning(last, glyph));
        (self.letter, self.base) = (Some((glyph, self.x)), None);
        self.begin_letter();
        self.put(glyph, None, self.x, 0.0);
        self.x += advance;
        self.last = Some(glyph);
    }

    fn is_mark(&self, character: char) -> bool {
        let glyph = self.typeface.glyph(character);
        can_be_mark(character) && glyph != 0 && self.typeface.advance(glyph) == 0.0
    }

    fn base(&mut self) -> Option<GlyphBounds> {
        if self.base.is_none() {
            let (glyph, x) = self.letter?;
            let bounds = self.typeface.bounds(glyph)?;
            self.base = Some(GlyphBounds { left: bounds.left + x, right: bounds.right + x, ..bounds });
        }
        self.base
    }

    /// Places a combining mark centred above or below its letter, outside of the marks that are already placed.
    fn add_mark(&mut self, glyph: u16) {
        let Some(mark) = self.typeface.bounds(glyph) else { return };
        let Some(base) = self.base() else { return self.put(glyph, None, self.x, 0.0) };
        let x = (base.left + base.right - mark.left - mark.right) / 2.0;
        let middle = (base.bottom + base.top) / 2.0;
        let up = if mark.bottom > middle {
            // The font's own position of a mark fits lower-case letters.
            if mark.bottom < base.top - MARK_GAP { base.top + MARK_GAP - mark.bottom } else { 0.0 }
        } else if mark.top < middle {
            if mark.top > base.bottom + MARK_GAP { base.bottom - MARK_GAP - mark.top } else { 0.0 }
        } else {
            0.0
        };
        self.put(glyph, None, x, up);
        let (top, bottom) = (base.top.max(mark.top + up), base.bottom.min(mark.bottom + up));
        self.base = Some(GlyphBounds { top, bottom, ..base });
    }

    fn begin_letter(&mut self) {
        self.letters = self.letters.saturating_add(1);
    }

    fn put(&mut self, id: u16, added: Option<u8>, x: f32, up: f32) {
        let scale = self.scale;
        let (x, y) = ((x * scale).round() as i32, (up * -scale).round() as i32);
        self.glyphs.push(Glyph { id, added, letter: self.letters.saturating_sub(1), x, y });
    }
}

/// Whether the text is printable ASCII without ligatures or white space that is collapsed: each character is a letter.
fn is_plain(text: &str) -> bool {
    let is_joined = |pair: &[u8]| matches!(pair, b"  " | b"ff" | b"fi" | b"fl");
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !text.as_bytes().windows(2).any(is_joined)
}

/// Replaces each run of white space by one space, as SVG does.
fn collapsed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let blank = matches!(character, '\t'..='\r' | '\u{1c}'..=' ' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if !blank {
            out.push(character);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

/// Whether the character may be a combining mark. No character up to U+02FF is one.
fn can_be_mark(character: char) -> bool {
    character > '\u{2ff}'
}

/// The mirrored bracket, which right-to-left text uses.
fn mirrored(character: char) -> char {
    match character {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        '‹' => '›',
        '›' => '‹',
        other => other,
    }
}
