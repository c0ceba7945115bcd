//! social: a button with the label and a speech bubble with the message.
//!
//! The geometry is that of badge-maker 6.0.0's `social` (lib/badge-renderers.js).

use badgesmith_fonts::Face;

use crate::Link;
use crate::frame::{Drawing, LOGO, click_area, odd_width, open_link};
use crate::markup::Markup;

const HEIGHT: i64 = 20;
const INNER_HEIGHT: i64 = 19;
const LABEL_PADDING: i64 = 5;
const MESSAGE_PADDING: i64 = 4;
/// Between the button and the bubble; the bubble's beak is in it.
const GUTTER: i64 = 6;
const BUTTON: &str =
    r##"<stop stop-color="#fcfcfc" stop-opacity="0"/><stop offset="1" stop-opacity=".1"/></linearGradient>"##;
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
    let label_x = LABEL_PADDING
        + match (&drawing.badge.logo, drawing.label.is_empty()) {
            (None, _) => 0,
            (Some(_), true) => LOGO,
            (Some(_), false) => LOGO + 3,
        };
    let label_width = odd_width(Face::HelveticaBold11, drawing.label.plain);
    let message_width = odd_width(Face::HelveticaBold11, drawing.message.plain);
    let social = Social {
        drawing,
        label_width,
        message_width,
        button: label_x + label_width + LABEL_PADDING,
        bubble: message_width + 2 * MESSAGE_PADDING,
        label_x,
    };
    let right = if drawing.message.is_empty() { 0 } else { GUTTER + social.bubble };
    drawing.open(4 * (social.button + 1 + right), HEIGHT, out);
    social.definitions(out);
    social.background(out);
    drawing.logo(LABEL_PADDING, HEIGHT, out);
    social.foreground(out);
    drawing.close(out);
}

impl Social<'_, '_> {
    /// Only a link can be hovered over, so only a badge with links says what that looks like.
    fn has_links(&self) -> bool {
        let links = &self.drawing.badge.links;
        links.left.is_some() || links.right.is_some()
    }

    fn definitions(&self, out: &mut Markup) {
        let id = &self.drawing.id;
        if self.has_links() {
            out.text("<style>a:hover #").id('l', id).text("{fill:url(#").id('b', id).text(");stroke:#ccc}a:hover #");
            out.id('r', id).text("{fill:#4183c4}</style>");
        }
        out.text(r#"<linearGradient id=""#).id('a', id).text(r#"" x2="0" y2="100%">"#).text(BUTTON);
        if self.has_links() {
            out.text(r#"<linearGradient id=""#).id('b', id).text(r#"" x2="0" y2="100%">"#).text(HOVERED);
        }
    }

    fn background(&self, out: &mut Markup) {
        out.text(r##"<g stroke="#d5d5d5"><rect stroke="none" fill="#fcfcfc" x=".5" y=".5" width=""##)
            .number(self.button);
        out.text(r#"" height="19" rx="2"/>"#);
        if !self.drawing.message.is_empty() {
            let left = self.button + GUTTER;
            out.text(r#"<rect x=""#).number(left).text(r#".5" y=".5" width=""#).number(self.bubble);
            out.text(r##"" height="19" rx="2" fill="#fafafa"/><rect x=""##).number(left);
            out.text(r##"" y="7.5" width=".5" height="5" stroke="#fafafa"/><path d="M"##).number(left);
            out.text(r##".5 6.5l-3 3v1l3 3" fill="#fafafa"/>"##);
        }
        out.text("</g>");
    }

    fn foreground(&self, out: &mut Markup) {
        // The image's name says the words already; links must stay reachable.
        out.text(if self.has_links() { "<g" } else { r#"<g aria-hidden="true""# });
        out.text(r##" fill="#333" text-anchor="middle" font-family="Helvetica Neue,Helvetica,Arial,sans-serif""##);
        out.text(r#" text-rendering="geometricPrecision" font-weight="700" font-size="110">"#);
        self.label(out);
        self.message(out);
        out.text("</g>");
    }

    fn label(&self, out: &mut Markup) {
        let link = self.drawing.label_link();
        let middle = 10 * self.label_x + 5 * self.label_width;
        let words = &self.drawing.label.xml;
        // Over the words where it is a link, so that all of it takes clicks; badge-maker does so too.
        if let Some(link) = link {
            open_link(link, out);
            self.words(middle, self.label_width, words, false, out);
            self.button(out);
            out.text("</a>");
        } else {
            self.button(out);
            self.words(middle, self.label_width, words, false, out);
        }
    }

    fn button(&self, out: &mut Markup) {
        let id = &self.drawing.id;
        out.text("<rect ");
        if self.has_links() {
            out.text(r#"id=""#).id('l', id).text(r#"" "#);
        }
        out.text(r##"stroke="#d5d5d5" fill="url(#"##)
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
            open_link(link, out);
            click_area(4 * left, 4 * (self.bubble + 1), INNER_HEIGHT + 1, out);
        }
        self.words(10 * left + 5 * self.bubble, self.message_width, &self.drawing.message.xml, self.has_links(), out);
        if link.is_some() {
            out.text("</a>");
        }
    }

    /// Words with a white edge below them.
    fn words(&self, middle: i64, width: i64, xml: &str, with_id: bool, out: &mut Markup) {
        if xml.is_empty() {
            return;
        }
        out.text(r#"<text aria-hidden="true" x=""#).number(middle).text(r##"" y="150" fill="#fff""##);
        place(width, out).text(xml).text("</text><text ");
        if with_id {
            out.text(r#"id=""#).id('r', &self.drawing.id).text(r#"" "#);
        }
        out.text(r#"x=""#).number(middle).text(r#"" y="140""#);
        place(width, out).text(xml).text("</text>");
    }
}

fn place<'o, 'm>(width: i64, out: &'o mut Markup<'m>) -> &'o mut Markup<'m> {
    out.text(r#" transform="scale(.1)" textLength=""#).number(10 * width).text(r#"">"#)
}
