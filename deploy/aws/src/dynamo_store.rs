//! The store in DynamoDB: a result is one transaction, and a badge one consistent query.

use std::{collections::BTreeSet, io, sync::Arc, time::SystemTime};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use badgesmith_engine::store::{
    Delivery, Entry, EveryPart, ListedSubject, MarkedAnswer, Nonce, Recorded, Row, RowChange, Span, States, Store,
    Subject, Unavailable, Unhealthy, state_subject,
};
use badgesmith_host::{
    transfer::{ExportError, ExportSummary, ExportedLine},
    unix_time::unix_seconds,
};
use badgesmith_provider::{FoundParts, FoundState, Record, State};
use bytes::Bytes;
use futures_util::future::{BoxFuture, join};
use tokio::{runtime::Handle, sync::Semaphore};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    event_rows::{self, RowPage},
    export,
    item::{Item, claim, expires, text},
    item_calls,
    lists::{self, Listed, SubjectPage},
    marks, part_records, records,
    retry::retry,
    states::{self, NewState},
};

/// The largest answer that is cached, in bytes. An item has at most 400 KB.
const LARGEST_ANSWER: usize = 300 * 1024;
/// How many answers are written to the cache at once. An answer that comes while so many are being written is not
/// cached.
const ANSWER_WRITERS: u32 = 16;

/// Writes records and lists their owner at the same time, so that the first report of a process waits for one round
/// trip only. If the owner cannot be listed, the error is returned although the records may be written: the sender's
/// retry then lists the owner.
async fn both<T>(
    written: impl Future<Output = Result<T, AwsError>>,
    listed: impl Future<Output = Result<(), AwsError>>,
) -> Result<T, Unavailable> {
    let (written, listed) = join(written, listed).await;
    listed?;
    Ok(written?)
}

/// A store in DynamoDB. Nothing is called before the first request needs it.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    aws: Arc<AwsClients>,
    writers: Arc<Semaphore>,
    listed: Arc<Listed>,
}

impl DynamoStore {
    /// The store of a deployment.
    #[must_use]
    pub fn new(aws: Arc<AwsClients>) -> Self {
        Self { aws, writers: Arc::new(Semaphore::new(ANSWER_WRITERS as usize)), listed: Arc::default() }
    }

    /// Waits until all pending writes of cached answers have finished, for a process that ends.
    pub async fn settle(&self) {
        // All permits acquired means that all writers have finished.
        drop(self.writers.acquire_many(ANSWER_WRITERS).await);
    }

    /// Hands every result and state that has not expired at `now` to `each`, in no order, and reports which items are
    /// damaged. Rows of the table of events are not exported: they are the events that this deployment has not sent
    /// yet.
    ///
    /// # Errors
    /// The first error of DynamoDB or of `each`.
    pub async fn export(
        &self,
        now: SystemTime,
        each: &mut dyn FnMut(ExportedLine) -> io::Result<()>,
    ) -> Result<ExportSummary, ExportError<AwsError>> {
        export::export(&self.aws, now, each).await
    }

    async fn read_answer(&self, key: &str, now: u64) -> Result<Option<Bytes>, AwsError> {
        let table = &self.aws.tables().answers;
        if table.is_empty() {
            return Ok(None);
        }
        let get = self.aws.dynamodb().await.get_item().table_name(table);
        let get = get.key("PK", text(marks::answer_partition(key))).key("SK", text(marks::ANSWER));
        let found = retry(self.aws.deadline(), || async {
            get.clone().send().await.map_err(|error| AwsError::call("reading an answer", &error))
        });
        // DynamoDB deletes expired items with a delay.
        let item = found.await?.item.filter(|item| expires(item) > now);
        Ok(item.and_then(|item| marks::answer(&item)))
    }

    async fn write_answer(&self, item: Item) -> Result<(), AwsError> {
        let put = self.aws.dynamodb().await.put_item().table_name(&self.aws.tables().answers).set_item(Some(item));
        item_calls::put(put, self.aws.deadline(), "keeping an answer").await.map(drop)
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
        let mut item = claim(marks::answer_partition(key), marks::ANSWER, unix_seconds(expires));
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
        Box::pin(async move {
            let listed = self.listed.list_owner(&self.aws, entry.subject.owner(), entry.arrived);
            both(records::record(&self.aws, entry), listed).await
        })
    }

