//! Badges and errors in the form that was asked for.

use std::sync::Arc;

use badgesmith_provider::{Badge, BadgeRoute};
use badgesmith_renderer::{Color, ResolvedBadge, Scale};
use bytes::Bytes;
use http::Method;

use crate::{
    ERROR_FRESH, STATIC_FRESH,
    cache::{Bounded, Weight},
    coalesce::Overrides,
    error::Error,
    request::{Pairs, Request},
    response::{Caching, Draft, Format, Response},
};

/// Pictures that take longer to draw than to find: those with an icon to decode or pixels to paint.
pub(crate) type Pictures = Bounded<Bytes>;

impl Weight for Bytes {
    fn weight(&self) -> usize {
        self.len()
    }
}

/// What decides how a resolved badge goes out.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    format: Format,
    names_style: bool,
    scale: Scale,
}

impl Look {
    pub(crate) fn new(format: Format, overrides: &Overrides) -> Self {
        Self { format, names_style: overrides.names_style(), scale: overrides.scale.unwrap_or(Scale::ONE) }
    }
}

/// A badge that says what its address says.
pub(crate) fn static_badge(
    pictures: &Pictures,
    request: &Request,
    pairs: &Pairs,
    format: Format,
    label: String,
    message: String,
    color: Option<String>,
) -> Response {
    let overrides = match Overrides::read(pairs, format) {
        Ok(overrides) => overrides,
        Err(error) => return refuse(&error, request),
    };
    let is_known = color.as_deref().is_none_or(|color| Color::parse(color).is_some());
    if format == Format::Json && !is_known {
        return refuse(&Error::invalid_override("color"), request);
    }
    let caching = Caching::Fresh(STATIC_FRESH).at_least(overrides.cache_seconds);
    let badge = Badge { label: Some(label), message, color, ..Badge::default() };
    let look = Look::new(format, &overrides);
    match draw(pictures, &overrides.resolve(None, badge, false), look, caching) {
        Ok(drawn) => drawn.respond(request),
        Err(error) => refuse(&error, request),
    }
}

/// The badge in its form. Only a PNG can fail, of words that are too long for one.
pub(crate) fn draw(pictures: &Pictures, badge: &ResolvedBadge, look: Look, caching: Caching) -> Result<Draft, Error> {
    let Look { format, names_style, scale } = look;
    let body = match format {
        Format::Json => badgesmith_renderer::json(badge, names_style).into(),
        Format::Svg if badge.named_logo.is_none() => badgesmith_renderer::svg(badge).into(),
        Format::Svg => remembered(pictures, badge, look, |badge| Ok(badgesmith_renderer::svg(badge).into()))?,
        Format::Png => remembered(pictures, badge, look, |badge| {
            let drawn = badgesmith_renderer::png(badge, scale);
            Ok(drawn.map_err(|_| Error::too_large(400, "picture"))?.into())
        })?,
    };
    Ok(Draft::badge(format, body, caching))
}

/// A picture that was drawn before, or is drawn now with its icon.
fn remembered(
    pictures: &Pictures,
    badge: &ResolvedBadge,
    look: Look,
    draw: impl FnOnce(&ResolvedBadge) -> Result<Bytes, Error>,
) -> Result<Bytes, Error> {
    let key = format!("{:?} {:?} {badge:?}", look.format, look.scale);
    if let Some(picture) = pictures.get(&key) {
        return Ok(Bytes::clone(&picture));
    }
    let picture = draw(&badge.clone().with_icon())?;
    pictures.put(&key, Arc::new(picture.clone()));
    Ok(picture)
}

/// An error as a badge of its own words, or as JSON.
pub(crate) fn draw_error(
    pictures: &Pictures,
    error: &Error,
    request: &Request,
    pairs: &Pairs,
    format: Format,
    label: &str,
) -> Response {
    let overrides = match Overrides::read(pairs, format) {
        Ok(overrides) => overrides,
        Err(error) => return refuse(&error, request),
    };
    let route = BadgeRoute { label: label.to_owned(), ..BadgeRoute::default() };
    error_response(pictures, error, request, overrides, format, Some(&route), Caching::Fresh(ERROR_FRESH))
}

/// An error in the form that was asked for, after the overrides were read.
pub(crate) fn error_response(
    pictures: &Pictures,
    error: &Error,
    request: &Request,
    overrides: Overrides,
    format: Format,
    route: Option<&BadgeRoute>,
    caching: Caching,
) -> Response {
    let mut response = if format == Format::Json {
        Draft::error(error, request, caching).respond(request)
    } else {
        let color = Some(error.color().name().to_owned());
        let badge = Badge { message: error.words.clone().into_owned(), color, ..Badge::default() };
        let look = Look { names_style: false, ..Look::new(format, &overrides) };
        match draw(pictures, &overrides.resolve(route, badge, true), look, caching) {
            Ok(drawn) => drawn.respond(request),
            Err(error) => return refuse(&error, request),
        }
    };
    response.line.code = error.code.clone();
    response.line.fault = error.source.name();
    response
}

/// An error as JSON, where no picture was asked for or none can be drawn.
pub(crate) fn refuse(error: &Error, request: &Request) -> Response {
    let is_post = request.method == Method::POST;
    let caching = if is_post { Caching::NoStore } else { Caching::Fresh(ERROR_FRESH) };
    let mut response = Draft::error(error, request, caching).respond(request);
    response.line.code = error.code.clone();
    response.line.fault = error.source.name();
    response
}
