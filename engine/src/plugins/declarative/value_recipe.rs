//! The recipe of one value: how it is found and shown.

use std::collections::BTreeMap;

use badgesmith_provider::{Failure, format};
use serde_json::Value;

use super::{
    lookup::{Leaf, Lookup},
    parameters::Parameters,
    reducer::Reducer,
    shown_words::AbsentWords,
    sorting::Sorting,
    status_words::FailureWords,
    value_source::ValueSource,
};
use crate::value::{
    color_scale::ColorRule,
    value_format::{ShownValue, ValueFormat},
};

/// The text between several licenses.
const SEPARATOR: &str = ", ";
/// The longest joined text, in bytes; further items are replaced by `…`.
const LONGEST_JOINED: usize = 250;
/// The longest part of a value that a reason repeats, in bytes.
const LONGEST_VALUE: usize = 80;

/// How one value is found in an answer, and how it is shown.
#[derive(Debug)]
pub(super) struct ValueRecipe {
    /// The index of the request whose answer it is in.
    pub(super) request: usize,
    /// The places where the value may be. The first place with a value counts.
    pub(super) sources: Vec<ValueSource>,
    /// The order in which a list is sorted before it is reduced.
    pub(super) sorting: Option<Sorting>,
    pub(super) reducer: Option<Reducer>,
    /// The factor of a number.
    pub(super) times: Option<f64>,
    /// Replacements for some texts.
    pub(super) words: BTreeMap<String, String>,
    /// The words to show if there is no value.
    pub(super) absent: Option<AbsentWords>,
    /// The failure if a list on the way to the value is empty.
    pub(super) empty: Option<FailureWords>,
    pub(super) format: ValueFormat,
    pub(super) prefix: String,
    pub(super) suffix: String,
    pub(super) color: ColorRule,
    /// The color of a value for which the rule has none; without it, the badge has the color of the manifest.
    pub(super) other_color: Option<String>,
}

/// A value as the badge shows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ShownPart {
    pub(super) text: String,
    pub(super) color: Option<String>,
    /// Whether there is no value, so that the text is its replacement.
    pub(super) is_absent: bool,
}

impl ValueRecipe {
    /// The value in this body, as the badge shows it.
    ///
    /// # Errors
    /// A failure with the file's words, or `invalid response` with the reason.
    pub(super) fn show(&self, body: &[u8], parameters: Parameters<'_>) -> Result<ShownPart, Failure> {
        self.part(body, parameters).map_err(|failure| match &failure.reason {
            Some(reason) => {
                let places: Vec<_> = self.sources.iter().map(|source| source.written.as_str()).collect();
                let reason = format!("{}: {reason}", places.join(" or "));
                failure.because(reason)
            }
            None => failure,
        })
    }

    fn part(&self, body: &[u8], parameters: Parameters<'_>) -> Result<ShownPart, Failure> {
        let values = match self.find(body, parameters)? {
            Some(values) if !self.is_absent(&values) => values,
            _ => return self.absent(body, parameters),
        };
        let now = parameters.call.now;
        let shown: Vec<_> = values.iter().map(|value| self.show_one(value, now)).collect::<Result<_, _>>()?;
        let shown = self.join(shown).ok_or_else(|| Failure::invalid_response().because("the list has no version"))?;
        let color = self.color.color(&shown).or(self.other_color.as_deref()).map(str::to_owned);
        Ok(ShownPart { text: self.affixed(&shown.text), color, is_absent: false })
    }

    /// The values to show: one, or several to join; `None` if there is none.
    fn find(&self, body: &[u8], parameters: Parameters<'_>) -> Result<Option<Vec<Value>>, Failure> {
        let leaf = match &self.reducer {
            Some(reducer) => reducer.leaf(),
            // A package may have several licenses.
            None if self.format == ValueFormat::License => Leaf::Items,
            None => Leaf::Value,
        };
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
            let values = match self.sorting {
                Some(sorting) => sorting.sort(&values)?,
                None => values,
            };
            return Ok(Some(match &self.reducer {
                Some(reducer) => reducer.reduce(values, parameters),
                None => values,
            }));
        }
        match &self.empty {
            Some(words) if is_empty => Err(words.failure(404)),
            _ => Ok(None),
        }
    }

    /// Whether the value is `false`: some upstreams write that where there is no version, number or date.
    fn is_absent(&self, values: &[Value]) -> bool {
        let is_false = || matches!(values, [Value::Bool(false)]) || values == [Value::from("false")];
        self.absent.is_some() && self.format != ValueFormat::Text && is_false()
    }

    /// The replacement for a missing value, if the answer has the value that must be `beside` it.
    fn absent(&self, body: &[u8], parameters: Parameters<'_>) -> Result<ShownPart, Failure> {
        let because = |words: &'static str| Err(Failure::invalid_response().because(words));
        let Some(AbsentWords { text, color, beside }) = &self.absent else {
            return because("there is no value");
        };
        if let Some(beside) = beside {
            let found = beside.find(body, Leaf::Value, |name| parameters.get(name))?;
            if !matches!(found, Lookup::Value(_)) {
                return because("there is neither the value nor what is beside it");
            }
        }
        Ok(ShownPart { text: text.clone(), color: Some(color.clone()), is_absent: true })
    }

    fn show_one(&self, value: &Value, now: u64) -> Result<ShownValue, Failure> {
        let multiplied =
            self.times.map(|times| format::number(value).map_or(Value::Null, |number| (number * times).into()));
        let value = multiplied.as_ref().unwrap_or(value);
        let written = ValueFormat::Text.show(value, now);
        let word = written.and_then(|shown| self.words.get(&shown.text)).cloned();
        match (self.format.show(value, now), word) {
            (None, None) => Err(misfit(value, self.format.name())),
            (Some(shown), None) => Ok(shown),
            (shown, Some(text)) => {
                let word = self.format.show(&Value::String(text.clone()), now).unwrap_or_default();
                Ok(ShownValue { text, number: shown.map_or(0.0, |shown| shown.number), color: word.color })
            }
        }
    }

    /// The values joined to one, with the number of the first one; `None` if there are none.
    fn join(&self, values: Vec<ShownValue>) -> Option<ShownValue> {
        let first = values.first()?;
        let (number, mut color) = (first.number, first.color);
        let texts: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
        if self.format == ValueFormat::License {
            color = Some(format::license(&texts).color);
        }
        let separator = if let Some(Reducer::Join(separator)) = &self.reducer { separator } else { SEPARATOR };
        let mut joined = String::new();
        for (at, text) in texts.into_iter().enumerate() {
            if at > 0 && joined.len() + separator.len() + text.len() > LONGEST_JOINED {
                // The first item is never cut, so it may be longer.
                joined.push_str(if joined.len() > LONGEST_JOINED { "" } else { "…" });
                break;
            }
            joined.push_str(if at == 0 { "" } else { separator });
            joined.push_str(text);
        }
        Some(ShownValue { text: joined, number, color })
    }

    fn affixed(&self, text: &str) -> String {
        let Self { prefix, suffix, .. } = self;
        if prefix == "v" { format!("{}{suffix}", format::add_v(text)) } else { format!("{prefix}{text}{suffix}") }
    }
}

/// The failure for a value that does not fit its format.
fn misfit(value: &Value, expected: &str) -> Failure {
    let mut text = value.to_string();
    if text.len() > LONGEST_VALUE {
        text.truncate(text.floor_char_boundary(LONGEST_VALUE));
        text.push('…');
    }
    Failure::invalid_response().because(format!("{text} is no {expected}"))
}
