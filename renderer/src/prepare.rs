//! From a badge to what its style draws: the texts are cleaned, put into the style's case and measured.

use std::borrow::Cow;

use crate::badge::ResolvedBadge;
use crate::drawing::{Drawing, SegmentDrawing, SparkDrawing};
use crate::{badge_id, logo::Logo, measured_text::MeasuredText, text::cleaned, text::escaped, theme::Theme};

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
    let measured = |text, face| {
        let text = MeasuredText::of_style(text, face, style.text.width);
        match faces {
            Some(faces) => text.outlined(true, faces),
            None => text,
        }
    };
    let segments = texts.iter().zip(segments).filter(|(text, _)| !text.is_empty()).map(|(text, segment)| {
        SegmentDrawing { text: measured(text.as_ref(), style.text.message_face), color: &segment.color }
    });
    let words = badge.spark.as_ref().map(|spark| cleaned(&spark.words));
    let spark = badge.spark.as_ref().zip(words.as_deref()).filter(|(spark, _)| !spark.points.is_empty());
    draw(&Drawing {
        label: measured(&label, style.text.label_face),
        message: measured(&message, style.text.message_face),
        segments: segments.collect(),
        spark: spark.map(|(spark, words)| SparkDrawing { points: spark.drawn(), words_xml: escaped(words) }),
        color: &badge.color,
        label_color: badge.label_color.as_ref(),
        logo: badge.logo.as_ref(),
        icon_adapts: icon_adapts(badge),
        links: &badge.links,
        scale: badge.scale,
        theme: badge.theme,
        id: badge_id::suffix(badge),
    })
}

/// Whether the logo is an icon in its brand's colour on an area that becomes dark.
fn icon_adapts(badge: &ResolvedBadge) -> bool {
    let is_icon = badge.logo.as_ref().is_some_and(Logo::is_icon);
    badge.theme == Theme::Auto && badge.style.definition().logo_is_on_light && is_icon && badge.logo_color.is_none()
}
