//! for-the-badge: large, square, all capitals, letters spaced by 1¼ pixels.
//!
//! The geometry is that of badge-maker 6.0.0's `forTheBadge` (lib/badge-renderers.js). Everything is in quarter pixels, so nothing is
//! ever rounded.

use badgesmith_fonts::TextLine;

use crate::markup::frame::{Drawing, VERDANA, click_area, open_link};
use crate::markup::outline::{self, Outlined};
use crate::markup::{Markup, Quarters};
use crate::text::Words;
use crate::theme;
use crate::{Color, Link};
#[cfg(feature = "png")]
use crate::{Scale, canvas::Canvas, png::PngError};

const HEIGHT: i64 = 28;
const TEXT_MARGIN: Quarters = 4 * 12;
const LOGO_MARGIN: i64 = 9;
pub(super) const LETTER_SPACING: Quarters = 5;

/// One half's words and the rectangle behind them.
struct Half<'b> {
    xml: &'b str,
    line: Option<&'b TextLine>,
    link: Option<&'b Link>,
    text_x: Quarters,
    text_width: Quarters,
    x: Quarters,
    width: Quarters,
    /// The colour of the rectangle.
    fill: &'b str,
    /// The ending of the id, where the colour changes in the dark.
    adapts: Option<&'b str>,
    on_light: bool,
    bold: bool,
}

pub(super) fn draw(drawing: &Drawing, out: &mut Markup) {
    let halves = measure(drawing);
    drawing.open(halves.iter().map(|half| half.width).sum(), HEIGHT, out);
    if halves.iter().any(|half| half.adapts.is_some()) {
        drawing.dark_label(out);
    }
    out.text(r#"<g shape-rendering="crispEdges">"#);
    for half in halves.iter() {
        background(half, out);
    }
    out.text("</g>");
    drawing.logo(LOGO_MARGIN, HEIGHT, out);
    if halves.iter().any(|half| half.line.is_some()) {
        outline::draw(&outlined(&halves), false, drawing.id, HEIGHT, out);
    } else {
        foreground(&halves, out);
    }
    drawing.close(out);
}

/// Paints what the SVG draws with outlines.
#[cfg(feature = "png")]
pub(super) fn paint(drawing: &Drawing, scale: Scale) -> Result<Canvas, PngError> {
    let halves = measure(drawing);
    let mut canvas = Canvas::new(halves.iter().map(|half| half.width).sum(), HEIGHT, scale)?;
    for half in halves.iter() {
        canvas.half(half.x, half.width, half.fill, true);
    }
    canvas.logo(drawing.badge, LOGO_MARGIN);
    canvas.words(&outlined(&halves));
    Ok(canvas)
}

/// Label, message and segments, side by side.
struct Halves<'b> {
    both: [Half<'b>; 2],
    segments: Vec<Half<'b>>,
}

impl<'b> Halves<'b> {
    fn iter(&self) -> impl Iterator<Item = &Half<'b>> {
        self.both.iter().chain(&self.segments)
    }
}

fn measure<'b>(drawing: &'b Drawing) -> Halves<'b> {
    let Drawing { badge, label, message, .. } = drawing;
    let has_logo = badge.logo.is_some();
    let label_width = spaced_width(label);
    let message_width = spaced_width(message);

    // A logo in a coloured label needs the label's rectangle even without words.
    let has_left = !label.is_empty() || (has_logo && badge.label_color.is_some());
    let no_words = label.is_empty() && message.is_empty();
    let logo_width = 4 * (drawing.logo_width() + if no_words { 6 - LOGO_MARGIN } else { 6 });
    let label_x = if has_logo { 4 * LOGO_MARGIN + logo_width } else { TEXT_MARGIN };
    let left = match (has_left, label.is_empty()) {
        (false, _) => 0,
        (true, true) => 4 * (2 * LOGO_MARGIN + drawing.logo_width()),
        (true, false) => label_x + label_width + TEXT_MARGIN,
    };
    let beside_logo = if has_logo && !has_left { logo_width } else { 0 };
    let right = 2 * TEXT_MARGIN + beside_logo + message_width;

    let both = [
        Half {
            xml: &label.xml,
            line: label.line.as_ref(),
            link: drawing.label_link().filter(|_| !label.is_empty()),
            text_x: label_x,
            text_width: label_width,
            x: 0,
            width: left,
            fill: drawing.label_fill(),
            adapts: Some(drawing.id).filter(|_| left > 0 && drawing.label_adapts()),
            on_light: drawing.label_is_light(),
            bold: false,
        },
        Half {
            xml: &message.xml,
            line: message.line.as_ref(),
            link: drawing.message_link(),
            text_x: left + TEXT_MARGIN + beside_logo,
            text_width: message_width,
            x: left,
            width: right,
            fill: badge.color.svg(),
            adapts: None,
            on_light: badge.color.is_light(),
            bold: true,
        },
    ];
    let mut segments = Vec::with_capacity(drawing.segments.len());
    let mut x = left + right;
    for (words, color) in &drawing.segments {
        let segment = segment(words, color, x);
        x += segment.width;
        segments.push(segment);
    }
    Halves { both, segments }
}

