//! Badges and errors in the form that was asked for.

mod apart;

use std::sync::Arc;

use badgesmith_provider::{Badge, BadgeRoute};
use badgesmith_renderer::{Color, Logo, ResolvedBadge, Scale};
use bytes::Bytes;
use http::Method;

pub(crate) use self::apart::Drawers;
use self::apart::Undrawn;
use crate::{
    ERROR_FRESH, Inner, STATIC_FRESH,
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

/// How many letters are drawn at once on the thread that serves, at twice the size a quarter as many: about a
/// millisecond's work.
const LETTERS_AT_ONCE: usize = 256;

/// Where a badge is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    /// On the thread that serves: drawing it takes little longer than handing it to another thread.
    Small,
    /// On a thread of its own, since it takes milliseconds.
    Large,
    /// On a thread of its own, since a caller's logo has to be parsed.
    CallersLogo,
}

impl Effort {
    fn of(badge: &ResolvedBadge, Look { format, scale, .. }: Look) -> Self {
        let has_pixels = format == Format::Png;
        if has_pixels && badge.logo.is_some() {
            return Self::CallersLogo;
        }
        let letters = badge.label.len() + badge.message.len();
        let letters = letters + badge.segments.iter().map(|segment| segment.text.len()).sum::<usize>();
        let size = if has_pixels { usize::from(scale.factor()).pow(2) } else { 1 };
        let is_large = letters * size > LETTERS_AT_ONCE || badge.named_logo.is_some();
        if (has_pixels && is_large) || (format == Format::Svg && badge.outline && letters > LETTERS_AT_ONCE) {
            Self::Large
        } else {
            Self::Small
        }
    }
}

/// A badge that says what its address says.
pub(crate) async fn static_badge(
    inner: &Inner,
    request: &Request,
    pairs: &Pairs<'_>,
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
    match draw(inner, overrides.resolve(None, badge, false), look, caching).await {
        Ok(drawn) => drawn.respond(request),
        Err(error) => refuse_picture(&error, request, format),
    }
}

/// The badge in its form. Where too many large pictures are asked for at once, none is drawn; a caller's logo that cannot
/// be drawn in time is left out, and the picture without it is kept for as long as an error's.
pub(crate) async fn draw(
    inner: &Inner,
    mut badge: ResolvedBadge,
    look: Look,
    caching: Caching,
) -> Result<Draft, Error> {
    let Look { format, names_style, scale } = look;
    if format == Format::Json {
        return Ok(Draft::badge(format, badgesmith_renderer::json(&badge, names_style), caching));
    }
    let effort = Effort::of(&badge, look);
    if format == Format::Svg && badge.named_logo.is_none() && effort == Effort::Small {
        return Ok(Draft::badge(format, badgesmith_renderer::svg(&badge), caching));
    }
    let key = key(&mut badge, look);
    if let Some(picture) = inner.pictures.get(&key) {
        return Ok(Draft::badge(format, Bytes::clone(&picture), caching));
    }
    let turns = match effort {
        Effort::Small => {
            let picture = picture(badge, format, scale)?;
            inner.pictures.put(&key, Arc::new(picture.clone()));
            return Ok(Draft::badge(format, picture, caching));
        }
        Effort::Large => &inner.drawers.large,
        Effort::CallersLogo => &inner.drawers.callers_logos,
    };
    let without_logo = (effort == Effort::CallersLogo)
        .then(|| ResolvedBadge { logo: badge.logo.as_ref().map(Logo::blank), ..badge.clone() });
    let drawing = turns.draw(&*inner.world.executor, move || picture(badge, format, scale));
    match (Box::pin(drawing).await, without_logo) {
        (Ok(picture), _) => {
            let picture = picture?;
            inner.pictures.put(&key, Arc::new(picture.clone()));
            Ok(Draft::badge(format, picture, caching))
        }
        (Err(_), Some(badge)) => {
            let drawing = inner.drawers.large.draw(&*inner.world.executor, move || picture(badge, format, scale));
            match Box::pin(drawing).await {
                Ok(picture) => Ok(Draft::badge(format, picture?, Caching::Fresh(ERROR_FRESH))),
                Err(undrawn) => Err(undrawn.into()),
            }
        }
        (Err(undrawn), None) => Err(undrawn.into()),
    }
}

