//! The lists of owners and of their subjects in DynamoDB.
//!
//! | attribute | what |
//! |---|---|
//! | `PK`, `SK` | `OWNERS` and the owner; `SUBJECTS#owner` and the subject |
//! | `Changed` | when a record or a state of the subject was written last, in RFC 3339 |
//! | `Lasting` | the last second of the year 9999, where there is a state without a life |
//! | `TTL` | `Lasting`, or the expiry of the newest record |

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use badgesmith_engine::store::{
    LONGEST_KEY, ListedSubject, OWNERS, RESULT_LIFE, Subject, escape, subjects_partition, unescape,
};
use badgesmith_host::unix_time::{unix_milliseconds, unix_seconds};
use badgesmith_provider::Timestamp;
use futures_util::future::try_join;

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    item::{self, Item, claim, expires, number, text},
    item_calls,
};

/// The expiry of what does not expire: the last second of the year 9999.
pub(crate) const LASTING: u64 = 253_402_300_799;
/// For how much longer than its newest record an owner is listed, in seconds, so that each process writes the owner
/// once a day and not with each record.
const OWNER_MARGIN: u64 = 24 * 60 * 60;
/// How many owners a process remembers.
const MOST_REMEMBERED: usize = 4096;
/// The most items that one page of a query reads.
const PAGE_SIZE: usize = 1000;

/// The owners that this process has listed, with the expiry of each.
#[derive(Debug, Default)]
pub(crate) struct Listed(Mutex<HashMap<String, u64>>);

impl Listed {
    /// Lists the owner of a record with a separate write, not in the record's transaction: all records of an owner
    /// share the owner's item, so transactions that write it would conflict.
    pub(crate) async fn list_owner(&self, aws: &AwsClients, owner: &str, at: SystemTime) -> Result<(), AwsError> {
        self.list_until(aws, owner, record_expiry(at)).await
    }

    /// Lists the subject of a state that does not expire.
    pub(crate) async fn list_state(
        &self,
        aws: &AwsClients,
        collection: &str,
        subject: &Subject,
        at: SystemTime,
    ) -> Result<(), AwsError> {
        let Some(key) = key(collection, subject) else { return Ok(()) };
        let mut item = claim(subjects_partition(subject.owner()), key, LASTING);
        item.insert("Changed".to_owned(), changed(at));
        item.insert("Lasting".to_owned(), number(LASTING));
        let put = aws.dynamodb().await.put_item().table_name(&aws.tables().results).set_item(Some(item));
        let subject_listed = item_calls::put(put, aws.deadline(), "listing a subject");
        try_join(subject_listed, self.list_until(aws, subject.owner(), LASTING)).await.map(drop)
    }

    /// Lists an owner until `needed`, in seconds since 1970, unless it is already listed for that long.
    pub(crate) async fn list_until(&self, aws: &AwsClients, owner: &str, needed: u64) -> Result<(), AwsError> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(owner).copied();
        if remembered.is_some_and(|expires| expires >= needed) {
            return Ok(());
        }
        let expires = needed.saturating_add(OWNER_MARGIN).min(LASTING);
        let put = aws.dynamodb().await.put_item().table_name(&aws.tables().results);
        let put = put
            .set_item(Some(claim(OWNERS, escape(owner), expires)))
            .condition_expression("attribute_not_exists(PK) OR #TTL < :ttl")
            .expression_attribute_names("#TTL", "TTL")
            .expression_attribute_values(":ttl", number(expires));
        // If the condition does not hold, the owner is already listed for longer.
        item_calls::put(put, aws.deadline(), "listing an owner").await?;
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(owner.to_owned(), expires);
        Ok(())
    }
}

/// The sort key of a subject; `None` if its names make too long a key, so that it is not listed.
pub(crate) fn key(collection: &str, subject: &Subject) -> Option<String> {
    Some(ListedSubject::key(collection, subject)).filter(|key| key.len() <= LONGEST_KEY)
}

/// The write that lists a record's subject, for the record's transaction; none if the subject's names make too long a
/// key.
pub(crate) fn listing(
    aws: &AwsClients,
    collection: &str,
    subject: &Subject,
    arrived: SystemTime,
) -> Result<Option<TransactWriteItem>, AwsError> {
    let Some(key) = key(collection, subject) else { return Ok(None) };
    let update = Update::builder()
        .table_name(&aws.tables().results)
        .key("PK", text(subjects_partition(subject.owner())))
        .key("SK", text(key))
        .update_expression("SET Changed = :changed, #TTL = if_not_exists(Lasting, :ttl)")
        .expression_attribute_names("#TTL", "TTL")
        .expression_attribute_values(":changed", changed(arrived))
        .expression_attribute_values(":ttl", number(record_expiry(arrived)));
    let update = update.build().map_err(AwsError::invalid_request)?;
    Ok(Some(TransactWriteItem::builder().update(update).build()))
}

