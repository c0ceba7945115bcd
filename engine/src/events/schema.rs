//! The JSON Schema of an event.

/// The JSON Schema of an [`Event`](super::Event), which `/events.schema.json` serves.
pub const SCHEMA: &str = include_str!("schema.json");
