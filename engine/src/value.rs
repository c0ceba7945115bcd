//! How dynamic badges and declarative providers show a value: its text and its color.

pub(crate) mod color_scale;
pub(crate) mod value_format;
