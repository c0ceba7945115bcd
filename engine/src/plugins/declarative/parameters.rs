//! The parameters that replace `{name}` in the texts of a badge.

use std::collections::BTreeMap;

use badgesmith_provider::Call;

/// The parameters of one call, with the defaults of those that the caller may leave out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameters<'c> {
    pub(super) call: &'c Call<'c>,
    pub(super) defaults: &'c BTreeMap<String, String>,
}

impl<'c> Parameters<'c> {
    /// A parameter of the route, or one of the query, or else its default; empty if it has none.
    pub(super) fn get(self, name: &str) -> &'c str {
        self.given(name).or_else(|| self.defaults.get(name).map(String::as_str)).unwrap_or_default()
    }

    /// A parameter that the address has, unless it is empty.
    pub(super) fn given(self, name: &str) -> Option<&'c str> {
        let given = self.call.params.get(name).map(String::as_str).or_else(|| self.call.query(name));
        given.filter(|text| !text.is_empty())
    }

    /// Whether a parameter is switched on: given, perhaps without a value, and neither `false` nor `0`.
    pub(super) fn is_on(self, name: &str) -> bool {
        let given = self.call.params.get(name).map(String::as_str).or_else(|| self.call.query(name));
        match given {
            Some(value) => !value.eq_ignore_ascii_case("false") && value != "0",
            None => !matches!(self.get(name), "" | "false" | "0"),
        }
    }
}
