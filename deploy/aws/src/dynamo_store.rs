//! The store in DynamoDB: one transaction for a result, one consistent query for a badge.

use std::{
    fmt::Write,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, CancellationReason, Put, TransactWriteItem},
};
use badgesmith_engine::store::{
    Entry, Ill, NONCE_LIFE, Recorded, Span, Store, Subject, Unavailable, nonce_partition, partition, result_prefix,
    result_range, subject_of,
};
use badgesmith_provider::Record;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, sync::Semaphore};

use super::{
    Aws,
    insist::{Fault, insist},
    item::{self, Item, claim, expires, number, text},
};
use badgesmith_host::transfer::{Exported, Line};

/// The largest answer that is kept, in bytes: an item holds 400 KB.
const LARGEST_ANSWER: usize = 300 * 1024;
/// How many answers are on their way at once; what comes on top is asked again another time.
const ANSWERS_AT_ONCE: u32 = 16;
/// How many items a page has where the first one did not do.
const PAGE: i32 = 100;

/// A store in DynamoDB. Nothing is called before the first request needs it.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    aws: Arc<Aws>,
    places: Arc<Semaphore>,
}

impl DynamoStore {
    /// The store of a deployment.
    #[must_use]
    pub fn new(aws: Arc<Aws>) -> Self {
        Self { aws, places: Arc::new(Semaphore::new(ANSWERS_AT_ONCE as usize)) }
    }

    /// Waits until every answer that was handed over is kept, for a process that may be frozen or end.
    pub async fn settle(&self) {
        // Whoever has all places has waited for everybody.
        drop(self.places.acquire_many(ANSWERS_AT_ONCE).await);
    }

    /// Hands every result over that is not expired at `now`, in no order, and says which items are none.
    ///
    /// # Errors
    /// The first fault of DynamoDB's or of `each`.
    pub async fn export(
        &self,
        now: SystemTime,
        each: &mut dyn FnMut(Line) -> Result<(), String>,
    ) -> Result<Exported, String> {
        let mut exported = Exported::default();
        let scan = self.aws.dynamodb().await.scan().table_name(&self.aws.tables().results).consistent_read(true);
        let scan = scan.filter_expression("begins_with(SK, :result)");
        let scan = scan.expression_attribute_values(":result", text("RESULT#"));
        let mut start = None;
        loop {
            let scan = scan.clone().set_exclusive_start_key(start);
            let send = || async { scan.clone().send().await.map_err(|error| Fault::of("reading results", &error)) };
            let page = insist(self.aws.deadline(), send).await.map_err(|fault| fault.words)?;
            for item in page.items().iter().filter(|item| expires(item) > seconds(now)) {
                let [partition, key] = ["PK", "SK"].map(|name| item::read(item, name).unwrap_or_default());
                let (Some((collection, subject)), Some(record)) = (subject_of(partition, key), item::record(item))
                else {
                    exported.damaged.push(format!("the item at {partition:?} {key:?} is no record"));
                    continue;
                };
                exported.written += 1;
                each(Line::new(collection, &subject, record, expires(item)))?;
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(exported);
            }
        }
    }

    async fn read_answer(&self, key: &str, now: u64) -> Result<Option<Bytes>, Fault> {
        let table = &self.aws.tables().answers;
        if table.is_empty() {
            return Ok(None);
        }
        let get = self.aws.dynamodb().await.get_item().table_name(table);
        let get = get.key("PK", text(answer_partition(key))).key("SK", text("META"));
        let found = insist(self.aws.deadline(), || async {
            get.clone().send().await.map_err(|error| Fault::of("reading an answer", &error))
        });
        // Whatever is expired is gone, swept or not.
        let item = found.await?.item.filter(|item| expires(item) > now);
        Ok(item.and_then(|item| match item.get("Answer") {
            Some(AttributeValue::B(answer)) => Some(Bytes::copy_from_slice(answer.as_ref())),
            _ => None,
        }))
    }

    async fn write_answer(&self, item: Item) -> Result<(), Fault> {
        let put = self.aws.dynamodb().await.put_item().table_name(&self.aws.tables().answers).set_item(Some(item));
        let put = || async { put.clone().send().await.map_err(|error| Fault::of("keeping an answer", &error)) };
        insist(self.aws.deadline(), put).await.map(drop)
    }

