//! A badge as JSON in shields' endpoint schema.

use serde::Serialize;

use crate::badge::ResolvedBadge;

/// The fields in the order in which they are written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndpointDocument<'a> {
    schema_version: u8,
    label: &'a str,
    message: &'a str,
    color: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_color: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_error: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    named_logo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_svg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_color: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_size: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<&'a str>,
}

/// The badge as compact JSON of schema version 1, with only the fields that are set. `style` is written only if the
/// caller chose one (`explicit_style`), so that a page that shows the document can choose its own. The schema has no
/// field for a logo that is not an SVG. It has none for segments either, so they are appended to the message after
/// ` | `.
///
/// ```
/// use badgesmith_renderer::{Color, ResolvedBadge, json};
///
/// let badge = ResolvedBadge { color: Color::RED, is_error: true, ..ResolvedBadge::new("nuget", "package not found") };
/// let expected = r#"{"schemaVersion":1,"label":"nuget","message":"package not found","color":"red","isError":true}"#;
/// assert_eq!(json(&badge, false), expected);
/// ```
pub fn json(badge: &ResolvedBadge, explicit_style: bool) -> String {
    let message = badge.message_with_segments();
    let document = EndpointDocument {
        schema_version: 1,
        label: &badge.label,
        message: &message,
        color: badge.color.name(),
        label_color: badge.label_color.as_ref().map(|color| color.name()),
        is_error: badge.is_error.then_some(true),
        named_logo: badge.named_logo.as_deref(),
        logo_svg: badge.logo.as_ref().filter(|logo| !logo.is_icon()).and_then(|logo| logo.svg()),
        logo_color: badge.logo_color.as_deref(),
        logo_size: badge.logo_size.as_deref(),
        style: explicit_style.then(|| badge.style.name()),
    };
    // serde_json cannot fail for strings, numbers and booleans in memory.
    serde_json::to_string(&document).unwrap_or_default()
}
