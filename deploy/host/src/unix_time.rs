//! Times as whole seconds or milliseconds since 1970, as both stores write them.

use std::time::SystemTime;

/// The seconds from the start of 1970 to `time`; 0 for an earlier time.
#[must_use]
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The milliseconds from the start of 1970 to `time`; 0 for an earlier time.
#[must_use]
pub fn unix_milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
