//! Reads values out of JSON answers, with a reason for the log if a value is not as expected.
//!
//! Answers are read as [`Value`] and not into types of their own: the code that serde generates for a type takes more
//! than a kilobyte of the library.

use badgesmith_provider::Badge;
use badgesmith_provider::{Failure, color, format};
use serde_json::Value;

/// The value at a JSON Pointer; null if there is none.
pub(crate) fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// The whole number at a JSON Pointer, which is not negative.
pub(crate) fn count(value: &Value, pointer: &str) -> Result<u64, Failure> {
    at(value, pointer).as_u64().ok_or_else(|| misfit(pointer, "whole number"))
}

/// The number at a JSON Pointer.
pub(crate) fn number(value: &Value, pointer: &str) -> Result<f64, Failure> {
    at(value, pointer).as_f64().ok_or_else(|| misfit(pointer, "number"))
}

/// The text at a JSON Pointer.
pub(crate) fn string<'v>(value: &'v Value, pointer: &str) -> Result<&'v str, Failure> {
    at(value, pointer).as_str().ok_or_else(|| misfit(pointer, "text"))
}

/// The list at a JSON Pointer.
pub(crate) fn list<'v>(value: &'v Value, pointer: &str) -> Result<&'v [Value], Failure> {
    at(value, pointer).as_array().map(Vec::as_slice).ok_or_else(|| misfit(pointer, "list"))
}

/// The badge of the date at a JSON Pointer: the day relative to today, and the color of its age.
pub(crate) fn age(value: &Value, pointer: &str, now: u64) -> Result<Badge, Failure> {
    let moment = format::unix_seconds(at(value, pointer)).ok_or_else(|| misfit(pointer, "date"))?;
    Ok(Badge::new(format::relative_date(moment, now)).color(color::age(moment, now)))
}

/// The badge of a version.
pub(crate) fn version(version: &str) -> Badge {
    Badge::new(format::add_v(version)).color(color::version(version))
}

/// The badge of a number of downloads, in an interval such as `/month`.
pub(crate) fn downloads(count: f64, interval: &str) -> Badge {
    Badge::new(format::metric(count) + interval).color(color::downloads(count))
}

fn misfit(pointer: &str, expected: &str) -> Failure {
    Failure::invalid_response().because(format!("{pointer} is no {expected}"))
}
