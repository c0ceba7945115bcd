//! A TOML file that behaves as a provider: one GET, one value out of its answer, one fixed format.
//!
//! `providers/declarative/README.md` describes the file. It is read once, into types that cannot be wrong; after that a
//! badge fails only for what its caller or its upstream did.

mod braces;
mod file;
mod file_error;
mod pointer;
mod request_template;
mod status_words;

use std::collections::BTreeMap;

use badgesmith_provider::{Badge, Call, Failure, Manifest, Provider, Step};
use serde_json::Value;

use self::{
    file::File,
    pointer::{Found, Pointer},
    request_template::Get,
    status_words::{Status, Words},
};
use crate::value::{color_scale::Paint, value_format::Format};

/// A declarative provider.
#[derive(Debug)]
pub(crate) struct Declarative(BTreeMap<String, Recipe>);

/// How one badge is made.
#[derive(Debug)]
struct Recipe {
    get: Get,
    /// The query parameters it reads, and what holds where the caller gives none.
    query: BTreeMap<String, String>,
    /// Where the value may be, the first that is there counts.
    values: Vec<Pointer>,
    format: Format,
    prefix: String,
    suffix: String,
    paint: Paint,
    statuses: BTreeMap<Status, Words>,
    /// What it means that there is nothing in a list the value would be in.
    empty: Option<Words>,
}

impl Declarative {
    /// Reads a declarative provider and the manifest that is a part of it.
    ///
    /// # Errors
    /// The first line that is wrong, and what to write there.
    pub(crate) fn parse(text: &str) -> Result<(Manifest, Self), String> {
        let read = || {
            let file: File = toml::from_str(text)?;
            let manifest = file.manifest()?;
            Ok((manifest, Self(file.recipes()?)))
        };
        read().map_err(|fault: file_error::Fault| fault.shown(text))
    }
}

impl Provider for Declarative {
    fn badge(&self, call: &Call) -> Result<Badge, Step> {
        let Some(recipe) = self.0.get(&call.name) else {
            return Err(Failure::not_found("BADGE_NOT_FOUND", "badge not found").into());
        };
        recipe.make(call)
    }
}

impl Recipe {
    fn make(&self, call: &Call) -> Result<Badge, Step> {
        let part = |name: &str| self.part(call, name);
        let answer = call.fetch(self.get.request(call, part))?;
        if let Some(words) = self.statuses.get(&Status(answer.status)) {
            return Err(words.failure(answer.status).into());
        }
        let value = self.find(answer.success()?, part)?;
        let shown = self.format.show(&value).ok_or_else(Failure::invalid_response)?;
        let mut badge = Badge::new(format!("{}{}{}", self.prefix, shown.text, self.suffix));
        badge.color = self.paint.color(&shown).map(str::to_owned);
        Ok(badge)
    }

    /// What stands in the place of a name: a parameter of the route, or one of the query.
    fn part<'a>(&'a self, call: &'a Call, name: &str) -> &'a str {
        let Some(default) = self.query.get(name) else { return call.param(name) };
        call.query(name).filter(|text| !text.is_empty()).unwrap_or(default)
    }

    fn find<'a>(&self, body: &[u8], part: impl Fn(&str) -> &'a str) -> Result<Value, Failure> {
        let mut is_empty = false;
        for pointer in &self.values {
            match pointer.find(body, &part)? {
                Found::Value(value) => return Ok(value),
                Found::EmptyList => is_empty = true,
                Found::Nothing => {}
            }
        }
        match &self.empty {
            Some(words) if is_empty => Err(words.failure(404)),
            _ => Err(Failure::invalid_response()),
        }
    }
}
