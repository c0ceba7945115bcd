//! A badge as an SVG document.

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
    // A flat badge without a logo has about 1,400 bytes.
    let mut out = String::with_capacity(1536 + badge.logo.as_ref().map_or(0, |logo| logo.uri().len()));
    write_svg(badge, &mut out);
    out
}

/// Appends the badge as an SVG document to `out`, so that one buffer can serve many badges.
///
/// ```
/// use badgesmith_renderer::{ResolvedBadge, svg, write_svg};
///
/// let badge = ResolvedBadge::new("build", "passing");
/// let mut page = String::from("<p>");
/// write_svg(&badge, &mut page);
/// assert_eq!(page, format!("<p>{}", svg(&badge)));
/// ```
pub fn write_svg(badge: &ResolvedBadge, out: &mut String) {
    let badge = readable_badge(badge);
    let draw = badge.style.definition().draw;
    with_drawing(&badge, badge.outline, |drawing| draw(drawing, &mut Markup::new(out)));
}
