//! The axis of time: equal parts that begin at round times, and the dates below it.

use super::calendar::{DAY, Date, HOUR};

/// The lengths that a part may have, from an hour to four weeks.
const LENGTHS: [i64; 10] = [HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY];
/// The most dates below the axis.
const MOST_DATES: i64 = 8;
/// The start of a Monday: the fifth of January 1970.
const MONDAY: i64 = 4 * DAY;
/// The last time that is drawn: the end of the year 9999.
const LAST: i64 = 253_402_300_799_999;

/// A time axis of equal parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeBins {
    first: i64,
    length: i64,
    count: i64,
}

/// A date below the axis.
pub(super) struct DateTick {
    pub(super) at_ms: i64,
    pub(super) text: String,
}

impl TimeBins {
    /// The axis with the shortest parts of which at most `most` fit between two times.
    pub(super) fn over(since_ms: i64, until_ms: i64, most: i64) -> Self {
        let until_ms = until_ms.clamp(0, LAST);
        let since_ms = since_ms.clamp(0, until_ms);
        let doubled = std::iter::successors(Some(56 * DAY), |length| length.checked_mul(2));
        let all = LENGTHS.into_iter().chain(doubled).map(|length| {
            // Weeks begin with Monday.
            let origin = if length % (7 * DAY) == 0 { MONDAY - 7 * DAY } else { 0 };
            let (first, last) = ((since_ms - origin).div_euclid(length), (until_ms - origin).div_euclid(length));
            Self { first: origin + first * length, length, count: last - first + 1 }
        });
        let mut all = all.skip_while(|bins| bins.count > most.max(2));
        all.next().unwrap_or(Self { first: 0, length: LAST + 1, count: 1 })
    }

    pub(super) const fn count(self) -> i64 {
        self.count
    }

    /// The end of the axis.
    const fn end(self) -> i64 {
        self.first + self.length * self.count
    }

    /// The number of the part that contains this time, if it is on the axis.
    pub(super) fn index(self, at_ms: i64) -> Option<usize> {
        let index = (at_ms - self.first).div_euclid(self.length);
        usize::try_from(index).ok().filter(|_| index < self.count)
    }

    /// How far along an axis of this length a time is.
    pub(super) fn along(self, at_ms: i64, length: i64) -> i64 {
        ((i128::from(at_ms - self.first) * i128::from(length)) / i128::from(self.length * self.count)) as i64
    }

    /// The dates below the axis, evenly spaced: hours, days, weeks, or months.
    pub(super) fn dates(self) -> Vec<DateTick> {
        let span = self.end() - self.first;
        let by_length = [3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY];
        if let Some(step) = by_length.into_iter().find(|step| span / step <= MOST_DATES) {
            let origin = if step % (7 * DAY) == 0 { MONDAY - 7 * DAY } else { 0 };
            let first = origin + (self.first - origin + step - 1).div_euclid(step) * step;
            let times = (0..=MOST_DATES).map(|index| first + index * step);
            return self.named(times, |at_ms| {
                if at_ms % DAY == 0 { Date::of(at_ms).day_and_month() } else { format!("{:02}:00", at_ms % DAY / HOUR) }
            });
        }
        let (first, last) = (Date::of(self.first).months(), Date::of(self.end()).months());
        let steps = [1, 2, 3, 6].into_iter().chain(std::iter::successors(Some(12), |step: &i64| step.checked_mul(2)));
        let step = steps.into_iter().find(|step| (last - first) / step <= MOST_DATES).unwrap_or(i64::MAX);
        let start = (first + step - 1).div_euclid(step);
        let times = (0..=MOST_DATES).map(|index| Date::start_of_month((start + index) * step));
        self.named(times, |at_ms| Date::of(at_ms).month_and_year())
    }

    fn named(self, times: impl Iterator<Item = i64>, name: impl Fn(i64) -> String) -> Vec<DateTick> {
        let times = times.filter(|at_ms| (self.first..self.end()).contains(at_ms));
        times.map(|at_ms| DateTick { at_ms, text: name(at_ms) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_965_300_000; // 2026-11-29 15:15

    fn texts(days: i64) -> String {
        let bins = TimeBins::over(NOW - days * DAY, NOW, 130);
        bins.dates().into_iter().map(|date| date.text).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn an_axis_has_round_dates_and_few_of_them() {
        assert_eq!(texts(1), "15:00, 18:00, 21:00, 29 Nov, 03:00, 06:00, 09:00, 12:00, 15:00");
        assert_eq!(texts(7), "23 Nov, 24 Nov, 25 Nov, 26 Nov, 27 Nov, 28 Nov, 29 Nov");
        assert_eq!(texts(30), "2 Nov, 9 Nov, 16 Nov, 23 Nov");
        assert_eq!(texts(90), "7 Sep, 21 Sep, 5 Oct, 19 Oct, 2 Nov, 16 Nov");
        assert_eq!(texts(365), "Jan 2026, Mar 2026, May 2026, Jul 2026, Sep 2026, Nov 2026");
        assert_eq!(texts(730), "Jan 2025, Apr 2025, Jul 2025, Oct 2025, Jan 2026, Apr 2026, Jul 2026, Oct 2026");
    }

    #[test]
    fn every_time_between_the_ends_is_in_a_part_however_far_they_are_apart() {
        for (since, until) in [(0, 0), (NOW, NOW), (NOW - DAY, NOW), (0, NOW), (i64::MIN, i64::MAX), (NOW, 0)] {
            let bins = TimeBins::over(since, until, 130);
            assert!((1..=130).contains(&bins.count()), "{bins:?}");
            let until = until.clamp(0, LAST);
            for at in [since.clamp(0, until), until] {
                assert!(bins.index(at).is_some(), "{bins:?} {at}");
                assert!((0..=1000).contains(&bins.along(at, 1000)), "{bins:?} {at}");
            }
            assert_eq!(bins.index(bins.end()), None);
            assert!(bins.dates().len() <= 9);
        }
    }
}
