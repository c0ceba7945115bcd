//! Records as DynamoDB items that other programs can read, and back. Items of earlier deployments are read too.
//!
//! | attribute | what |
//! |---|---|
//! | `PK`, `SK`, `TTL` | the keys, and the expiry in seconds since 1970 |
//! | `RunId`, `RunAttempt`, `Timestamp` | the record's run, attempt, and time in RFC 3339 |
//! | `Fields` | the rest of the record, as JSON text: DynamoDB's numbers would not keep their form |
//! | `Version` | 1, the version of this form; states have it, too |
//! | `GSI1PK`, `GSI1SK` | an index for eventually consistent reads: `LATEST#owner#repo#platform#branch` and the time |
//!
//! An item of an earlier deployment has no `Fields`; its other attributes are the fields, `UrlHtml` as `url_html`.

use std::collections::HashMap;

use aws_sdk_dynamodb::{error::SdkError, operation::put_item::PutItemError, types::AttributeValue};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use badgesmith_engine::store::{Entry, RESULT_LIFE, Row, Subject, escape, partition, result_key, run_key};
use badgesmith_provider::{Record, Timestamp};
use serde_json::{Number, Value};

/// An item, or its keys.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The version of the form of records and states. An item without a version was written before there were versions, in
/// this form or in that of an earlier deployment.
const VERSION: u32 = 1;

/// The attributes of such an item that are no fields of the report.
const NO_FIELDS: [&str; 11] =
    ["PK", "SK", "TTL", "GSI1PK", "GSI1SK", "RunId", "Timestamp", "CreatedAt", "Owner", "Repo", "Branch"];

/// A text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Adds the version of its form to a record's or a state's item.
pub(crate) fn put_version(item: &mut Item) {
    item.insert("Version".to_owned(), number(VERSION));
}

/// Whether this version knows the form of a record's or a state's item. A later one may mean something else by the same
/// attributes.
pub(crate) fn is_known_version(item: &Item) -> bool {
    let version = |value: &AttributeValue| value.as_n().ok()?.parse::<u32>().ok();
    item.get("Version").is_none_or(|value| version(value).is_some_and(|version| version <= VERSION))
}

/// An item with its two keys and its expiry only.
pub(crate) fn claim(partition: impl Into<String>, key: impl Into<String>, expires: u64) -> Item {
    let attributes = [("PK", text(partition)), ("SK", text(key)), ("TTL", number(expires))];
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}

/// A record with its collection and subject, and the outbox row that announces it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlacedRecord<'a> {
    pub(crate) collection: &'a str,
    pub(crate) subject: &'a Subject,
    pub(crate) record: &'a Record,
    pub(crate) outbox: Option<&'a Row>,
}

impl<'a> PlacedRecord<'a> {
    /// The record of an entry.
    pub(crate) fn of(entry: &'a Entry) -> Self {
        let Entry { collection, subject, record, outbox, .. } = entry;
        Self { collection, subject, record, outbox: outbox.as_ref() }
    }
}

/// The item that claims the record's run.
pub(crate) fn of_run(placed: &PlacedRecord<'_>, arrived: u64) -> Item {
    let PlacedRecord { collection, subject, record, .. } = *placed;
    claim(partition(collection, subject), run_key(subject, record), arrived + RESULT_LIFE.as_secs())
}

/// The item with the record.
pub(crate) fn of_record(placed: &PlacedRecord<'_>, arrived: u64) -> Item {
    let PlacedRecord { collection, subject, record, .. } = *placed;
    let expires = arrived + RESULT_LIFE.as_secs();
    let mut item = claim(partition(collection, subject), result_key(subject, record), expires);
    let timestamp = record.timestamp_ms.to_string();
    let mut put = |name: &str, value| item.insert(name.to_owned(), value);
    put("RunId", text(&record.run_id));
    put("RunAttempt", number(record.run_attempt));
    put("Timestamp", text(&timestamp));
    // Serializing a JSON map does not fail.
    put("Fields", text(serde_json::to_string(&record.fields).unwrap_or_default()));
    if collection == "test-results" {
        put("GSI1PK", text(latest(subject)));
        put("GSI1SK", text(timestamp));
    }
    put_version(&mut item);
    item
}

fn latest(subject: &Subject) -> String {
    let parts = [subject.owner(), subject.repo(), subject.platform(), subject.branch()];
    format!("LATEST#{}", parts.map(escape).join("#"))
}

