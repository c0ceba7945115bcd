//! `social`: a button with the label and a speech bubble with the message.
//!
//! The geometry is that of `social` in badge-maker 6.0.0 (lib/badge-renderers.js).

use badgesmith_fonts::{Face, TextLine};

use super::bars::{Bars, BarsLook};
use super::definition::{StyleDefinition, TextSettings};
#[cfg(feature = "png")]
use crate::canvas::{Canvas, error::PngError, shapes, stretched::RepeatedColumn};
use crate::drawing::Drawing;
#[cfg(feature = "png")]
use crate::gradient::GradientStop;
use crate::markup::document::{click_area, frame, open_link, open_named_link};
use crate::markup::outline::{SCALED, SHADOW_DROP, write_path};
use crate::measured_text::{MeasuredText, TextWidth};
use crate::placed_text::{PlacedText, centered_start};
#[cfg(feature = "png")]
use crate::scale::Scale;
use crate::text::TextCase;
use crate::{link::Link, markup::Markup, markup::dark};

pub(super) static STYLE: StyleDefinition = StyleDefinition {
    text: TextSettings {
        label_face: Face::HelveticaBold11,
        message_face: Face::HelveticaBold11,
        label_case: TextCase::Capitalized,
        message_case: TextCase::AsGiven,
        width: TextWidth::Odd,
    },
    joins_segments: true,
    markup_length: 1280,
    has_ids: true,
    logo_is_on_light: true,
    overlays: &[],
    draw,
    #[cfg(feature = "png")]
    paint,
};

const HEIGHT: i64 = 20;
const INNER_HEIGHT: i64 = 19;
const LABEL_PADDING: i64 = 5;
const MESSAGE_PADDING: i64 = 4;
/// The distance between the button and the bubble, which contains the bubble's beak.
const GUTTER: i64 = 6;
/// The least width of a button and of a bubble whose corners do not meet.
#[cfg(feature = "png")]
const LEAST_WIDTH: i64 = 8;
/// Bars on the bubble, in colours that have a contrast ratio of 3:1 with it whether it is light or dark.
const BARS: BarsLook = BarsLook { bar: 2, height: 12, bottom: 16, good: "#2da44e", bad: "#cf222e", neutral: "#818b98" };
/// The stops of the button's gradient, and the end of its element.
const BUTTON: &str =
    r##"<stop stop-color="#fcfcfc" stop-opacity="0"/><stop offset="1" stop-opacity=".1"/></linearGradient>"##;
#[cfg(feature = "png")]
const BUTTON_STOPS: &[GradientStop] =
    &[GradientStop { offset: 0.0, grey: 0xfc, opacity: 0.0 }, GradientStop { offset: 1.0, grey: 0, opacity: 0.1 }];
/// The same for a button that is a link with the pointer over it.
const HOVERED: &str =
    r##"<stop stop-color="#ccc" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/></linearGradient>"##;

// The letters that begin the class names of the parts that adapt to the reader's preference.
/// The lines around button, bubble and beak.
const EDGE_CLASS: char = 'e';
/// The button below its gradient.
const BUTTON_CLASS: char = 'c';
/// The bubble and its beak.
const BUBBLE_CLASS: char = 'u';
/// The line that hides the bubble's edge behind the beak.
const JOINT_CLASS: char = 'j';
const TEXT_CLASS: char = 'i';
/// The edge below the text.
const TEXT_EDGE_CLASS: char = 'h';
const DARK_RULES: [(char, &str); 6] = [
    (EDGE_CLASS, "{stroke:#444c56}"),
    (BUTTON_CLASS, "{fill:#21262d}"),
    (BUBBLE_CLASS, "{fill:#161b22}"),
    (JOINT_CLASS, "{stroke:#161b22}"),
    (TEXT_CLASS, "{fill:#e6edf3}"),
    (TEXT_EDGE_CLASS, "{fill:#010409}"),
];

/// A measured badge.
struct SocialBadge<'a, 'b> {
    drawing: &'b Drawing<'a>,
    label_width: i64,
    message_width: i64,
    /// The width of the button.
    button: i64,
    /// The width of the bubble.
    bubble: i64,
    /// The start of the label's text.
    label_x: i64,
    /// The sparkline at the right end of the bubble.
    bars: Option<Bars<'b>>,
}

