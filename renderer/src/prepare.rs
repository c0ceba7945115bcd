//! From a badge to what its style draws: the texts are cleaned, put into the style's case and measured.

use std::borrow::Cow;

use badgesmith_fonts::{AddedFaces, Face};

use crate::badge::ResolvedBadge;
use crate::drawing::{Drawing, SegmentDrawing, SparkDrawing};
use crate::measured_text::{MeasuredText, TextWidth};
use crate::text::{PreparedText, cleaned, escaped};
use crate::{badge_id, id::IdSuffix, logo::Logo, theme::Theme};

/// Calls `draw` with the badge prepared for its style, with outlines instead of text if `outline` says so.
pub(crate) fn with_drawing<T>(badge: &ResolvedBadge, outline: bool, draw: impl FnOnce(&Drawing) -> T) -> T {
    let style = badge.style.definition();
    let (message, segments) = if style.joins_segments {
        (badge.message_with_segments(), &[][..])
    } else {
        (Cow::Borrowed(badge.message.as_str()), badge.segments.as_slice())
    };
    let label = style.text.label_case.of(&badge.label);
    let message = style.text.message_case.of(&message);
    let texts: Vec<_> = segments.iter().map(|segment| style.text.message_case.of(&segment.text)).collect();
    let faces = outline.then_some(&badge.faces);
    let segments = texts.iter().zip(segments).filter(|(text, _)| !text.is_empty()).map(|(text, segment)| {
        SegmentDrawing { text: measured(text, style.text.message_face, style.text.width, faces), color: &segment.color }
    });
    let words = badge.spark.as_ref().map(|spark| cleaned(&spark.words));
    let spark = badge.spark.as_ref().zip(words.as_deref()).filter(|(spark, _)| !spark.points.is_empty());
    draw(&Drawing {
        label: measured(&label, style.text.label_face, style.text.width, faces),
        message: measured(&message, style.text.message_face, style.text.width, faces),
        segments: segments.collect(),
        spark: spark.map(|(spark, words)| SparkDrawing { points: spark.drawn(), words_xml: escaped(words) }),
        color: &badge.color,
        label_color: badge.label_color.as_ref(),
        logo: badge.logo.as_ref(),
        icon_adapts: icon_adapts(badge),
        links: &badge.links,
        scale: badge.scale,
        theme: badge.theme,
        id: if style.has_ids || outline || badge.theme == Theme::Auto {
            badge_id::suffix(badge)
        } else {
            IdSuffix::default()
        },
    })
}

/// A text with its width, as outlines if it is given the faces for those.
#[inline(always)]
fn measured<'t>(text: &'t PreparedText, face: Face, rule: TextWidth, faces: Option<&AddedFaces>) -> MeasuredText<'t> {
    let text = MeasuredText::of_style(text, face, rule);
    match faces {
        Some(faces) => text.outlined(true, faces),
        None => text,
    }
}

/// Whether the logo is an icon in its brand's colour on an area that becomes dark.
fn icon_adapts(badge: &ResolvedBadge) -> bool {
    let is_icon = badge.logo.as_ref().is_some_and(Logo::is_icon);
    badge.theme == Theme::Auto && badge.style.definition().logo_is_on_light && is_icon && badge.logo_color.is_none()
}
