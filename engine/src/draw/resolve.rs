//! Decides every field of a badge: the caller's overrides over the badge's content over the defaults of its address.

use badgesmith_provider::{Badge, BadgeRoute};
use badgesmith_renderer::{Color, Links, ResolvedBadge, Scale, Style, Theme};

use super::overrides::{Overrides, shortened};
use crate::badge_content::{BadgeContent, Extras};

impl Overrides {
    /// Adds the style and the logo of a document where the caller has no override for them.
    pub(crate) fn over(mut self, content: &BadgeContent) -> Self {
        let Some(Extras { style, logo, logo_color, logo_size, .. }) = content.extras.as_deref() else { return self };
        self.style = self.style.or(*style);
        if self.logo.is_none() && self.named_logo.is_none() {
            self.logo = logo.clone();
            self.logo_color = self.logo_color.or_else(|| logo_color.clone());
            self.logo_size = self.logo_size.or_else(|| logo_size.clone());
        }
        self
    }

    /// Resolves every field of the badge. An error badge ignores the overrides of its colours.
    pub(crate) fn resolve(self, route: &BadgeRoute, badge: Badge, is_error: bool) -> ResolvedBadge {
        let provided = badge.color.as_deref().and_then(Color::parse);
        let fallback = || route.color.as_deref().and_then(Color::parse).unwrap_or(Color::LIGHTGREY);
        let (color, label_color) = if is_error { (None, None) } else { (self.color, self.label_color) };
        let default_logo = || badge.named_logo.or_else(|| route.logo.clone());
        let label = self.label.or(badge.label).unwrap_or_else(|| route.label.clone());
        let mut resolved = ResolvedBadge::new(shortened(label), shortened(badge.message));
        resolved.color = color.or(provided).unwrap_or_else(fallback);
        resolved.label_color = label_color.or_else(|| badge.label_color.as_deref().and_then(Color::parse));
        resolved.style = self.style.unwrap_or(Style::Flat);
        resolved.is_error = is_error;
        resolved.named_logo = if self.logo.is_some() { None } else { self.named_logo.or_else(default_logo) };
        resolved.logo = self.logo;
        resolved.logo_color = self.logo_color;
        resolved.logo_size = self.logo_size;
        let mut links = self.links.into_iter();
        resolved.links = Links { left: links.next().flatten(), right: links.next().flatten() };
        resolved.outline = self.outline;
        resolved.contrast = self.contrast;
        resolved.theme = self.theme.unwrap_or(Theme::Fixed);
        resolved.segments = self.segments;
        resolved.scale = self.scale.unwrap_or(Scale::ONE);
        if self.is_classic {
            resolved.color = resolved.color.classic();
            resolved.label_color = resolved.label_color.map(|color| color.classic());
            resolved.segments.iter_mut().for_each(|segment| segment.color = segment.color.classic());
        }
        resolved
    }
}
