//! `contrast=aa`: a badge's colours adjusted so that its texts are readable.

use std::borrow::Cow;

use crate::badge::ResolvedBadge;
use crate::segment::BadgeSegment;

/// The badge with readable colours if [`ResolvedBadge::contrast`] is set, otherwise unchanged.
pub(crate) fn readable_badge(badge: &ResolvedBadge) -> Cow<'_, ResolvedBadge> {
    if !badge.contrast {
        return Cow::Borrowed(badge);
    }
    let overlays = badge.style.definition().overlays;
    // The default grey of a label is dark enough under every overlay.
    let label_color = badge.label_color.as_ref().map(|color| color.readable(overlays));
    let readable =
        |segment: &BadgeSegment| BadgeSegment { text: segment.text.clone(), color: segment.color.readable(overlays) };
    let segments = badge.segments.iter().map(readable).collect();
    Cow::Owned(ResolvedBadge { segments, color: badge.color.readable(overlays), label_color, ..badge.clone() })
}
