//! A time in a payload.

use badgesmith_provider::Timestamp;

use crate::dates;

/// The seconds since 1970 of a time in a payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) u64);

impl Moment {
    /// The time as the timestamp of a record.
    pub(crate) fn timestamp(self) -> Timestamp {
        Timestamp::nearest(i64::try_from(self.0.saturating_mul(1000)).unwrap_or(i64::MAX))
    }

    /// The time as text, in UTC.
    pub(crate) fn text(self) -> String {
        dates::text(self.0)
    }

    /// The milliseconds since `start`; `None` if it is before that.
    pub(crate) fn milliseconds_since(self, start: Self) -> Option<u64> {
        Some(self.0.checked_sub(start.0)?.saturating_mul(1000))
    }
}