/// The record of an item; `None` if the item is not a record in a form that this version knows.
pub(crate) fn record(item: &Item) -> Option<Record> {
    if !is_known_version(item) {
        return None;
    }
    let fields = match item.get("Fields") {
        Some(fields) => serde_json::from_str(fields.as_s().ok()?).ok()?,
        None => item
            .iter()
            .filter(|(name, _)| !NO_FIELDS.contains(&&***name))
            .filter_map(|(name, value)| field(name, value))
            .collect(),
    };
    Some(Record {
        run_id: read(item, "RunId")?.to_owned(),
        run_attempt: item.get("RunAttempt").map_or(Some(1), |attempt| attempt.as_n().ok()?.parse().ok())?,
        timestamp_ms: Timestamp::parse(read(item, "Timestamp")?)?,
        fields,
    })
}

/// A field of the record, from an attribute of an earlier deployment's item.
fn field(name: &str, value: &AttributeValue) -> Option<(String, Value)> {
    let value = match value {
        AttributeValue::S(text) => Value::String(text.clone()),
        AttributeValue::N(number) => Value::Number(number.parse::<Number>().ok()?),
        _ => return None,
    };
    let mut snake = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    Some((snake, value))
}

/// A text attribute's text.
pub(crate) fn read<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// The expiry of an item in seconds since 1970. An item without one does not expire.
pub(crate) fn expires(item: &Item) -> u64 {
    item.get("TTL").and_then(|ttl| ttl.as_n().ok()?.parse().ok()).unwrap_or(u64::MAX)
}

/// Whether a put failed because its condition did not hold.
pub(crate) fn is_condition(error: &SdkError<PutItemError, HttpResponse>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use serde_json::{Map, json};

    use super::*;

    fn fields(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_record_is_read_back_as_it_was_written() {
        let fields =
            fields(json!({"passed": 1, "ratio": 1.0, "huge": 1e300, "none": null, "suites": [{"name": "🦀"}]}));
        let record = Record {
            run_id: "a#1".to_owned(),
            run_attempt: 2,
            timestamp_ms: Timestamp::nearest(1_752_837_027_500),
            fields,
        };
        let entry = Entry {
            collection: "test-results".to_owned(),
            subject: Subject::new("Acme", "Tools#1", "Linux", "Feature/X").unwrap(),
            nonce: "n".into(),
            record: record.clone(),
            arrived: SystemTime::UNIX_EPOCH + Duration::from_secs(1000),
            outbox: None,
        };
        let item = of_record(&PlacedRecord::of(&entry), 1000);
        assert_eq!(super::record(&item), Some(record));
        assert_eq!(read(&item, "PK"), Some("TEST#acme#tools%231"));
        assert_eq!(read(&item, "SK"), Some("RESULT#linux#feature/x#2025-07-18T11:10:27.500Z#a%231#0002"));
        assert_eq!(read(&item, "GSI1PK"), Some("LATEST#acme#tools%231#linux#feature/x"));
        assert_eq!(read(&item, "GSI1SK"), Some("2025-07-18T11:10:27.500Z"));
        assert_eq!(expires(&item), 1000 + 730 * 24 * 60 * 60);
        let later = |version: &str| {
            let mut later = item.clone();
            later.insert("Version".to_owned(), number(version));
            super::record(&later)
        };
        assert_eq!(later("1").map(|record| record.run_id), Some("a#1".to_owned()));
        assert_eq!((later("2"), later("one")), (None, None), "another version may mean something else by it");
        let other = Entry { collection: "coverage".to_owned(), ..entry };
        let other = of_record(&PlacedRecord::of(&other), 1000);
        assert_eq!((read(&other, "PK"), read(&other, "GSI1PK")), (Some("coverage#acme#tools%231"), None));
    }

    #[test]
    fn an_item_of_an_earlier_deployment_is_a_record() {
        let item: Item = [
            ("PK", text("TEST#acme#tools")),
            ("SK", text("RESULT#linux#main#2025-07-18T11:10:27.500Z")),
            ("TTL", number(1_760_613_027)),
            ("Owner", text("acme")),
            ("Platform", text("linux")),
            ("Passed", number(190)),
            ("UrlHtml", text("https://ci.example/1")),
            ("RunId", text("42")),
            ("Timestamp", text("2025-07-18T13:10:27.5000000+02:00")),
            ("CreatedAt", text("2025-07-18T11:10:30.0000000+00:00")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let fields = fields(json!({"passed": 190, "platform": "linux", "url_html": "https://ci.example/1"}));
        let expected = Record {
            run_id: "42".to_owned(),
            run_attempt: 1,
            timestamp_ms: Timestamp::nearest(1_752_837_027_500),
            fields,
        };
        assert_eq!(record(&item), Some(expected));
        assert_eq!(record(&claim("TEST#acme#tools", "RUN#linux#main#42#1", 1)), None);
    }
}
