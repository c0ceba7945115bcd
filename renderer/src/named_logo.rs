//! From a badge's named logo to its picture, where icons are compiled in.

use crate::ResolvedBadge;
#[cfg(feature = "icons")]
use crate::color::contrast::{self, AA_GRAPHICS};
#[cfg(feature = "icons")]
use crate::readable::veils;
#[cfg(feature = "icons")]
use crate::{Color, Icon, Style};

/// Whether `name` is the name of an icon. Without the feature `icons` none is.
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
    /// The badge with the icon that `named_logo` means as its logo, in `logo_color` and as wide as `logo_size` says, so that it is
    /// drawn. A logo that is there stays, an unknown name or colour is passed over, and the badge's JSON is the same as before.
    ///
    /// Decoding an icon takes longer than drawing the badge, so what only becomes JSON should go without.
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
        return iconed(self);
        #[cfg(not(feature = "icons"))]
        return self;
    }
}

#[cfg(feature = "icons")]
fn iconed(mut badge: ResolvedBadge) -> ResolvedBadge {
    if badge.logo.is_none()
        && let Some(icon) = badge.named_logo.as_deref().and_then(Icon::find)
    {
        let color = badge.logo_color.as_deref().and_then(Color::parse).or_else(|| readable(&badge, icon));
        let logo = match badge.logo_size.as_deref() {
            Some("auto") => icon.fitted_logo(color.as_ref(), badge.style),
            _ => icon.logo(color.as_ref(), badge.style),
        };
        badge.logo = Some(logo);
    }
    badge
}

/// With `contrast`, the brand's colour where it stands out from what is behind the icon, or else that of the words there.
#[cfg(feature = "icons")]
fn readable(badge: &ResolvedBadge, icon: Icon) -> Option<Color> {
    if !badge.contrast {
        return None;
    }
    // Without a label of any kind, logo and message share the message's background.
    let behind = match &badge.label_color {
        _ if badge.style == Style::Social => Color::from_rgb([0xfc; 3]),
        Some(color) => color.clone(),
        None if badge.label.is_empty() => badge.color.clone(),
        None => Color::GREY,
    };
    let (behind, ink) = contrast::readable(behind.rgb(), veils(badge.style));
    let stands_out = contrast::ratio(icon.color(), behind) >= AA_GRAPHICS;
    Some(Color::from_rgb(if stands_out { icon.color() } else { ink.rgb() }))
}
