//! What flat, flat-square and plastic share: two or more rectangles side by side, each with a text in 11 px Verdana.
//!
//! The geometry is that of the class `Badge` in badge-maker 6.0.0 (lib/badge-renderers.js).

use badgesmith_fonts::Face;

use super::bars::{BACKGROUND, Bars, BarsLook};
use super::definition::TextSettings;
#[cfg(feature = "png")]
use crate::canvas::{Canvas, error::PngError, sections::SectionArea};
use crate::drawing::{Drawing, SegmentDrawing};
use crate::markup::document::{VERDANA, click_area, open_link};
use crate::markup::outline::{self, OutlinedText, PathId, SectionLink};
use crate::measured_text::{MeasuredText, TextWidth};
use crate::placed_text::{PlacedText, centered_start};
#[cfg(feature = "png")]
use crate::scale::Scale;
use crate::text::TextCase;
use crate::{gradient::GradientStop, link::Link, markup::Markup, markup::dark};

pub(super) const TEXT: TextSettings = TextSettings {
    label_face: Face::Verdana11,
    message_face: Face::Verdana11,
    label_case: TextCase::AsGiven,
    message_case: TextCase::AsGiven,
    width: TextWidth::Odd,
};

const PADDING: i64 = 5;

/// In what the three styles differ.
pub(super) struct ClassicLook {
    pub(super) height: i64,
    /// The baseline of the texts, in tenths of a pixel.
    pub(super) baseline: i64,
    pub(super) has_shadow: bool,
    pub(super) joined: JoinedMarkup,
    pub(super) bars: BarsLook,
    /// The radius of the corners; 0 for square corners and no gradient.
    pub(super) radius: i64,
    /// The stops of the gradient over the sections, as markup.
    pub(super) gradient: &'static str,
    /// The same stops as numbers.
    #[cfg_attr(not(feature = "png"), expect(dead_code, reason = "an SVG has its gradients as markup"))]
    pub(super) stops: &'static [GradientStop],
}

/// Numbers joined with the markup around them at compile time. Drawing consists of appending short strings, and each
/// append costs as much as fifty bytes.
pub(super) struct JoinedMarkup {
    /// What is between a rectangle's width and its colour.
    pub(super) fill: &'static str,
    pub(super) text_y: &'static str,
    pub(super) shadow_y: &'static str,
}

