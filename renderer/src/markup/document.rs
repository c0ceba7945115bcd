//! The parts of an SVG that all styles share: the root element, the accessible name, the logo, and links.

use super::Markup;
use crate::{drawing::Drawing, link::Link, logo::Logo, scale::QuarterPixels, segment::SEPARATOR, text::escaped};

/// The font family of every style but social.
pub(crate) const VERDANA: &str = "Verdana,Geneva,DejaVu Sans,sans-serif";

impl Drawing<'_> {
    /// Opens the document: size, accessible name, and the link of the whole badge.
    #[inline(always)]
    pub(crate) fn open(&self, width: QuarterPixels, height: i64, out: &mut Markup) {
        let scale = i64::from(self.scale.factor());
        out.text(r#"<svg xmlns="http://www.w3.org/2000/svg" width=""#).quarters(width * scale);
        out.text(r#"" height=""#).number(height * scale);
        out.text(r#"" viewBox="0 0 "#).quarters(width).text(" ").number(height);
        // The content of an element with `role="img"` is hidden from screen readers, but two links must stay reachable.
        // badge-maker omits the accessible name here as well.
        out.text(if self.label_link().is_some() { r#"" aria-label=""# } else { r#"" role="img" aria-label=""# });
        self.accessible_name(out);
        out.text(r#""><title>"#);
        self.accessible_name(out);
        out.text("</title>");
        if let Some(link) = self.whole_link() {
            out.rarely(|out| open_link(link, out));
        }
    }

    /// Closes what [`open`](Self::open) opened.
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

/// Opens a link with an accessible name, which a link needs whose text is drawn as outlines.
pub(crate) fn open_named_link(link: &Link, name_xml: &str, out: &mut Markup) {
    out.text(r#"<a target="_blank" aria-label=""#).text(name_xml).text(r#"" href=""#);
    out.text(&escaped(link.as_str())).text(r#"">"#);
}

/// Draws an invisible rectangle, so that a link takes clicks beside its glyphs too.
pub(crate) fn click_area(x: QuarterPixels, width: QuarterPixels, height: i64, out: &mut Markup) {
    out.text("<rect ");
    if x != 0 {
        out.text(r#"x=""#).quarters(x).text(r#"" "#);
    }
    out.text(r#"width=""#).quarters(width).text(r#"" height=""#).number(height).text(r#"" fill-opacity="0"/>"#);
}
