//! social: a button with the label and a speech bubble with the message.
//!
//! The geometry is that of badge-maker 6.0.0's `social` (lib/badge-renderers.js).

use badgesmith_fonts::TextLine;

use crate::Link;
use crate::markup::Markup;
use crate::markup::frame::{Drawing, click_area, open_link, open_named_link};
use crate::markup::outline::{Outlined, SCALED, SHADOW_DROP};
use crate::text::Words;
use crate::theme;
#[cfg(feature = "png")]
use crate::{
    Scale,
    canvas::{self, Canvas},
    png::PngError,
};

const HEIGHT: i64 = 20;
const INNER_HEIGHT: i64 = 19;
const LABEL_PADDING: i64 = 5;
const MESSAGE_PADDING: i64 = 4;
/// Between the button and the bubble; the bubble's beak is in it.
const GUTTER: i64 = 6;
const BUTTON: &str =
    r##"<stop stop-color="#fcfcfc" stop-opacity="0"/><stop offset="1" stop-opacity=".1"/></linearGradient>"##;
#[cfg(feature = "png")]
const BUTTON_STOPS: &[super::Stop] = &[(0.0, 0xfc, 0.0), (1.0, 0, 0.1)];
const HOVERED: &str =
    r##"<stop stop-color="#ccc" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/></linearGradient>"##;

struct Social<'a, 'b> {
    drawing: &'b Drawing<'a>,
    label_width: i64,
    message_width: i64,
    button: i64,
    bubble: i64,
    /// Where the label's words begin.
    label_x: i64,
}

pub(super) fn draw(drawing: &Drawing, out: &mut Markup) {
    let social = Social::measure(drawing);
    drawing.open(4 * social.width(), HEIGHT, out);
    social.definitions(out);
    social.background(out);
    drawing.logo(LABEL_PADDING, HEIGHT, out);
    social.foreground(out);
    drawing.close(out);
}

/// Paints what the SVG draws with outlines.
#[cfg(feature = "png")]
pub(super) fn paint(drawing: &Drawing, scale: Scale) -> Result<Canvas, PngError> {
    let social = Social::measure(drawing);
    let mut canvas = Canvas::new(4 * social.width(), HEIGHT, scale)?;
    let button = canvas::round_rectangle(0.5, 0.5, social.button as f32, 19.0, 2.0);
    canvas.fill(button.as_ref(), "#fcfcfc");
    if !drawing.message.is_empty() {
        social.paint_bubble(&mut canvas);
    }
    canvas.logo(drawing.badge, LABEL_PADDING);
    let middle = 10 * social.label_x + 5 * social.label_width;
    let label = drawing.label.line.as_ref().map(|line| outlined(line, middle, 't'));
    // As in the SVG, a label that is a link lies under its button.
    let (below, above) = if drawing.label_link().is_some() { (label, None) } else { (None, label) };
    below.iter().for_each(|words| canvas.words_with_edge(words));
    canvas.fill_gradient(button.as_ref(), 0.5, 19.5, BUTTON_STOPS);
    canvas.stroke(button.as_ref(), "#d5d5d5");
    above.iter().for_each(|words| canvas.words_with_edge(words));
    if let Some(line) = &drawing.message.line {
        let middle = 10 * (social.button + GUTTER) + 5 * social.bubble;
        canvas.words_with_edge(&outlined(line, middle, 'm'));
    }
    Ok(canvas)
}

impl<'a, 'b> Social<'a, 'b> {
    #[cfg(feature = "png")]
    fn paint_bubble(&self, canvas: &mut Canvas) {
        let left = (self.button + GUTTER) as f32;
        let bubble = canvas::round_rectangle(left + 0.5, 0.5, self.bubble as f32, 19.0, 2.0);
        let joint = canvas::rectangle(left, 7.5, 0.5, 5.0);
        let beak = canvas::beak(left + 0.5, 6.5);
        canvas.fill(bubble.as_ref(), "#fafafa");
        canvas.stroke(bubble.as_ref(), "#d5d5d5");
        canvas.fill(joint.as_ref(), "#000");
        canvas.stroke(joint.as_ref(), "#fafafa");
        canvas.fill(beak.as_ref(), "#fafafa");
        canvas.stroke(beak.as_ref(), "#d5d5d5");
    }

