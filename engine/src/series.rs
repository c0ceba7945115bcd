//! The records of a collection as its series reads them: points of trends and charts, items of lists.

use badgesmith_provider::{Record, Series, is_web_address};
use badgesmith_renderer::{ChartSeries, CountPoint, Spark, SparkMark, SparkPoint, ValuePoint};
use serde_json::Value;

/// How a record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
    /// Neither good nor bad: cancelled, skipped, or without a result.
    Neutral,
}

/// A record, read with the field names of its series.
#[derive(Clone, Copy)]
pub(crate) struct SeriesRecord<'r> {
    pub(crate) series: &'r Series,
    pub(crate) record: &'r Record,
}

impl<'r> SeriesRecord<'r> {
    fn field(self, name: Option<&String>) -> Option<&'r Value> {
        self.record.fields.get(name?)
    }

    fn count(self, name: Option<&String>) -> Option<u64> {
        self.field(name)?.as_u64()
    }

    pub(crate) fn passed(self) -> Option<u64> {
        self.count(self.series.passed.as_ref())
    }

    pub(crate) fn failed(self) -> Option<u64> {
        self.count(self.series.failed.as_ref())
    }

    pub(crate) fn skipped(self) -> Option<u64> {
        self.count(self.series.skipped.as_ref())
    }

    pub(crate) fn value(self) -> Option<f64> {
        self.field(self.series.value.as_ref())?.as_f64()
    }

    /// The value, if it is a text, which cannot be a point of a line.
    pub(crate) fn word(self) -> Option<&'r str> {
        self.field(self.series.value.as_ref())?.as_str()
    }

    /// The word for how the recorded run ended.
    pub(crate) fn outcome(self) -> Option<&'r str> {
        self.field(self.series.outcome.as_ref())?.as_str()
    }

    /// How long it took, in milliseconds.
    pub(crate) fn duration_ms(self) -> Option<u64> {
        let duration = self.field(self.series.duration.as_ref())?;
        // A client may have measured fractions of a millisecond.
        duration.as_u64().or_else(|| duration.as_f64().filter(|ms| *ms >= 0.0).map(|ms| ms.round() as u64))
    }

    /// The address of a page about it.
    pub(crate) fn link(self) -> Option<&'r str> {
        self.field(self.series.link.as_ref())?.as_str().filter(|link| is_web_address(link))
    }

    pub(crate) fn verdict(self) -> Verdict {
        if let Some(word) = self.outcome() {
            let is_among = |words: &[String]| words.iter().any(|among| among == word);
            return match (is_among(&self.series.good), is_among(&self.series.bad)) {
                (true, _) => Verdict::Good,
                (_, true) => Verdict::Bad,
                _ => Verdict::Neutral,
            };
        }
        match (self.passed(), self.failed()) {
            (_, Some(1..)) => Verdict::Bad,
            (Some(1..), _) => Verdict::Good,
            _ => Verdict::Neutral,
        }
    }

    /// The number that a trend shows: the count of passed, or else the value.
    fn shown(self) -> Option<f64> {
        self.passed().map(|passed| passed as f64).or_else(|| self.value())
    }

    fn at_ms(self) -> i64 {
        self.record.timestamp_ms.as_ms()
    }
}

