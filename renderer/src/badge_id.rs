//! The suffix of the ids in a badge's SVG.

use crate::id::{ContentHash, IdSuffix};
use crate::{badge::ResolvedBadge, scale::Scale, theme::Theme};

/// The same badge has the same suffix on every machine and in every release, which keeps its ETag.
pub(crate) fn suffix(badge: &ResolvedBadge) -> IdSuffix {
    let mut hash = ContentHash::default();
    hash.add(badge.style.name());
    hash.add(&badge.label);
    hash.add(&badge.message);
    hash.add(badge.color.svg());
    for part in [
        badge.label_color.as_ref().map(|color| color.svg()),
        badge.logo.as_ref().map(|logo| logo.uri()),
        badge.links.left.as_ref().map(|link| link.as_str()),
        badge.links.right.as_ref().map(|link| link.as_str()),
    ] {
        match part {
            Some(part) => hash.add(part),
            None => hash.add_nothing(),
        }
    }
    if badge.outline {
        hash.add("outline");
    }
    for segment in &badge.segments {
        hash.add(&segment.text);
        hash.add(segment.color.svg());
    }
    if let Some(spark) = badge.spark.as_ref().filter(|spark| !spark.points.is_empty()) {
        hash.add(&spark.words);
        for point in spark.drawn() {
            hash.mix(u64::from(point.height()) << 2 | point.mark() as u64);
        }
    }
    if badge.theme == Theme::Auto {
        hash.add("auto");
    }
    if badge.scale != Scale::ONE {
        hash.mix(u64::from(badge.scale.factor()));
    }
    IdSuffix::finished(hash)
}
