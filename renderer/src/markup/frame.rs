//! What all styles share: the document around the picture, its accessible name, the logo, and the links.

use crate::markup::{Markup, Quarters};
use crate::segment::SEPARATOR;
use crate::text::{Words, escaped};
use crate::{Color, Link, Logo, ResolvedBadge};

/// The font family of every style but social.
pub(crate) const VERDANA: &str = "Verdana,Geneva,DejaVu Sans,sans-serif";
/// How high a logo is, in pixels.
const LOGO_HEIGHT: i64 = 14;
/// The label's background where none is set.
pub(crate) const LABEL_COLOR: &str = "#555";

/// A badge with its words ready to be measured and written.
pub(crate) struct Drawing<'a> {
    pub(crate) badge: &'a ResolvedBadge,
    pub(crate) label: Words<'a>,
    pub(crate) message: Words<'a>,
    /// The segments that have words, with what is behind them.
    pub(crate) segments: Vec<(Words<'a>, &'a Color)>,
    /// The ending of every id.
    pub(crate) id: &'a str,
}

impl<'a> Drawing<'a> {
    /// The link of the label alone. Without a right link the left one is the whole badge's.
    pub(crate) fn label_link(&self) -> Option<&'a Link> {
        let links = &self.badge.links;
        links.left.as_ref().filter(|_| links.right.is_some())
    }

    pub(crate) fn message_link(&self) -> Option<&'a Link> {
        self.badge.links.right.as_ref()
    }

    fn whole_link(&self) -> Option<&'a Link> {
        let links = &self.badge.links;
        links.left.as_ref().filter(|_| links.right.is_none())
    }

    /// How wide the logo is, in pixels; 0 without one.
    pub(crate) fn logo_width(&self) -> i64 {
        self.badge.logo.as_ref().map_or(0, Logo::width)
    }

    /// The label's background as it is written.
    pub(crate) fn label_fill(&self) -> &'a str {
        self.badge.label_color.as_ref().map_or(LABEL_COLOR, Color::svg)
    }

    /// Words on the label are dark where its background is light; the default background is not.
    pub(crate) fn label_is_light(&self) -> bool {
        self.badge.label_color.as_ref().is_some_and(Color::is_light)
    }

    /// Begins the document: size, accessible name, and the link where there is one for all.
    pub(crate) fn open(&self, width: Quarters, height: i64, out: &mut Markup) {
        let scale = i64::from(self.badge.scale.pixels());
        out.text(r#"<svg xmlns="http://www.w3.org/2000/svg" width=""#).quarters(width * scale);
        out.text(r#"" height=""#)
            .number(height * scale)
            .text(r#"" viewBox="0 0 "#)
            .quarters(width)
            .text(" ")
            .number(height);
        // Two links are two things to reach; as one image they would be hidden. The name stays, which badge-maker drops here.
        out.text(if self.label_link().is_some() { r#"" aria-label=""# } else { r#"" role="img" aria-label=""# });
        let from = out.place();
        self.name(out);
        let name = from..out.place();
        out.text(r#""><title>"#).again(name).text("</title>");
        if let Some(link) = self.whole_link() {
            open_link(link, out);
        }
    }

    /// Ends what [`open`](Self::open) began.
    pub(crate) fn close(&self, out: &mut Markup) {
        out.text(if self.whole_link().is_some() { "</a></svg>" } else { "</svg>" });
    }

    fn name(&self, out: &mut Markup) {
        if !self.label.is_empty() {
            out.text(&self.label.xml).text(": ");
        }
        out.text(&self.message.xml);
        for (at, (words, _)) in self.segments.iter().enumerate() {
            out.text(if at == 0 && self.message.is_empty() { "" } else { SEPARATOR }).text(&words.xml);
        }
    }

    /// Draws the logo, if there is one, `x` from the left and in the middle of the height.
    pub(crate) fn logo(&self, x: i64, height: i64, out: &mut Markup) {
        let Some(logo) = &self.badge.logo else { return };
        out.text("<image");
        self.icon_class(out);
        out.text(r#" x=""#).number(x).text(r#"" y=""#).number(logo_y(height));
        out.text(r#"" width=""#)
            .number(logo.width())
            .text(r#"" height="14" href=""#)
            .text(&escaped(logo.uri()))
            .text(r#""/>"#);
    }
}

/// Where a logo stands in a badge so high.
pub(crate) fn logo_y(height: i64) -> i64 {
    (height - LOGO_HEIGHT) / 2
}

/// Begins a link; `</a>` ends it.
pub(crate) fn open_link(link: &Link, out: &mut Markup) {
    out.text(r#"<a target="_blank" href=""#).text(&escaped(link.as_str())).text(r#"">"#);
}

/// Begins a link whose words are outlines, which a screen reader cannot read: it gets their name.
pub(crate) fn open_named_link(link: &Link, xml: &str, out: &mut Markup) {
    out.text(r#"<a target="_blank" aria-label=""#).text(xml).text(r#"" href=""#);
    out.text(&escaped(link.as_str())).text(r#"">"#);
}

/// An invisible rectangle that takes the clicks beside the glyphs. `x` may be 0.
pub(crate) fn click_area(x: Quarters, width: Quarters, height: i64, out: &mut Markup) {
    out.text("<rect ");
    if x != 0 {
        out.text(r#"x=""#).quarters(x).text(r#"" "#);
    }
    out.text(r#"width=""#).quarters(width).text(r#"" height=""#).number(height).text(r#"" fill-opacity="0"/>"#);
}
