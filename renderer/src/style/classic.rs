//! The code that flat, flat-square and plastic share: two or more rectangles side by side, each with a text in 11 px
//! Verdana.
//!
//! The geometry is that of the class `Badge` in badge-maker 6.0.0 (lib/badge-renderers.js).

use badgesmith_fonts::Face;

use super::bars::{BACKGROUND, Bars, BarsLook};
use super::definition::TextSettings;
#[cfg(feature = "png")]
use crate::canvas::{Canvas, error::PngError, sections::SectionArea};
use crate::drawing::{Drawing, SegmentDrawing};
use crate::markup::digits::Digits;
use crate::markup::document::{Frame, click_area, open_link, open_texts};
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

/// The parameters in which the three styles differ.
pub(super) struct ClassicLook {
    pub(super) frame: Frame,
    /// The baseline of the texts, in tenths of a pixel.
    pub(super) baseline: i64,
    pub(super) has_shadow: bool,
    pub(super) joined: JoinedMarkup,
    pub(super) bars: BarsLook,
    /// The radius of the corners; 0 for square corners and no gradient.
    pub(super) radius: i64,
    /// The stops of the gradient over the sections.
    #[cfg_attr(not(feature = "png"), expect(dead_code, reason = "an SVG has its gradients as markup"))]
    pub(super) stops: &'static [GradientStop],
}

/// Numbers joined with the markup around them at compile time. Drawing consists of appending strings, and appending a
/// short string takes nearly as long as one of a hundred bytes.
pub(super) struct JoinedMarkup {
    /// The markup between a rectangle's width and its colour.
    pub(super) fill: &'static str,
    /// The markup between the width of the rectangle over all sections and the suffix of its gradient's id.
    pub(super) gradient_fill: &'static str,
    /// The markup between the suffixes of the gradient's and the clip path's ids.
    pub(super) gradient: &'static str,
    /// The markup between the clip path's width and the suffix of its id where it is used.
    pub(super) clip: &'static str,
    pub(super) text_y: &'static str,
    pub(super) shadow_y: &'static str,
}

