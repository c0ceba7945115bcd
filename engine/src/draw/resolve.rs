//! Decides every field of a badge. The caller's overrides take precedence over the badge's content, which takes
//! precedence over the defaults of its address.

use badgesmith_provider::{Badge, BadgeRoute};
use badgesmith_renderer::{Color, Links, ResolvedBadge, Scale, Style, Theme};

use super::overrides::{Overrides, shortened};
use crate::badge_content::{BadgeContent, Extras};

impl Overrides {
    /// Adds the style and the logo of a document, if the caller does not override them.
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

    /// Adds the style of the route's badge, if the caller names none. It is for error badges, which have no style of
    /// their own.
    pub(crate) fn over_style_of(mut self, route: &BadgeRoute) -> Self {
        self.style = self.style.or_else(|| style_of(route));
        self
    }

    /// Resolves every field of the badge. An error badge ignores the overrides of its colours.
    pub(crate) fn resolve(self, route: &BadgeRoute, badge: Badge, is_error: bool) -> ResolvedBadge {
        let provided = badge.color.as_deref().and_then(Color::parse);
        let fallback = || route.color.as_deref().and_then(Color::parse).unwrap_or(Color::LIGHTGREY);
        let (color, label_color) = if is_error { (None, None) } else { (self.color, self.label_color) };
        let style = self.style.unwrap_or(Style::Flat);
        // As in shields, a logo that belongs to the route's style is not drawn in another style.
        let has_logo = style_of(route).is_none_or(|own| own == style);
        let default_logo = || badge.named_logo.or_else(|| route.logo.clone().filter(|_| has_logo));
        let label = self.label.or(badge.label).unwrap_or_else(|| route.label.clone());
        let mut resolved = ResolvedBadge::new(shortened(label), shortened(badge.message));
        resolved.color = color.or(provided).unwrap_or_else(fallback);
        resolved.label_color = label_color.or_else(|| badge.label_color.as_deref().and_then(Color::parse));
        resolved.style = style;
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
        resolved.spark = self.spark;
        resolved.scale = self.scale.unwrap_or(Scale::ONE);
        if self.is_classic {
            resolved.color = resolved.color.classic();
            resolved.label_color = resolved.label_color.map(|color| color.classic());
            resolved.segments.iter_mut().for_each(|segment| segment.color = segment.color.classic());
        }
        resolved
    }
}

/// The style that a route sets for its badge.
fn style_of(route: &BadgeRoute) -> Option<Style> {
    route.style.as_deref().and_then(Style::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logo_of_a_badge_with_a_style_of_its_own_is_drawn_in_that_style_alone() {
        let text = |text: &str| Some(text.to_owned());
        let route = BadgeRoute { style: text("social"), logo: text("github"), ..BadgeRoute::default() };
        let resolve = |style: Option<Style>, route: &BadgeRoute| {
            let mut overrides = Overrides::default();
            overrides.style = style;
            let resolved = overrides.over_style_of(route).resolve(route, Badge::new("12k"), false);
            (resolved.style, resolved.named_logo)
        };
        assert_eq!(resolve(None, &route), (Style::Social, text("github")));
        assert_eq!(resolve(Some(Style::FlatSquare), &route), (Style::FlatSquare, None));
        assert_eq!(resolve(None, &BadgeRoute { style: None, ..route.clone() }), (Style::Flat, text("github")));
        assert_eq!(Overrides::default().resolve(&route, Badge::new("repo not found"), true).style, Style::Flat);
    }
}
