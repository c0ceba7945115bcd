//! What flat, flat-square and plastic share: two or more rectangles side by side, each with words in 11 px Verdana.
//!
//! The geometry is that of badge-maker 6.0.0's class `Badge` (lib/badge-renderers.js).

use badgesmith_fonts::TextLine;

use super::Stop;
use crate::markup::Markup;
use crate::markup::frame::{Drawing, VERDANA, click_area, open_link};
use crate::markup::outline::{self, Outlined};
use crate::text::Words;
use crate::theme;
use crate::{Color, Link};
#[cfg(feature = "png")]
use crate::{
    Scale,
    canvas::{self, Canvas},
    png::PngError,
};

const PADDING: i64 = 5;

/// How high a classic badge is, where its words stand, and whether they cast a shadow.
pub(super) struct Look {
    pub(super) height: i64,
    /// The words' baseline in tenths of a pixel.
    pub(super) baseline: i64,
    pub(super) shadow: bool,
    pub(super) joined: Joined,
    /// The radius of the corners; 0 where the halves are not round and have no gradient.
    pub(super) radius: i64,
    /// From top to bottom, as SVG and as numbers.
    pub(super) gradient: &'static str,
    #[cfg_attr(not(feature = "png"), expect(dead_code, reason = "only pixels need numbers"))]
    pub(super) stops: &'static [Stop],
}

/// A look's numbers joined with the markup around them at compile time: a badge is a row of short copies, and each costs as much as
/// fifty bytes.
pub(super) struct Joined {
    /// From a rectangle's width to its colour.
    pub(super) fill: &'static str,
    pub(super) words_y: &'static str,
    pub(super) shadow_y: &'static str,
}

macro_rules! joined {
    ($height:literal, words at $words:literal, shadow at $shadow:literal) => {
        $crate::style::classic::Joined {
            fill: concat!(r#"" height=""#, $height, r#"" fill=""#),
            words_y: concat!(r#"" y=""#, $words, r#"" textLength=""#),
            shadow_y: concat!(r#"" y=""#, $shadow, r#"" textLength=""#),
        }
    };
}
pub(super) use joined;

/// A classic badge, measured.
pub(super) struct Classic<'a, 'b> {
    drawing: &'b Drawing<'a>,
    look: &'b Look,
    left: i64,
    right: i64,
    label: Half<'b>,
    message: Half<'b>,
    segments: Vec<Segment<'b>>,
    /// Of all halves together.
    width: i64,
}

/// A further half right of the message.
struct Segment<'b> {
    half: Half<'b>,
    x: i64,
    fill: &'b str,
}

struct Half<'b> {
    xml: &'b str,
    line: Option<&'b TextLine>,
    link: Option<&'b Link>,
    /// Where the half's words begin, without the padding.
    margin: i64,
    text_width: i64,
    click_width: i64,
    on_light: bool,
}

impl Half<'_> {
    fn click_x(&self) -> i64 {
        if self.margin > 1 { self.margin + 1 } else { 0 }
    }
}

impl<'b> Segment<'b> {
    fn measure(words: &'b Words, color: &'b Color, x: i64) -> Self {
        let text_width = words.odd_width();
        let half = Half {
            xml: &words.xml,
            line: words.line.as_ref(),
            link: None,
            margin: x - 1,
            text_width,
            click_width: text_width + 2 * PADDING,
            on_light: color.is_light(),
        };
        Self { half, x, fill: color.svg() }
    }
}

// What an SVG is made with is inlined into each look's `draw`, where the look is a constant: that is a tenth of the time.
impl<'a, 'b> Classic<'a, 'b> {
    #[inline(always)]
    pub(super) fn measure(drawing: &'b Drawing<'a>, look: &'b Look) -> Self {
        let Drawing { badge, label, message, .. } = drawing;
        let logo = match (&badge.logo, label.is_empty()) {
            (None, _) => 0,
            (Some(logo), true) => logo.width(),
            (Some(logo), false) => logo.width() + 3,
        };
        // A label's colour alone makes a left half, empty or with the logo in it.
        let has_label = !label.is_empty() || badge.label_color.is_some();
        let label_width = if label.is_empty() { 0 } else { label.odd_width() };
        let left = if has_label { label_width + 2 * PADDING + logo } else { 0 };

        let message_width = message.odd_width();
        let mut margin = left - i64::from(!message.is_empty());
        let mut right = message_width + 2 * PADDING;
        if !has_label && badge.logo.is_some() {
            margin += logo + PADDING;
            right += logo + if message.is_empty() { 0 } else { PADDING - 1 };
        } else if !has_label {
            margin += 1;
        }

        let mut width = left + right;
        let mut segments = Vec::with_capacity(drawing.segments.len());
        for (words, color) in &drawing.segments {
            let segment = Segment::measure(words, color, width);
            width += segment.half.click_width;
            segments.push(segment);
        }

        Self {
            drawing,
            look,
            left,
            right,
            label: Half {
                xml: &label.xml,
                line: label.line.as_ref(),
                link: drawing.label_link(),
                margin: logo + 1,
                text_width: label_width,
                click_width: left,
                on_light: drawing.label_is_light(),
            },
            message: Half {
                xml: &message.xml,
                line: message.line.as_ref(),
                link: drawing.message_link(),
                margin,
                text_width: message_width,
                click_width: right,
                on_light: badge.color.is_light(),
            },
            segments,
            width,
        }
    }

