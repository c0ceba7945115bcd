//! Cached answers in DynamoDB, and the marks that make them stale.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use badgesmith_engine::store::{MARK_LIFE, MarkedAnswer};
use badgesmith_host::unix_time::{unix_milliseconds, unix_seconds};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    batch_get::{BatchGet, batch_get},
    item::{self, Item, claim, expires, number, text},
    item_calls,
};

/// The sort key of answers and of marks.
pub(crate) const ANSWER: &str = "META";

/// Stores the time since when cached answers about `about`, a key of the engine, are stale. A time earlier than the
/// stored one changes nothing. Without a table of answers nothing is stored.
pub(crate) async fn mark_stale(aws: &AwsClients, about: &str, at: SystemTime) -> Result<(), AwsError> {
    let table = &aws.tables().answers;
    if table.is_empty() {
        return Ok(());
    }
    let since = number(unix_milliseconds(at));
    let mut item = claim(mark_partition(about), ANSWER, unix_seconds(at) + MARK_LIFE.as_secs());
    item.insert("Since".to_owned(), since.clone());
    let put = aws.dynamodb().await.put_item().table_name(table).set_item(Some(item));
    let put = put
        .condition_expression("attribute_not_exists(PK) OR Since < :since")
        .expression_attribute_values(":since", since);
    item_calls::put(put, aws.deadline(), "noting what is stale").await.map(drop)
}

/// The cached answer of a key, with the mark of `about`, in one request.
pub(crate) async fn answer_about(aws: &AwsClients, key: &str, about: &str, now: u64) -> Result<MarkedAnswer, AwsError> {
    let table = &aws.tables().answers;
    if table.is_empty() {
        return Ok(MarkedAnswer::default());
    }
    let mark = mark_partition(about);
    let keys = [answer_partition(key), mark.clone()]
        .map(|partition| Item::from([("PK".to_owned(), text(partition)), ("SK".to_owned(), text(ANSWER))]));
    let batch = BatchGet { operation: "reading an answer", table, keys: keys.into(), is_consistent: false };
    let mut found = MarkedAnswer::default();
    // DynamoDB deletes expired items with a delay.
    for item in batch_get(aws, batch, aws.deadline()).await?.iter().filter(|item| expires(item) > now) {
        if item::read(item, "PK") == Some(&mark) {
            let since = item.get("Since").and_then(|since| since.as_n().ok()?.parse().ok());
            found.stale_since = since.map(|ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms));
        } else {
            found.answer = answer(item);
        }
    }
    Ok(found)
}

/// The answer of an item.
pub(crate) fn answer(item: &Item) -> Option<Bytes> {
    match item.get("Answer") {
        Some(AttributeValue::B(answer)) => Some(Bytes::copy_from_slice(answer.as_ref())),
        _ => None,
    }
}

/// `ANSWER#plugin#hash`. The engine's key begins with the plugin's name.
pub(crate) fn answer_partition(key: &str) -> String {
    let plugin = key.split(' ').next().unwrap_or_default();
    format!("ANSWER#{plugin}#{}", hex::encode(Sha256::digest(key)))
}

fn mark_partition(about: &str) -> String {
    format!("STALE#{}", hex::encode(Sha256::digest(about)))
}
