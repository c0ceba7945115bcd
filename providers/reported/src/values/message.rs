//! Turns a value into a badge, according to the query.

use badgesmith_provider::{
    Badge, Call, Failure, color,
    format::{self, SizeUnits},
};
use serde_json::{Number, Value};

use super::{
    decimals::{fixed, scaled, truncated},
    kind::{KINDS, Kind, NUMERIC_KINDS},
    scale::{self, COLORS_MUST, STEPS_MUST, TEXT_MUST},
    stored::StoredValue,
    unit::{factor, has_units_of, is_binary, is_unit, unit_must},
};

/// How a value is written: according to the query, or else according to the report.
#[derive(Debug)]
struct Wording<'a> {
    kind: Kind,
    unit: Option<&'a str>,
    decimals: Option<usize>,
}

/// The badge of a value.
///
/// # Errors
/// A parameter has an invalid value, or does not fit the value.
pub(crate) fn badge(call: &Call, stored: &StoredValue<'_>) -> Result<Badge, Failure> {
    let wording = Wording::of(call, stored)?;
    let steps = parameter(call, "steps");
    let colors = parameter(call, "colors");
    let (message, color) = match stored.value {
        Value::Number(number) => {
            let own = number.as_f64().unwrap_or_default();
            let shown = own * wording.factor(stored.kind);
            let message = wording.number(number, shown)?;
            // Steps from the report are compared with the number as it was reported.
            let number = if steps.is_some() { shown } else { own };
            (message, scale_color(wording.kind, stored, number, steps, colors)?)
        }
        value => {
            if steps.or(colors).is_some() {
                return Err(invalid("steps", TEXT_MUST));
            }
            wording.text(value.as_str().unwrap_or_default())?
        }
    };
    Ok(Badge { label: stored.label.map(str::to_owned), color, ..Badge::new(message) })
}

impl<'a> Wording<'a> {
    fn of(call: &'a Call, stored: &StoredValue<'a>) -> Result<Self, Failure> {
        let kind = match parameter(call, "as") {
            None => stored.kind,
            Some(name) => Kind::parse(name).ok_or_else(|| invalid("as", &format!("must be {KINDS}")))?,
        };
        let own_unit = stored.unit.filter(|_| has_units_of(kind, stored.kind));
        let unit = parameter(call, "unit").or(own_unit);
        if unit.is_some_and(|unit| !is_unit(kind, unit)) {
            return Err(invalid("unit", unit_must(kind)));
        }
        let decimals = match parameter(call, "precision") {
            None => None,
            Some(digit @ ("0" | "1" | "2" | "3")) => digit.parse().ok(),
            Some(_) => return Err(invalid("precision", "must be 0, 1, 2 or 3")),
        };
        Ok(Self { kind, unit, decimals })
    }

    /// The factor for a stored number: a number that is not in bytes or milliseconds yet is in the given unit.
    fn factor(&self, stored: Kind) -> f64 {
        let unit = self.unit.filter(|_| !has_units_of(self.kind, stored));
        unit.and_then(|unit| factor(self.kind, unit)).unwrap_or(1.0)
    }

    /// The text of a number, and the number that it shows.
    fn number(&self, written: &Number, number: f64) -> Result<String, Failure> {
        let Self { kind, unit, decimals } = *self;
        Ok(match (kind, decimals) {
            (Kind::Version, _) => {
                return Err(invalid("as", &format!("must be {NUMERIC_KINDS}, because the value is a number")));
            }
            (Kind::Duration, _) if number < 0.0 => {
                return Err(invalid("as", "must not be duration, because the value is less than 0"));
            }
            (Kind::Duration, _) => format::duration(number.round() as u64),
            (Kind::Percent, None) => format::percent(number),
            (Kind::Percent, Some(decimals)) => truncated(number, decimals) + "%",
            (Kind::Bytes, None) => {
                let is_binary = unit.is_some_and(is_binary);
                format::size(number, if is_binary { SizeUnits::Iec } else { SizeUnits::Metric })
            }
            (Kind::Bytes, Some(decimals)) => {
                let (digits, prefix) = scaled(number, decimals, unit.is_some_and(is_binary));
                format!("{digits} {prefix}B")
            }
            (Kind::Metric, None) => with_unit(format::metric(number), unit),
            (Kind::Metric, Some(decimals)) => {
                let (digits, prefix) = scaled(number, decimals, false);
                with_unit(digits + prefix, unit)
            }
            (Kind::Text, None) => with_unit(written.to_string(), unit),
            (Kind::Text, Some(decimals)) => with_unit(fixed(number, decimals), unit),
        })
    }

    /// A text, and its color.
    fn text(&self, text: &str) -> Result<(String, Option<String>), Failure> {
        let text = text.trim();
        match self.kind {
            Kind::Text => Ok((with_unit(text.to_owned(), self.unit), None)),
            Kind::Version => {
                let bare = format::omit_v(text);
                let bare = if bare.starts_with(|first: char| first.is_ascii_digit()) { bare } else { text };
                Ok((bare.to_owned(), Some(color::version(bare).to_owned())))
            }
            _ => Err(invalid("as", "must be version or text, because the value is a text")),
        }
    }
}

/// The color of a number by the steps and colors of the query, or of the report if the query has none.
fn scale_color(
    kind: Kind,
    stored: &StoredValue<'_>,
    number: f64,
    steps: Option<&str>,
    colors: Option<&str>,
) -> Result<Option<String>, Failure> {
    let items = |list: &str| scale::items(&list.into()).unwrap_or_default();
    let steps = match steps {
        Some(list) => scale::steps(kind, &items(list)).ok_or_else(|| invalid("steps", STEPS_MUST))?,
        None => stored.steps.clone(),
    };
    let colors = match colors {
        Some(list) => scale::colors(items(list)).ok_or_else(|| invalid("colors", COLORS_MUST))?,
        None => stored.colors.clone(),
    };
    match scale::mismatch(steps.len(), colors.len()) {
        Some(must) => Err(invalid("colors", &must)),
        None => Ok(scale::color(number, &steps, &colors).map(str::to_owned)),
    }
}

/// A parameter that is not empty.
fn parameter<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    call.query(name).map(str::trim).filter(|text| !text.is_empty())
}

/// A number or a text with a unit after it.
fn with_unit(text: String, unit: Option<&str>) -> String {
    match unit {
        None => text,
        Some(unit) if unit.starts_with(['/', '%', '\u{b0}']) => text + unit,
        Some(unit) => format!("{text} {unit}"),
    }
}

fn invalid(parameter: &'static str, must: &str) -> Failure {
    Failure::invalid_parameter("PARAMETER_INVALID", parameter, format!("{parameter} {must}"))
}
