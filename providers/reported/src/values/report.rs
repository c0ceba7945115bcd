//! Validates the body of a report and makes a record from it. The failure names all invalid fields at once.

use badgesmith_provider::{Failure, Record, report_body::ReportBody};
use serde_json::Value;

use super::{
    decimals::{bounded, json_number},
    kind::{KINDS, Kind},
    scale::{self, COLORS_MUST, STEPS_MUST, TEXT_MUST},
    unit::{factor, is_unit, unit_must},
};

/// The code of the failure.
const CODE: &str = "INVALID_VALUE_PAYLOAD";
/// The longest text of a value or a label, in bytes.
const LONGEST_TEXT: usize = 256;

/// The record of a body. Its platform must be the one in the address; `now` is in seconds since 1970, UTC.
///
/// # Errors
/// `INVALID_VALUE_PAYLOAD`, with the names of all invalid fields.
pub(crate) fn read(body: &[u8], platform: &str, now: u64) -> Result<Record, Failure> {
    let body = ReportBody::parse(body, CODE)?;
    let mut report = ReportBody::new(&body, CODE)?;
    let named = report.platform(platform);
    let kind = kind(&mut report);
    let unit = kind.and_then(|kind| unit(&mut report, kind));
    let value = value(&mut report, kind, unit);
    let label = label(&mut report);
    let scale = kind.map(|kind| scale(&mut report, kind));
    let run = report.run(named, now);
    report.finish()?;
    let [steps, colors] = scale.unwrap_or_default();
    let fields = [
        ("value", value),
        ("as", kind.map(|kind| kind.name().into())),
        ("unit", unit.map(Value::from)),
        ("label", label.map(Value::from)),
        ("steps", steps),
        ("colors", colors),
    ];
    let run = run.ok_or_else(Failure::invalid_response)?;
    Ok(run.record(fields.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)))))
}

/// The kind that the report names, or else the default kind of a number or of a text.
fn kind(report: &mut ReportBody<'_>) -> Option<Kind> {
    let Some(named) = report.get("as") else {
        return Some(if report.get("value").is_some_and(Value::is_string) { Kind::Text } else { Kind::Metric });
    };
    let kind = named.as_str().and_then(Kind::parse);
    if kind.is_none() {
        report.fault("as", format!("must be {KINDS}"));
    }
    kind
}

fn unit<'a>(report: &mut ReportBody<'a>, kind: Kind) -> Option<&'a str> {
    let value = report.get("unit")?;
    let unit = value.as_str().filter(|unit| is_unit(kind, unit));
    if unit.is_none() {
        report.fault("unit", unit_must(kind));
    }
    unit
}

/// The value as it is stored: a text, or a number, which is converted to bytes or milliseconds if it is a size or a
/// duration.
fn value(report: &mut ReportBody<'_>, kind: Option<Kind>, unit: Option<&str>) -> Option<Value> {
    let value = report.get("value");
    let read = match (value, kind) {
        (Some(value @ Value::String(text)), _) if !is_short(text) => {
            Err((value, "must be a text of at most 256 bytes, not blank, without control characters".to_owned()))
        }
        (Some(value @ Value::String(_)), Some(kind)) if kind.is_numeric() => {
            Err((value, format!("must be a number, because as is {}", kind.name())))
        }
        (Some(value @ Value::String(_)), _) => Ok(value.clone()),
        (Some(value @ Value::Number(_)), Some(Kind::Version)) => {
            Err((value, "must be a text, because as is version".to_owned()))
        }
        (Some(value @ Value::Number(number)), _) => {
            let times = kind.zip(unit).and_then(|(kind, unit)| factor(kind, unit));
            let number = number.as_f64().and_then(|number| bounded(number * times.unwrap_or(1.0)));
            match number {
                None => Err((value, "must be a number from -1e18 to 1e18".to_owned())),
                Some(number) if kind == Some(Kind::Duration) && number < 0.0 => {
                    Err((value, "must be at least 0, because as is duration".to_owned()))
                }
                Some(number) => Ok(if times.is_some() { json_number(exact(number)) } else { value.clone() }),
            }
        }
        _ => Err((&Value::Null, "must be a number or a text".to_owned())),
    };
    read.map_err(|(_, must)| report.fault("value", must)).ok()
}

/// A product of decimals without the rounding error of binary numbers: 1.1 × 1000 is 1100.
fn exact(product: f64) -> f64 {
    let rounded = (product * 1e6).round() / 1e6;
    if rounded.is_finite() { rounded } else { product }
}

fn label<'a>(report: &mut ReportBody<'a>) -> Option<&'a str> {
    let value = report.get("label")?;
    let label = value.as_str().filter(|label| is_short(label));
    if label.is_none() {
        report.fault("label", "must be a text of at most 256 bytes, not blank, without control characters");
    }
    label
}

/// The steps and the colors as they are stored.
fn scale(report: &mut ReportBody<'_>, kind: Kind) -> [Option<Value>; 2] {
    let (steps, colors) = (report.get("steps"), report.get("colors"));
    if steps.or(colors).is_some() && !report.get("value").is_some_and(Value::is_number) {
        report.fault("steps", TEXT_MUST);
        return [None, None];
    }
    let read = |list: Option<&Value>| list.map(|list| scale::items(list).unwrap_or_default());
    let steps = read(steps).map(|items| scale::steps(kind, &items));
    let colors = read(colors).map(scale::colors);
    if steps.as_ref().is_some_and(Option::is_none) {
        report.fault("steps", STEPS_MUST);
    }
    if colors.as_ref().is_some_and(Option::is_none) {
        report.fault("colors", COLORS_MUST);
    }
    let (steps, colors) = match (steps, colors) {
        (Some(None), _) | (_, Some(None)) => return [None, None],
        (steps, colors) => (steps.flatten(), colors.flatten()),
    };
    let count = |list: Option<usize>| list.unwrap_or_default();
    if let Some(must) = scale::mismatch(count(steps.as_ref().map(Vec::len)), count(colors.as_ref().map(Vec::len))) {
        report.fault("colors", must);
    }
    let steps = steps.map(|steps| steps.into_iter().map(json_number).collect());
    [steps, colors.map(Value::from)]
}

fn is_short(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST_TEXT && !text.contains(char::is_control)
}
