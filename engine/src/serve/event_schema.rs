//! `/events.schema.json`: the JSON Schema of the events that subscriptions receive.

use crate::{answer::Answer, caching::Caching, events::schema::SCHEMA};

/// How long it may be cached.
const CACHING: Caching = Caching::Fresh(300);

/// Answers with the schema.
pub(super) fn answer() -> Answer {
    Answer::json(200, SCHEMA, CACHING)
}
