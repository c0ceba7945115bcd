//! Durations as test tools write them.

use std::time::Duration;

/// Parses seconds as text: `1.5`, `1,234.5`, `0,5` or `1.5s`. Returns `None` for anything else.
pub(crate) fn parse_seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let text = text.strip_suffix('s').unwrap_or(text);
    let text = match (text.contains('.'), text.matches(',').count()) {
        (_, 0) => text.to_owned(),
        // A single comma without a point is a decimal comma. Otherwise commas separate thousands.
        (false, 1) => text.replace(',', "."),
        _ => text.replace(',', ""),
    };
    from_seconds(text.parse().ok()?)
}

/// A number of seconds; `None` if it is negative or not finite.
pub(crate) fn from_seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok()
}

/// A number of milliseconds; `None` if it is negative or not finite.
pub(crate) fn from_milliseconds(number: f64) -> Option<Duration> {
    from_seconds(number / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_parsed_in_every_spelling_and_nonsense_is_none() {
        for (text, milliseconds) in [
            ("1.5", Some(1500)),
            ("0,5", Some(500)),
            ("1,234.5", Some(1_234_500)),
            ("1,234,567", Some(1_234_567_000)),
            (" 0.072s ", Some(72)),
            ("1e-3", Some(1)),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("1e300", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(parse_seconds(text), milliseconds.map(Duration::from_millis), "{text}");
        }
    }
}
