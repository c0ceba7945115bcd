//! Whether the system clock shows a time that HTTP can express.

use std::time::{Duration, SystemTime};

/// The first second of the year 10000, in seconds since 1970: HTTP dates end before it.
const END: Duration = Duration::from_secs(253_402_300_800);

/// Whether HTTP has a date for this time, which is in the years 1970 to 9999. hyper writes the date into every answer
/// and panics at any other time.
pub(crate) fn has_date(time: SystemTime) -> bool {
    time.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since < END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_date_in_the_years_1970_to_9999() {
        let second = Duration::from_secs(1);
        let end = SystemTime::UNIX_EPOCH + END;
        let rows = [
            (SystemTime::UNIX_EPOCH - second, false),
            (SystemTime::UNIX_EPOCH, true),
            (SystemTime::now(), true),
            (end - second, true),
            (end, false),
        ];
        for (time, expected) in rows {
            assert_eq!(has_date(time), expected, "{time:?}");
        }
    }
}
