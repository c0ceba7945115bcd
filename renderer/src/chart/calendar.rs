//! Times as dates in UTC, for the labels of a chart.

/// An hour and a day in milliseconds.
pub(super) const HOUR: i64 = 60 * 60 * 1000;
pub(super) const DAY: i64 = 24 * HOUR;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date in the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// 0 for January.
    pub(super) month: i64,
    /// 1 for the first.
    pub(super) day: i64,
}

impl Date {
    /// The date of a time, by Howard Hinnant's `civil_from_days`: a year begins with March, so that a leap day is its
    /// last day.
    pub(super) fn of(ms: i64) -> Self {
        // Days since 0000-03-01.
        let days = ms.div_euclid(DAY) + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = (from_march + 2) % 12;
        let year = 400 * era + year_of_era + i64::from(month < 2);
        Self { year, month, day }
    }

    /// The midnight with which a month begins. Months are counted from January of the year 0.
    pub(super) fn start_of_month(months: i64) -> i64 {
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
        let year = year - i64::from(month < 2);
        let from_march = (month + 10) % 12;
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + (153 * from_march + 2) / 5;
        (146_097 * era + day_of_era - 719_468) * DAY
    }

    /// The number of months since January of the year 0.
    pub(super) const fn months(self) -> i64 {
        12 * self.year + self.month
    }

    fn month_name(self) -> &'static str {
        MONTHS.get(self.month as usize).copied().unwrap_or_default()
    }

    /// `28 Nov 2026`
    pub(super) fn whole(self) -> String {
        format!("{} {} {}", self.day, self.month_name(), self.year)
    }

    /// `28 Nov`
    pub(super) fn day_and_month(self) -> String {
        format!("{} {}", self.day, self.month_name())
    }

    /// `Nov 2026`
    pub(super) fn month_and_year(self) -> String {
        format!("{} {}", self.month_name(), self.year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_eight_centuries_follows_the_one_before() {
        let mut before = Date::of(-300 * 365 * DAY);
        for day in -300 * 365 + 1..500 * 365 {
            let date = Date::of(day * DAY);
            let is_next = date == Date { day: before.day + 1, ..before }
                || (date.day == 1 && date.months() == before.months() + 1 && before.day >= 28);
            assert!(is_next, "{before:?} {date:?}");
            if date.day == 1 {
                assert_eq!(Date::start_of_month(date.months()), day * DAY, "{date:?}");
            }
            before = date;
        }
        assert_eq!(Date::of(1_752_837_027_500).whole(), "18 Jul 2025");
        assert_eq!(Date::of(951_782_400_000).whole(), "29 Feb 2000");
    }
}
