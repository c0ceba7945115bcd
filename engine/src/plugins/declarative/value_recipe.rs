//! How one value of a badge is found and shown.

use std::collections::BTreeMap;

use badgesmith_provider::Failure;
use serde_json::Value;

use super::{
    lookup::{Leaf, Lookup},
    parameters::Parameters,
    reducer::Reducer,
    status_words::FailureWords,
    value_source::ValueSource,
};
use crate::value::{
    color_scale::ColorRule,
    value_format::{ShownValue, ValueFormat},
};

/// The color of a badge whose value is absent.
const ABSENT: &str = "lightgrey";
/// The longest joined text, in bytes; further items are left out.
const LONGEST_JOINED: usize = 256;
/// The longest part of a value that a reason repeats, in bytes.
const LONGEST_VALUE: usize = 80;

/// How one value is found in an answer, and how it is shown.
#[derive(Debug)]
pub(super) struct ValueRecipe {
    /// The index of the request whose answer it is in.
    pub(super) request: usize,
    /// Where it may be. The first place where there is something counts.
    pub(super) sources: Vec<ValueSource>,
    pub(super) reducer: Option<Reducer>,
    /// What is shown in the place of some texts.
    pub(super) words: BTreeMap<String, String>,
    /// What is shown if there is no value.
    pub(super) absent: Option<String>,
    /// The failure if a list on the way to the value is empty.
    pub(super) empty: Option<FailureWords>,
    pub(super) format: ValueFormat,
    pub(super) prefix: String,
    pub(super) suffix: String,
    pub(super) color: ColorRule,
    /// The color of a value for which the rule has none; without one, the badge has that of its manifest.
    pub(super) other_color: Option<String>,
}

/// A value as the badge shows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ShownPart {
    pub(super) text: String,
    pub(super) color: Option<String>,
}

impl ValueRecipe {
    /// The value in this body, as the badge shows it.
    ///
    /// # Errors
    /// The failure that the file has words for, or `invalid response` with what is wrong.
    pub(super) fn show(&self, body: &[u8], parameters: Parameters<'_>) -> Result<ShownPart, Failure> {
        let values = match self.find(body, parameters)? {
            Some(values) if !self.is_absent(&values) => values,
            _ => return self.absent(),
        };
        let mut shown = values.iter().map(|value| self.show_one(value));
        // `find` returns at least one value.
        let ShownValue { mut text, number } = shown.next().ok_or_else(Failure::invalid_response)??;
        let color = self.color.color(&ShownValue { text: text.clone(), number }).or(self.other_color.as_deref());
        let color = color.map(str::to_owned);
        let separator = if let Some(Reducer::Join(separator)) = &self.reducer { separator } else { "" };
        for next in shown {
            let next = next?;
            text.push_str(separator);
            if text.len() + next.text.len() > LONGEST_JOINED {
                text.push('…');
                break;
            }
            text.push_str(&next.text);
        }
        Ok(ShownPart { text: self.affixed(&text), color })
    }

    /// The values to show: one, or several to join. None if there is nothing.
    fn find(&self, body: &[u8], parameters: Parameters<'_>) -> Result<Option<Vec<Value>>, Failure> {
        let leaf = self.reducer.as_ref().map_or(Leaf::Value, Reducer::leaf);
        let mut is_empty = false;
        for source in &self.sources {
            let values = match source.find(body, leaf, parameters)? {
                Lookup::EmptyList => {
                    is_empty = true;
                    continue;
                }
                Lookup::Nothing => continue,
                Lookup::Count(count) => vec![count.into()],
                Lookup::Value(value) if leaf == Leaf::Count => return Err(misfit(&value, "list")),
                Lookup::Value(value) => vec![value],
                Lookup::Items(items) => items,
            };
            return Ok(Some(self.reduce(values)));
        }
        match &self.empty {
            Some(words) if is_empty => Err(words.failure(404)),
            _ => Ok(None),
        }
    }

    fn reduce(&self, mut values: Vec<Value>) -> Vec<Value> {
        if !matches!(self.reducer, Some(Reducer::Join(_))) {
            values.truncate(1);
        }
        values
    }

    /// Some upstreams write `false` where there is no version, number or date.
    fn is_absent(&self, values: &[Value]) -> bool {
        self.absent.is_some() && self.format != ValueFormat::Text && values == [Value::Bool(false)]
    }

    fn absent(&self) -> Result<ShownPart, Failure> {
        match &self.absent {
            Some(words) => Ok(ShownPart { text: words.clone(), color: Some(ABSENT.to_owned()) }),
            None => Err(Failure::invalid_response().because("there is no value")),
        }
    }

    fn show_one(&self, value: &Value) -> Result<ShownValue, Failure> {
        let word = ValueFormat::Text.show(value).and_then(|shown| self.words.get(&shown.text)).cloned();
        match (self.format.show(value), word) {
            (None, None) => Err(misfit(value, self.format.name())),
            (Some(shown), None) => Ok(shown),
            (shown, Some(text)) => Ok(ShownValue { text, number: shown.map_or(0.0, |shown| shown.number) }),
        }
    }

    fn affixed(&self, text: &str) -> String {
        let prefix = if self.prefix == "v" && !takes_v(text) { "" } else { &self.prefix };
        format!("{prefix}{text}{}", self.suffix)
    }
}

/// Whether shields writes a `v` before this version: it begins with a digit and is no date.
fn takes_v(version: &str) -> bool {
    let is_date = version.len() >= 10
        && version.as_bytes()[..10]
            .iter()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() });
    version.starts_with(|first: char| first.is_ascii_digit()) && !is_date
}

/// The failure of a value that is not what the file says.
fn misfit(value: &Value, expected: &str) -> Failure {
    let mut text = value.to_string();
    if text.len() > LONGEST_VALUE {
        text.truncate(text.floor_char_boundary(LONGEST_VALUE));
        text.push('…');
    }
    Failure::invalid_response().because(format!("{text} is no {expected}"))
}
