//! A text laid out in the shipped face: which glyph stands where, by the face's own advances and kerning.

use ab_glyph::{OutlineCurve, Point};
use unicode_bidi::{BidiInfo, Level};

use crate::typeface::{self, Ink, Typeface, UNITS_PER_EM};
use crate::{Face, Glyph, Segment, arabic};

/// How far two marks on one letter, or a mark and a capital, stay apart; in font units.
const MARK_GAP: f32 = 60.0;

/// A laid out text. Its words need no installed font: [`trace`](Self::trace) gives their outlines.
///
/// ```
/// use badgesmith_fonts::{Face, Line};
///
/// let width = |text| Line::new(Face::Verdana11, text, 0.0).map(|line| line.width());
/// assert!(width("AV").unwrap() < width("A").unwrap() + width("V").unwrap());
/// ```
#[derive(Clone, Debug)]
pub struct Line {
    face: Face,
    width: f64,
    glyphs: Vec<Glyph>,
}

impl Line {
    /// Lays out `text` from left to right as a browser does in SVG: runs of blanks are one, right-to-left words are turned round,
    /// Arabic letters joined, marks put on their letters. A character the face lacks is its box.
    ///
    /// Every letter takes `letter_spacing` pixels more, half of it on either side; Arabic ones do not, which would tear them apart.
    /// `None` where no face is compiled in, which the feature `faces` does.
    pub fn new(face: Face, text: &str, letter_spacing: f32) -> Option<Self> {
        let typeface = typeface::of(face)?;
        let mut line = Self { face, width: 0.0, glyphs: Vec::with_capacity(text.len()) };
        let spacing = letter_spacing * UNITS_PER_EM / face.pixels();
        Pen { typeface, line: &mut line, spacing, x: 0.0, last: None, letter: None, base: None }
            .write(&collapsed(text));
        Some(line)
    }

    /// How wide the text is, in pixels.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// Where its glyphs stand.
    pub fn glyphs(&self) -> &[Glyph] {
        &self.glyphs
    }

    /// Follows the outline of one of the line's glyphs, relative to the glyph's origin.
    pub fn trace(&self, glyph: Glyph, mut follow: impl FnMut(Segment)) {
        let Some(typeface) = typeface::of(self.face) else { return };
        let scale = hundredths(self.face);
        let place = |point: Point| ((point.x * scale).round() as i32, (point.y * -scale).round() as i32);
        let mut end: Option<Point> = None;
        typeface.trace(glyph.id, |curve| {
            let start = typeface::start(&curve);
            if end != Some(start) {
                if end.is_some() {
                    follow(Segment::Close);
                }
                let (x, y) = place(start);
                follow(Segment::Move(x, y));
            }
            match curve {
                OutlineCurve::Line(from, to) | OutlineCurve::Cubic(from, .., to) => {
                    let (x, y) = place(to);
                    if place(from) != (x, y) {
                        follow(Segment::Line(x, y));
                    }
                    end = Some(to);
                }
                OutlineCurve::Quad(_, control, to) => {
                    let ((cx, cy), (x, y)) = (place(control), place(to));
                    follow(Segment::Quad(cx, cy, x, y));
                    end = Some(to);
                }
            }
        });
        if end.is_some() {
            follow(Segment::Close);
        }
    }
}

/// From font units to hundredths of a pixel.
fn hundredths(face: Face) -> f32 {
    face.pixels() * 100.0 / UNITS_PER_EM
}

/// One space for each run of blanks, as XML's white space is drawn.
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

struct Pen<'a> {
    typeface: &'a Typeface,
    line: &'a mut Line,
    spacing: f32,
    /// Where the next glyph stands, in font units.
    x: f32,
    last: Option<u16>,
    /// The letter that marks are put on, and where it stands.
    letter: Option<(u16, f32)>,
    /// What is inked of it and of its marks, once it has one.
    base: Option<Ink>,
}

