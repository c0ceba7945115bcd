//! How a value is shown on a badge: as which text, and in which colour.

pub(crate) mod color_scale;
pub(crate) mod value_format;
