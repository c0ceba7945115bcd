//! From the content of a badge to its picture: [`overrides`] are the query parameters that all badges take, [`resolve`]
//! decides every field, [`drawing`] draws, on [`threads`] if that takes long, and [`error_badge`] draws errors.
//! [`trend_overrides`] are the query parameters of badges with a history. [`chart_drawing`] draws charts, and
//! [`chart_cache`] caches them.

pub(crate) mod chart_cache;
pub(crate) mod chart_drawing;
pub(crate) mod drawing;
pub(crate) mod error_badge;
pub(crate) mod overrides;
pub(crate) mod resolve;
pub(crate) mod static_path;
pub(crate) mod threads;
pub(crate) mod trend_overrides;
