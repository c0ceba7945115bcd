//! A badge's named logo as an image, with the feature `icons`.

use crate::badge::ResolvedBadge;
#[cfg(feature = "icons")]
use crate::color::{Color, contrast};
#[cfg(feature = "icons")]
use crate::icon::Icon;

/// Whether `name` is the name of an icon. Without the feature `icons` there are none.
///
/// ```
/// assert_eq!(badgesmith_renderer::is_icon("github"), cfg!(feature = "icons"));
/// assert!(!badgesmith_renderer::is_icon("no such brand"));
/// ```
pub fn is_icon(name: &str) -> bool {
    #[cfg(feature = "icons")]
    return Icon::find(name).is_some();
    #[cfg(not(feature = "icons"))]
    return {
        let _ = name;
        false
    };
}

impl ResolvedBadge {
    /// The badge with the icon `named_logo` as its logo, in the colour `logo_color` and the width `logo_size`. A
    /// badge that has a logo keeps it, unknown names and colours are ignored, and the badge's JSON does not change.
    ///
    /// Decoding an icon takes longer than drawing the badge, so do not call this for JSON.
    ///
    /// ```
    /// use badgesmith_renderer::{ResolvedBadge, svg};
    ///
    /// let badge = ResolvedBadge { named_logo: Some("github".into()), ..ResolvedBadge::new("stars", "12") };
    /// assert!(!svg(&badge).contains("<image "));
    /// assert_eq!(svg(&badge.with_icon()).contains("<image "), cfg!(feature = "icons"));
    /// ```
    #[must_use]
    pub fn with_icon(self) -> Self {
        #[cfg(feature = "icons")]
        return with_icon(self);
        #[cfg(not(feature = "icons"))]
        return self;
    }
}

#[cfg(feature = "icons")]
fn with_icon(mut badge: ResolvedBadge) -> ResolvedBadge {
    if badge.logo.is_none()
        && let Some(icon) = badge.named_logo.as_deref().and_then(Icon::find)
    {
        let color = badge.logo_color.as_deref().and_then(Color::parse).or_else(|| readable_color(&badge, icon));
        let logo = match badge.logo_size.as_deref() {
            Some("auto") => icon.fitted_logo(color.as_ref(), badge.style),
            _ => icon.logo(color.as_ref(), badge.style),
        };
        badge.logo = Some(logo);
    }
    badge
}

/// With `contrast`: the brand's colour if its contrast with the background is sufficient, otherwise the text colour.
#[cfg(feature = "icons")]
fn readable_color(badge: &ResolvedBadge, icon: Icon) -> Option<Color> {
    if !badge.contrast {
        return None;
    }
    let style = badge.style.definition();
    // Without a label, the logo is on the message's background.
    let background = match &badge.label_color {
        _ if style.logo_is_on_light => Color::from_rgb([0xfc; 3]),
        Some(color) => color.clone(),
        None if badge.label.is_empty() => badge.color.clone(),
        None => Color::GREY,
    };
    let (background, text) = contrast::readable(background.rgb(), style.overlays);
    let is_visible = contrast::ratio(icon.color(), background) >= contrast::AA_GRAPHICS;
    Some(Color::from_rgb(if is_visible { icon.color() } else { text.rgb() }))
}
