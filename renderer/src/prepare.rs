//! Prepares a badge for its style: its texts are cleaned, converted to the style's case and measured.

use badgesmith_fonts::AddedFaces;

use crate::badge::ResolvedBadge;
use crate::drawing::{Drawing, SegmentDrawing, SparkDrawing};
use crate::measured_text::MeasuredText;
use crate::style::TextSettings;
use crate::text::{cleaned, escaped};
use crate::{badge_id, id::IdSuffix, logo::Logo, theme::Theme};

/// Calls `draw` with the badge prepared for its style, with outlines instead of text if `outline` is set.
#[inline(always)]
pub(crate) fn with_drawing<T>(badge: &ResolvedBadge, outline: bool, draw: impl FnOnce(&Drawing) -> T) -> T {
    let style = badge.style.definition();
    let text = &style.text;
    // The hash takes the longest time, and only the parts that are written last need it.
    let has_ids = style.has_ids || outline || badge.theme == Theme::Auto;
    let id = if has_ids { badge_id::suffix(badge) } else { IdSuffix::default() };
    let is_plain = !outline && badge.is_plain();
    let joined = (!is_plain && style.joins_segments).then(|| badge.message_with_segments());
    let label = text.label_case.of(&badge.label);
    let message = text.message_case.of(joined.as_deref().unwrap_or(&badge.message));
    let drawing = Drawing {
        label: &MeasuredText::of_style(&label, text.label_face, text.width),
        message: &MeasuredText::of_style(&message, text.message_face, text.width),
        segments: &[],
        spark: None,
        color: &badge.color,
        label_color: badge.label_color.as_ref(),
        logo: badge.logo.as_ref(),
        icon_adapts: false,
        links: &badge.links,
        scale: badge.scale,
        theme: badge.theme,
        id,
        has_outlines: false,
        is_plain,
    };
    if is_plain { draw(&drawing) } else { with_parts(badge, outline.then_some(&badge.faces), &drawing, draw) }
}

/// Calls `draw` with the drawing and the parts that few badges have: segments, a sparkline, an icon that adapts, and
/// outlines if `faces` are given.
#[cold]
#[inline(never)]
fn with_parts<T>(
    badge: &ResolvedBadge,
    faces: Option<&AddedFaces>,
    drawing: &Drawing,
    draw: impl FnOnce(&Drawing) -> T,
) -> T {
    let style = badge.style.definition();
    let TextSettings { message_face: face, message_case: case, width, .. } = style.text;
    let (label, message) = (outlined(drawing.label.as_text(), faces), outlined(drawing.message.as_text(), faces));
    let segments = if style.joins_segments { &[] } else { badge.segments.as_slice() };
    let texts: Vec<_> = segments.iter().map(|segment| case.of(&segment.text)).collect();
    let segments = texts.iter().zip(segments).filter(|(text, _)| !text.is_empty()).map(|(text, segment)| {
        SegmentDrawing { text: outlined(MeasuredText::of_style(text, face, width), faces), color: &segment.color }
    });
    let segments: Vec<_> = segments.collect();
    let words = badge.spark.as_ref().map(|spark| cleaned(&spark.words));
    let spark = badge.spark.as_ref().zip(words.as_deref()).filter(|(spark, _)| !spark.points.is_empty());
    let spark = spark.map(|(spark, words)| SparkDrawing { points: spark.drawn(), words_xml: escaped(words) });
    let mut texts = [&label, &message].into_iter().chain(segments.iter().map(|segment| &segment.text));
    draw(&Drawing {
        has_outlines: texts.any(|text| text.line.is_some()),
        label: &label,
        message: &message,
        segments: &segments,
        spark: spark.as_ref(),
        icon_adapts: icon_adapts(badge),
        ..*drawing
    })
}

/// The text as outlines, if `faces` are given.
fn outlined<'t>(text: MeasuredText<'t>, faces: Option<&AddedFaces>) -> MeasuredText<'t> {
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