/// Until when a subject is listed because of a record. An import may write older records after newer ones, so the time
/// counts from now at the earliest.
fn record_expiry(arrived: SystemTime) -> u64 {
    unix_seconds(arrived.max(SystemTime::now())) + RESULT_LIFE.as_secs()
}

/// The attribute with the time of a change.
pub(crate) fn changed(at: SystemTime) -> AttributeValue {
    text(Timestamp::nearest(unix_milliseconds(at)).to_string())
}

/// The owners after `after`, at most `limit`.
pub(crate) async fn owners(aws: &AwsClients, after: &str, limit: usize) -> Result<Vec<String>, AwsError> {
    let after = escape(after);
    let range = ListRange { partition: OWNERS.to_owned(), prefix: String::new(), after: &after };
    let items = read(aws, &range, limit, unix_seconds(SystemTime::now())).await?;
    Ok(items.iter().filter_map(|item| Some(unescape(item::read(item, "SK")?))).collect())
}

/// A page of the subjects of an owner.
pub(crate) struct SubjectPage<'a> {
    pub(crate) owner: &'a str,
    pub(crate) repo: Option<&'a str>,
    pub(crate) after: &'a str,
    pub(crate) limit: usize,
}

/// The subjects of a page.
pub(crate) async fn subjects(
    aws: &AwsClients,
    page: &SubjectPage<'_>,
    now: u64,
) -> Result<Vec<ListedSubject>, AwsError> {
    let SubjectPage { owner, repo, after, limit } = *page;
    let prefix = repo.map(|repo| format!("{}#", escape(repo))).unwrap_or_default();
    let items = read(aws, &ListRange { partition: subjects_partition(owner), prefix, after }, limit, now).await?;
    let listed = |item: &Item| {
        let (collection, subject) = ListedSubject::read(item::read(item, "SK")?, owner)?;
        let changed = item::read(item, "Changed").and_then(Timestamp::parse).unwrap_or(Timestamp::MIN);
        let changed = Duration::from_millis(u64::try_from(changed.as_ms()).unwrap_or_default());
        Some(ListedSubject { collection, subject, changed: SystemTime::UNIX_EPOCH + changed })
    };
    Ok(items.iter().filter_map(listed).collect())
}

/// Which items of a list are read.
struct ListRange<'a> {
    partition: String,
    /// What their keys begin with.
    prefix: String,
    /// The key after which they begin.
    after: &'a str,
}

/// The items of a list, read with eventual consistency.
async fn read(aws: &AwsClients, range: &ListRange<'_>, limit: usize, now: u64) -> Result<Vec<Item>, AwsError> {
    let ListRange { partition, prefix, after } = range;
    // `$` follows the `#` at the end of the prefix in ASCII.
    let end = prefix.strip_suffix('#').map(|prefix| format!("{prefix}$"));
    if limit == 0 || end.as_deref().is_some_and(|end| *after >= end) {
        return Ok(Vec::new());
    }
    let from = (*after).max(prefix);
    let query = aws.dynamodb().await.query().table_name(&aws.tables().results);
    let query = query.expression_attribute_values(":pk", text(partition));
    // A key's value must not be empty.
    let query = match (from, end) {
        ("", _) => query.key_condition_expression("PK = :pk"),
        (from, None) => {
            query.key_condition_expression("PK = :pk AND SK > :from").expression_attribute_values(":from", text(from))
        }
        (from, Some(end)) => query
            .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :end")
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":end", text(end)),
    };
    let deadline = aws.deadline();
    // BETWEEN includes the key after which the items begin.
    let size = i32::try_from(limit.saturating_add(1).min(PAGE_SIZE)).unwrap_or(i32::MAX);
    let (mut found, mut start) = (Vec::new(), None);
    loop {
        let query = query.clone().limit(size).set_exclusive_start_key(start);
        let page = item_calls::page(query, deadline, "reading a list").await?;
        let items = page.items.unwrap_or_default();
        // DynamoDB deletes expired items with a delay.
        found.extend(items.into_iter().filter(|item| expires(item) > now && item::read(item, "SK") != Some(*after)));
        start = page.last_evaluated_key;
        if found.len() >= limit || start.is_none() {
            found.truncate(limit);
            return Ok(found);
        }
    }
}