fn segment<'b>(words: &'b Words, color: &'b Color, x: Quarters) -> Half<'b> {
    let text_width = spaced_width(words);
    Half {
        xml: &words.xml,
        line: words.line.as_ref(),
        link: None,
        text_x: x + TEXT_MARGIN,
        text_width,
        x,
        width: text_width + 2 * TEXT_MARGIN,
        fill: color.svg(),
        adapts: None,
        on_light: color.is_light(),
        bold: true,
    }
}

fn background(half: &Half, out: &mut Markup) {
    if half.width == 0 {
        return;
    }
    out.text("<rect ");
    if half.x > 0 {
        out.text(r#"x=""#).quarters(half.x).text(r#"" "#);
    }
    out.text(r#"width=""#).quarters(half.width).text(r#"" height=""#).number(HEIGHT);
    out.text(r#"" fill=""#).text(half.fill);
    if let Some(id) = half.adapts {
        out.text(r#"" id=""#).id(theme::LABEL, id);
    }
    out.text(r#""/>"#);
}

fn foreground(halves: &Halves, out: &mut Markup) {
    if halves.iter().all(|half| half.xml.is_empty() && half.link.is_none()) {
        return;
    }
    // Where a half is a link of its own, its click area is not to be scaled with the words.
    let apart = halves.iter().any(|half| half.link.is_some());
    out.text(r##"<g fill="#fff" text-anchor="middle" font-family=""##).text(VERDANA);
    out.text(r#"" text-rendering="geometricPrecision" font-size="100""#);
    out.text(if apart { ">" } else { r#" transform="scale(.1)">"# });
    for half in halves.iter() {
        if let Some(link) = half.link {
            open_link(link, out);
            click_area(half.x, half.width, HEIGHT, out);
        }
        words(half, apart, out);
        if half.link.is_some() {
            out.text("</a>");
        }
    }
    out.text("</g>");
}

fn words(half: &Half, apart: bool, out: &mut Markup) {
    if half.xml.is_empty() {
        return;
    }
    out.text(if apart { r#"<text transform="scale(.1)" x=""# } else { r#"<text x=""# });
    out.quarters(10 * half.text_x + 5 * half.text_width)
        .text(r#"" y="175" textLength=""#)
        .quarters(10 * half.text_width);
    out.text(if half.bold { r#"" font-weight="bold""# } else { r#"""# });
    out.text(if half.on_light { r##" fill="#333">"## } else { ">" }).text(half.xml).text("</text>");
}

fn outlined<'h>(halves: &'h Halves) -> Vec<Outlined<'h>> {
    let outlined = |half: &'h Half| {
        let line = half.line?;
        let middle = 25 * half.text_x + 25 * half.text_width / 2;
        Some(Outlined {
            line,
            x: middle - (50.0 * line.width()).round() as i64,
            baseline: 1750,
            fill: if half.on_light { "#333" } else { "#fff" },
            shadow: "",
            link: half.link,
            area: (half.x, half.width),
            xml: half.xml,
            letter: 't',
            segment: 0,
        })
    };
    halves.iter().filter_map(outlined).collect()
}

/// badge-maker counts letters as JavaScript does, in UTF-16 units. A laid out line has the spaces in its width.
fn spaced_width(words: &Words) -> Quarters {
    if let Some(line) = &words.line {
        return (4.0 * line.width()).round() as i64;
    }
    let units = words.plain.chars().map(|character| character.len_utf16() as i64).sum::<i64>();
    4 * (words.width() as i64) + LETTER_SPACING * units
}
