//! Static badges, which are described by their address.

use badgesmith_provider::{Badge, BadgeRoute};
use badgesmith_renderer::Color;

use crate::{
    answer::{Answer, Lasting},
    caching::{Caching, STATIC_FRESH},
    draw::{drawing::Look, overrides::Overrides, static_path},
    error::Error,
    format::Format,
    parts::Parts,
    request::Incoming,
};

/// Answers a request whose path describes the badge.
pub(crate) async fn answer_path(parts: &Parts, incoming: &Incoming<'_>, content: &str) -> Result<Answer, Error> {
    let (label, message, color) = static_path::parse(content).ok_or_else(Error::no_route)?;
    let of_query = incoming.pairs.get("color").or_else(|| incoming.pairs.get("colorB")).map(str::to_owned);
    answer(parts, incoming, Badge { label: Some(label), color: of_query.or(Some(color)), ..Badge::new(message) }).await
}

/// Answers a request whose query describes the badge.
pub(crate) async fn answer_query(parts: &Parts, incoming: &Incoming<'_>) -> Result<Answer, Error> {
    let message = incoming.pairs.get("message").ok_or_else(Error::message_missing)?;
    answer(parts, incoming, Badge { label: Some(String::new()), ..Badge::new(message) }).await
}

async fn answer(parts: &Parts, incoming: &Incoming<'_>, badge: Badge) -> Result<Answer, Error> {
    let overrides = Overrides::read(&incoming.pairs, incoming.format)?;
    let is_known = badge.color.as_deref().is_none_or(|color| Color::parse(color).is_some());
    if incoming.format == Format::Json && !is_known {
        return Err(Error::invalid_override("color"));
    }
    let caching = Caching::Fresh(STATIC_FRESH).at_least(overrides.cache_seconds);
    let look = Look::new(incoming.format, &overrides);
    let drawn = parts.drawing.draw(overrides.resolve(&BadgeRoute::default(), badge, false), look, caching).await?;
    Ok(drawn.lasting(Lasting::Always, caching))
}