fn draw(drawing: &Drawing, bytes: &mut [u8]) -> usize {
    let out = &mut Markup::over(bytes);
    let social = SocialBadge::measure(drawing);
    drawing.open(4 * social.width(), &frame!(20), out);
    social.definitions(out);
    social.background(out);
    drawing.logo(LABEL_PADDING, HEIGHT, out);
    if let Some(bars) = social.bars {
        bars.draw(social.bars_x(), out);
    }
    social.foreground(out);
    drawing.close(out);
    out.length()
}

/// Paints the same picture as the SVG with outlines.
#[cfg(feature = "png")]
fn paint(drawing: &Drawing, scale: Scale) -> Result<Canvas, PngError> {
    let social = SocialBadge::measure(drawing);
    let mut canvas = Canvas::new(4 * social.width(), HEIGHT, scale)?;
    let label = drawing.label.line.as_ref().map(|line| placed(line, social.label_middle()));
    // As in the SVG, a logo and the text of a label that is a link lie below the button's gradient.
    let (below, above) = if drawing.label_link().is_some() { (label, None) } else { (None, label) };
    let is_plain = below.is_none() && drawing.logo.is_none();
    if !(is_plain && social.paint_stretched(&mut canvas, scale)?) {
        social.paint_shapes(&mut canvas, |canvas| {
            canvas.logo(drawing.logo, LABEL_PADDING);
            below.iter().for_each(|text| canvas.text_with_edge(text));
        });
    }
    if let Some(bars) = social.bars {
        bars.paint(social.bars_x(), &mut canvas);
    }
    above.iter().for_each(|text| canvas.text_with_edge(text));
    if let Some(line) = &drawing.message.line {
        canvas.text_with_edge(&placed(line, social.message_middle()));
    }
    Ok(canvas)
}

impl<'a, 'b> SocialBadge<'a, 'b> {
    /// Paints button and bubble as a copy of smaller ones, whose middle columns are repeated. Returns whether that is
    /// possible.
    #[cfg(feature = "png")]
    fn paint_stretched(&self, canvas: &mut Canvas, scale: Scale) -> Result<bool, PngError> {
        let has_bubble = self.has_bubble();
        let small = Self { button: LEAST_WIDTH, bubble: if has_bubble { LEAST_WIDTH } else { 0 }, ..*self };
        let name = if has_bubble { "social" } else { "social without a bubble" };
        let in_button = RepeatedColumn { at: LEAST_WIDTH / 2, more: self.button - LEAST_WIDTH };
        let in_bubble = RepeatedColumn { at: LEAST_WIDTH + GUTTER + LEAST_WIDTH / 2, more: self.bubble - LEAST_WIDTH };
        let columns = [in_button, in_bubble];
        let columns = if has_bubble { &columns[..] } else { &columns[..1] };
        let stretched = canvas.stretch(name, scale, columns, || {
            let mut canvas = Canvas::new(4 * small.width(), HEIGHT, scale)?;
            small.paint_shapes(&mut canvas, |_| {});
            Ok(canvas)
        })?;
        Ok(stretched.is_some())
    }

    /// Paints button and bubble. `paint_below` paints the parts below the button's gradient.
    #[cfg(feature = "png")]
    fn paint_shapes(&self, canvas: &mut Canvas, paint_below: impl FnOnce(&mut Canvas)) {
        let button = shapes::round_rectangle(0.5, 0.5, self.button as f32, 19.0, 2.0);
        canvas.fill(button.as_ref(), "#fcfcfc");
        if self.has_bubble() {
            self.paint_bubble(canvas);
        }
        paint_below(canvas);
        canvas.fill_gradient(button.as_ref(), 0.5, 19.5, BUTTON_STOPS);
        canvas.stroke(button.as_ref(), "#d5d5d5");
    }

    #[cfg(feature = "png")]
    fn paint_bubble(&self, canvas: &mut Canvas) {
        let left = (self.button + GUTTER) as f32;
        let bubble = shapes::round_rectangle(left + 0.5, 0.5, self.bubble as f32, 19.0, 2.0);
        let joint = shapes::rectangle(left, 7.5, 0.5, 5.0);
        let beak = shapes::beak(left + 0.5, 6.5);
        canvas.fill(bubble.as_ref(), "#fafafa");
        canvas.stroke(bubble.as_ref(), "#d5d5d5");
        canvas.fill(joint.as_ref(), "#000");
        canvas.stroke(joint.as_ref(), "#fafafa");
        canvas.fill(beak.as_ref(), "#fafafa");
        canvas.stroke(beak.as_ref(), "#d5d5d5");
    }

