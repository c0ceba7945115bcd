//! The parts of an SVG that all styles share: the root element, the accessible name, the logo, and links.

use super::Markup;
use super::digits::Digits;
use crate::{drawing::Drawing, link::Link, logo::Logo, scale::QuarterPixels, scale::Scale};
use crate::{segment::SEPARATOR, text::escaped};

/// The font family of every style but social, for `concat!`.
macro_rules! verdana {
    () => {
        "Verdana,Geneva,DejaVu Sans,sans-serif"
    };
}
pub(crate) use verdana;

/// The font family of every style but social.
pub(crate) const VERDANA: &str = verdana!();

/// Opens the group of the texts. The arguments are their size in tenths of a pixel and the end of the group's tag.
macro_rules! open_texts {
    ($size:literal, $end:literal) => {
        concat!(
            r##"<g fill="#fff" text-anchor="middle" font-family=""##,
            $crate::markup::document::verdana!(),
            r#"" text-rendering="geometricPrecision" font-size=""#,
            $size,
            r#"""#,
            $end
        )
    };
}
pub(crate) use open_texts;

/// The height of a style's badges, in pixels, and the markup around it.
pub(crate) struct Frame {
    pub(crate) height: i64,
    /// The markup between the width and the view box's width, at the scale 1.
    pub(crate) size: &'static str,
    /// The markup between the view box's width and the accessible name.
    pub(crate) named: &'static str,
    /// The same for a document that shows its content to screen readers.
    pub(crate) named_with_content: &'static str,
}

/// Joins the markup of a frame at compile time: writing one long piece takes less time than writing several short ones.
macro_rules! frame {
    ($height:literal) => {
        $crate::markup::document::Frame {
            height: $height,
            size: concat!(r#"" height=""#, $height, r#"" viewBox="0 0 "#),
            named: concat!(" ", $height, r#"" role="img" aria-label=""#),
            named_with_content: concat!(" ", $height, r#"" aria-label=""#),
        }
    };
}
pub(crate) use frame;

impl Drawing<'_> {
    /// Opens the document: size, accessible name, and the link of the whole badge. The digits are those of the width.
    #[inline(always)]
    pub(crate) fn open(&self, width: QuarterPixels, frame: &Frame, out: &mut Markup) -> Digits {
        let digits = Digits::pixels(width);
        out.text(r#"<svg xmlns="http://www.w3.org/2000/svg" width=""#);
        if self.scale == Scale::ONE {
            out.digits(digits).text(frame.size);
        } else {
            out.rarely(|out| self.scaled_size(width, frame, out));
        }
        out.digits(digits);
        // The content of an element with `role="img"` is hidden from screen readers, but two links must stay reachable.
        // badge-maker omits the accessible name here as well.
        if self.label_link().is_none() {
            out.text(frame.named);
        } else {
            out.text(frame.named_with_content);
        }
        self.accessible_name(out);
        out.text(r#""><title>"#);
        self.accessible_name(out);
        out.text("</title>");
        if let Some(link) = self.whole_link() {
            out.rarely(|out| open_link(link, out));
        }
        digits
    }

    fn scaled_size(&self, width: QuarterPixels, frame: &Frame, out: &mut Markup) {
        let scale = i64::from(self.scale.factor());
        out.quarters(width * scale).text(r#"" height=""#).number(frame.height * scale).text(r#"" viewBox="0 0 "#);
    }

    /// Closes the elements that [`open`](Self::open) opened.
    #[inline(always)]
    pub(crate) fn close(&self, out: &mut Markup) {
        out.text(if self.whole_link().is_some() { "</a></svg>" } else { "</svg>" });
    }

    #[inline(always)]
    fn accessible_name(&self, out: &mut Markup) {
        if !self.label.is_empty() {
            out.words(&self.label.xml).text(": ");
        }
        out.words(&self.message.xml);
        if !self.segments.is_empty() || self.spark.is_some() {
            out.rarely(|out| self.further_name(out));
        }
    }

    fn further_name(&self, out: &mut Markup) {
        for (index, segment) in self.segments.iter().enumerate() {
            out.text(if index == 0 && self.message.is_empty() { "" } else { SEPARATOR }).text(&segment.text.xml);
        }
        if let Some(spark) = &self.spark {
            out.text("; ").text(&spark.words_xml);
        }
    }

    /// Draws the logo, if there is one, at `x` and vertically centred.
    #[inline(always)]
    pub(crate) fn logo(&self, x: i64, height: i64, out: &mut Markup) {
        if let Some(logo) = self.logo {
            out.rarely(|out| self.image(logo, x, height, out));
        }
    }

    fn image(&self, logo: &Logo, x: i64, height: i64, out: &mut Markup) {
        out.text("<image");
        if self.icon_adapts {
            self.class(super::dark::ICON, out);
        }
        out.text(r#" x=""#).number(x).text(r#"" y=""#).number(Logo::y(height));
        out.text(r#"" width=""#).number(logo.width());
        out.text(r#"" height="14" href=""#).text(&escaped(logo.uri())).text(r#""/>"#);
    }
}

/// Opens a link; `</a>` closes it.
pub(crate) fn open_link(link: &Link, out: &mut Markup) {
    out.text(r#"<a target="_blank" href=""#).text(&escaped(link.as_str())).text(r#"">"#);
}

/// Opens a link with an accessible name, which is needed if the link's text is drawn as outlines.
pub(crate) fn open_named_link(link: &Link, name_xml: &str, out: &mut Markup) {
    out.text(r#"<a target="_blank" aria-label=""#).text(name_xml).text(r#"" href=""#);
    out.text(&escaped(link.as_str())).text(r#"">"#);
}

/// Draws an invisible rectangle, so that a link also receives clicks beside its glyphs.
pub(crate) fn click_area(x: QuarterPixels, width: QuarterPixels, height: i64, out: &mut Markup) {
    out.text("<rect ");
    if x != 0 {
        out.text(r#"x=""#).quarters(x).text(r#"" "#);
    }
    out.text(r#"width=""#).quarters(width).text(r#"" height=""#).number(height).text(r#"" fill-opacity="0"/>"#);
}
