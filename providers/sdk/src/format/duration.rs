//! Durations in words.

/// A number of milliseconds as its two largest units.
///
/// ```
/// use badgesmith_provider::format::duration;
///
/// assert_eq!([850, 13_400, 133_000, 3_900_000].map(duration), ["850 ms", "13 s", "2m 13s", "1h 5m"]);
/// ```
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_its_two_largest_units() {
        for (ms, text) in [
            (0, "0 ms"),
            (850, "850 ms"),
            (13_400, "13 s"),
            (133_000, "2m 13s"),
            (3_900_000, "1h 5m"),
            (183_600_000, "2d 3h"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }
}
