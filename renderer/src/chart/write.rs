//! A chart as an SVG document.

use badgesmith_fonts::{Face, TextLine};

use super::input::{Chart, ChartTheme};
use super::scene::{Anchor, Colors, HEIGHT, Line, Point, Role, Scene, SceneText, Shape, TITLE_FACE, Tenths, WIDTH};
use crate::id::IdSuffix;
use crate::markup::Markup;
use crate::markup::dark::{CLOSE_DARK, OPEN_DARK};
use crate::markup::document::VERDANA;
use crate::markup::outline::{PathData, Point as PathPoint, SCALED_TENTHS, write_path};
use crate::measured_text::MeasuredText;
use crate::placed_text::PlacedText;
use crate::text::escaped;

/// The maximum length of most charts' documents, in bytes. A wrong estimate only costs time.
const EXPECTED: usize = 16 * 1024;
const HELVETICA: &str = "Helvetica Neue,Helvetica,Arial,sans-serif";

/// The data that writing every shape needs.
struct ChartWriter<'c> {
    chart: &'c Chart,
    /// The suffix of every class.
    id: IdSuffix,
}

pub(super) fn svg(scene: &Scene, chart: &Chart) -> String {
    let id = IdSuffix::of_texts(&[&scene.title, &scene.description]);
    let writer = ChartWriter { chart, id };
    let mut document = Vec::new();
    Markup::append(&mut document, EXPECTED, |bytes| writer.document(scene, bytes));
    // Everything that is written is UTF-8.
    String::from_utf8(document).unwrap_or_default()
}