    /// One transaction. Its token is new for every entry and the same for every attempt at it: an attempt whose answer
    /// was lost is not made twice, and another request with the same content is another transaction.
    async fn transact(&self, entry: &Entry) -> Result<Recorded, Fault> {
        let token = format!("{:032x}", fastrand::u128(..));
        let arrived = seconds(entry.arrived);
        let tables = self.aws.tables();
        let nonce = claim(nonce_partition(&entry.subject), &entry.nonce, arrived + NONCE_LIFE.as_secs());
        let puts = [
            unless_claimed(&tables.nonces, nonce, arrived),
            unless_claimed(&tables.results, item::of_run(entry, arrived), arrived),
            Put::builder().table_name(&tables.results).set_item(Some(item::of_record(entry, arrived))),
        ];
        let mut writes = Vec::new();
        for put in puts {
            let put = put.build().map_err(|fault| Fault { words: fault.to_string(), passes: false })?;
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        let transaction = self.aws.dynamodb().await.transact_write_items();
        let transaction = transaction.client_request_token(token).set_transact_items(Some(writes));
        insist(self.aws.deadline(), || async {
            let Err(error) = transaction.clone().send().await else { return Ok(Recorded::New) };
            match error.as_service_error() {
                Some(refusal) if refusal.is_transaction_canceled_exception() => canceled(refusal),
                _ => Err(Fault::of("recording", &error)),
            }
        })
        .await
    }

    async fn query(&self, (collection, subject): (&str, &Subject), span: Span, now: u64) -> Result<Vec<Record>, Fault> {
        let query = self.aws.dynamodb().await.query().table_name(&self.aws.tables().results);
        let query = query.consistent_read(true).scan_index_forward(false);
        let query = query.expression_attribute_values(":pk", text(partition(collection, subject)));
        let query = if span.since_ms.is_none() {
            query
                .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
                .expression_attribute_values(":prefix", text(result_prefix(subject)))
        } else {
            let (from, to) = result_range(subject, span.since_ms);
            query
                .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :to")
                .expression_attribute_values(":from", text(from))
                .expression_attribute_values(":to", text(to))
        };
        let deadline = self.aws.deadline();
        let mut limit = i32::try_from(span.last).unwrap_or(i32::MAX).min(PAGE);
        let (mut records, mut start) = (Vec::new(), None);
        loop {
            let query = query.clone().limit(limit).set_exclusive_start_key(start);
            let send = || async { query.clone().send().await.map_err(|error| Fault::of("reading results", &error)) };
            let page = insist(deadline, send).await?;
            // Whatever is expired is gone, swept or not.
            for item in page.items().iter().filter(|item| expires(item) > now) {
                // An older one in its place would say something that is no longer so.
                let record = item::record(item).ok_or_else(|| {
                    let key = item::read(item, "SK").unwrap_or_default();
                    Fault { words: format!("the item at {key:?} is no record"), passes: false }
                })?;
                records.push(record);
                if records.len() == span.last {
                    return Ok(records);
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(records);
            }
            limit = PAGE;
        }
    }
}

impl Store for DynamoStore {
    fn prepare(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.aws.prepare())
    }

    fn answer<'a>(&'a self, key: &'a str, now: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>> {
        Box::pin(async move { Ok(self.read_answer(key, seconds(now)).await?) })
    }

    fn keep_answer(&self, key: &str, answer: Bytes, expires: SystemTime) {
        if self.aws.tables().answers.is_empty() || answer.len() > LARGEST_ANSWER {
            return;
        }
        // What cannot be kept is asked again.
        let (Ok(place), Ok(runtime)) = (Arc::clone(&self.places).try_acquire_owned(), Handle::try_current()) else {
            return;
        };
        let mut item = claim(answer_partition(key), "META", seconds(expires));
        item.insert("Answer".to_owned(), AttributeValue::B(Blob::new(answer)));
        let store = self.clone();
        runtime.spawn(async move {
            if let Err(fault) = store.write_answer(item).await {
                tracing::warn!(fault.words, "an answer could not be kept");
            }
            drop(place);
        });
    }

    fn record<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Result<Recorded, Unavailable>> {
        Box::pin(async move { Ok(self.transact(entry).await?) })
    }

    fn history<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        span: Span,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Record>, Unavailable>> {
        Box::pin(async move { Ok(self.query((collection, subject), span, seconds(now)).await?) })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Ill>> {
        // A read alone: what is written is paid for, and a table that answers takes results too.
        Box::pin(async move {
            let subject = Subject::new("badgesmith", "health", "none", "none")
                .map_err(|part| Ill::from(Unavailable(part.to_owned())))?;
            let found = self.query(("test-results", &subject), Span::LATEST, 0).await;
            found.map(drop).map_err(|fault| Unavailable::from(fault).into())
        })
    }
}

/// A put that succeeds where nothing lies, or what is expired.
fn unless_claimed(table: &str, item: Item, now: u64) -> aws_sdk_dynamodb::types::builders::PutBuilder {
    Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(PK) OR #TTL <= :now")
        .expression_attribute_names("#TTL", "TTL")
        .expression_attribute_values(":now", number(now))
}

/// What a transaction that was not made says. Whoever collided with another one has claimed nothing and knows nothing.
fn canceled(
    refusal: &aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError,
) -> Result<Recorded, Fault> {
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException;
    let TransactionCanceledException(canceled) = refusal else {
        return Err(Fault { words: "recording: canceled".to_owned(), passes: false });
    };
    let reasons = canceled.cancellation_reasons();
    let codes: Vec<&str> = reasons.iter().map(|reason| CancellationReason::code(reason).unwrap_or("None")).collect();
    let passes =
        |code: &&str| matches!(*code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded");
    match *codes.as_slice() {
        ["ConditionalCheckFailed", ..] => Ok(Recorded::NonceUsed),
        ["None", "ConditionalCheckFailed", ..] => Ok(Recorded::Duplicate),
        _ => {
            let is_passing = codes.iter().any(passes);
            let messages = reasons.iter().filter_map(CancellationReason::message).collect::<Vec<_>>().join("; ");
            Err(Fault { words: format!("recording: canceled {codes:?}: {messages}"), passes: is_passing })
        }
    }
}

/// `ANSWER#plugin#hash`: the engine's key begins with the plugin's name.
fn answer_partition(key: &str) -> String {
    let plugin = key.split(' ').next().unwrap_or_default();
    let mut partition = format!("ANSWER#{plugin}#");
    for byte in Sha256::digest(key) {
        // Writing to a String does not fail.
        let _ = write!(partition, "{byte:02x}");
    }
    partition
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