macro_rules! joined_markup {
    (
        height $height:literal, radius $radius:literal,
        text at $text:literal, shadow at $shadow:literal $(, $stop:literal)*
    ) => {
        $crate::style::classic::JoinedMarkup {
            fill: concat!(r#"" height=""#, $height, r#"" fill=""#),
            gradient_fill: concat!(r#"" height=""#, $height, r#"" fill="url(#s"#),
            gradient: concat!(r#"" x2="0" y2="100%">"#, $($stop,)* r#"</linearGradient><clipPath id="r"#),
            clip: concat!(r#"" height=""#, $height, r#"" rx=""#, $radius, r#""/></clipPath><g clip-path="url(#r"#),
            text_y: concat!(r#"" y=""#, $text, r#"" textLength=""#),
            shadow_y: concat!(r#"" y=""#, $shadow, r#"" textLength=""#),
        }
    };
}
pub(super) use joined_markup;

/// Draws a badge that is not plain, in any of the three styles.
#[inline(never)]
pub(super) fn draw_any(drawing: &Drawing, look: &ClassicLook, bytes: &mut [u8]) -> usize {
    ClassicBadge::measure(drawing, look).draw(&mut Markup::over(bytes))
}

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

// The functions that write SVG are inlined into each style's `draw`, in which the look is a constant and the drawing is
// plain. That saves a third of the time.
impl<'a, 'b> ClassicBadge<'a, 'b> {
    #[inline(always)]
    pub(super) fn measure(drawing: &'b Drawing<'a>, look: &'b ClassicLook) -> Self {
        let Drawing { label, message, .. } = drawing;
        let logo_width = drawing.logo_and_gap_width();
        // If there is a label colour, there is a label section even without text: an empty one, or one with the logo.
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
        // The sections are constructed in place: moving memory that was just written makes the processor wait.
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

    #[cfg(feature = "png")]
    fn sections(&self) -> impl Iterator<Item = &ClassicSection<'b>> + Clone {
        [&self.label, &self.message].into_iter().chain(&self.segments)
    }

    /// Writes the SVG, and returns its length.
    #[inline(always)]
    pub(super) fn draw(&self, out: &mut Markup) -> usize {
        let width = self.open(out);
        if self.look.radius > 0 {
            self.round_background(width, out);
        } else {
            self.square_background(out);
        }
        self.foreground(out);
        out.length()
    }

    /// Opens the document; the digits are those of its width.
    #[inline(always)]
    fn open(&self, out: &mut Markup) -> Digits {
        let width = self.drawing.open(4 * self.width, &self.look.frame, out);
        if self.label.width > 0 && self.drawing.label_adapts() {
            out.rarely(|out| self.drawing.dark_label(out));
        }
        width
    }

    /// Draws the rectangles of all sections with rounded corners and the gradient over them. Before that it writes the
    /// elements to which they and the texts refer: the blur, the gradient, and the clip path of the corners.
    #[inline(always)]
    fn round_background(&self, width: Digits, out: &mut Markup) {
        let (id, joined) = (self.drawing.id, &self.look.joined);
        if self.drawing.has_outlines {
            out.rarely(|out| self.blur_of_outlines(out));
        } else if self.has_text() {
            out.around(r#"<filter id="b"#, id, r#""><feGaussianBlur stdDeviation="16"/></filter>"#);
        }
        out.around(r#"<linearGradient id="s"#, id, joined.gradient).around("", id, r#""><rect width=""#);
        out.digits(width).around(joined.clip, id, r#")"><rect width=""#);
        self.rectangles(out);
        out.text(r#""/><rect width=""#).digits(width).around(joined.gradient_fill, id, r#")"/></g>"#);
    }

    /// The filter region is the whole badge: the bounding box of a path is tighter than that of a text and would cut
    /// off the blur.
    fn blur_of_outlines(&self, out: &mut Markup) {
        out.text(r#"<filter id=""#).id('b', self.drawing.id);
        out.text(r#"" filterUnits="userSpaceOnUse" x="0" y="0" width=""#);
        out.number(100 * self.width).text(r#"" height=""#).number(100 * self.look.frame.height);
        out.text(r#""><feGaussianBlur stdDeviation="160"/></filter>"#);
    }

    /// Draws the rectangles of all sections with edges that are aligned to pixels.
    #[inline(always)]
    fn square_background(&self, out: &mut Markup) {
        out.text(r#"<g shape-rendering="crispEdges"><rect width=""#);
        self.rectangles(out);
        out.text(r#""/></g>"#);
    }

    /// Draws the rectangles of all sections, from the width of the first to the last colour.
    #[inline(always)]
    fn rectangles(&self, out: &mut Markup) {
        let fill = self.look.joined.fill;
        if self.label.width > 0 {
            let label_width = Digits::whole(self.label.width);
            out.digits(label_width).text(fill).words(self.label.fill);
            if self.drawing.label_adapts() {
                out.rarely(|out| {
                    out.text(r#"" id=""#).id(dark::LABEL, self.drawing.id);
                });
            }
            out.text(r#""/><rect x=""#).digits(label_width).text(r#"" width=""#);
        }
        out.number(self.message.width).text(fill).words(self.message.fill);
        for ClassicSection { x, width, fill: color, .. } in &self.segments {
            out.text(r#""/><rect x=""#).number(*x).text(r#"" width=""#).number(*width).text(fill).words(color);
        }
        if let Some(spark) = &self.spark {
            out.text(r#""/><rect x=""#).number(spark.x).text(r#"" width=""#).number(spark.width);
            out.text(fill).text(BACKGROUND);
        }
    }

    /// Draws the logo and the texts, and closes the document.
    #[inline(always)]
    fn foreground(&self, out: &mut Markup) {
        self.drawing.logo(PADDING, self.look.frame.height, out);
        if let Some(spark) = &self.spark {
            out.rarely(|out| spark.bars.draw(spark.x + PADDING, out));
        }
        if self.drawing.has_outlines {
            let look = self.look;
            out.rarely(|out| outline::draw(&self.outlined(), look.has_shadow, self.drawing.id, look.frame.height, out));
        } else if self.has_text() {
            // The click area of a section's own link must not be scaled with the text.
            let scales_each = self.message.link.is_some();
            if scales_each {
                out.text(open_texts!(110, ">"));
            } else {
                out.text(open_texts!(110, r#" transform="scale(.1)">"#));
            }
            self.section_text(&self.label, scales_each, out);
            self.section_text(&self.message, scales_each, out);
            if !self.segments.is_empty() {
                out.rarely(|out| self.segments.iter().for_each(|each| self.section_text(each, scales_each, out)));
            }
            out.text("</g>");
        }
        self.drawing.close(out);
    }

    /// Paints the same picture as the SVG with outlines.
    #[cfg(feature = "png")]
    pub(super) fn paint(&self, scale: Scale) -> Result<Canvas, PngError> {
        let (width, height, is_round) = (self.width, self.look.frame.height, self.look.radius > 0);
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
        !self.label.text.is_empty() || !self.message.text.is_empty() || !self.segments.is_empty()
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
                click_area(4 * section.click_x(), 4 * section.width, self.look.frame.height, out);
            });
        }
        if scales_itself {
            out.text(r#"<g transform="scale(.1)">"#);
        }
        let (xml, joined) = (&section.text.xml, &self.look.joined);
        let (middle, length) = (Digits::whole(section.middle()), Digits::whole(10 * section.text_width));
        if self.look.has_shadow {
            if section.is_light {
                out.text(r##"<g aria-hidden="true" fill="#ccc"><text x=""##);
            } else {
                out.text(r##"<g aria-hidden="true" fill="#010101"><text x=""##);
            }
            out.digits(middle).text(joined.shadow_y).digits(length);
            out.around(r#"" fill-opacity=".8" filter="url(#b"#, self.drawing.id, r#")">"#).words(xml);
            out.text(r#"</text><text x=""#).digits(middle).text(joined.shadow_y).digits(length);
            out.text(r#"" fill-opacity=".3">"#).words(xml).text(r#"</text></g><text x=""#);
        } else {
            out.text(r#"<text x=""#);
        }
        out.digits(middle).text(joined.text_y).digits(length);
        if section.is_light {
            out.text(r##"" fill="#333">"##);
        } else {
            out.text(r#"">"#);
        }
        out.words(xml).text("</text>");
        if scales_itself {
            out.text("</g>");
        }
        if section.link.is_some() {
            out.text("</a>");
        }
    }
}

/// The sections of the segments, of which the first begins at `x`, and where the last one ends.
#[inline(always)]
fn further_sections<'b>(drawing: &'b Drawing, mut x: i64) -> (Vec<ClassicSection<'b>>, i64) {
    let mut sections = Vec::new();
    for segment in drawing.segments {
        let section = ClassicSection::segment(segment, x);
        x += section.width;
        sections.push(section);
    }
    (sections, x)
}
