//! A badge as an SVG document.

use std::borrow::Cow;

use crate::drawing::Drawing;
use crate::{badge::ResolvedBadge, markup::Markup, prepare::with_drawing, readable::readable_badge};

/// The badge as an SVG document.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, svg};
///
/// let drawn = svg(&ResolvedBadge::new("a", "<b>"));
/// assert!(drawn.contains(r#"aria-label="a: &lt;b&gt;""#));
/// ```
pub fn svg(badge: &ResolvedBadge) -> String {
    // Everything that is written is UTF-8.
    String::from_utf8(svg_bytes(badge)).unwrap_or_default()
}

/// The badge as the bytes of an SVG document in UTF-8, as a server sends them. They are drawn faster than a `String`,
/// which is verified to be UTF-8.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, svg, svg_bytes};
///
/// let badge = ResolvedBadge::new("build", "passing");
/// assert_eq!(svg_bytes(&badge), svg(&badge).into_bytes());
/// ```
pub fn svg_bytes(badge: &ResolvedBadge) -> Vec<u8> {
    let mut out = Vec::new();
    write_svg(badge, &mut out);
    out
}

/// Appends the badge as the bytes of an SVG document to `out`, so that one buffer can serve many badges.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, svg, write_svg};
///
/// let badge = ResolvedBadge::new("build", "passing");
/// let mut page = b"<p>".to_vec();
/// write_svg(&badge, &mut page);
/// assert_eq!(page, format!("<p>{}", svg(&badge)).into_bytes());
/// ```
pub fn write_svg(badge: &ResolvedBadge, out: &mut Vec<u8>) {
    match readable_badge(badge) {
        Cow::Borrowed(badge) => write(badge, out),
        Cow::Owned(badge) => write(&badge, out),
    }
}

fn write(badge: &ResolvedBadge, out: &mut Vec<u8>) {
    let style = badge.style.definition();
    with_drawing(badge, badge.outline, |drawing| {
        // Each text is written five times.
        let mut expected = style.markup_length + 5 * (drawing.label.xml.len() + drawing.message.xml.len());
        if !drawing.is_plain {
            expected += length_of_parts(drawing);
        }
        Markup::append(out, expected, |bytes| (style.draw)(drawing, bytes));
    });
}

/// How many bytes the parts take that few badges have, or a little more.
#[cold]
#[inline(never)]
fn length_of_parts(drawing: &Drawing) -> usize {
    /// The size of the rules for readers who prefer dark.
    const ADAPTING: usize = 512;
    const SEGMENT: usize = 448;
    const BAR: usize = 24;
    /// The size of a letter as an outline.
    const OUTLINE: usize = 256;
    let segments = drawing.segments.iter().map(|each| &each.text);
    let outlines = [drawing.label, drawing.message].into_iter().chain(segments.clone());
    let outlines = outlines.map(|text| text.line.as_ref().map_or(0, |_| OUTLINE * text.plain.len()));
    let segments = segments.map(|text| SEGMENT + 5 * text.xml.len());
    let links = [&drawing.links.left, &drawing.links.right];
    let links = links.map(|link| link.as_ref().map_or(0, |link| 256 + link.as_str().len()));
    let logo = drawing.logo.map_or(0, |logo| 128 + logo.uri().len());
    let spark = drawing.spark.as_ref().map_or(0, |spark| 384 + 2 * spark.words_xml.len() + BAR * spark.points.len());
    let adapting = if drawing.follows_reader() { ADAPTING } else { 0 };
    adapting + outlines.sum::<usize>() + segments.sum::<usize>() + links.iter().sum::<usize>() + logo + spark
}
