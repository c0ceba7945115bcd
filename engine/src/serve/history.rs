//! Histories: the records of a subject as JSON, page by page.

use badgesmith_provider::{Record, Timestamp};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::{
    answer::Answer,
    caching::Caching,
    call::{history::ShownRecords, records::too_long},
    error::Error,
    parts::Parts,
    plugins::series_address::shown_name,
    request::{Incoming, Pairs},
    series::{SeriesRecord, Verdict},
    store::{LONGEST_RUN, MOST_RECORDS, RecordPlace, Span, Subject},
    target::SeriesTarget,
};

/// How long caches may use a page, and for how long they may use it while they revalidate, in seconds.
const CACHING: Caching = Caching::RevalidateOnly(30, 60);
/// How many items a page has by default; it has at most [`MOST_RECORDS`].
const LAST: usize = 30;

/// A page of a history.
#[derive(Serialize)]
struct History<'a> {
    series: &'a str,
    owner: &'a str,
    repo: &'a str,
    part: &'a str,
    branch: &'a str,
    /// The newest first.
    items: Vec<HistoryItem<'a>>,
    /// The value of `after` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A record, with the fields that its series names. Other fields are not shown: they may be for the provider's own use.
#[derive(Serialize)]
struct HistoryItem<'a> {
    time: String,
    run_id: &'a str,
    run_attempt: u32,
    /// Whether the run succeeded; missing if it neither succeeded nor failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    succeeded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<HistoryValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
}

/// A value that was recorded.
#[derive(Serialize)]
#[serde(untagged)]
enum HistoryValue<'a> {
    Number(f64),
    Word(&'a str),
}

/// Answers a request for a history.
pub(crate) async fn answer(parts: &Parts, incoming: &Incoming<'_>, target: &SeriesTarget<'_>) -> Result<Answer, Error> {
    let SeriesTarget { plugin, series, .. } = target;
    let (span, subject) = (span(&incoming.pairs)?, subject(target)?);
    let last = span.last;
    let records = ShownRecords { caller: &parts.caller, plugin, collection: &series.collection, subject: &subject };
    // One more record than the page has shows whether there is a next page.
    let records = records.of(Span { last: last + 1, ..span }, incoming.now).await?;
    let page = records.get(..last).unwrap_or(&records);
    let history = History {
        series: shown_name(series),
        owner: subject.owner(),
        repo: subject.repo(),
        part: subject.platform(),
        branch: subject.branch(),
        items: page.iter().map(|record| HistoryItem::of(SeriesRecord { series, record })).collect(),
        next: page.last().filter(|_| records.len() > last).map(|record| written(&RecordPlace::of(record))),
    };
    // Texts and numbers always have a JSON form.
    Ok(Answer::json(200, serde_json::to_string(&history).unwrap_or_default(), CACHING))
}

impl<'a> HistoryItem<'a> {
    fn of(one: SeriesRecord<'a>) -> Self {
        let Record { run_id, run_attempt, timestamp_ms, .. } = one.record;
        Self {
            time: timestamp_ms.to_string(),
            run_id,
            run_attempt: *run_attempt,
            succeeded: match one.verdict() {
                Verdict::Good => Some(true),
                Verdict::Bad => Some(false),
                Verdict::Neutral => None,
            },
            outcome: one.outcome(),
            passed: one.passed(),
            failed: one.failed(),
            skipped: one.skipped(),
            value: one.value().map(HistoryValue::Number).or_else(|| one.word().map(HistoryValue::Word)),
            duration_ms: one.duration_ms(),
            link: one.link(),
        }
    }
}

/// The subject that an address names. A chart of the manifest has a part and a branch of its own.
///
/// # Errors
/// Names the part of the subject that is too long.
pub(super) fn subject(target: &SeriesTarget<'_>) -> Result<Subject, Error> {
    let SeriesTarget { chart, params, .. } = target;
    let param = |name: &str| params.get(name).map_or("", String::as_str);
    let (platform, branch) = match chart {
        Some(chart) => (&*chart.platform, &*chart.branch),
        None => (param("platform"), param("branch")),
    };
    Subject::new(param("owner"), param("repo"), platform, branch).map_err(|part| Error::from(&too_long(part)))
}

/// The span that the query asks for.
fn span(pairs: &Pairs<'_>) -> Result<Span, Error> {
    let last = match pairs.get("last").filter(|last| !last.is_empty()) {
        None => Some(LAST),
        Some(last) => last.parse().ok().filter(|last| (1..=MOST_RECORDS).contains(last)),
    };
    let since_ms = match pairs.get("since").filter(|since| !since.is_empty()) {
        None => Some(None),
        Some(since) => read_time(since).map(|time| Some(time.as_ms())),
    };
    let before = match pairs.get("after").filter(|after| !after.is_empty()) {
        None => Some(None),
        Some(after) => read_place(after).map(Some),
    };
    Ok(Span {
        last: last.ok_or_else(|| Error::invalid_override("last"))?,
        since_ms: since_ms.ok_or_else(|| Error::invalid_override("since"))?,
        before: before.ok_or_else(|| Error::invalid_override("after"))?,
    })
}

/// An RFC 3339 time, or the start of a day in UTC.
fn read_time(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
}

/// The place of a record as callers see it: opaque, so that it may change.
fn written(RecordPlace { timestamp, run_id, run_attempt }: &RecordPlace) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{}.{run_attempt}.{run_id}", timestamp.as_ms()))
}

fn read_place(text: &str) -> Option<RecordPlace> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (timestamp, rest) = text.split_once('.')?;
    let (run_attempt, run_id) = rest.split_once('.')?;
    let timestamp = Timestamp::try_from(timestamp.parse::<i64>().ok()?).ok()?;
    let run_attempt = run_attempt.parse().ok().filter(|attempt| (1..=9999).contains(attempt))?;
    let is_run = !run_id.is_empty() && run_id.len() <= LONGEST_RUN;
    is_run.then(|| RecordPlace { timestamp, run_id: run_id.to_owned(), run_attempt })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_nothing_else_is_one() {
        let place = RecordPlace { timestamp: Timestamp::nearest(5), run_id: "a.b#ü".to_owned(), run_attempt: 2 };
        assert_eq!(read_place(&written(&place)), Some(place));
        let encoded = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        for text in ["", "5.1.", "5.0.a", "-1.1.a", "5.10000.a", "5.1", "x.1.a", &format!("5.1.{}", "a".repeat(129))] {
            assert_eq!(read_place(&encoded(text)), None, "{text}");
        }
        assert_eq!(read_place("ä"), None);
        assert_eq!(read_place("/w=="), None);
    }

    #[test]
    fn a_day_is_its_first_moment() {
        assert_eq!(read_time("2026-11-29"), Timestamp::parse("2026-11-29T00:00:00Z"));
        assert_eq!(read_time("2026-11"), None);
        assert_eq!(read_time("yesterday"), None);
    }
}