impl Pen<'_> {
    fn write(mut self, text: &str) {
        if text.chars().all(|character| character < '\u{590}') {
            self.run(&mut text.chars().collect(), false);
        } else {
            let bidi = BidiInfo::new(text, Some(Level::ltr()));
            for paragraph in &bidi.paragraphs {
                let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
                for run in runs {
                    let backwards = levels.get(run.start).is_some_and(Level::is_rtl);
                    let mut characters = text.get(run).unwrap_or_default().chars().collect();
                    self.run(&mut characters, backwards);
                }
            }
        }
        self.line.width = f64::from(self.x * self.line.face.pixels() / UNITS_PER_EM);
    }

    /// Writes characters of one direction, given in the order they are read.
    fn run(&mut self, characters: &mut Vec<char>, backwards: bool) {
        arabic::join(characters);
        characters.retain(|character| !is_ignorable(*character));
        if !backwards {
            for character in characters {
                self.character(*character);
            }
            return;
        }
        // Each letter before its marks, the letters from the last to the first.
        let mut end = characters.len();
        for start in (0..characters.len()).rev() {
            if start > 0 && characters.get(start).is_some_and(|character| self.is_mark(*character)) {
                continue;
            }
            self.last = None;
            for character in characters.get(start..end).unwrap_or_default() {
                self.character(mirrored(*character));
            }
            end = start;
        }
    }

    fn character(&mut self, character: char) {
        let glyph = self.typeface.glyph(character);
        let advance = self.typeface.advance(glyph);
        if can_be_mark(character) && glyph != 0 && advance == 0.0 {
            return self.mark(glyph);
        }
        let spacing = if arabic::is_arabic(character) { 0.0 } else { self.spacing };
        self.x += self.last.map_or(0.0, |last| self.typeface.kerning(last, glyph)) + spacing / 2.0;
        (self.letter, self.base) = (Some((glyph, self.x)), None);
        self.put(glyph, self.x, 0.0);
        self.x += advance + spacing / 2.0;
        self.last = Some(glyph);
    }

    fn is_mark(&self, character: char) -> bool {
        let glyph = self.typeface.glyph(character);
        can_be_mark(character) && glyph != 0 && self.typeface.advance(glyph) == 0.0
    }

    fn base(&mut self) -> Option<Ink> {
        if self.base.is_none() {
            let (glyph, x) = self.letter?;
            let ink = self.typeface.ink(glyph)?;
            self.base = Some(Ink { left: ink.left + x, right: ink.right + x, ..ink });
        }
        self.base
    }

    /// Puts a mark over or under the middle of its letter, beyond what is there already.
    fn mark(&mut self, glyph: u16) {
        let Some(ink) = self.typeface.ink(glyph) else { return };
        let Some(base) = self.base() else { return self.put(glyph, self.x, 0.0) };
        let x = (base.left + base.right - ink.left - ink.right) / 2.0;
        let middle = (base.bottom + base.top) / 2.0;
        let up = if ink.bottom > middle {
            // Where the face puts it, it fits a small letter.
            if ink.bottom < base.top - MARK_GAP { base.top + MARK_GAP - ink.bottom } else { 0.0 }
        } else if ink.top < middle {
            if ink.top > base.bottom + MARK_GAP { base.bottom - MARK_GAP - ink.top } else { 0.0 }
        } else {
            0.0
        };
        self.put(glyph, x, up);
        self.base = Some(Ink { top: base.top.max(ink.top + up), bottom: base.bottom.min(ink.bottom + up), ..base });
    }

    fn put(&mut self, id: u16, x: f32, up: f32) {
        let scale = hundredths(self.line.face);
        self.line.glyphs.push(Glyph { id, x: (x * scale).round() as i32, y: (up * -scale).round() as i32 });
    }
}

/// Whether a glyph that takes no place is a mark: before these there is none.
fn can_be_mark(character: char) -> bool {
    character > '\u{2ff}'
}

/// What is never seen, whatever the face has for it: joiners, marks of direction, variation selectors, tags.
pub(crate) fn is_ignorable(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}'
        | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Brackets open to the other side in right-to-left words.
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