    fn measure(drawing: &'b Drawing<'a>) -> Self {
        let label_x = LABEL_PADDING + drawing.logo_and_gap_width();
        let label_width = drawing.label.pixels();
        let message_width = drawing.message.pixels();
        let bars = drawing.spark.as_ref().map(|spark| Bars { points: spark.points, look: &BARS });
        let message_space = if drawing.message.is_empty() { 0 } else { message_width + 2 * MESSAGE_PADDING };
        let bars_space = bars
            .map_or(0, |bars| bars.width() + MESSAGE_PADDING + if message_space == 0 { MESSAGE_PADDING } else { 0 });
        Self {
            drawing,
            label_width,
            message_width,
            button: label_x + label_width + LABEL_PADDING,
            bubble: message_space + bars_space,
            label_x,
            bars,
        }
    }

    fn width(&self) -> i64 {
        self.button + 1 + if self.has_bubble() { GUTTER + self.bubble } else { 0 }
    }

    /// The middle of the label's text, in tenths of a pixel.
    fn label_middle(&self) -> i64 {
        10 * self.label_x + 5 * self.label_width
    }

    /// The middle of the message's text, in tenths of a pixel.
    fn message_middle(&self) -> i64 {
        10 * (self.button + GUTTER + MESSAGE_PADDING) + 5 * self.message_width
    }

    fn has_bubble(&self) -> bool {
        self.bubble > 0
    }

    /// Where the first bar starts.
    fn bars_x(&self) -> i64 {
        let width = self.bars.map_or(0, Bars::width);
        self.button + GUTTER + self.bubble - MESSAGE_PADDING - width
    }

