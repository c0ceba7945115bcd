//! Lists the owners and subjects of results that a version without lists recorded.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use badgesmith_engine::store::{RESULT_LIFE, Subject, subject_of, subjects_partition};
use badgesmith_host::unix_time::unix_seconds;
use futures_util::{TryStreamExt, stream};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    item::{self, Item, claim, expires, text},
    item_calls,
    lists::{self, Listed},
    retry::retry,
};

/// The keys of the item that marks the lists as filled.
const DONE: [&str; 2] = ["LISTS", "FILLED"];
/// How many subjects are listed at once.
const WRITERS: usize = 16;

/// Whether the lists are filled, or there are no results to list.
pub(crate) async fn is_done(aws: &AwsClients) -> Result<bool, AwsError> {
    let query = aws.dynamodb().await.query().table_name(&aws.tables().results).consistent_read(true);
    let query = query
        .key_condition_expression("PK = :pk AND SK = :sk")
        .expression_attribute_values(":pk", text(DONE[0]))
        .expression_attribute_values(":sk", text(DONE[1]));
    Ok(!item_calls::page(query, aws.deadline(), "reading a list").await?.items().is_empty())
}

/// Marks the lists as filled.
pub(crate) async fn mark_done(aws: &AwsClients) -> Result<(), AwsError> {
    let [partition, key] = DONE;
    let item = Item::from([("PK".to_owned(), text(partition)), ("SK".to_owned(), text(key))]);
    let put = aws.dynamodb().await.put_item().table_name(&aws.tables().results).set_item(Some(item));
    item_calls::put(put, aws.deadline(), "filling the lists").await.map(drop)
}

/// Lists every subject that has a result and is not listed yet.
pub(crate) async fn fill(aws: &AwsClients) -> Result<(), AwsError> {
    let listed = Listed::default();
    let subjects = subjects(aws).await?;
    stream::iter(subjects.iter().map(Ok))
        .try_for_each_concurrent(WRITERS, async |((collection, subject), expires)| {
            list(aws, collection, subject, *expires).await?;
            listed.list_until(aws, subject.owner(), *expires).await
        })
        .await?;
    mark_done(aws).await
}

/// The subjects of all results, each with the expiry of the one that expires last.
async fn subjects(aws: &AwsClients) -> Result<BTreeMap<(String, Subject), u64>, AwsError> {
    let scan = aws.dynamodb().await.scan().table_name(&aws.tables().results);
    let scan = scan
        .projection_expression("PK, SK, #TTL")
        .filter_expression("begins_with(SK, :result)")
        .expression_attribute_names("#TTL", "TTL")
        .expression_attribute_values(":result", text("RESULT#"));
    let now = unix_seconds(SystemTime::now());
    let (mut subjects, mut start) = (BTreeMap::new(), None);
    loop {
        let scan = scan.clone().set_exclusive_start_key(start);
        let send = || async { scan.clone().send().await.map_err(|error| AwsError::call("reading results", &error)) };
        let page = retry(aws.deadline(), send).await?;
        for item in page.items().iter().filter(|item| expires(item) > now) {
            let [partition, key] = ["PK", "SK"].map(|name| item::read(item, name).unwrap_or_default());
            if let Some(subject) = subject_of(partition, key) {
                let last = subjects.entry(subject).or_default();
                *last = expires(item).min(lists::LASTING).max(*last);
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(subjects);
        }
    }
}

/// Lists a subject unless it is listed: a server may have listed it meanwhile, with a later change.
async fn list(aws: &AwsClients, collection: &str, subject: &Subject, expires: u64) -> Result<(), AwsError> {
    let Some(key) = lists::key(collection, subject) else { return Ok(()) };
    let arrived = SystemTime::UNIX_EPOCH + Duration::from_secs(expires.saturating_sub(RESULT_LIFE.as_secs()));
    let mut item = claim(subjects_partition(subject.owner()), key, expires);
    item.insert("Changed".to_owned(), lists::changed(arrived));
    let put = aws.dynamodb().await.put_item().table_name(&aws.tables().results).set_item(Some(item));
    let put = put.condition_expression("attribute_not_exists(PK)");
    item_calls::put(put, aws.deadline(), "listing a subject").await.map(drop)
}