/// The sparkline of these records, which are the newest first; `None` without any. Records whose value is a text have
/// none.
pub(crate) fn spark(series: &Series, records: &[Record]) -> Option<Spark> {
    let all = records.iter().rev().map(|record| SeriesRecord { series, record });
    let all: Vec<_> = all.filter(|one| one.word().is_none()).collect();
    let (first, last) = (all.first()?, all.last()?);
    let count = |verdict| all.iter().filter(|one| one.verdict() == verdict).count();
    let shown = || all.iter().filter_map(|one| one.shown());
    let (least, most) = (shown().fold(f64::INFINITY, f64::min), shown().fold(f64::NEG_INFINITY, f64::max));
    // The smallest number gets a quarter of the height, unless it is far below the largest, so that small changes stay
    // visible.
    let base = (least - (most - least) / 3.0).max(least.min(0.0));
    let height = |one: &SeriesRecord<'_>| match one.shown() {
        Some(shown) if most > base => (shown - base) / (most - base),
        Some(0.0) => 0.0,
        // All numbers are the same, or the record has none and says only how it ended.
        _ => 1.0,
    };
    let mark = |one: &SeriesRecord<'_>| match one.verdict() {
        Verdict::Good => SparkMark::Good,
        Verdict::Bad => SparkMark::Bad,
        // A value alone is neither a success nor a failure.
        Verdict::Neutral => SparkMark::Neutral,
    };
    let points = all.iter().map(|one| SparkPoint::new(height(one), mark(one))).collect();
    let (bad, total) = (count(Verdict::Bad), all.len());
    let failed = if bad > 0 { format!(", {bad} of {total} failed") } else { String::new() };
    let words = if shown().next().is_some() {
        let text = |one: &SeriesRecord<'_>| one.shown().map_or_else(|| "none".to_owned(), number_text);
        let (least, most) = (number_text(least), number_text(most));
        format!("first {}, last {}, least {least}, most {most}", text(first), text(last))
    } else {
        let text = |one: &SeriesRecord<'_>| match one.verdict() {
            Verdict::Good => "succeeded",
            Verdict::Bad => "failed",
            Verdict::Neutral => "neither",
        };
        format!("first {}, last {}, {} succeeded", text(first), text(last), count(Verdict::Good))
    };
    Some(Spark { points, words: format!("trend of {total}: {words}{failed}") })
}

/// A number with at most 12 digits: 0.1 + 0.2 is 0.3.
fn number_text(number: f64) -> String {
    format!("{number:.11e}").parse().unwrap_or(number).to_string()
}

/// How many of these records succeeded and how many failed.
pub(crate) fn rate(series: &Series, records: &[Record]) -> (usize, usize) {
    let count = |verdict| records.iter().filter(|record| SeriesRecord { series, record }.verdict() == verdict).count();
    (count(Verdict::Good), count(Verdict::Bad))
}

/// What a chart of these records shows; the newest record comes first. If `value` names a field, the chart shows the
/// numbers in it, or else the fields of the series.
pub(crate) fn charted(series: &Series, value: Option<&str>, records: &[Record]) -> ChartSeries {
    let all = || records.iter().rev().map(|record| SeriesRecord { series, record });
    let value = value.or_else(|| {
        let is_counted = series.passed.is_some() || series.failed.is_some() || series.outcome.is_some();
        series.value.as_deref().filter(|_| !is_counted)
    });
    if let Some(value) = value {
        let point = |one: SeriesRecord<'_>| {
            Some(ValuePoint { at_ms: one.at_ms(), value: one.record.fields.get(value)?.as_f64()? })
        };
        return ChartSeries::Values(all().filter_map(point).collect());
    }
    if series.passed.is_some() || series.failed.is_some() {
        let point = |one: SeriesRecord<'_>| CountPoint {
            at_ms: one.at_ms(),
            passed: one.passed().unwrap_or_default(),
            failed: one.failed().unwrap_or_default(),
            skipped: one.skipped().unwrap_or_default(),
        };
        return ChartSeries::Results(all().map(point).collect());
    }
    let point = |one: SeriesRecord<'_>| {
        let is = |verdict| u64::from(one.verdict() == verdict);
        let (passed, failed, skipped) = (is(Verdict::Good), is(Verdict::Bad), is(Verdict::Neutral));
        CountPoint { at_ms: one.at_ms(), passed, failed, skipped }
    };
    ChartSeries::Runs(all().map(point).collect())
}

#[cfg(test)]
mod tests {
    use badgesmith_provider::Timestamp;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_words_have_no_digits_that_arithmetic_left() {
        assert_eq!(
            [0.1 + 0.2, 1e18, -2.5e-9, 1200000.0].map(number_text),
            ["0.3", "1000000000000000000", "-0.0000000025", "1200000"]
        );
    }