    pub(super) fn open(&self, out: &mut Markup) {
        self.drawing.open(4 * self.width, self.look.height, out);
        if self.left > 0 && self.drawing.label_adapts() {
            self.drawing.dark_label(out);
        }
    }

    /// The blur, the gradient, and the round corners: what the other parts refer to.
    #[inline(always)]
    pub(super) fn definitions(&self, out: &mut Markup) {
        let id = self.drawing.id;
        if self.has_outlines() {
            // Around the whole badge, because the box of a path is tighter than that of a text, and would cut off the blur.
            out.text(r#"<filter id=""#).id('b', id).text(r#"" filterUnits="userSpaceOnUse" x="0" y="0" width=""#);
            out.number(100 * self.width).text(r#"" height=""#).number(100 * self.look.height);
            out.text(r#""><feGaussianBlur stdDeviation="160"/></filter>"#);
        } else if self.has_words() {
            out.text(r#"<filter id="b"#).text(id).text(r#""><feGaussianBlur stdDeviation="16"/></filter>"#);
        }
        out.text(r#"<linearGradient id="s"#).text(id).text(r#"" x2="0" y2="100%">"#).text(self.look.gradient);
        out.text(r#"</linearGradient><clipPath id="r"#).text(id).text(r#""><rect width=""#);
        out.number(self.width).text(r#"" height=""#).number(self.look.height);
        out.text(r#"" rx=""#).number(self.look.radius).text(r#""/></clipPath>"#);
    }

    /// All halves' rectangles, cut to the round corners, the gradient over them.
    #[inline(always)]
    pub(super) fn round_background(&self, out: &mut Markup) {
        let id = self.drawing.id;
        out.text(r#"<g clip-path="url(#r"#).text(id).text(r#")">"#);
        self.halves(out);
        out.text(r#"<rect width=""#).number(self.width).text(self.look.joined.fill);
        out.text("url(#s").text(id).text(r#")"/></g>"#);
    }

    /// All halves' rectangles, their edges on pixels.
    pub(super) fn square_background(&self, out: &mut Markup) {
        out.text(r#"<g shape-rendering="crispEdges">"#);
        self.halves(out);
        out.text("</g>");
    }

    #[inline(always)]
    fn halves(&self, out: &mut Markup) {
        if self.left > 0 {
            self.half(0, self.left, self.drawing.label_fill(), self.drawing.label_adapts(), out);
        }
        self.half(self.left, self.right, self.drawing.badge.color.svg(), false, out);
        for segment in &self.segments {
            self.half(segment.x, segment.half.click_width, segment.fill, false, out);
        }
    }

    #[inline(always)]
    fn half(&self, x: i64, width: i64, fill: &str, adapts: bool, out: &mut Markup) {
        if x > 0 {
            out.text(r#"<rect x=""#).number(x).text(r#"" width=""#);
        } else {
            out.text(r#"<rect width=""#);
        }
        out.number(width).text(self.look.joined.fill).text(fill);
        if adapts {
            out.text(r#"" id=""#).id(theme::LABEL, self.drawing.id);
        }
        out.text(r#""/>"#);
    }

    /// Logo and words, and the end of the document.
    #[inline(always)]
    pub(super) fn foreground(&self, out: &mut Markup) {
        self.drawing.logo(PADDING, self.look.height, out);
        if self.has_outlines() {
            outline::draw(&self.outlined(), self.look.shadow, self.drawing.id, self.look.height, out);
        } else if self.has_words() {
            out.text(r##"<g fill="#fff" text-anchor="middle" font-family=""##).text(VERDANA);
            out.text(r#"" text-rendering="geometricPrecision" font-size="110""#);
            // Where a half is a link of its own, its click area is not to be scaled with the words.
            let apart = self.message.link.is_some();
            out.text(if apart { ">" } else { r#" transform="scale(.1)">"# });
            for half in [&self.label, &self.message] {
                self.words(half, apart, out);
            }
            for segment in &self.segments {
                self.words(&segment.half, apart, out);
            }
            out.text("</g>");
        }
        self.drawing.close(out);
    }

    /// Paints what the SVG draws with outlines.
    #[cfg(feature = "png")]
    pub(super) fn paint(&self, scale: Scale) -> Result<Canvas, PngError> {
        let (width, height, round) = (self.width, self.look.height, self.look.radius > 0);
        let mut canvas = Canvas::new(4 * width, height, scale)?;
        canvas.half(0, 4 * self.left, self.drawing.label_fill(), !round);
        canvas.half(4 * self.left, 4 * self.right, self.drawing.badge.color.svg(), !round);
        for segment in &self.segments {
            canvas.half(4 * segment.x, 4 * segment.half.click_width, segment.fill, !round);
        }
        if round {
            let all = canvas::rectangle(0.0, 0.0, width as f32, height as f32);
            canvas.fill_gradient(all.as_ref(), 0.0, height as f32, self.look.stops);
            canvas.round_corners(width as f32, self.look.radius as f32);
        }
        canvas.logo(self.drawing.badge, PADDING);
        let outlined = self.outlined();
        if self.look.shadow {
            canvas.words_with_blur(&outlined);
        } else {
            canvas.words(&outlined);
        }
        Ok(canvas)
    }

    fn has_words(&self) -> bool {
        !self.label.xml.is_empty() || !self.message.xml.is_empty() || !self.segments.is_empty()
    }

    fn has_outlines(&self) -> bool {
        self.label.line.is_some()
            || self.message.line.is_some()
            || self.segments.iter().any(|segment| segment.half.line.is_some())
    }

    fn outlined(&self) -> Vec<Outlined<'_>> {
        let halves = [('t', 0, &self.label), ('m', 0, &self.message)];
        let segments = (1..).zip(&self.segments).map(|(number, segment)| ('m', number, &segment.half));
        let outlined = |(letter, number, half): (char, usize, _)| self.outlined_half(letter, number, half);
        halves.into_iter().chain(segments).filter_map(outlined).collect()
    }

    fn outlined_half<'h>(&self, letter: char, segment: usize, half: &'h Half) -> Option<Outlined<'h>> {
        let line = half.line?;
        let middle = 100 * (half.margin + PADDING) + 50 * half.text_width;
        Some(Outlined {
            line,
            x: middle - (50.0 * line.width()).round() as i64,
            baseline: 10 * self.look.baseline,
            fill: if half.on_light { "#333" } else { "#fff" },
            shadow: if half.on_light { "#ccc" } else { "#010101" },
            link: half.link,
            area: (4 * half.click_x(), 4 * half.click_width),
            xml: half.xml,
            letter,
            segment,
        })
    }

    #[inline(always)]
    fn words(&self, half: &Half, apart: bool, out: &mut Markup) {
        if half.xml.is_empty() {
            return;
        }
        if let Some(link) = half.link {
            open_link(link, out);
            click_area(4 * half.click_x(), 4 * half.click_width, self.look.height, out);
        }
        if apart {
            out.text(r#"<g transform="scale(.1)">"#);
        }
        if self.look.shadow {
            out.text(if half.on_light {
                r##"<g aria-hidden="true" fill="#ccc">"##
            } else {
                r##"<g aria-hidden="true" fill="#010101">"##
            });
            let from = out.place();
            self.text(half, self.look.joined.shadow_y, out).text(r#"" fill-opacity="."#);
            let shadow = from..out.place();
            out.text(r#"8" filter="url(#b"#).text(self.drawing.id).text(r#")">"#).text(half.xml).text("</text>");
            out.again(shadow).text(r#"3">"#).text(half.xml).text("</text></g>");
        }
        self.text(half, self.look.joined.words_y, out).text(if half.on_light {
            r##"" fill="#333">"##
        } else {
            r#"">"#
        });
        out.text(half.xml).text(if apart { "</text></g>" } else { "</text>" });
        if half.link.is_some() {
            out.text("</a>");
        }
    }

    /// Begins a `text` element, coordinates in tenths of a pixel; the quotation mark that ends its length is left out.
    #[inline(always)]
    fn text<'o, 'm>(&self, half: &Half, y: &str, out: &'o mut Markup<'m>) -> &'o mut Markup<'m> {
        let middle = 10 * (half.margin + PADDING) + 5 * half.text_width;
        out.text(r#"<text x=""#).number(middle).text(y).number(10 * half.text_width)
    }
}
