//! `for-the-badge`: large, square corners, capital letters that are spaced by 1¼ pixels.
//!
//! The geometry is that of `forTheBadge` in badge-maker 6.0.0 (lib/badge-renderers.js). All lengths are in quarter
//! pixels, so nothing is rounded.

use badgesmith_fonts::Face;

use super::bars::{BACKGROUND, Bars, BarsLook, on_dark};
use super::definition::{StyleDefinition, TextSettings};
#[cfg(feature = "png")]
use crate::canvas::{Canvas, error::PngError, sections::SectionArea};
use crate::color::Color;
use crate::drawing::{Drawing, SegmentDrawing};
use crate::id::IdSuffix;
use crate::markup::document::{click_area, frame, open_link, open_texts};
use crate::markup::outline::{self, OutlinedText, PathId, SectionLink};
use crate::measured_text::{MeasuredText, TextWidth};
use crate::placed_text::{PlacedText, centered_start};
use crate::scale::QuarterPixels;
#[cfg(feature = "png")]
use crate::scale::Scale;
use crate::text::TextCase;
use crate::{link::Link, markup::Markup, markup::dark};

pub(super) static STYLE: StyleDefinition = StyleDefinition {
    text: TextSettings {
        label_face: Face::Verdana10,
        message_face: Face::VerdanaBold10,
        label_case: TextCase::Upper,
        message_case: TextCase::Upper,
        width: TextWidth::Spaced(LETTER_SPACING),
    },
    joins_segments: false,
    markup_length: 704,
    has_ids: false,
    logo_is_on_light: false,
    overlays: &[],
    draw,
    #[cfg(feature = "png")]
    paint,
};

const HEIGHT: i64 = 28;
const TEXT_MARGIN: QuarterPixels = 4 * 12;
const LOGO_MARGIN: i64 = 9;
const LETTER_SPACING: QuarterPixels = 5;
const BARS: BarsLook = on_dark(3, 18, 23);
/// The space beside the bars of a sparkline.
const BARS_MARGIN: i64 = 9;

/// A label, a message or a segment: its text and the rectangle behind it.
struct LargeSection<'b> {
    text: &'b MeasuredText<'b>,
    link: Option<&'b Link>,
    text_x: QuarterPixels,
    text_width: QuarterPixels,
    x: QuarterPixels,
    width: QuarterPixels,
    /// The colour of the rectangle.
    fill: &'b str,
    /// The suffix of the rectangle's id, if its colour adapts to the reader's preference.
    adapting_id: Option<IdSuffix>,
    /// Whether the background is light, so that the text is dark.
    is_light: bool,
    is_bold: bool,
}

fn draw(drawing: &Drawing, bytes: &mut [u8]) -> usize {
    match drawing.plain() {
        Some(plain) => write(&plain, &mut Markup::plain(bytes)),
        None => write(drawing, &mut Markup::over(bytes)),
    }
}