    fn tests() -> Series {
        let name = |name: &str| Some(name.to_owned());
        Series { passed: name("passed"), failed: name("failed"), duration: name("ms"), ..Series::default() }
    }

    fn records(all: &[Value]) -> Vec<Record> {
        let record = |(index, fields): (usize, &Value)| Record {
            run_id: index.to_string(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(index as i64),
            fields: fields.as_object().cloned().unwrap_or_default(),
        };
        all.iter().enumerate().map(record).rev().collect()
    }

    #[test]
    fn a_trend_says_first_last_least_and_most() {
        let all = records(&[json!({"passed": 180}), json!({"passed": 170, "failed": 2}), json!({"passed": 190})]);
        let spark = spark(&tests(), &all).unwrap();
        assert_eq!(spark.words, "trend of 3: first 180, last 190, least 170, most 190, 1 of 3 failed");
        let marks = [(0.625, SparkMark::Good), (0.25, SparkMark::Bad), (1.0, SparkMark::Good)];
        assert_eq!(spark.points, marks.map(|(height, mark)| SparkPoint::new(height, mark)));
    }

    #[test]
    fn a_trend_whose_numbers_are_all_the_same_has_bars_of_full_height() {
        for (numbers, height) in [(vec![180], 1.0), (vec![180; 3], 1.0), (vec![0; 3], 0.0)] {
            let all: Vec<_> = numbers.iter().map(|number| json!({ "passed": number })).collect();
            let spark = spark(&tests(), &records(&all)).unwrap();
            let mark = if height > 0.0 { SparkMark::Good } else { SparkMark::Neutral };
            assert_eq!(spark.points, vec![SparkPoint::new(height, mark); numbers.len()], "{numbers:?}");
        }
    }

    #[test]
    fn a_trend_leaves_out_values_that_are_texts() {
        let series = Series { value: Some("value".to_owned()), ..Series::default() };
        let all = records(&[json!({"value": 2}), json!({"value": "two"}), json!({"value": 4.5})]);
        assert_eq!(spark(&series, &all).unwrap().words, "trend of 2: first 2, last 4.5, least 2, most 4.5");
        assert_eq!(spark(&series, &records(&[json!({"value": "two"})])), None);
        assert!(matches!(charted(&series, None, &all), ChartSeries::Values(points) if points.len() == 2));
    }

    #[test]
    fn a_trend_of_outcomes_says_how_often_it_succeeded() {
        let series = Series {
            outcome: Some("conclusion".to_owned()),
            good: vec!["success".to_owned()],
            bad: vec!["failure".to_owned()],
            ..Series::default()
        };
        let all = ["success", "failure", "cancelled", "success"].map(|word| json!({ "conclusion": word }));
        let all = records(&all);
        let words = spark(&series, &all).unwrap().words;
        assert_eq!(words, "trend of 4: first succeeded, last succeeded, 2 succeeded, 1 of 4 failed");
        assert_eq!(rate(&series, &all), (2, 1));
        assert!(matches!(charted(&series, None, &all), ChartSeries::Runs(points) if points.len() == 4));
    }

    #[test]
    fn a_field_that_is_missing_or_of_another_type_is_not_drawn() {
        let all = records(&[json!({}), json!({"passed": "many", "ms": -3}), json!({"passed": -1, "ms": 12.6})]);
        let spark = spark(&tests(), &all).unwrap();
        assert_eq!(spark.words, "trend of 3: first neither, last neither, 0 succeeded");
        let durations: Vec<_> =
            all.iter().map(|record| SeriesRecord { series: &tests(), record }.duration_ms()).collect();
        assert_eq!(durations, [Some(13), None, None]);
        assert_eq!(charted(&tests(), Some("stars"), &all), ChartSeries::Values(Vec::new()));
    }
}
