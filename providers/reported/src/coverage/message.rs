//! Turns a share into the message and colour of a badge.

use badgesmith_provider::{Badge, Call, Failure, Record, color};

use super::share::Share;

/// How a share is written, according to the query parameters.
#[derive(Debug)]
pub(crate) struct Wording<'a> {
    /// The field of the record.
    pub(crate) of: &'static str,
    decimals: u32,
    /// The percentage below which the badge is red.
    min: Option<f64>,
    /// The branch to compare with.
    pub(crate) diff: Option<&'a str>,
}

impl<'a> Wording<'a> {
    /// The wording that the query parameters of a call choose.
    ///
    /// # Errors
    /// A parameter has an invalid value.
    pub(crate) fn of(call: &'a Call) -> Result<Self, Failure> {
        let query = |name| call.query(name).map(str::trim).filter(|value| !value.is_empty());
        let of = match query("of") {
            None | Some("lines") => "lines",
            Some("branches") => "branches",
            Some("functions") => "functions",
            Some(_) => return Err(invalid("of", "of is lines, branches or functions")),
        };
        let decimals = match query("precision") {
            None | Some("0") => 0,
            Some("1") => 1,
            Some("2") => 2,
            Some(_) => return Err(invalid("precision", "precision is 0, 1 or 2")),
        };
        let min = query("min").map(|min| {
            let min = min.strip_suffix('%').unwrap_or(min).parse().ok().filter(|min| (0.0..=100.0).contains(min));
            min.ok_or_else(|| invalid("min", "min is a number from 0 to 100"))
        });
        Ok(Self { of, decimals, min: min.transpose()?, diff: query("diff") })
    }

    /// The share of the records of all parts that the badge shows.
    ///
    /// # Errors
    /// A report does not contain it, or there was nothing to cover.
    pub(crate) fn share(&self, records: &[&Record]) -> Result<Share, Failure> {
        let words = match self.of {
            "lines" => "no lines",
            "branches" => "no branches",
            _ => "no functions",
        };
        Share::sum(records, self.of).ok_or_else(|| Failure::not_found("COVERAGE_NOT_FOUND", words))
    }

    /// The badge that shows the share, and the difference to another one.
    pub(crate) fn badge(&self, share: Share, other: Option<Share>) -> Badge {
        let percent = share.percent();
        let color = match self.min {
            Some(min) if percent < min => "red",
            _ => color::coverage(percent),
        };
        let mut message = share.text(self.decimals);
        if let Some(other) = other {
            message += &format!(" ({})", difference(percent - other.percent(), self.decimals.max(1) as usize));
        }
        Badge::new(message).color(color)
    }
}

/// A difference in percentage points with its sign.
fn difference(points: f64, decimals: usize) -> String {
    let text = format!("{points:+.decimals$}");
    if text.bytes().any(|byte| matches!(byte, b'1'..=b'9')) { text } else { "±0".to_owned() }
}

fn invalid(parameter: &'static str, words: &'static str) -> Failure {
    Failure::invalid_parameter("PARAMETER_INVALID", parameter, words)
}
