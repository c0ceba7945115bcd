//! The recipe of one badge: its requests, and the values from their answers that it shows.

use std::collections::BTreeMap;

use badgesmith_provider::{Answer, Badge, Call, Failure, Step};
use serde_json::Value;

use super::{
    braces::TextTemplate,
    parameters::Parameters,
    request_recipe::RequestRecipe,
    status_words::ErrorStatus,
    value_recipe::{ShownPart, ValueRecipe},
};
use crate::plugins::private_name::{PRIVATE_FLAGS, VISIBILITY};

/// How one badge is made.
#[derive(Debug)]
pub(super) struct BadgeRecipe {
    /// All of them are sent at once.
    pub(super) requests: Vec<RequestRecipe>,
    /// The query parameters that the badge reads, with their defaults.
    pub(super) query: BTreeMap<String, String>,
    /// At least one.
    pub(super) values: Vec<NamedValue>,
    /// The message that combines several values; without it there is one value.
    pub(super) message: Option<TextTemplate>,
}

/// A value, and its name in the message.
#[derive(Debug)]
pub(super) struct NamedValue {
    pub(super) name: String,
    pub(super) recipe: ValueRecipe,
}

impl BadgeRecipe {
    /// Sends the requests, and makes the badge from their answers.
    pub(super) fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let parameters = Parameters { call, defaults: &self.query };
        let requests = self.requests.iter().map(|request| request.fill(parameters));
        let answers = call.fetch_all(requests.collect::<Result<Vec<_>, _>>()?)?;
        let mut bodies = Vec::new();
        for (request, answer) in self.requests.iter().zip(answers) {
            bodies.push(success(request, answer)?);
        }
        self.check_visibility(answers, parameters)?;
        let mut parts = BTreeMap::new();
        for NamedValue { name, recipe } in &self.values {
            let body = bodies.get(recipe.request).copied().unwrap_or_default();
            parts.insert(name.as_str(), recipe.show(body, parameters)?);
        }
        self.composed(&parts).ok_or_else(|| Failure::invalid_response().into())
    }

    /// For requests that were sent with a secret: sends the requests of `visibility` too, and checks that their answers
    /// say whether the resource is private. The host turns the answer about a private resource into a 404. If an answer
    /// says nothing about visibility, the badge fails.
    fn check_visibility(&self, answers: &[Answer<'_>], parameters: Parameters<'_>) -> Result<(), Step> {
        let asked = self.requests.iter().zip(answers).filter(|(_, answer)| answer.is_authenticated());
        let asked = asked.filter_map(|(request, _)| Some((request, request.fill_visibility(parameters)?)));
        let (recipes, requests): (Vec<_>, Vec<_>) = asked.unzip();
        if recipes.is_empty() {
            return Ok(());
        }
        let answers = parameters.call.fetch_all(requests.into_iter().collect::<Result<Vec<_>, _>>()?)?;
        for (recipe, answer) in recipes.into_iter().zip(answers) {
            if !says_visibility(success(recipe, answer)?) {
                let reason = "the answer to visibility does not say whether it is private";
                return Err(Failure::invalid_response().because(reason).into());
            }
        }
        Ok(())
    }

    /// The badge of the values by their names.
    fn composed(&self, parts: &BTreeMap<&str, ShownPart>) -> Option<Badge> {
        let (message, color) = match &self.message {
            None => {
                let part = parts.values().next()?;
                (part.text.clone(), part.color.clone())
            }
            Some(message) => {
                let first = message.names().next().and_then(|first| parts.get(first));
                if let Some(ShownPart { text, color, is_absent: true }) = first {
                    return Some(Badge { color: color.clone(), ..Badge::new(text.clone()) });
                }
                let text = message.fill(|name| parts.get(name).map_or("", |part| part.text.as_str()));
                (text, first.and_then(|part| part.color.clone()))
            }
        };
        Some(Badge { color, ..Badge::new(message) })
    }
}

/// Whether an answer is a JSON object that says whether it is private.
fn says_visibility(body: &[u8]) -> bool {
    let Ok(Value::Object(answer)) = serde_json::from_slice(body) else { return false };
    answer.keys().any(|member| member == VISIBILITY || PRIVATE_FLAGS.contains(&member.as_str()))
}

/// The body of an answer, or a failure with the file's words for its status.
fn success<'b>(request: &RequestRecipe, answer: &Answer<'b>) -> Result<&'b [u8], Failure> {
    match request.statuses.get(&ErrorStatus(answer.status)) {
        Some(words) => Err(words.failure(answer.status)),
        None => answer.success(),
    }
}
