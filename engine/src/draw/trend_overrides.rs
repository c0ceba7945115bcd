//! The overrides of badges that read records with a series: `trend`, `rate` and `as`.

use crate::{error::Error, format::Format, request::Pairs};

/// The names of these overrides, in the order in which the first invalid one is reported.
pub(crate) const TREND_OVERRIDES: [&str; 3] = ["trend", "rate", "as"];
/// The most records for a trend or a rate.
const MOST: usize = 60;
/// The allowed numbers of records in words; they end at [`MOST`].
const COUNT: &str = "a number from 1 to 60";

/// The caller's query parameters about the history of a badge's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TrendOverrides {
    /// The number of newest records in the sparkline.
    pub(crate) trend: Option<usize>,
    /// How many of the newest records the shown success rate is computed from.
    pub(crate) rate: Option<usize>,
    /// Whether the badge shows how long the newest run took.
    pub(crate) as_duration: bool,
}

impl TrendOverrides {
    /// Reads the query. A parameter in `own`, which the badge itself reads, is not an override. Invalid values are
    /// treated as in `Overrides::read`.
    ///
    /// # Errors
    /// The first invalid parameter, if the format is JSON.
    pub(crate) fn read(pairs: &Pairs<'_>, format: Format, own: &[String]) -> Result<Self, Error> {
        let mut overrides = Self::default();
        for name in TREND_OVERRIDES {
            let value = pairs.get(name).filter(|value| !value.is_empty());
            let Some(value) = value.filter(|_| !own.iter().any(|own| own == name)) else { continue };
            let number = value.parse().ok().filter(|number| (1..=MOST).contains(number));
            let (is_allowed, choice) = match name {
                "trend" => (set(&mut overrides.trend, number), COUNT),
                "rate" => (set(&mut overrides.rate, number), COUNT),
                _ => {
                    overrides.as_duration = value == "duration";
                    (overrides.as_duration, "duration")
                }
            };
            if !is_allowed && format == Format::Json {
                return Err(Error::not_among(name, value, &[choice]));
            }
        }
        Ok(overrides)
    }

    /// The same without a sparkline, for JSON.
    pub(crate) const fn without_trend(self) -> Self {
        Self { trend: None, ..self }
    }

    /// How many of the newest records are needed.
    pub(crate) fn records(self) -> usize {
        [self.trend, self.rate, self.as_duration.then_some(1)].into_iter().flatten().max().unwrap_or(0)
    }
}

fn set(field: &mut Option<usize>, value: Option<usize>) -> bool {
    *field = value;
    value.is_some()
}