    fn claim_nonce<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        nonce: &'a Nonce,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move { Ok(records::claim_nonce(&self.aws, collection, subject, nonce, now).await?) })
    }

    fn history<'a>(
        &'a self,
        collection: &'a str,
        subject: &'a Subject,
        span: Span,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Record>, Unavailable>> {
        Box::pin(async move { Ok(records::history(&self.aws, collection, subject, &span, unix_seconds(now)).await?) })
    }

    fn part_records<'a>(
        &'a self,
        every: &'a EveryPart,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<FoundParts, Unavailable>> {
        Box::pin(async move { Ok(part_records::find(&self.aws, every, unix_seconds(now)).await?) })
    }

    fn put_told_state<'a>(
        &'a self,
        state: &'a State,
        now: SystemTime,
        outbox: Option<&'a Row>,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move {
            let subject = state_subject(state)?;
            let new = NewState { state, subject: &subject, now, outbox };
            Ok(states::put_state(&self.aws, &self.listed, &new).await?)
        })
    }

    fn states<'a>(
        &'a self,
        states: &'a States,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<FoundState>, Unavailable>> {
        Box::pin(async move { Ok(states::find(&self.aws, states, unix_seconds(now)).await?) })
    }

    fn deliver<'a>(&'a self, delivery: &'a Delivery) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move {
            // Nearly always there is only one owner.
            let owners: BTreeSet<_> = delivery.records.iter().map(|record| record.subject.owner()).collect();
            let listed = async {
                for owner in owners {
                    self.listed.list_owner(&self.aws, owner, delivery.arrived).await?;
                }
                Ok(())
            };
            both(records::deliver(&self.aws, delivery), listed).await
        })
    }

    fn owners<'a>(&'a self, after: &'a str, limit: usize) -> BoxFuture<'a, Result<Vec<String>, Unavailable>> {
        Box::pin(async move { Ok(lists::owners(&self.aws, after, limit).await?) })
    }

    fn subjects<'a>(
        &'a self,
        owner: &'a str,
        repo: Option<&'a str>,
        after: &'a str,
        limit: usize,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<ListedSubject>, Unavailable>> {
        let page = SubjectPage { owner, repo, after, limit };
        Box::pin(async move { Ok(lists::subjects(&self.aws, &page, unix_seconds(now)).await?) })
    }

    fn mark_stale<'a>(&'a self, about: &'a str, at: SystemTime) -> BoxFuture<'a, Result<(), Unavailable>> {
        Box::pin(async move { Ok(marks::mark_stale(&self.aws, about, at).await?) })
    }

    fn answer_about<'a>(
        &'a self,
        key: &'a str,
        about: &'a str,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<MarkedAnswer, Unavailable>> {
        Box::pin(async move { Ok(marks::answer_about(&self.aws, key, about, unix_seconds(now)).await?) })
    }

    fn rows<'a>(
        &'a self,
        partition: &'a str,
        after: &'a str,
        limit: usize,
        now: SystemTime,
    ) -> BoxFuture<'a, Result<Vec<Row>, Unavailable>> {
        let page = RowPage { partition, after, limit, now: unix_seconds(now) };
        Box::pin(async move { Ok(event_rows::find(&self.aws, &page).await?) })
    }

    fn change_rows<'a>(
        &'a self,
        changes: &'a [RowChange],
        now: SystemTime,
    ) -> BoxFuture<'a, Result<bool, Unavailable>> {
        Box::pin(async move { Ok(event_rows::change(&self.aws, changes, unix_seconds(now)).await?) })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Unhealthy>> {
        // Only a read is tried: a write would cost money, and a table that can be read can be written.
        Box::pin(async move {
            let subject = Subject::new("badgesmith", "health", "none", "none")
                .map_err(|part| Unhealthy::from(Unavailable(part.to_owned())))?;
            let found = records::history(&self.aws, "test-results", &subject, &Span::LATEST, 0).await;
            found.map(drop).map_err(|error| Unavailable::from(error).into())
        })
    }
}