impl From<Undrawn> for Error {
    fn from(undrawn: Undrawn) -> Self {
        match undrawn {
            Undrawn::Busy | Undrawn::Late => Self::too_busy(),
            Undrawn::Broken => Self::broken(),
        }
    }
}

/// What makes a picture the same. A caller's logo stands at its end as it is: written as a text in quotes, which takes
/// every letter by itself, it would hold up the thread that serves.
fn key(badge: &mut ResolvedBadge, look: Look) -> String {
    let logo = badge.logo.take();
    let mut key = format!("{:?} {:?} {badge:?}", look.format, look.scale);
    if let Some(logo) = &logo {
        key.push_str(logo.uri());
    }
    badge.logo = logo;
    key
}

/// A picture, drawn now with its icon.
fn picture(badge: ResolvedBadge, format: Format, scale: Scale) -> Result<Bytes, Error> {
    let badge = badge.with_icon();
    Ok(match format {
        Format::Png => badgesmith_renderer::png(&badge, scale).map_err(|_| Error::broken())?.into(),
        Format::Svg | Format::Json => badgesmith_renderer::svg(&badge).into(),
    })
}

/// An error as a badge of its own words, or as JSON.
pub(crate) async fn draw_error(
    inner: &Inner,
    error: &Error,
    request: &Request,
    pairs: &Pairs<'_>,
    format: Format,
    label: &str,
) -> Response {
    let overrides = match Overrides::read(pairs, format) {
        Ok(overrides) => overrides,
        Err(error) => return refuse(&error, request),
    };
    let route = BadgeRoute { label: label.to_owned(), ..BadgeRoute::default() };
    error_response(inner, error, request, overrides, format, Some(&route), Caching::Fresh(ERROR_FRESH)).await
}

/// An error in the form that was asked for, after the overrides were read.
pub(crate) async fn error_response(
    inner: &Inner,
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
        let (badge, look) = error_badge(error, overrides, format, route);
        match draw(inner, badge, look, caching).await {
            Ok(drawn) => drawn.respond(request),
            Err(error) => return refuse_picture(&error, request, format),
        }
    };
    response.line.code = error.code.clone();
    response.line.fault = error.source.name();
    response
}

/// An error as a badge of its own words, or as JSON, for whoever cannot wait: without a logo that a caller sent, and at
/// its own size.
pub(crate) fn error_at_once(error: &Error, request: &Request, pairs: &Pairs, format: Format, label: &str) -> Response {
    let overrides = match Overrides::read(pairs, format) {
        Ok(overrides) if format != Format::Json => overrides,
        _ => return refuse(error, request),
    };
    let route = BadgeRoute { label: label.to_owned(), ..BadgeRoute::default() };
    let (badge, _) = error_badge(error, overrides, format, Some(&route));
    small_picture(error, request, ResolvedBadge { logo: badge.logo.as_ref().map(Logo::blank), ..badge }, format)
}

/// An error as a badge of its own words and nothing else, or as JSON, where what was asked for cannot be drawn.
pub(crate) fn refuse_picture(error: &Error, request: &Request, format: Format) -> Response {
    if format == Format::Json {
        return refuse(error, request);
    }
    let badge = ResolvedBadge { color: error.color(), ..ResolvedBadge::new("", error.words.clone()) };
    small_picture(error, request, badge, format)
}

/// Draws an error's badge on this thread, at its own size.
fn small_picture(error: &Error, request: &Request, badge: ResolvedBadge, format: Format) -> Response {
    let Ok(body) = picture(badge, format, Scale::ONE) else { return refuse(error, request) };
    let mut response = Draft::badge(format, body, Caching::Fresh(ERROR_FRESH)).respond(request);
    response.line.code = error.code.clone();
    response.line.fault = error.source.name();
    response
}

fn error_badge(
    error: &Error,
    overrides: Overrides,
    format: Format,
    route: Option<&BadgeRoute>,
) -> (ResolvedBadge, Look) {
    let color = Some(error.color().name().to_owned());
    let badge = Badge { message: error.words.clone().into_owned(), color, ..Badge::default() };
    let look = Look { names_style: false, ..Look::new(format, &overrides) };
    (overrides.resolve(route, badge, true), look)
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
