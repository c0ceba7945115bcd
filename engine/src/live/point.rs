//! A record as a list shows it: whether it succeeded or failed, its counts, its link.

use badgesmith_provider::{Record, Series, Timestamp, is_web_address};
use serde::{Serialize, Serializer};

use crate::series::{SeriesRecord, Verdict};

/// The longest address that is linked, in bytes.
const LONGEST_LINK: usize = 2048;
/// The longest word that is shown, in characters.
const LONGEST_WORD: usize = 40;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ending {
    Failing,
    /// Neither passing nor failing, such as a run that was cancelled.
    Other,
    Passing,
}

impl Ending {
    /// Its name in addresses and classes.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Other => "other",
            Self::Passing => "passing",
        }
    }
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Point {
    pub(crate) ending: Ending,
    /// How it ended, in words such as `timed out` or `2 failed, 188 passed`.
    pub(crate) words: String,
    /// When it ran, in milliseconds since 1970.
    #[serde(rename = "time", serialize_with = "time")]
    pub(crate) time_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) passed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<u64>,
}

/// Whether records of this series can succeed or fail, so that a list can show them.
pub(crate) const fn has_ending(series: &Series) -> bool {
    series.outcome.is_some() || series.failed.is_some()
}

impl Point {
    pub(crate) fn read(series: &Series, record: &Record) -> Self {
        let read = SeriesRecord { series, record };
        let (passed, failed, skipped) = (read.passed(), read.failed(), read.skipped());
        Self {
            ending: match read.verdict() {
                Verdict::Bad => Ending::Failing,
                Verdict::Good => Ending::Passing,
                Verdict::Neutral => Ending::Other,
            },
            words: read.outcome().map_or_else(|| counted(passed, failed, skipped), shown),
            time_ms: record.timestamp_ms.as_ms(),
            url: read.link().and_then(link),
            passed,
            failed,
            skipped,
        }
    }
}

/// The counts that are not 0, in words.
fn counted(passed: Option<u64>, failed: Option<u64>, skipped: Option<u64>) -> String {
    let counts = [(failed, "failed"), (passed, "passed"), (skipped, "skipped")];
    let counts = counts.into_iter().filter_map(|(count, what)| Some(format!("{} {what}", count.filter(|n| *n > 0)?)));
    let words = counts.collect::<Vec<_>>().join(", ");
    if words.is_empty() { "nothing ran".to_owned() } else { words }
}

/// A word such as `timed_out` as it is shown.
pub(crate) fn shown(word: &str) -> String {
    word.chars().map(|letter| if letter == '_' { ' ' } else { letter }).take(LONGEST_WORD).collect()
}

/// An address that may be linked: http or https, and nothing else.
pub(crate) fn link(address: &str) -> Option<String> {
    Some(address).filter(|address| address.len() <= LONGEST_LINK && is_web_address(address)).map(str::to_owned)
}

/// Writes milliseconds since 1970 as RFC 3339.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) fn time<S: Serializer>(ms: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Timestamp::nearest(*ms))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn point(series: &Value, fields: &Value) -> Point {
        let record = Record {
            run_id: "1".to_owned(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(7),
            fields: fields.as_object().unwrap().clone(),
        };
        Point::read(&serde_json::from_value(series.clone()).unwrap(), &record)
    }

    #[test]
    fn a_run_is_red_green_or_neither_by_its_word_or_its_counts() {
        let runs = json!({"collection": "w", "outcome": "end", "good": ["success"], "bad": ["failure", "timed_out"]});
        let tests = json!({"collection": "t", "passed": "p", "failed": "f", "skipped": "s"});
        for (series, fields, ending, words) in [
            (&runs, json!({"end": "success"}), Ending::Passing, "success"),
            (&runs, json!({"end": "timed_out"}), Ending::Failing, "timed out"),
            (&runs, json!({"end": "neutral"}), Ending::Other, "neutral"),
            (&runs, json!({"end": 7}), Ending::Other, "nothing ran"),
            (&tests, json!({"p": 188, "f": 2, "s": 0}), Ending::Failing, "2 failed, 188 passed"),
            (&tests, json!({"p": 3, "f": 0, "s": 1}), Ending::Passing, "3 passed, 1 skipped"),
            (&tests, json!({"p": 0, "f": 0, "s": 4}), Ending::Other, "4 skipped"),
            (&tests, json!({}), Ending::Other, "nothing ran"),
        ] {
            let point = point(series, &fields);
            assert_eq!((point.ending, &*point.words), (ending, words), "{fields}");
        }
    }

    #[test]
    fn only_addresses_of_the_web_are_linked() {
        let series = json!({"collection": "t", "failed": "f", "link": "url"});
        let linked = |url: &str| point(&series, &json!({ "url": url })).url.is_some();
        assert!(linked("https://example.com/runs/1") && linked("HTTP://example.com"));
        for url in
            ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//example.com", "/x", "https:", ""]
        {
            assert!(!linked(url), "{url}");
        }
        assert!(!linked(&format!("https://example.com/{}", "x".repeat(LONGEST_LINK))));
    }
}
