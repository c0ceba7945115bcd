//! How a value is shown on a badge: as which text, and in which colour.

pub(crate) mod format;
pub(crate) mod paint;
