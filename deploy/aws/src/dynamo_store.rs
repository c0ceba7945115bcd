//! The store in DynamoDB: a result is one transaction, and a badge one consistent query.

use std::{io, sync::Arc, time::SystemTime};

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    primitives::Blob,
    types::{AttributeValue, CancellationReason, Put, TransactWriteItem, builders::PutBuilder},
};
use badgesmith_engine::store::{
    Entry, NONCE_LIFE, Recorded, Span, Store, Subject, Unavailable, Unhealthy, nonce_partition, partition,
    result_prefix, result_range, subject_of,
};
use badgesmith_host::{
    transfer::{ExportError, ExportSummary, ExportedLine},
    unix_time::unix_seconds,
};
use badgesmith_provider::Record;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, sync::Semaphore};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    item::{self, Item, claim, expires, number, text},
    retry::retry,
};

/// The largest answer that is cached, in bytes. An item has at most 400 KB.
const LARGEST_ANSWER: usize = 300 * 1024;
/// How many answers are written at once. An answer above that is not cached.
const ANSWER_WRITERS: u32 = 16;
/// The size of a page of a query after the first page did not suffice.
const PAGE_SIZE: i32 = 100;

/// A store in DynamoDB. Nothing is called before the first request needs it.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    aws: Arc<AwsClients>,
    writers: Arc<Semaphore>,
}

impl DynamoStore {
    /// The store of a deployment.
    #[must_use]
    pub fn new(aws: Arc<AwsClients>) -> Self {
        Self { aws, writers: Arc::new(Semaphore::new(ANSWER_WRITERS as usize)) }
    }

    /// Waits until every answer that was handed over is written, for a process that ends.
    pub async fn settle(&self) {
        // All permits acquired means that all writers have finished.
        drop(self.writers.acquire_many(ANSWER_WRITERS).await);
    }

    /// Hands every result that has not expired at `now` to `each`, in no order, and reports which items are damaged.
    ///
    /// # Errors
    /// The first error of DynamoDB or of `each`.
    pub async fn export(
        &self,
        now: SystemTime,
        each: &mut dyn FnMut(ExportedLine) -> io::Result<()>,
    ) -> Result<ExportSummary, ExportError<AwsError>> {
        let mut exported = ExportSummary::default();
        let scan = self.aws.dynamodb().await.scan().table_name(&self.aws.tables().results).consistent_read(true);
        let scan = scan.filter_expression("begins_with(SK, :result)");
        let scan = scan.expression_attribute_values(":result", text("RESULT#"));
        let mut start = None;
        loop {
            let scan = scan.clone().set_exclusive_start_key(start);
            let send =
                || async { scan.clone().send().await.map_err(|error| AwsError::call("reading results", &error)) };
            let page = retry(self.aws.deadline(), send).await.map_err(ExportError::Store)?;
            for item in page.items().iter().filter(|item| expires(item) > unix_seconds(now)) {
                let [partition, key] = ["PK", "SK"].map(|name| item::read(item, name).unwrap_or_default());
                let (Some((collection, subject)), Some(record)) = (subject_of(partition, key), item::record(item))
                else {
                    exported.damaged.push(format!("the item at {partition:?} {key:?} is no record"));
                    continue;
                };
                exported.written += 1;
                each(ExportedLine::new(collection, &subject, record, expires(item)))?;
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(exported);
            }
        }
    }

    async fn read_answer(&self, key: &str, now: u64) -> Result<Option<Bytes>, AwsError> {
        let table = &self.aws.tables().answers;
        if table.is_empty() {
            return Ok(None);
        }
        let get = self.aws.dynamodb().await.get_item().table_name(table);
        let get = get.key("PK", text(answer_partition(key))).key("SK", text("META"));
        let found = retry(self.aws.deadline(), || async {
            get.clone().send().await.map_err(|error| AwsError::call("reading an answer", &error))
        });
        // DynamoDB deletes expired items with a delay.
        let item = found.await?.item.filter(|item| expires(item) > now);
        Ok(item.and_then(|item| match item.get("Answer") {
            Some(AttributeValue::B(answer)) => Some(Bytes::copy_from_slice(answer.as_ref())),
            _ => None,
        }))
    }

    async fn write_answer(&self, item: Item) -> Result<(), AwsError> {
        let put = self.aws.dynamodb().await.put_item().table_name(&self.aws.tables().answers).set_item(Some(item));
        let put = || async { put.clone().send().await.map_err(|error| AwsError::call("keeping an answer", &error)) };
        retry(self.aws.deadline(), put).await.map(drop)
    }

