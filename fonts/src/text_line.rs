//! Text layout in the bundled font: the position of each glyph, by the font's advances and kerning.

use ab_glyph::{OutlineCurve, Point};
use unicode_bidi::{BidiInfo, Level};

#[cfg(feature = "added-faces")]
use crate::added_faces::AddedFaces;
use crate::arabic;
use crate::face::Face;
use crate::ignorable::is_ignorable;
#[cfg(not(feature = "added-faces"))]
use crate::no_added_faces::AddedFaces;
use crate::outline::{Glyph, OutlineSegment};
#[cfg(feature = "added-faces")]
use crate::text_part::parts;
use crate::typeface::{self, GlyphBounds, Typeface, UNITS_PER_EM};

/// The distance between two combining marks on one letter, or between a mark and a capital letter; in font units.
const MARK_GAP: f32 = 60.0;

/// A text laid out in the bundled font. It can be drawn without an installed font: [`trace`](Self::trace) gives its
/// outlines.
///
/// ```
/// use badgesmith_fonts::{Face, TextLine};
///
/// let width = |text| TextLine::new(Face::Verdana11, text, 0.0).map(|line| line.width());
/// assert!(width("AV").unwrap() < width("A").unwrap() + width("V").unwrap());
/// ```
#[derive(Clone, Debug)]
pub struct TextLine {
    face: Face,
    width: f64,
    glyphs: Vec<Glyph>,
    #[cfg_attr(not(feature = "added-faces"), expect(dead_code, reason = "there are no faces to ask"))]
    faces: AddedFaces,
}

impl TextLine {
    /// Lays out `text` as a browser does in SVG, in a left-to-right paragraph: white space is collapsed, right-to-left
    /// runs are reordered, Arabic letters are shaped, and combining marks are placed on their letters. A character that
    /// the font lacks becomes a box.
    ///
    /// `letter_spacing` pixels are added to the width of every letter, half of it on each side. Arabic letters get
    /// none, because it would separate joined letters. `None` without the feature `faces`, which compiles the font
    /// in.
    pub fn new(face: Face, text: &str, letter_spacing: f32) -> Option<Self> {
        Self::with_faces(face, text, letter_spacing, &AddedFaces::default())
    }

    /// As [`new`](Self::new); characters that the bundled font lacks are drawn with the first added face that has them.
    pub fn with_faces(face: Face, text: &str, letter_spacing: f32, faces: &AddedFaces) -> Option<Self> {
        let typeface = typeface::of(face)?;
        let layout = LineLayout {
            typeface,
            line: Self { face, width: 0.0, glyphs: Vec::with_capacity(text.len()), faces: faces.clone() },
            spacing: letter_spacing * UNITS_PER_EM / face.pixels(),
            x: 0.0,
            last: None,
            letter: None,
            base: None,
        };
        Some(layout.laid_out(&collapsed(text)))
    }

    /// The width of the text, in pixels.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// The glyphs and their positions.
    pub fn glyphs(&self) -> &[Glyph] {
        &self.glyphs
    }

    /// Passes each segment of a glyph's outline to `follow`, relative to the glyph's origin.
    pub fn trace(&self, glyph: Glyph, mut follow: impl FnMut(OutlineSegment)) {
        #[cfg(feature = "added-faces")]
        if let Some(added) = glyph.added {
            if let Some(face) = self.faces.face(added) {
                let scale = self.face.pixels() * 100.0 / face.units_per_em();
                face.outline(glyph.id, scale).into_iter().for_each(follow);
            }
            return;
        }
        let Some(typeface) = typeface::of(self.face) else { return };
        let scale = hundredths_per_unit(self.face);
        let scaled = |point: Point| ((point.x * scale).round() as i32, (point.y * -scale).round() as i32);
        let mut end: Option<Point> = None;
        typeface.trace(glyph.id, |curve| {
            let start = typeface::start(&curve);
            if end != Some(start) {
                if end.is_some() {
                    follow(OutlineSegment::Close);
                }
                let (x, y) = scaled(start);
                follow(OutlineSegment::Move(x, y));
            }
            match curve {
                OutlineCurve::Line(from, to) | OutlineCurve::Cubic(from, .., to) => {
                    let (x, y) = scaled(to);
                    if scaled(from) != (x, y) {
                        follow(OutlineSegment::Line(x, y));
                    }
                    end = Some(to);
                }
                OutlineCurve::Quad(_, control, to) => {
                    let ((cx, cy), (x, y)) = (scaled(control), scaled(to));
                    follow(OutlineSegment::Quad(cx, cy, x, y));
                    end = Some(to);
                }
            }
        });
        if end.is_some() {
            follow(OutlineSegment::Close);
        }
    }
}

/// How many hundredths of a pixel a font unit is.
fn hundredths_per_unit(face: Face) -> f32 {
    face.pixels() * 100.0 / UNITS_PER_EM
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

/// A line that is being laid out. Lengths are in font units.
struct LineLayout {
    typeface: &'static Typeface,
    line: TextLine,
    spacing: f32,
    /// The position of the next glyph.
    x: f32,
    /// The glyph before, for kerning.
    last: Option<u16>,
    /// The letter that combining marks belong to, and its position.
    letter: Option<(u16, f32)>,
    /// The bounding box of that letter and its marks; computed at its first mark.
    base: Option<GlyphBounds>,
}

impl LineLayout {
    fn laid_out(mut self, text: &str) -> TextLine {
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
        self.line.width = f64::from(self.x * self.line.face.pixels() / UNITS_PER_EM);
        self.line
    }

    /// Adds a text of one direction, with the added faces where the bundled font lacks its characters.
    #[cfg(feature = "added-faces")]
    fn add_text(&mut self, text: &str, is_right_to_left: bool) {
        if self.line.faces.is_empty() {
            return self.add_run(&mut text.chars().collect(), is_right_to_left);
        }
        let faces = self.line.faces.clone();
        let mut parts = parts(text, self.typeface, &faces);
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
        let faces = self.line.faces.clone();
        let Some(face) = faces.face(added) else { return };
        let scale = UNITS_PER_EM / face.units_per_em();
        for glyph in face.shaped(text, is_right_to_left) {
            // A glyph without an advance is a mark of the letter beside it.
            let spacing = if glyph.advance == 0.0 { 0.0 } else { self.spacing };
            self.x += spacing / 2.0;
            self.put(glyph.id, Some(added), self.x + glyph.x * scale, glyph.y * scale);
            self.x += glyph.advance * scale + spacing / 2.0;
        }
        (self.last, self.letter, self.base) = (None, None, None);
    }

    /// Adds characters of one direction, given in logical order.
    fn add_run(&mut self, characters: &mut Vec<char>, is_right_to_left: bool) {
        arabic::shape(characters);
        characters.retain(|character| !is_ignorable(*character));
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
        let spacing = if arabic::is_arabic(character) { 0.0 } else { self.spacing };
        self.x += self.last.map_or(0.0, |last| self.typeface.kerning(last, glyph)) + spacing / 2.0;
        (self.letter, self.base) = (Some((glyph, self.x)), None);
        self.put(glyph, None, self.x, 0.0);
        self.x += advance + spacing / 2.0;
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

    /// Places a combining mark centred above or below its letter, outside of the marks that are there already.
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

    fn put(&mut self, id: u16, added: Option<u8>, x: f32, up: f32) {
        let scale = hundredths_per_unit(self.line.face);
        self.line.glyphs.push(Glyph { id, added, x: (x * scale).round() as i32, y: (up * -scale).round() as i32 });
    }
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