impl ChartWriter<'_> {
    /// Writes the document, and returns its length.
    fn document(&self, scene: &Scene, bytes: &mut [u8]) -> usize {
        let out = &mut Markup::over(bytes);
        let (title, description) = (escaped(&scene.title), escaped(&scene.description));
        out.text(r#"<svg xmlns="http://www.w3.org/2000/svg" width=""#).number(WIDTH / 10);
        out.text(r#"" height=""#).number(HEIGHT / 10).text(r#"" viewBox="0 0 "#).number(WIDTH).text(" ").number(HEIGHT);
        out.text(r#"" role="img" aria-label=""#).text(&title).text(if title.is_empty() { "" } else { ": " });
        out.text(&description).text(r#""><title>"#).text(&title).text("</title><desc>").text(&description);
        out.text("</desc>");
        self.dark_rules(out);
        for shape in &scene.shapes {
            self.shape(shape, out);
        }
        out.text("</svg>");
        out.length()
    }

    fn is_auto(&self) -> bool {
        self.chart.theme == ChartTheme::Auto
    }

    /// The rules for readers who prefer dark. Every shape has the colour of the attributes that [`Self::color`] writes.
    fn dark_rules(&self, out: &mut Markup) {
        if !self.is_auto() {
            return;
        }
        out.text(OPEN_DARK);
        for role in Role::ALL {
            let Colors { class, dark, .. } = role.colors();
            out.text(".").id(class, self.id).text("{color:").text(dark).text("}");
        }
        out.text(CLOSE_DARK);
    }

    /// Writes the attributes of a colour; `paint` is `fill` or `stroke`.
    fn color(&self, role: Role, paint: &str, out: &mut Markup) {
        let Colors { class, light, dark } = role.colors();
        if self.is_auto() {
            out.text(r#" class=""#).id(class, self.id).text(r#"" color=""#).text(light);
            out.text(r#"" "#).text(paint).text(r#"="currentColor""#);
        } else {
            let color = if self.chart.theme == ChartTheme::Dark { dark } else { light };
            out.text(" ").text(paint).text(r#"=""#).text(color).text(r#"""#);
        }
    }

    fn shape(&self, shape: &Shape, out: &mut Markup) {
        match shape {
            Shape::Fill { lines, .. } | Shape::Stroke { lines, .. } if lines.is_empty() => {}
            Shape::Fill { role, percent, lines } => {
                out.text("<path");
                self.color(*role, "fill", out);
                if *percent < 100 {
                    out.text(r#" fill-opacity="."#).number(i64::from(*percent)).text(r#"""#);
                }
                out.text(r#" d=""#);
                path(lines, true, out);
                out.text(r#""/>"#);
            }
            Shape::Stroke { role, width, is_dashed, lines } => {
                out.text(r#"<path fill="none""#);
                self.color(*role, "stroke", out);
                out.text(r#" stroke-width=""#).number(*width).text(r#"" stroke-linejoin="round""#);
                out.text(if *is_dashed { r#" stroke-dasharray="30""# } else { "" }).text(r#" d=""#);
                path(lines, false, out);
                out.text(r#""/>"#);
            }
            Shape::Dots { role, radius, centers } => {
                for Point { x, y } in centers {
                    out.text("<circle");
                    self.color(*role, "fill", out);
                    out.text(r#" cx=""#).number(*x).text(r#"" cy=""#).number(*y);
                    out.text(r#"" r=""#).number(*radius).text(r#""/>"#);
                }
            }
            Shape::Text(text) => self.text(text, out),
        }
    }

    fn text(&self, text: &SceneText, out: &mut Markup) {
        let measured = measured(text, self.chart);
        if measured.is_empty() {
            return;
        }
        if let Some(line) = &measured.line {
            out.text("<g");
            self.color(text.role, "fill", out);
            out.text(SCALED_TENTHS).text(r#"<path d=""#);
            write_path(&placed(text, line, ""), out);
            out.text(r#""/></g>"#);
            return;
        }
        out.text("<text");
        self.color(text.role, "fill", out);
        out.text(r#" x=""#).number(text.x).text(r#"" y=""#).number(text.baseline);
        out.text(match text.anchor {
            Anchor::Start => r#"""#,
            Anchor::Middle => r#"" text-anchor="middle""#,
            Anchor::End => r#"" text-anchor="end""#,
        });
        out.text(r#" font-family=""#).text(family(text.face));
        out.text(if text.face == TITLE_FACE { r#"" font-weight="700"# } else { "" });
        out.text(r#"" font-size="110" text-rendering="geometricPrecision"#);
        if is_fitted(text, &measured) {
            out.text(r#"" textLength=""#).number(tenths(&measured));
        }
        out.text(r#"">"#).text(&measured.xml).text("</text>");
    }
}

const fn family(face: Face) -> &'static str {
    match face {
        Face::HelveticaBold11 => HELVETICA,
        _ => VERDANA,
    }
}

/// A text with its width, as outlines if the chart is drawn with outlines.
pub(super) fn measured<'t>(text: &'t SceneText, chart: &Chart) -> MeasuredText<'t> {
    let measured = MeasuredText::new(&text.text, text.face);
    let is_fitted = is_fitted(text, &measured);
    if chart.outline { measured.outlined(is_fitted, &chart.faces) } else { measured }
}

/// Whether a text is spaced to its measured width, so that another font does not make it so wide that it is cut off. A
/// short title needs no such spacing, since it has enough room.
fn is_fitted(text: &SceneText, measured: &MeasuredText) -> bool {
    text.face != TITLE_FACE || tenths(measured) > WIDTH / 2
}

fn tenths(measured: &MeasuredText) -> Tenths {
    (10.0 * measured.width).round() as Tenths
}

/// A text as outlines at its position, in hundredths of a pixel.
pub(super) fn placed<'l>(text: &SceneText, line: &'l TextLine, fill: &'static str) -> PlacedText<'l> {
    let width = (100.0 * line.width()).round() as i64;
    let before = match text.anchor {
        Anchor::Start => 0,
        Anchor::Middle => width / 2,
        Anchor::End => width,
    };
    PlacedText { line, x: 10 * text.x - before, baseline: 10 * text.baseline, fill, shadow: "" }
}

fn path(lines: &[Line], is_closed: bool, out: &mut Markup) {
    let mut path = PathData::new(out);
    for line in lines {
        let mut points = line.iter().map(|Point { x, y }| PathPoint { x: *x, y: *y });
        if let Some(first) = points.next() {
            path.begin(first);
            points.for_each(|point| path.line(point));
            if is_closed {
                path.close();
            }
        }
    }
}