macro_rules! joined_markup {
    (height $height:literal, text at $text:literal, shadow at $shadow:literal) => {
        $crate::style::classic::JoinedMarkup {
            fill: concat!(r#"" height=""#, $height, r#"" fill=""#),
            text_y: concat!(r#"" y=""#, $text, r#"" textLength=""#),
            shadow_y: concat!(r#"" y=""#, $shadow, r#"" textLength=""#),
        }
    };
}
pub(super) use joined_markup;

/// A measured badge.
pub(super) struct ClassicBadge<'a, 'b> {
    drawing: &'b Drawing<'a>,
    look: &'b ClassicLook,
    label: ClassicSection<'b>,
    message: ClassicSection<'b>,
    segments: Vec<ClassicSection<'b>>,
    /// The sparkline in a section of its own.
    spark: Option<SparkSection<'b>>,
    /// The width of all sections together.
    width: i64,
}

/// The section of a sparkline.
struct SparkSection<'b> {
    bars: Bars<'b>,
    x: i64,
    width: i64,
}

/// A label, a message or a segment: its text and the rectangle behind it.
struct ClassicSection<'b> {
    text: &'b MeasuredText<'b>,
    link: Option<&'b Link>,
    /// The start of the text, without the padding before it.
    margin: i64,
    text_width: i64,
    x: i64,
    width: i64,
    fill: &'b str,
    /// Whether the background is light, so that the text is dark.
    is_light: bool,
}

impl<'b> ClassicSection<'b> {
    fn segment(segment: &'b SegmentDrawing, x: i64) -> Self {
        let SegmentDrawing { text, color } = segment;
        let (text_width, margin) = (text.pixels(), x - 1);
        let (width, fill, is_light) = (text_width + 2 * PADDING, color.svg(), color.is_light());
        Self { text, link: None, margin, text_width, x, width, fill, is_light }
    }

    fn click_x(&self) -> i64 {
        if self.margin > 1 { self.margin + 1 } else { 0 }
    }

    fn middle(&self) -> i64 {
        10 * (self.margin + PADDING) + 5 * self.text_width
    }
}

// The functions that write SVG are inlined into each style's `draw`, where the look is a constant. That saves a tenth
// of the time.
impl<'a, 'b> ClassicBadge<'a, 'b> {
    #[inline(always)]
    pub(super) fn measure(drawing: &'b Drawing<'a>, look: &'b ClassicLook) -> Self {
        let Drawing { label, message, .. } = drawing;
        let logo_width = drawing.logo_and_gap_width();
        // A label colour makes a label section even without text: an empty one, or one that holds the logo.
        let has_label = !label.is_empty() || drawing.label_color.is_some();
        let label_text_width = if label.is_empty() { 0 } else { label.pixels() };
        let label_width = if has_label { label_text_width + 2 * PADDING + logo_width } else { 0 };

        let message_text_width = message.pixels();
        let mut message_margin = label_width - i64::from(!message.is_empty());
        let mut message_width = message_text_width + 2 * PADDING;
        if !has_label && drawing.logo.is_some() {
            message_margin += logo_width + PADDING;
            message_width += logo_width + if message.is_empty() { 0 } else { PADDING - 1 };
        } else if !has_label {
            message_margin += 1;
        }

        let both = label_width + message_width;
        let (segments, x) = further_sections(drawing, both);
        let spark = drawing.spark.as_ref().map(|spark| {
            let bars = Bars { points: spark.points, look: &look.bars };
            SparkSection { bars, x, width: bars.width() + 2 * PADDING }
        });
        let width = x + spark.as_ref().map_or(0, |spark| spark.width);
        // The sections are made where they stay: moving what was just written makes the processor wait.
        Self {
            drawing,
            look,
            label: ClassicSection {
                text: label,
                link: drawing.label_link(),
                margin: logo_width + 1,
                text_width: label_text_width,
                x: 0,
                width: label_width,
                fill: drawing.label_fill(),
                is_light: drawing.label_is_light(),
            },
            message: ClassicSection {
                text: message,
                link: drawing.message_link(),
                margin: message_margin,
                text_width: message_text_width,
                x: label_width,
                width: message_width,
                fill: drawing.color.svg(),
                is_light: drawing.color.is_light(),
            },
            segments,
            spark,
            width,
        }
    }

    #[inline(always)]
    fn sections(&self) -> impl Iterator<Item = &ClassicSection<'b>> + Clone {
        [&self.label, &self.message].into_iter().chain(&self.segments)
    }

    /// Writes the SVG, and returns its length.
    #[inline(always)]
    pub(super) fn draw(&self, bytes: &mut [u8]) -> usize {
        let out = &mut Markup::over(bytes);
        self.open(out);
        if self.look.radius > 0 {
            self.definitions(out);
            self.round_background(out);
        } else {
            self.square_background(out);
        }
        self.foreground(out);
        out.length()
    }

    #[inline(always)]
    fn open(&self, out: &mut Markup) {
        self.drawing.open(4 * self.width, self.look.height, out);
        if self.label.width > 0 && self.drawing.label_adapts() {
            out.rarely(|out| self.drawing.dark_label(out));
        }
    }

    /// Writes what the other parts refer to: the blur, the gradient, and the clip path of the rounded corners.
    #[inline(always)]
    fn definitions(&self, out: &mut Markup) {
        let id = self.drawing.id;
        if self.has_outlines() {
            out.rarely(|out| self.blur_of_outlines(out));
        } else if self.has_text() {
            out.text(r#"<filter id="b"#).suffix(id).text(r#""><feGaussianBlur stdDeviation="16"/></filter>"#);
        }
        out.text(r#"<linearGradient id="s"#).suffix(id).text(r#"" x2="0" y2="100%">"#).text(self.look.gradient);
        out.text(r#"</linearGradient><clipPath id="r"#).suffix(id).text(r#""><rect width=""#);
        out.number(self.width).text(r#"" height=""#).number(self.look.height);
        out.text(r#"" rx=""#).number(self.look.radius).text(r#""/></clipPath>"#);
    }

    /// The filter region is the whole badge: the bounding box of a path is tighter than that of a text and would cut
    /// off the blur.
    fn blur_of_outlines(&self, out: &mut Markup) {
        out.text(r#"<filter id="b"#).suffix(self.drawing.id);
        out.text(r#"" filterUnits="userSpaceOnUse" x="0" y="0" width=""#);
        out.number(100 * self.width).text(r#"" height=""#).number(100 * self.look.height);
        out.text(r#""><feGaussianBlur stdDeviation="160"/></filter>"#);
    }

    /// Draws the rectangles of all sections with rounded corners and the gradient over them.
    #[inline(always)]
    fn round_background(&self, out: &mut Markup) {
        let id = self.drawing.id;
        out.text(r#"<g clip-path="url(#r"#).suffix(id).text(r#")">"#);
        self.rectangles(out);
        out.text(r#"<rect width=""#).number(self.width).text(self.look.joined.fill);
        out.text("url(#s").suffix(id).text(r#")"/></g>"#);
    }

    /// Draws the rectangles of all sections with edges that are aligned to pixels.
    #[inline(always)]
    fn square_background(&self, out: &mut Markup) {
        out.text(r#"<g shape-rendering="crispEdges">"#);
        self.rectangles(out);
        out.text("</g>");
    }

    #[inline(always)]
    fn rectangles(&self, out: &mut Markup) {
        if self.label.width > 0 {
            self.rectangle(&self.label, self.drawing.label_adapts(), out);
        }
        self.rectangle(&self.message, false, out);
        for segment in &self.segments {
            self.rectangle(segment, false, out);
        }
        if let Some(spark) = &self.spark {
            out.text(r#"<rect x=""#).number(spark.x).text(r#"" width=""#).number(spark.width);
            out.text(self.look.joined.fill).text(BACKGROUND).text(r#""/>"#);
        }
    }

    #[inline(always)]
    fn rectangle(&self, section: &ClassicSection, adapts: bool, out: &mut Markup) {
        if section.x > 0 {
            out.text(r#"<rect x=""#).number(section.x).text(r#"" width=""#);
        } else {
            out.text(r#"<rect width=""#);
        }
        out.number(section.width).text(self.look.joined.fill).words(section.fill);
        if adapts {
            out.text(r#"" id=""#).id(dark::LABEL, self.drawing.id);
        }
        out.text(r#""/>"#);
    }

    /// Draws the logo and the texts, and closes the document.
    #[inline(always)]
    fn foreground(&self, out: &mut Markup) {
        self.drawing.logo(PADDING, self.look.height, out);
        if let Some(spark) = &self.spark {
            out.rarely(|out| spark.bars.draw(spark.x + PADDING, out));
        }
        if self.has_outlines() {
            let look = self.look;
            out.rarely(|out| outline::draw(&self.outlined(), look.has_shadow, self.drawing.id, look.height, out));
        } else if self.has_text() {
            out.text(r##"<g fill="#fff" text-anchor="middle" font-family=""##).text(VERDANA);
            out.text(r#"" text-rendering="geometricPrecision" font-size="110""#);
            // The click area of a section's own link must not be scaled with the text.
            let scales_each = self.message.link.is_some();
            out.text(if scales_each { ">" } else { r#" transform="scale(.1)">"# });
            for section in self.sections() {
                self.section_text(section, scales_each, out);
            }
            out.text("</g>");
        }
        self.drawing.close(out);
    }

    /// Paints what the SVG draws with outlines.
    #[cfg(feature = "png")]
    pub(super) fn paint(&self, scale: Scale) -> Result<Canvas, PngError> {
        let (width, height, is_round) = (self.width, self.look.height, self.look.radius > 0);
        let mut canvas = Canvas::new(4 * width, height, scale)?;
        let spark = self.spark.as_ref().map(|spark| (spark.x, spark.width, BACKGROUND));
        let sections = self.sections().map(|section| (section.x, section.width, section.fill));
        let areas = sections.chain(spark).filter(|(_, width, _)| *width > 0);
        let areas = areas.map(|(x, width, color)| SectionArea { x: 4 * x, width: 4 * width, color });
        canvas.sections(areas, !is_round, self.look.stops);
        if is_round {
            canvas.round_corners(self.look.radius as f32);
        }
        canvas.logo(self.drawing.logo, PADDING);
        if let Some(spark) = &self.spark {
            spark.bars.paint(spark.x + PADDING, &mut canvas);
        }
        let texts: Vec<_> = self.outlined().iter().map(|section| section.text).collect();
        if self.look.has_shadow {
            canvas.text_with_shadow(&texts);
        } else {
            canvas.text(&texts);
        }
        Ok(canvas)
    }

    fn has_text(&self) -> bool {
        self.sections().any(|section| !section.text.is_empty())
    }

    fn has_outlines(&self) -> bool {
        self.sections().any(|section| section.text.line.is_some())
    }

    fn outlined(&self) -> Vec<OutlinedText<'_>> {
        let label = self.outlined_section(PathId { letter: 't', segment: 0 }, &self.label);
        let others = std::iter::once(&self.message).chain(&self.segments).enumerate();
        let others = others.map(|(segment, section)| self.outlined_section(PathId { letter: 'm', segment }, section));
        label.into_iter().chain(others.flatten()).collect()
    }

    fn outlined_section<'h>(&self, path: PathId, section: &'h ClassicSection) -> Option<OutlinedText<'h>> {
        let line = section.text.line.as_ref()?;
        let text = PlacedText {
            line,
            x: centered_start(line, 10 * section.middle()),
            baseline: 10 * self.look.baseline,
            fill: if section.is_light { "#333" } else { "#fff" },
            shadow: if section.is_light { "#ccc" } else { "#010101" },
        };
        let (name_xml, x, width) = (&section.text.xml, 4 * section.click_x(), 4 * section.width);
        let link = section.link.map(|link| SectionLink { link, name_xml, x, width });
        Some(OutlinedText { text, path, link })
    }

    #[inline(always)]
    fn section_text(&self, section: &ClassicSection, scales_itself: bool, out: &mut Markup) {
        if section.text.xml.is_empty() {
            return;
        }
        if let Some(link) = section.link {
            out.rarely(|out| {
                open_link(link, out);
                click_area(4 * section.click_x(), 4 * section.width, self.look.height, out);
            });
        }
        if scales_itself {
            out.text(r#"<g transform="scale(.1)">"#);
        }
        if self.look.has_shadow {
            out.text(if section.is_light {
                r##"<g aria-hidden="true" fill="#ccc">"##
            } else {
                r##"<g aria-hidden="true" fill="#010101">"##
            });
            open_text(section, self.look.joined.shadow_y, out).text(r#"" fill-opacity=".8" filter="url(#b"#);
            out.suffix(self.drawing.id).text(r#")">"#).words(&section.text.xml).text("</text>");
            open_text(section, self.look.joined.shadow_y, out).text(r#"" fill-opacity=".3">"#);
            out.words(&section.text.xml).text("</text></g>");
        }
        open_text(section, self.look.joined.text_y, out).text(if section.is_light {
            r##"" fill="#333">"##
        } else {
            r#"">"#
        });
        out.words(&section.text.xml).text(if scales_itself { "</text></g>" } else { "</text>" });
        if section.link.is_some() {
            out.text("</a>");
        }
    }
}

/// The sections of the segments from `x` on, and where the last one ends.
#[inline(always)]
fn further_sections<'b>(drawing: &'b Drawing, mut x: i64) -> (Vec<ClassicSection<'b>>, i64) {
    let mut sections = Vec::new();
    for segment in &drawing.segments {
        let section = ClassicSection::segment(segment, x);
        x += section.width;
        sections.push(section);
    }
    (sections, x)
}

/// Opens a `text` element, with coordinates in tenths of a pixel. The quotation mark after its length is left out.
#[inline(always)]
fn open_text<'o, 'm>(section: &ClassicSection, y: &str, out: &'o mut Markup<'m>) -> &'o mut Markup<'m> {
    out.text(r#"<text x=""#).number(section.middle()).text(y).number(10 * section.text_width)
}
