//! `--rate` and `--report-rate`: a number of requests per period.

use std::{fmt, str::FromStr, time::Duration};

/// The most requests that a rate may name: more than a machine answers, and few enough that each takes a nanosecond.
const MOST: u32 = 1_000_000;

/// A rate such as `50/s`. This many requests may arrive at once, and as many more in each further second, minute or
/// hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    count: u32,
    /// The period after which the same number of requests is allowed again.
    pub(crate) period: Duration,
}

/// A text that is not a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidRate;

impl Rate {
    /// The time after which one more request is allowed.
    pub(crate) fn interval(self) -> Duration {
        self.period / self.count
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let (count, unit) = text.split_once('/').ok_or(InvalidRate)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return Err(InvalidRate),
        };
        // `parse` would accept a sign.
        let count = Some(count).filter(|count| count.bytes().all(|byte| byte.is_ascii_digit()));
        let count = count.and_then(|count| count.parse().ok()).filter(|count| (1..=MOST).contains(count));
        Ok(Self { count: count.ok_or(InvalidRate)?, period: Duration::from_secs(seconds) })
    }
}

impl fmt::Display for InvalidRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write a number from 1 to {MOST} and s, m or h, such as 50/s, 600/m or 1000/h")
    }
}

impl std::error::Error for InvalidRate {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_count_in_a_second_a_minute_or_an_hour() {
        let rows = [("50/s", 20), ("600/m", 100), ("1/h", 3_600_000), ("1000000/s", 0), ("36000/h", 100)];
        for (text, milliseconds) in rows {
            let rate: Rate = text.parse().unwrap();
            assert_eq!(rate.interval().as_millis(), milliseconds, "{text}");
            assert!(rate.interval() > Duration::ZERO, "{text}");
        }
        for text in ["", "50", "50/", "/s", "0/s", "1000001/s", "+5/s", "-5/s", "5/d", "5/S", "5 /s", "5/s ", "1.5/s"] {
            assert_eq!(text.parse::<Rate>(), Err(InvalidRate), "{text}");
        }
    }
}