#[inline(always)]
fn write(drawing: &Drawing, out: &mut Markup) -> usize {
    let sections = &measure(drawing);
    drawing.open(sections.width(), &frame!(28), out);
    if sections.label.adapting_id.is_some() {
        out.rarely(|out| drawing.dark_label(out));
    }
    out.text(r#"<g shape-rendering="crispEdges">"#);
    background(&sections.label, out);
    background(&sections.message, out);
    if !sections.segments.is_empty() {
        out.rarely(|out| sections.segments.iter().for_each(|segment| background(segment, out)));
    }
    if let Some(spark) = &sections.spark {
        out.text(r#"<rect x=""#).quarters(spark.x).text(r#"" width=""#).quarters(spark.width);
        out.text(r#"" height=""#).number(HEIGHT).text(r#"" fill=""#).text(BACKGROUND).text(r#""/>"#);
    }
    out.text("</g>");
    drawing.logo(LOGO_MARGIN, HEIGHT, out);
    if let Some(spark) = &sections.spark {
        out.rarely(|out| spark.bars.draw(spark.bars_x, out));
    }
    if drawing.has_outlines {
        out.rarely(|out| outline::draw(&outlined(sections), false, drawing.id, HEIGHT, out));
    } else {
        foreground(sections, out);
    }
    drawing.close(out);
    out.length()
}

/// Paints the same picture as the SVG with outlines.
#[cfg(feature = "png")]
fn paint(drawing: &Drawing, scale: Scale) -> Result<Canvas, PngError> {
    let sections = measure(drawing);
    let mut canvas = Canvas::new(sections.width(), HEIGHT, scale)?;
    let spark = sections.spark.as_ref().map(|spark| (spark.x, spark.width, BACKGROUND));
    let areas = sections.iter().map(|section| (section.x, section.width, section.fill)).chain(spark);
    let areas = areas.filter(|(_, width, _)| *width > 0).map(|(x, width, color)| SectionArea { x, width, color });
    canvas.sections(areas, true, &[]);
    if let Some(spark) = &sections.spark {
        spark.bars.paint(spark.bars_x, &mut canvas);
    }
    canvas.logo(drawing.logo, LOGO_MARGIN);
    let texts: Vec<_> = outlined(&sections).iter().map(|section| section.text).collect();
    canvas.text(&texts);
    Ok(canvas)
}

/// Label, message and segments, from left to right.
struct LargeSections<'b> {
    label: LargeSection<'b>,
    message: LargeSection<'b>,
    segments: Vec<LargeSection<'b>>,
    spark: Option<LargeSpark<'b>>,
}

/// The section of a sparkline.
struct LargeSpark<'b> {
    bars: Bars<'b>,
    x: QuarterPixels,
    width: QuarterPixels,
    /// Where the first bar starts, in whole pixels, so that all bars are equally wide.
    bars_x: i64,
}

impl<'b> LargeSections<'b> {
    fn iter(&self) -> impl Iterator<Item = &LargeSection<'b>> + Clone {
        [&self.label, &self.message].into_iter().chain(&self.segments)
    }

    /// The width of all sections together.
    fn width(&self) -> QuarterPixels {
        let spark = self.spark.as_ref().map_or(0, |spark| spark.width);
        let segments = self.segments.iter().map(|segment| segment.width).sum::<QuarterPixels>();
        self.label.width + self.message.width + segments + spark
    }
}

#[inline(always)]
fn measure<'b>(drawing: &'b Drawing) -> LargeSections<'b> {
    let Drawing { label, message, .. } = drawing;
    let has_logo = drawing.logo.is_some();
    let label_width = label.quarters();

    // A logo on a label colour needs the label's rectangle even without text.
    let has_label = !label.is_empty() || (has_logo && drawing.label_color.is_some());
    let has_no_text = label.is_empty() && message.is_empty();
    let logo_width = 4 * (drawing.logo_width() + if has_no_text { 6 - LOGO_MARGIN } else { 6 });
    let label_x = if has_logo { 4 * LOGO_MARGIN + logo_width } else { TEXT_MARGIN };
    let label_section = match (has_label, label.is_empty()) {
        (false, _) => 0,
        (true, true) => 4 * (2 * LOGO_MARGIN + drawing.logo_width()),
        (true, false) => label_x + label_width + TEXT_MARGIN,
    };
    let beside_logo = if has_logo && !has_label { logo_width } else { 0 };
    let label = LargeSection {
        text: label,
        link: drawing.label_link().filter(|_| !label.is_empty()),
        text_x: label_x,
        text_width: label_width,
        x: 0,
        width: label_section,
        fill: drawing.label_fill(),
        adapting_id: Some(drawing.id).filter(|_| label_section > 0 && drawing.label_adapts()),
        is_light: drawing.label_is_light(),
        is_bold: false,
    };
    let message = LargeSection {
        link: drawing.message_link(),
        ..LargeSection::measure(message, drawing.color, label_section, beside_logo)
    };
    let mut segments = Vec::with_capacity(drawing.segments.len());
    let mut x = label_section + message.width;
    for SegmentDrawing { text, color } in drawing.segments {
        let segment = LargeSection::measure(text, color, x, 0);
        x += segment.width;
        segments.push(segment);
    }
    let spark = drawing.spark.as_ref().map(|spark| {
        let bars = Bars { points: spark.points, look: &BARS };
        let bars_x = (x + 3) / 4 + BARS_MARGIN;
        LargeSpark { bars, x, width: 4 * (bars_x + bars.width() + BARS_MARGIN) - x, bars_x }
    });
    LargeSections { label, message, segments, spark }
}

