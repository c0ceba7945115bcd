//! Query parameters that have a few possible values.

use badgesmith_provider::Call;

use crate::{failures::invalid_query, stop::Stop};

/// The value of a query parameter, which is one of `choices`; the first one is the default.
pub(crate) fn choice<'q>(call: &'q Call<'_>, name: &'static str, choices: &[&'q str]) -> Result<&'q str, Stop> {
    let default = choices.first().copied().unwrap_or_default();
    let value = call.query(name).unwrap_or(default);
    if choices.contains(&value) { Ok(value) } else { Err(invalid_query(name)) }
}

/// The value of a query parameter that must be present.
pub(crate) fn required<'q>(call: &'q Call<'_>, name: &'static str) -> Result<&'q str, Stop> {
    call.query(name).filter(|value| !value.is_empty()).ok_or_else(|| invalid_query(name))
}

/// The value of a query parameter or of the route's parameter of the same name, unless it is empty.
pub(crate) fn optional<'q>(call: &'q Call<'_>, name: &str) -> Option<&'q str> {
    call.query(name).or_else(|| call.params.get(name).map(String::as_str)).filter(|value| !value.is_empty())
}