    fn measure(drawing: &'b Drawing<'a>) -> Self {
        let label_x = LABEL_PADDING
            + match (&drawing.badge.logo, drawing.label.is_empty()) {
                (None, _) => 0,
                (Some(logo), true) => logo.width(),
                (Some(logo), false) => logo.width() + 3,
            };
        let label_width = drawing.label.odd_width();
        let message_width = drawing.message.odd_width();
        Self {
            drawing,
            label_width,
            message_width,
            button: label_x + label_width + LABEL_PADDING,
            bubble: message_width + 2 * MESSAGE_PADDING,
            label_x,
        }
    }

    fn width(&self) -> i64 {
        self.button + 1 + if self.drawing.message.is_empty() { 0 } else { GUTTER + self.bubble }
    }

    /// Only a link can be hovered over, so only a badge with links says what that looks like.
    fn has_links(&self) -> bool {
        let links = &self.drawing.badge.links;
        links.left.is_some() || links.right.is_some()
    }

    fn definitions(&self, out: &mut Markup) {
        let id = self.drawing.id;
        if self.has_links() {
            out.text("<style>a:hover #").id('l', id).text("{fill:url(#").id('b', id).text(");stroke:#ccc}a:hover #");
            out.id('r', id).text("{fill:#4183c4}</style>");
        }
        self.drawing.dark_social(self.has_links(), out);
        out.text(r#"<linearGradient id=""#).id('a', id).text(r#"" x2="0" y2="100%">"#).text(BUTTON);
        if self.has_links() {
            out.text(r#"<linearGradient id=""#).id('b', id).text(r#"" x2="0" y2="100%">"#).text(HOVERED);
        }
    }

    fn background(&self, out: &mut Markup) {
        let class = |letter, out: &mut Markup| self.drawing.class(letter, out);
        out.text("<g");
        class(theme::EDGE, out);
        out.text(r##" stroke="#d5d5d5"><rect"##);
        class(theme::BUTTON, out);
        out.text(r##" stroke="none" fill="#fcfcfc" x=".5" y=".5" width=""##).number(self.button);
        out.text(r#"" height="19" rx="2"/>"#);
        if !self.drawing.message.is_empty() {
            let left = self.button + GUTTER;
            out.text("<rect");
            class(theme::BUBBLE, out);
            out.text(r#" x=""#).number(left).text(r#".5" y=".5" width=""#).number(self.bubble);
            out.text(r##"" height="19" rx="2" fill="#fafafa"/><rect"##);
            class(theme::JOINT, out);
            out.text(r#" x=""#).number(left);
            out.text(r##"" y="7.5" width=".5" height="5" stroke="#fafafa"/><path"##);
            class(theme::BUBBLE, out);
            out.text(r#" d="M"#).number(left);
            out.text(r##".5 6.5l-3 3v1l3 3" fill="#fafafa"/>"##);
        }
        out.text("</g>");
    }

    fn foreground(&self, out: &mut Markup) {
        // The image's name says the words already; links must stay reachable.
        out.text(if self.has_links() { "<g" } else { r#"<g aria-hidden="true""# });
        self.drawing.class(theme::INK, out);
        out.text(r##" fill="#333" text-anchor="middle" font-family="Helvetica Neue,Helvetica,Arial,sans-serif""##);
        out.text(r#" text-rendering="geometricPrecision" font-weight="700" font-size="110">"#);
        self.label(out);
        self.message(out);
        out.text("</g>");
    }

    fn label(&self, out: &mut Markup) {
        let link = self.drawing.label_link();
        let middle = 10 * self.label_x + 5 * self.label_width;
        let words = &self.drawing.label;
        // Over the words where it is a link, so that all of it takes clicks; badge-maker does so too.
        if let Some(link) = link {
            self.open_link(link, words, out);
            self.words(middle, self.label_width, 't', words, out);
            self.button(out);
            out.text("</a>");
        } else {
            self.button(out);
            self.words(middle, self.label_width, 't', words, out);
        }
    }

    fn button(&self, out: &mut Markup) {
        let id = self.drawing.id;
        out.text("<rect");
        if self.has_links() {
            out.text(r#" id=""#).id('l', id).text(r#"""#);
        }
        self.drawing.class(theme::EDGE, out);
        out.text(r##" stroke="#d5d5d5" fill="url(#"##)
            .id('a', id)
            .text(r#")" x=".5" y=".5" width=""#)
            .number(self.button);
        out.text(r#"" height="19" rx="2"/>"#);
    }

    fn message(&self, out: &mut Markup) {
        if self.drawing.message.is_empty() {
            return;
        }
        let link: Option<&Link> = self.drawing.message_link();
        let left = self.button + GUTTER;
        if let Some(link) = link {
            self.open_link(link, &self.drawing.message, out);
            click_area(4 * left, 4 * (self.bubble + 1), INNER_HEIGHT + 1, out);
        }
        self.words(10 * left + 5 * self.bubble, self.message_width, 'm', &self.drawing.message, out);
        if link.is_some() {
            out.text("</a>");
        }
    }

    fn open_link(&self, link: &Link, words: &Words, out: &mut Markup) {
        if words.line.is_some() {
            open_named_link(link, &words.xml, out);
        } else {
            open_link(link, out);
        }
    }

    /// Words with a white edge below them; the letter begins the id of their outlines.
    fn words(&self, middle: i64, width: i64, letter: char, words: &Words, out: &mut Markup) {
        // Only the message changes its colour.
        let with_id = letter == 'm' && self.has_links();
        let xml = &words.xml;
        if xml.is_empty() {
            return;
        }
        if let Some(line) = &words.line {
            return self.outlines(&outlined(line, middle, letter), with_id, out);
        }
        out.text(r#"<text aria-hidden="true""#);
        self.drawing.class(theme::INK_EDGE, out);
        out.text(r#" x=""#).number(middle).text(r##"" y="150" fill="#fff""##);
        place(width, out).text(xml).text("</text><text ");
        if with_id {
            out.text(r#"id=""#).id('r', self.drawing.id).text(r#"" "#);
        }
        out.text(r#"x=""#).number(middle).text(r#"" y="140""#);
        place(width, out).text(xml).text("</text>");
    }

    /// The edge first, so that what is hovered over is the words alone.
    fn outlines(&self, words: &Outlined, with_id: bool, out: &mut Markup) {
        let id = self.drawing.id;
        let edge = Outlined { line: words.line, baseline: words.baseline + SHADOW_DROP, ..*words };
        out.text("<g").text(SCALED).text("<g");
        self.drawing.class(theme::INK_EDGE, out);
        out.text(r#" fill=""#).text(words.shadow).text(r#""><path id=""#);
        out.id(words.letter, id).text(r#"" d=""#);
        edge.path(out);
        out.text(r#""/></g><use "#);
        if with_id {
            out.text(r#"id=""#).id('r', id).text(r#"" "#);
        }
        out.text(r##"href="#"##).id(words.letter, id).text(r#"" y="-100"/></g>"#);
    }
}

/// Words around a middle in tenths of a pixel.
fn outlined(line: &TextLine, middle: i64, letter: char) -> Outlined<'_> {
    Outlined {
        line,
        x: 10 * middle - (50.0 * line.width()).round() as i64,
        baseline: 1400,
        fill: "#333",
        shadow: "#fff",
        link: None,
        area: (0, 0),
        xml: "",
        letter,
        segment: 0,
    }
}

fn place<'o, 'm>(width: i64, out: &'o mut Markup<'m>) -> &'o mut Markup<'m> {
    out.text(r#" transform="scale(.1)" textLength=""#).number(10 * width).text(r#"">"#)
}