impl<'b> LargeSection<'b> {
    /// A message or a segment at `x`, with additional space `before_text`.
    fn measure(text: &'b MeasuredText, color: &'b Color, x: QuarterPixels, before_text: QuarterPixels) -> Self {
        let text_width = text.quarters();
        Self {
            text,
            link: None,
            text_x: x + TEXT_MARGIN + before_text,
            text_width,
            x,
            width: 2 * TEXT_MARGIN + before_text + text_width,
            fill: color.svg(),
            adapting_id: None,
            is_light: color.is_light(),
            is_bold: true,
        }
    }
}

#[inline(always)]
fn background(section: &LargeSection, out: &mut Markup) {
    if section.width == 0 {
        return;
    }
    if section.x > 0 {
        out.text(r#"<rect x=""#).quarters(section.x).text(r#"" width=""#);
    } else {
        out.text(r#"<rect width=""#);
    }
    out.quarters(section.width).text(r#"" height="28" fill=""#).words(section.fill);
    if let Some(id) = section.adapting_id {
        out.text(r#"" id=""#).id(dark::LABEL, id);
    }
    out.text(r#""/>"#);
}

#[inline(always)]
fn foreground(sections: &LargeSections, out: &mut Markup) {
    let LargeSections { label, message, segments, .. } = sections;
    // The click area of a section's own link must not be scaled with the text.
    let scales_each = label.link.is_some() || message.link.is_some();
    if label.text.is_empty() && message.text.is_empty() && segments.is_empty() && !scales_each {
        return;
    }
    if scales_each {
        out.text(open_texts!(100, ">"));
    } else {
        out.text(open_texts!(100, r#" transform="scale(.1)">"#));
    }
    section_text(label, scales_each, out);
    section_text(message, scales_each, out);
    if !segments.is_empty() {
        out.rarely(|out| segments.iter().for_each(|segment| section_text(segment, scales_each, out)));
    }
    out.text("</g>");
}

/// Writes the text of a section in its link.
#[inline(always)]
fn section_text(section: &LargeSection, scales_itself: bool, out: &mut Markup) {
    if let Some(link) = section.link {
        out.rarely(|out| {
            open_link(link, out);
            click_area(section.x, section.width, HEIGHT, out);
        });
    }
    text(section, scales_itself, out);
    if section.link.is_some() {
        out.text("</a>");
    }
}

#[inline(always)]
fn text(section: &LargeSection, scales_itself: bool, out: &mut Markup) {
    if section.text.is_empty() {
        return;
    }
    if scales_itself {
        out.text(r#"<text transform="scale(.1)" x=""#);
    } else {
        out.text(r#"<text x=""#);
    }
    out.quarters(10 * section.text_x + 5 * section.text_width);
    out.text(r#"" y="175" textLength=""#).quarters(10 * section.text_width);
    match (section.is_bold, section.is_light) {
        (false, false) => out.text(r#"">"#),
        (false, true) => out.text(r##"" fill="#333">"##),
        (true, false) => out.text(r#"" font-weight="bold">"#),
        (true, true) => out.text(r##"" font-weight="bold" fill="#333">"##),
    };
    out.words(&section.text.xml).text("</text>");
}

fn outlined<'h>(sections: &'h LargeSections) -> Vec<OutlinedText<'h>> {
    let outlined = |section: &'h LargeSection| {
        let line = section.text.line.as_ref()?;
        let middle = 25 * section.text_x + 25 * section.text_width / 2;
        let fill = if section.is_light { "#333" } else { "#fff" };
        let text = PlacedText { line, x: centered_start(line, middle), baseline: 1750, fill, shadow: "" };
        let (name_xml, x, width) = (&section.text.xml, section.x, section.width);
        let link = section.link.map(|link| SectionLink { link, name_xml, x, width });
        // Without shadows the paths have no ids.
        Some(OutlinedText { text, path: PathId { letter: 't', segment: 0 }, link })
    };
    sections.iter().filter_map(outlined).collect()
}
