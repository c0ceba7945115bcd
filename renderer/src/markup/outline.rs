//! Texts as outlines in an SVG: the paths that replace `<text>` elements.
//!
//! Coordinates are in hundredths of a pixel, inside a group that scales them down.

use badgesmith_fonts::OutlineSegment;

use super::Markup;
use super::document::{click_area, open_named_link};
use crate::{id::IdSuffix, link::Link, placed_text::PlacedText, scale::QuarterPixels};

/// The attribute that scales a group of outlines, and the end of the tag; `</g>` closes the group.
pub(crate) const SCALED: &str = r#" transform="scale(.01)">"#;
/// The same for outlines inside a drawing whose unit is a tenth of a pixel.
pub(crate) const SCALED_TENTHS: &str = r#" transform="scale(.1)">"#;
/// The distance from a text down to its shadow: one pixel.
pub(crate) const SHADOW_DROP: i64 = 100;

/// The text of one section of a badge, drawn as outlines.
pub(crate) struct OutlinedText<'b> {
    pub(crate) text: PlacedText<'b>,
    pub(crate) path: PathId,
    pub(crate) link: Option<SectionLink<'b>>,
}

/// The id of a path: a letter, the badge's suffix, and the segment's number.
#[derive(Clone, Copy)]
pub(crate) struct PathId {
    pub(crate) letter: char,
    /// Counted from 1; 0 for label and message, whose ids have no number.
    pub(crate) segment: usize,
}

/// The link of a section, and the area of the badge that receives its clicks.
#[derive(Clone, Copy)]
pub(crate) struct SectionLink<'b> {
    pub(crate) link: &'b Link,
    /// The escaped text of the section, which names the link for screen readers.
    pub(crate) name_xml: &'b str,
    pub(crate) x: QuarterPixels,
    pub(crate) width: QuarterPixels,
}

impl PathId {
    /// All suffixes have the same length, so a number after a suffix cannot make it equal another badge's id.
    fn write(self, suffix: IdSuffix, out: &mut Markup) {
        out.id(self.letter, suffix);
        if self.segment > 0 {
            out.number(self.segment as i64);
        }
    }
}

/// Draws the texts of all sections, over their shadows if `has_shadows`, in a badge `height` pixels high.
pub(crate) fn draw(texts: &[OutlinedText], has_shadows: bool, id: IdSuffix, height: i64, out: &mut Markup) {
    out.text(r##"<g fill="#fff""##).text(SCALED);
    if has_shadows {
        // The shadow is drawn twice: blurred, and sharp with less opacity.
        out.text(r#"<g fill-opacity=".8" filter="url(#"#).id('b', id).text(r#")"><g id=""#).id('w', id).text(r#"">"#);
        for section in texts {
            out.text(r##"<use href="#"##);
            section.path.write(id, out);
            out.text(r#"" y="100" fill=""#).text(section.text.shadow).text(r#""/>"#);
        }
        out.text(r##"</g></g><use href="#"##).id('w', id).text(r#"" fill-opacity=".3"/>"#);
    }
    for section in texts {
        if let Some(SectionLink { link, name_xml, x, width }) = section.link {
            open_named_link(link, name_xml, out);
            click_area(100 * x, 100 * width, 100 * height, out);
        }
        // The colour is set on a group around the path, because the shadow uses the same path in another colour.
        let is_dark = section.text.fill != "#fff";
        if is_dark {
            out.text(r#"<g fill=""#).text(section.text.fill).text(r#"">"#);
        }
        out.text("<path ");
        if has_shadows {
            out.text(r#"id=""#);
            section.path.write(id, out);
            out.text(r#"" "#);
        }
        out.text(r#"d=""#);
        write_path(&section.text, out);
        out.text(if is_dark { r#""/></g>"# } else { r#""/>"# });
        if section.link.is_some() {
            out.text("</a>");
        }
    }
    out.text("</g>");
}

/// Writes the outlines of a text as the data of one path.
pub(crate) fn write_path(text: &PlacedText, out: &mut Markup) {
    let mut path = PathData::new(out);
    for glyph in text.line.glyphs() {
        let (x, y) = (text.x + i64::from(glyph.x), text.baseline + i64::from(glyph.y));
        let point = |dx: i32, dy: i32| Point { x: x + i64::from(dx), y: y + i64::from(dy) };
        text.line.trace(*glyph, |segment| match segment {
            OutlineSegment::Move(dx, dy) => path.begin(point(dx, dy)),
            OutlineSegment::Line(dx, dy) => path.line(point(dx, dy)),
            OutlineSegment::Quad(cx, cy, dx, dy) => path.curve('q', &[point(cx, cy), point(dx, dy)]),
            OutlineSegment::Cubic(ax, ay, bx, by, dx, dy) => {
                path.curve('c', &[point(ax, ay), point(bx, by), point(dx, dy)]);
            }
            OutlineSegment::Close => path.close(),
        });
    }
}

/// A point of a path.
#[derive(Clone, Copy, Default)]
pub(crate) struct Point {
    pub(crate) x: i64,
    pub(crate) y: i64,
}

/// Writes the shortest form of path data: relative coordinates, no repeated command letters, no space before a minus
/// sign.
pub(crate) struct PathData<'o, 'm> {
    out: &'o mut Markup<'m>,
    /// The command to which the next coordinates belong if no letter is written.
    command: char,
    /// Whether the last character is a letter, after which a number needs no space.
    ends_in_letter: bool,
    current: Point,
    start: Point,
}

impl<'o, 'm> PathData<'o, 'm> {
    pub(crate) fn new(out: &'o mut Markup<'m>) -> Self {
        // The first `m` of a path is relative to the origin.
        Self { out, command: ' ', ends_in_letter: false, current: Point::default(), start: Point::default() }
    }

    pub(crate) fn begin(&mut self, to: Point) {
        self.command = ' ';
        self.write('m', &[to]);
        self.start = to;
        // Coordinates that follow a move without a letter are a line.
        self.command = 'l';
    }

    pub(crate) fn line(&mut self, to: Point) {
        if to.y == self.current.y {
            self.write_distance('h', to.x - self.current.x);
        } else if to.x == self.current.x {
            self.write_distance('v', to.y - self.current.y);
        } else {
            self.write('l', &[to]);
        }
        self.current = to;
    }

    /// Writes a Bézier curve: its control points and its end point.
    fn curve(&mut self, command: char, points: &[Point]) {
        self.write(command, points);
    }

    pub(crate) fn close(&mut self) {
        self.out.text("z");
        self.command = 'z';
        self.current = self.start;
    }

    /// Writes points, all of them relative to the one before the command.
    fn write(&mut self, command: char, points: &[Point]) {
        let from = self.current;
        self.write_letter(command);
        for point in points {
            self.write_number(point.x - from.x);
            self.write_number(point.y - from.y);
            self.current = *point;
        }
    }

    fn write_distance(&mut self, command: char, distance: i64) {
        self.write_letter(command);
        self.write_number(distance);
    }

    fn write_letter(&mut self, command: char) {
        if self.command != command {
            self.out.letter(command);
            self.command = command;
            self.ends_in_letter = true;
        }
    }

    fn write_number(&mut self, number: i64) {
        if number >= 0 && !self.ends_in_letter {
            self.out.text(" ");
        }
        self.out.number(number);
        self.ends_in_letter = false;
    }
}
