//! Words as outlines of the shipped face: where they stand, and the paths an SVG has instead of text.
//!
//! Everything is in hundredths of a pixel, inside a group that scales them down.

use badgesmith_fonts::{OutlineSegment, TextLine};

use crate::Link;
use crate::markup::frame::{click_area, open_named_link};
use crate::markup::{Markup, Quarters};

/// Begins the group all outlines are in; `</g>` ends it.
pub(crate) const SCALED: &str = r#" transform="scale(.01)">"#;
/// How far down a shadow falls: a pixel.
pub(crate) const SHADOW_DROP: i64 = 100;

/// One half's words, placed.
pub(crate) struct Outlined<'b> {
    pub(crate) line: &'b TextLine,
    /// Where the line begins.
    pub(crate) x: i64,
    pub(crate) baseline: i64,
    /// Of `#fff` words no fill is written, because their group says so.
    pub(crate) fill: &'static str,
    pub(crate) shadow: &'static str,
    pub(crate) link: Option<&'b Link>,
    /// Where the half begins and how wide it is, to take clicks.
    pub(crate) area: (Quarters, Quarters),
    /// The words' name for those who do not see the outlines.
    pub(crate) xml: &'b str,
    /// The path's id is this letter, the badge's suffix, and the number of the segment, counted from 1.
    pub(crate) letter: char,
    pub(crate) segment: usize,
}

impl Outlined<'_> {
    /// The path's id; the suffix is always as long, so a number behind it makes no other badge's id.
    fn id(&self, suffix: &str, out: &mut Markup) {
        out.id(self.letter, suffix);
        if self.segment > 0 {
            out.number(self.segment as i64);
        }
    }

    /// The words as one path.
    pub(crate) fn path(&self, out: &mut Markup) {
        let mut path = PathData::new(out);
        for glyph in self.line.glyphs() {
            let (x, y) = (self.x + i64::from(glyph.x), self.baseline + i64::from(glyph.y));
            let place = |dx: i32, dy: i32| (x + i64::from(dx), y + i64::from(dy));
            self.line.trace(*glyph, |segment| match segment {
                OutlineSegment::Move(dx, dy) => path.begin(place(dx, dy)),
                OutlineSegment::Line(dx, dy) => path.line(place(dx, dy)),
                OutlineSegment::Quad(cx, cy, dx, dy) => path.curve(place(cx, cy), place(dx, dy)),
                OutlineSegment::Close => path.close(),
            });
        }
    }
}

/// Draws the words of all halves, over their shadows where `shadows` says so, in a badge `height` pixels high.
pub(crate) fn draw(halves: &[Outlined], shadows: bool, id: &str, height: i64, out: &mut Markup) {
    out.text(r##"<g fill="#fff""##).text(SCALED);
    if shadows {
        // The words twice: blurred, and thinner but sharp.
        out.text(r#"<g fill-opacity=".8" filter="url(#"#).id('b', id).text(r#")"><g id=""#).id('w', id).text(r#"">"#);
        for half in halves {
            out.text(r##"<use href="#"##);
            half.id(id, out);
            out.text(r#"" y="100" fill=""#).text(half.shadow).text(r#""/>"#);
        }
        out.text(r##"</g></g><use href="#"##).id('w', id).text(r#"" fill-opacity=".3"/>"#);
    }
    for half in halves {
        if let Some(link) = half.link {
            open_named_link(link, half.xml, out);
            click_area(100 * half.area.0, 100 * half.area.1, 100 * height, out);
        }
        // Around the path, not on it: the shadow is the same path in another colour.
        let dark = half.fill != "#fff";
        if dark {
            out.text(r#"<g fill=""#).text(half.fill).text(r#"">"#);
        }
        out.text("<path ");
        if shadows {
            out.text(r#"id=""#);
            half.id(id, out);
            out.text(r#"" "#);
        }
        out.text(r#"d=""#);
        half.path(out);
        out.text(if dark { r#""/></g>"# } else { r#""/>"# });
        if half.link.is_some() {
            out.text("</a>");
        }
    }
    out.text("</g>");
}

/// The shortest spelling of a path: relative, no letter twice, no blank before a minus.
struct PathData<'o, 'm> {
    out: &'o mut Markup<'m>,
    command: char,
    /// Whether a letter was just written, which needs no blank after it.
    fresh: bool,
    at: (i64, i64),
    start: (i64, i64),
}

impl<'o, 'm> PathData<'o, 'm> {
    fn new(out: &'o mut Markup<'m>) -> Self {
        // A path's first `m` counts from the origin.
        Self { out, command: ' ', fresh: false, at: (0, 0), start: (0, 0) }
    }

    fn begin(&mut self, to: (i64, i64)) {
        self.command = ' ';
        self.write('m', &[to]);
        self.start = to;
        // What follows a move without a letter is a line.
        self.command = 'l';
    }

    fn line(&mut self, to: (i64, i64)) {
        if to.1 == self.at.1 {
            self.single('h', to.0 - self.at.0);
        } else if to.0 == self.at.0 {
            self.single('v', to.1 - self.at.1);
        } else {
            self.write('l', &[to]);
        }
        self.at = to;
    }

    fn curve(&mut self, control: (i64, i64), to: (i64, i64)) {
        self.write('q', &[control, to]);
    }

    fn close(&mut self) {
        self.out.text("z");
        self.command = 'z';
        self.at = self.start;
    }

    fn write(&mut self, command: char, places: &[(i64, i64)]) {
        let from = self.at;
        self.letter(command);
        for (x, y) in places {
            self.number(x - from.0);
            self.number(y - from.1);
            self.at = (*x, *y);
        }
    }

    fn single(&mut self, command: char, by: i64) {
        self.letter(command);
        self.number(by);
    }

    fn letter(&mut self, command: char) {
        if self.command != command {
            self.out.letter(command);
            self.command = command;
            self.fresh = true;
        }
    }

    fn number(&mut self, number: i64) {
        if number >= 0 && !self.fresh {
            self.out.text(" ");
        }
        self.out.number(number);
        self.fresh = false;
    }
}
