//! A regex that extracts the value of a badge from a text.

use std::{error::Error, fmt};

use badgesmith_queries::{Pattern, QueryError};
use serde_json::Value;

use super::lookup::Lookup;

/// A regex, whose flags and replacement are those of dynamic badges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RegexTemplate {
    search: String,
    flags: String,
    replace: Option<String>,
}

/// Why a text is not a regex, with what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RegexError(String, QueryError);

impl RegexTemplate {
    /// Reads a regex. Without a replacement, the result is its first group, or the whole match if it has no groups.
    pub(super) fn parse(search: String, flags: String, replace: Option<String>) -> Result<Self, RegexError> {
        match Pattern::read(&search, &flags) {
            Ok(pattern) => {
                let replace = replace.or_else(|| pattern.has_groups().then(|| "$1".to_owned()));
                Ok(Self { search, flags, replace })
            }
            Err(fault) => Err(RegexError(search, fault)),
        }
    }

    /// Applies the regex to each text of a lookup's result. Texts without a match are left out.
    pub(super) fn find(&self, found: Lookup) -> Result<Lookup, QueryError> {
        let is_list = matches!(found, Lookup::Items(_));
        let values = match found {
            Lookup::Items(items) => items,
            Lookup::Value(value) => vec![value],
            other => return Ok(other),
        };
        let texts: Vec<_> = values.iter().filter_map(text).collect();
        let pattern = Pattern::read(&self.search, &self.flags)?;
        let matches = pattern.find_each(texts.iter().map(String::as_str), self.replace.as_deref())?;
        let mut matches = matches.into_iter().map(Value::from);
        Ok(match matches.next() {
            None => Lookup::EmptyList,
            Some(first) if is_list => Lookup::of_items(std::iter::once(first).chain(matches).collect()),
            Some(first) => Lookup::of_value(first),
        })
    }
}

/// The text of a value that a regex can search; `None` if the value has no text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl fmt::Display for RegexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(search, fault) = self;
        write!(f, "{search:?}: {fault}; write a regex of RE2 such as 'version = \"(.*)\"'")
    }
}

impl Error for RegexError {}
