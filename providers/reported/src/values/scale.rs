//! Color scales: map a number to a color.

use badgesmith_provider::color::is_color;
use serde_json::Value;

use super::{kind::Kind, unit::measured};

/// The most steps of a scale.
const MOST_STEPS: usize = 16;

/// The requirement on steps, in words.
pub(crate) const STEPS_MUST: &str = "must be 1 to 16 ascending numbers, such as 50,80";
/// The requirement on colors, in words.
pub(crate) const COLORS_MUST: &str = "must be names or hex digits, one more than steps, such as red,yellow,4c1";
/// The requirement on both for texts, in words.
pub(crate) const TEXT_MUST: &str = "must be absent, because the value is a text";

/// The items of a list: a text with commas, or an array of texts and numbers.
pub(crate) fn items(list: &Value) -> Option<Vec<String>> {
    match list {
        Value::String(text) => Some(text.split(',').map(|item| item.trim().to_owned()).collect()),
        Value::Array(items) => items.iter().map(item).collect(),
        _ => None,
    }
}

fn item(item: &Value) -> Option<String> {
    match item {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Steps, which are ascending numbers, with or without units of their kind.
pub(crate) fn steps(kind: Kind, items: &[String]) -> Option<Vec<f64>> {
    let steps: Vec<f64> = items.iter().map(|step| measured(kind, step)).collect::<Option<_>>()?;
    let is_scale = (1..=MOST_STEPS).contains(&steps.len()) && steps.is_sorted_by(|one, next| one < next);
    is_scale.then_some(steps)
}

/// Colors that can be drawn.
pub(crate) fn colors(items: Vec<String>) -> Option<Vec<String>> {
    let is_scale = items.len() <= MOST_STEPS + 1 && items.iter().all(|color| is_color(color));
    is_scale.then_some(items)
}

/// The requirement on the colors, if there is not exactly one color more than there are steps. If there are neither
/// steps nor colors, there is no scale, which is allowed.
pub(crate) fn mismatch(steps: usize, colors: usize) -> Option<String> {
    if colors == steps + 1 || (steps, colors) == (0, 0) {
        return None;
    }
    Some(match (steps, colors) {
        (0, _) => "must come with steps, one less, such as 50,80".to_owned(),
        (1, _) => "must be 2 for 1 step, such as red,green".to_owned(),
        _ => format!("must be {} for {steps} steps, such as red,yellow,green", steps + 1),
    })
}

/// The color of a number: the first one below the first step, the second from there on, and so forth.
pub(crate) fn color<'c>(number: f64, steps: &[f64], colors: &'c [String]) -> Option<&'c str> {
    let reached = steps.iter().filter(|step| number >= **step).count();
    colors.get(reached).map(String::as_str)
}
