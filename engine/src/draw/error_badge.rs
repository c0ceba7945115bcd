//! Error badges.

use badgesmith_provider::{Badge, BadgeRoute};
use badgesmith_renderer::{Logo, ResolvedBadge};

use super::{
    drawing::{Drawing, Look, draw_now},
    overrides::Overrides,
};
use crate::{
    answer::Answer,
    error::{Error, ErrorPicture},
    format::Format,
};

/// An error as a picture in this format.
///
/// # Errors
/// Why it cannot be drawn.
pub(crate) async fn draw(
    drawing: &Drawing,
    error: &Error,
    overrides: Overrides,
    format: Format,
    route: &BadgeRoute,
) -> Result<Answer, Error> {
    match error.picture {
        ErrorPicture::WordsAlone => words_alone(error, format),
        ErrorPicture::Whole => {
            let look = Look { names_style: false, ..Look::new(format, &overrides) };
            drawing.draw(resolve(error, overrides, route), look, error.caching()).await
        }
    }
}

/// Draws the error badge at once, on this thread: at scale 1, and with a blank in place of a logo that the caller sent.
pub(crate) fn draw_at_once(
    error: &Error,
    overrides: Overrides,
    format: Format,
    route: &BadgeRoute,
) -> Result<Answer, Error> {
    let badge = resolve(error, overrides, route);
    let badge = ResolvedBadge { logo: badge.logo.as_ref().map(Logo::blank), ..badge };
    draw_now(badge, format, error.caching())
}

/// A badge with the error's text only, without overrides.
pub(crate) fn words_alone(error: &Error, format: Format) -> Result<Answer, Error> {
    let badge = ResolvedBadge { color: error.color(), ..ResolvedBadge::new("", error.words.clone()) };
    draw_now(badge, format, error.caching())
}

fn resolve(error: &Error, overrides: Overrides, route: &BadgeRoute) -> ResolvedBadge {
    let color = Some(error.color().name().to_owned());
    let badge = Badge { message: error.words.clone().into_owned(), color, ..Badge::default() };
    match &error.label {
        Some(label) => {
            let route = BadgeRoute { label: label.to_string(), ..BadgeRoute::default() };
            overrides.resolve(&route, badge, true)
        }
        None => overrides.resolve(route, badge, true),
    }
}