    /// Writes the gradients, the rules for links under the pointer, and the rules for readers who prefer dark.
    fn definitions(&self, out: &mut Markup) {
        let id = self.drawing.id;
        if self.drawing.has_links() {
            out.text("<style>a:hover #").id('l', id).text("{fill:url(#").id('b', id).text(");stroke:#ccc}a:hover #");
            out.id('r', id).text("{fill:#4183c4}</style>");
        }
        self.dark_rules(out);
        out.text(r#"<linearGradient id=""#).id('a', id).text(r#"" x2="0" y2="100%">"#).text(BUTTON);
        if self.drawing.has_links() {
            out.text(r#"<linearGradient id=""#).id('b', id).text(r#"" x2="0" y2="100%">"#).text(HOVERED);
        }
    }

    fn dark_rules(&self, out: &mut Markup) {
        if !self.drawing.follows_reader() {
            return;
        }
        let id = self.drawing.id;
        out.text(dark::OPEN_DARK);
        for (letter, rule) in DARK_RULES {
            out.text(".").id(letter, id).text(rule);
        }
        if self.drawing.icon_adapts {
            // Inverts the lightness and keeps the hue: an icon that is drawn on white in its brand's colour is dark.
            out.text(".").id(dark::ICON, id).text("{filter:invert(1) hue-rotate(180deg)}");
        }
        if self.drawing.has_links() {
            out.text("a:hover #").id('r', id).text("{fill:#58a6ff}");
        }
        out.text(dark::CLOSE_DARK);
    }

    fn background(&self, out: &mut Markup) {
        let class = |letter, out: &mut Markup| self.drawing.class(letter, out);
        out.text("<g");
        class(EDGE_CLASS, out);
        out.text(r##" stroke="#d5d5d5"><rect"##);
        class(BUTTON_CLASS, out);
        out.text(r##" stroke="none" fill="#fcfcfc" x=".5" y=".5" width=""##).number(self.button);
        out.text(r#"" height="19" rx="2"/>"#);
        if self.has_bubble() {
            let left = self.button + GUTTER;
            out.text("<rect");
            class(BUBBLE_CLASS, out);
            out.text(r#" x=""#).number(left).text(r#".5" y=".5" width=""#).number(self.bubble);
            out.text(r##"" height="19" rx="2" fill="#fafafa"/><rect"##);
            class(JOINT_CLASS, out);
            out.text(r#" x=""#).number(left);
            out.text(r##"" y="7.5" width=".5" height="5" stroke="#fafafa"/><path"##);
            class(BUBBLE_CLASS, out);
            out.text(r#" d="M"#).number(left);
            out.text(r##".5 6.5l-3 3v1l3 3" fill="#fafafa"/>"##);
        }
        out.text("</g>");
    }

    fn foreground(&self, out: &mut Markup) {
        // Screen readers read the text in the accessible name. Links must stay reachable.
        out.text(if self.drawing.has_links() { "<g" } else { r#"<g aria-hidden="true""# });
        self.drawing.class(TEXT_CLASS, out);
        out.text(r##" fill="#333" text-anchor="middle" font-family="Helvetica Neue,Helvetica,Arial,sans-serif""##);
        out.text(r#" text-rendering="geometricPrecision" font-weight="700" font-size="110">"#);
        self.label(out);
        self.message(out);
        out.text("</g>");
    }

    fn label(&self, out: &mut Markup) {
        let text = self.drawing.label;
        if let Some(link) = self.drawing.label_link() {
            // The button lies over the text, as in badge-maker, so that the whole button receives clicks.
            open_text_link(link, text, out);
            self.text(self.label_middle(), self.label_width, 't', text, out);
            self.button(out);
            out.text("</a>");
        } else {
            self.button(out);
            self.text(self.label_middle(), self.label_width, 't', text, out);
        }
    }

    fn button(&self, out: &mut Markup) {
        let id = self.drawing.id;
        out.text("<rect");
        if self.drawing.has_links() {
            out.text(r#" id=""#).id('l', id).text(r#"""#);
        }
        self.drawing.class(EDGE_CLASS, out);
        out.text(r##" stroke="#d5d5d5" fill="url(#"##)
            .id('a', id)
            .text(r#")" x=".5" y=".5" width=""#)
            .number(self.button);
        out.text(r#"" height="19" rx="2"/>"#);
    }

    fn message(&self, out: &mut Markup) {
        let text = self.drawing.message;
        if text.is_empty() {
            return;
        }
        let link = self.drawing.message_link();
        if let Some(link) = link {
            open_text_link(link, text, out);
            click_area(4 * (self.button + GUTTER), 4 * (self.bubble + 1), INNER_HEIGHT + 1, out);
        }
        self.text(self.message_middle(), self.message_width, 'm', text, out);
        if link.is_some() {
            out.text("</a>");
        }
    }

    /// Draws a text with a white edge below it. `path_letter` begins the id of its outlines.
    fn text(&self, middle: i64, width: i64, path_letter: char, text: &MeasuredText, out: &mut Markup) {
        if text.is_empty() {
            return;
        }
        // Only the message changes its colour under the pointer.
        let has_id = path_letter == 'm' && self.drawing.has_links();
        if let Some(line) = &text.line {
            return self.outlines(&placed(line, middle), path_letter, has_id, out);
        }
        out.text(r#"<text aria-hidden="true""#);
        self.drawing.class(TEXT_EDGE_CLASS, out);
        out.text(r#" x=""#).number(middle).text(r##"" y="150" fill="#fff""##);
        scaled_to(width, out).words(&text.xml).text("</text><text ");
        if has_id {
            out.text(r#"id=""#).id('r', self.drawing.id).text(r#"" "#);
        }
        out.text(r#"x=""#).number(middle).text(r#"" y="140""#);
        scaled_to(width, out).words(&text.xml).text("</text>");
    }

    /// The path is defined in the edge, and the text refers to it, because only the text changes its colour.
    fn outlines(&self, text: &PlacedText, path_letter: char, has_id: bool, out: &mut Markup) {
        let id = self.drawing.id;
        out.text("<g").text(SCALED).text("<g");
        self.drawing.class(TEXT_EDGE_CLASS, out);
        out.text(r#" fill=""#).text(text.shadow).text(r#""><path id=""#);
        out.id(path_letter, id).text(r#"" d=""#);
        write_path(&PlacedText { baseline: text.baseline + SHADOW_DROP, ..*text }, out);
        out.text(r#""/></g><use "#);
        if has_id {
            out.text(r#"id=""#).id('r', id).text(r#"" "#);
        }
        out.text(r##"href="#"##).id(path_letter, id).text(r#"" y="-100"/></g>"#);
    }
}

fn open_text_link(link: &Link, text: &MeasuredText, out: &mut Markup) {
    if text.line.is_some() {
        open_named_link(link, &text.xml, out);
    } else {
        open_link(link, out);
    }
}

/// A text whose middle is given in tenths of a pixel.
fn placed(line: &TextLine, middle: i64) -> PlacedText<'_> {
    PlacedText { line, x: centered_start(line, 10 * middle), baseline: 1400, fill: "#333", shadow: "#fff" }
}

/// Ends the tag of a text that is scaled down from tenths of a pixel.
fn scaled_to<'o, 'm>(width: i64, out: &'o mut Markup<'m>) -> &'o mut Markup<'m> {
    out.text(r#" transform="scale(.1)" textLength=""#).number(10 * width).text(r#"">"#)
}
