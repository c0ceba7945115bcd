//! What flat, flat-square and plastic share: two rectangles side by side, each with words in 11 px Verdana.
//!
//! The geometry is that of badge-maker 6.0.0's class `Badge` (lib/badge-renderers.js).

use badgesmith_fonts::Face;

use crate::Link;
use crate::frame::{Drawing, LOGO, VERDANA, click_area, odd_width, open_link};
use crate::markup::Markup;

const PADDING: i64 = 5;

/// How high a classic badge is, where its words stand, and whether they cast a shadow.
pub(super) struct Look {
    pub(super) height: i64,
    /// The words' baseline in tenths of a pixel.
    pub(super) baseline: i64,
    pub(super) shadow: bool,
}

/// A classic badge, measured.
pub(super) struct Classic<'a, 'b> {
    drawing: &'b Drawing<'a>,
    look: &'b Look,
    left: i64,
    right: i64,
    label: Half<'b>,
    message: Half<'b>,
}

struct Half<'b> {
    xml: &'b str,
    link: Option<&'b Link>,
    /// Where the half's words begin, without the padding.
    margin: i64,
    text_width: i64,
    click_width: i64,
    on_light: bool,
}

impl<'a, 'b> Classic<'a, 'b> {
    pub(super) fn measure(drawing: &'b Drawing<'a>, look: &'b Look) -> Self {
        let Drawing { badge, label, message, .. } = drawing;
        let logo = match (&badge.logo, label.is_empty()) {
            (None, _) => 0,
            (Some(_), true) => LOGO,
            (Some(_), false) => LOGO + 3,
        };
        // A label's colour alone makes a left half, empty or with the logo in it.
        let has_label = !label.is_empty() || badge.label_color.is_some();
        let label_width = if label.is_empty() { 0 } else { odd_width(Face::Verdana11, label.plain) };
        let left = if has_label { label_width + 2 * PADDING + logo } else { 0 };

        let message_width = odd_width(Face::Verdana11, message.plain);
        let mut margin = left - i64::from(!message.is_empty());
        let mut right = message_width + 2 * PADDING;
        if !has_label && badge.logo.is_some() {
            margin += logo + PADDING;
            right += logo + if message.is_empty() { 0 } else { PADDING - 1 };
        } else if !has_label {
            margin += 1;
        }

        Self {
            drawing,
            look,
            left,
            right,
            label: Half {
                xml: &label.xml,
                link: drawing.label_link(),
                margin: logo + 1,
                text_width: label_width,
                click_width: left,
                on_light: drawing.label_is_light(),
            },
            message: Half {
                xml: &message.xml,
                link: drawing.message_link(),
                margin,
                text_width: message_width,
                click_width: right,
                on_light: badge.color.is_light(),
            },
        }
    }

    pub(super) fn open(&self, out: &mut Markup) {
        self.drawing.open(4 * (self.left + self.right), self.look.height, out);
    }

    /// The blur, the gradient made of `stops`, and the round corners: what the other parts refer to.
    pub(super) fn definitions(&self, stops: &str, radius: i64, out: &mut Markup) {
        let id = &self.drawing.id;
        if self.has_words() {
            out.text(r#"<filter id=""#).id('b', id).text(r#""><feGaussianBlur stdDeviation="16"/></filter>"#);
        }
        out.text(r#"<linearGradient id=""#).id('s', id).text(r#"" x2="0" y2="100%">"#).text(stops);
        out.text(r#"</linearGradient><clipPath id=""#).id('r', id).text(r#""><rect width=""#);
        out.number(self.left + self.right).text(r#"" height=""#).number(self.look.height);
        out.text(r#"" rx=""#).number(radius).text(r#""/></clipPath>"#);
    }

    /// Both halves' rectangles, cut to the round corners, the gradient over them.
    pub(super) fn round_background(&self, out: &mut Markup) {
        let id = &self.drawing.id;
        out.text(r#"<g clip-path="url(#"#).id('r', id).text(r#")">"#);
        self.halves(out);
        out.text(r#"<rect width=""#).number(self.left + self.right).text(r#"" height=""#).number(self.look.height);
        out.text(r#"" fill="url(#"#).id('s', id).text(r#")"/></g>"#);
    }

    /// Both halves' rectangles, their edges on pixels.
    pub(super) fn square_background(&self, out: &mut Markup) {
        out.text(r#"<g shape-rendering="crispEdges">"#);
        self.halves(out);
        out.text("</g>");
    }

    fn halves(&self, out: &mut Markup) {
        if self.left > 0 {
            self.half(0, self.left, self.drawing.label_fill(), out);
        }
        self.half(self.left, self.right, self.drawing.badge.color.svg(), out);
    }

    fn half(&self, x: i64, width: i64, fill: &str, out: &mut Markup) {
        out.text("<rect ");
        if x > 0 {
            out.text(r#"x=""#).number(x).text(r#"" "#);
        }
        out.text(r#"width=""#).number(width).text(r#"" height=""#).number(self.look.height);
        out.text(r#"" fill=""#).text(fill).text(r#""/>"#);
    }

    /// Logo and words, and the end of the document.
    pub(super) fn foreground(&self, out: &mut Markup) {
        self.drawing.logo(PADDING, self.look.height, out);
        if self.has_words() {
            out.text(r##"<g fill="#fff" text-anchor="middle" font-family=""##).text(VERDANA);
            out.text(r#"" text-rendering="geometricPrecision" font-size="110""#);
            // Where a half is a link of its own, its click area is not to be scaled with the words.
            let apart = self.message.link.is_some();
            out.text(if apart { ">" } else { r#" transform="scale(.1)">"# });
            for half in [&self.label, &self.message] {
                self.words(half, apart, out);
            }
            out.text("</g>");
        }
        self.drawing.close(out);
    }

    fn has_words(&self) -> bool {
        !self.label.xml.is_empty() || !self.message.xml.is_empty()
    }

    fn words(&self, half: &Half, apart: bool, out: &mut Markup) {
        if half.xml.is_empty() {
            return;
        }
        if let Some(link) = half.link {
            open_link(link, out);
            let x = if half.margin > 1 { half.margin + 1 } else { 0 };
            click_area(4 * x, 4 * half.click_width, self.look.height, out);
        }
        if apart {
            out.text(r#"<g transform="scale(.1)">"#);
        }
        if self.look.shadow {
            out.text(r#"<g aria-hidden="true" fill=""#)
                .text(if half.on_light { "#ccc" } else { "#010101" })
                .text(r#"">"#);
            self.text(half, 10, out)
                .text(r#" fill-opacity=".8" filter="url(#"#)
                .id('b', &self.drawing.id)
                .text(r#")">"#);
            out.text(half.xml).text("</text>");
            self.text(half, 10, out).text(r#" fill-opacity=".3">"#).text(half.xml).text("</text></g>");
        }
        self.text(half, 0, out).text(if half.on_light { r##" fill="#333">"## } else { ">" });
        out.text(half.xml).text(if apart { "</text></g>" } else { "</text>" });
        if half.link.is_some() {
            out.text("</a>");
        }
    }

    /// Begins a `text` element, coordinates in tenths of a pixel.
    fn text<'o, 'm>(&self, half: &Half, down: i64, out: &'o mut Markup<'m>) -> &'o mut Markup<'m> {
        let middle = 10 * (half.margin + PADDING) + 5 * half.text_width;
        out.text(r#"<text x=""#).number(middle).text(r#"" y=""#).number(self.look.baseline + down);
        out.text(r#"" textLength=""#).number(10 * half.text_width).text(r#"""#)
    }
}
