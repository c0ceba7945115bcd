//! The time from which on dead letters are wanted.

use std::time::{Duration, SystemTime};

use badgesmith_provider::Timestamp;

/// From when on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Since {
    Ago(Duration),
    Time(Timestamp),
}

/// Reads a duration such as 30m or a time.
pub(super) fn since(text: &str) -> Result<Since, String> {
    if let Some(time) = Timestamp::parse(text) {
        return Ok(Since::Time(time));
    }
    let units = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60)];
    let found = units.into_iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(Since::Ago(Duration::from_secs(count.checked_mul(seconds)?)))
    });
    found.ok_or_else(|| "write a time such as 30m, 12h or 7d, or 2026-11-29T12:00:00Z".to_owned())
}

impl Since {
    /// The time. Keys of letters in the store begin with a time in RFC 3339, so it is also the first key that is
    /// wanted.
    pub(super) fn time(self, now: SystemTime) -> Timestamp {
        match self {
            Self::Time(time) => time,
            Self::Ago(ago) => timestamp(now.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH)),
        }
    }
}

/// A timestamp of a system time; a time before 1970 becomes 1970.
pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::nearest(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
