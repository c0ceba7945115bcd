//! How one badge is made: the request, where the value is in its answer, and how the value is shown.

use std::collections::BTreeMap;

use badgesmith_provider::{Badge, Call, Failure, Step};
use serde_json::Value;

use super::{
    pointer::{Lookup, Pointer},
    request_template::RequestTemplate,
    status_words::{ErrorStatus, FailureWords},
};
use crate::value::{color_scale::ColorRule, value_format::ValueFormat};

/// How one badge is made.
#[derive(Debug)]
pub(super) struct BadgeRecipe {
    pub(super) request: RequestTemplate,
    /// The query parameters that the badge reads, with their defaults.
    pub(super) query: BTreeMap<String, String>,
    /// Where the value may be. The first pointer that leads to a value counts.
    pub(super) values: Vec<Pointer>,
    pub(super) format: ValueFormat,
    pub(super) prefix: String,
    pub(super) suffix: String,
    pub(super) color: ColorRule,
    pub(super) statuses: BTreeMap<ErrorStatus, FailureWords>,
    /// The failure when a list on the way to the value is empty.
    pub(super) empty: Option<FailureWords>,
}

impl BadgeRecipe {
    /// Asks the upstream, and makes the badge of its answer.
    pub(super) fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let parameter = |name: &str| self.parameter(call, name);
        let answer = call.fetch(self.request.fill(call, parameter))?;
        if let Some(words) = self.statuses.get(&ErrorStatus(answer.status)) {
            return Err(words.failure(answer.status).into());
        }
        let value = self.find(answer.success()?, parameter)?;
        let shown = self.format.show(&value).ok_or_else(Failure::invalid_response)?;
        let mut badge = Badge::new(format!("{}{}{}", self.prefix, shown.text, self.suffix));
        badge.color = self.color.color(&shown).map(str::to_owned);
        Ok(badge)
    }

    /// What replaces `{name}`: a parameter of the query with its default, or one of the route.
    fn parameter<'a>(&'a self, call: &'a Call, name: &str) -> &'a str {
        let Some(default) = self.query.get(name) else { return call.param(name) };
        call.query(name).filter(|text| !text.is_empty()).unwrap_or(default)
    }

    fn find<'a>(&self, body: &[u8], parameter: impl Fn(&str) -> &'a str) -> Result<Value, Failure> {
        let mut is_empty = false;
        for pointer in &self.values {
            match pointer.find(body, &parameter)? {
                Lookup::Value(value) => return Ok(value),
                Lookup::EmptyList => is_empty = true,
                Lookup::Nothing => {}
            }
        }
        match &self.empty {
            Some(words) if is_empty => Err(words.failure(404)),
            _ => Err(Failure::invalid_response()),
        }
    }
}
