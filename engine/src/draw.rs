//! From the content of a badge to its picture: [`overrides`] are the query parameters that all badges take, [`resolve`]
//! decides every field, [`drawing`] draws, on [`threads`] if that takes long, and [`error_badge`] draws errors.

pub(crate) mod drawing;
pub(crate) mod error_badge;
pub(crate) mod overrides;
pub(crate) mod resolve;
pub(crate) mod static_path;
pub(crate) mod threads;