    /// One transaction, with an idempotency token that all its attempts share: an attempt whose response was lost is
    /// not repeated, while another request with the same content is another transaction.
    async fn transact(&self, entry: &Entry) -> Result<Recorded, AwsError> {
        let token = format!("{:032x}", fastrand::u128(..));
        let arrived = unix_seconds(entry.arrived);
        let tables = self.aws.tables();
        let nonce = claim(nonce_partition(&entry.subject), &entry.nonce, arrived + NONCE_LIFE.as_secs());
        let puts = [
            unless_claimed(&tables.nonces, nonce, arrived),
            unless_claimed(&tables.results, item::of_run(entry, arrived), arrived),
            Put::builder().table_name(&tables.results).set_item(Some(item::of_record(entry, arrived))),
        ];
        let mut writes = Vec::new();
        for put in puts {
            let put = put.build().map_err(AwsError::invalid_request)?;
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        let transaction = self.aws.dynamodb().await.transact_write_items();
        let transaction = transaction.client_request_token(token).set_transact_items(Some(writes));
        retry(self.aws.deadline(), || async {
            let Err(error) = transaction.clone().send().await else { return Ok(Recorded::New) };
            match error.as_service_error() {
                Some(refusal) if refusal.is_transaction_canceled_exception() => canceled_outcome(refusal),
                _ => Err(AwsError::call("recording", &error)),
            }
        })
        .await
    }

    async fn query(&self, collection: &str, subject: &Subject, span: Span, now: u64) -> Result<Vec<Record>, AwsError> {
        let query = self.aws.dynamodb().await.query().table_name(&self.aws.tables().results);
        let query = query.consistent_read(true).scan_index_forward(false);
        let query = query.expression_attribute_values(":pk", text(partition(collection, subject)));
        let query = if span.since_ms.is_none() && span.before.is_none() {
            query
                .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
                .expression_attribute_values(":prefix", text(result_prefix(subject)))
        } else {
            let (from, to) = result_range(subject, &span);
            query
                .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :to")
                .expression_attribute_values(":from", text(from))
                .expression_attribute_values(":to", text(to))
        };
        let deadline = self.aws.deadline();
        let mut limit = i32::try_from(span.last).unwrap_or(i32::MAX).min(PAGE_SIZE);
        let (mut records, mut start) = (Vec::new(), None);
        loop {
            let query = query.clone().limit(limit).set_exclusive_start_key(start);
            let send =
                || async { query.clone().send().await.map_err(|error| AwsError::call("reading results", &error)) };
            let page = retry(deadline, send).await?;
            // DynamoDB deletes expired items with a delay.
            for item in page.items().iter().filter(|item| expires(item) > now) {
                // An older one in its place would show an outdated result.
                let record = item::record(item).ok_or_else(|| AwsError::DamagedItem {
                    key: item::read(item, "SK").unwrap_or_default().to_owned(),
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
            limit = PAGE_SIZE;
        }
    }
}

impl Store for DynamoStore {
    fn prepare(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.aws.prepare())
    }

    fn answer<'a>(&'a self, key: &'a str, now: SystemTime) -> BoxFuture<'a, Result<Option<Bytes>, Unavailable>> {
        Box::pin(async move { Ok(self.read_answer(key, unix_seconds(now)).await?) })
    }

    fn keep_answer(&self, key: &str, answer: Bytes, expires: SystemTime) {
        if self.aws.tables().answers.is_empty() || answer.len() > LARGEST_ANSWER {
            return;
        }
        // An answer that is not cached is fetched from its upstream again.
        let (Ok(permit), Ok(runtime)) = (Arc::clone(&self.writers).try_acquire_owned(), Handle::try_current()) else {
            return;
        };
        let mut item = claim(answer_partition(key), "META", unix_seconds(expires));
        item.insert("Answer".to_owned(), AttributeValue::B(Blob::new(answer)));
        let store = self.clone();
        runtime.spawn(async move {
            if let Err(fault) = store.write_answer(item).await {
                tracing::warn!(fault.words = %fault, "an answer could not be cached");
            }
            drop(permit);
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
        Box::pin(async move { Ok(self.query(collection, subject, span, unix_seconds(now)).await?) })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        // A read only: a write would cost money, and a table that can be read can be written.
        Box::pin(async move {
            let subject = Subject::new("badgesmith", "health", "none", "none")
                .map_err(|part| Unhealthy::from(Unavailable(part.to_owned())))?;
            let found = self.query("test-results", &subject, Span::LATEST, 0).await;
            found.map(drop).map_err(|error| Unavailable::from(error).into())
        })
    }
}

/// A put that succeeds only if there is no item of its key, or an expired one.
fn unless_claimed(table: &str, item: Item, now: u64) -> PutBuilder {
    Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(PK) OR #TTL <= :now")
        .expression_attribute_names("#TTL", "TTL")
        .expression_attribute_values(":now", number(now))
}

/// The outcome of a canceled transaction. A conflict with another transaction says nothing about the claims.
fn canceled_outcome(refusal: &TransactWriteItemsError) -> Result<Recorded, AwsError> {
    let failed = |cause, is_transient| AwsError::Call { operation: "recording", cause, is_transient };
    let TransactWriteItemsError::TransactionCanceledException(canceled) = refusal else {
        return Err(failed("canceled".to_owned(), false));
    };
    let reasons = canceled.cancellation_reasons();
    let codes: Vec<&str> = reasons.iter().map(|reason| CancellationReason::code(reason).unwrap_or("None")).collect();
    let is_transient =
        |code: &&str| matches!(*code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded");
    match *codes.as_slice() {
        ["ConditionalCheckFailed", ..] => Ok(Recorded::NonceUsed),
        ["None", "ConditionalCheckFailed", ..] => Ok(Recorded::Duplicate),
        _ => {
            let is_transient = codes.iter().any(is_transient);
            let messages = reasons.iter().filter_map(CancellationReason::message).collect::<Vec<_>>().join("; ");
            Err(failed(format!("canceled {codes:?}: {messages}"), is_transient))
        }
    }
}

/// `ANSWER#plugin#hash`. The engine's key begins with the plugin's name.
fn answer_partition(key: &str) -> String {
    let plugin = key.split(' ').next().unwrap_or_default();
    format!("ANSWER#{plugin}#{}", hex::encode(Sha256::digest(key)))
}
