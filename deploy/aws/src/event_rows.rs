//! Rows of the table of events in DynamoDB. Outbox rows are written in the same transaction as the record or the state
//! that they announce.
//!
//! | attribute | what |
//! |---|---|
//! | `PK`, `SK` | the partition and the key |
//! | `Value` | the value, a text |
//! | `TTL` | the expiry in seconds since 1970 |
//! | `Version` | 1, the version of this form |

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use badgesmith_engine::store::{Row, RowChange, RowIs};
use badgesmith_host::unix_time::unix_seconds;

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    item::{self, Item, claim, expires, number, text},
    item_calls,
    transaction::{put, transact, unless_claimed, write},
};

/// The version of the items.
const VERSION: u8 = 1;
/// The most items that one page of a query reads. A page ends at 1 MB in any case.
const PAGE_SIZE: usize = 1000;
/// The condition of a row that has not expired; that of one with a value follows it.
const IS_PRESENT: &str = "#TTL > :now";
const IS_EQUAL: &str = "#TTL > :now AND #Value = :value";

/// The table of events.
fn table(aws: &AwsClients) -> Result<&str, AwsError> {
    let table = &aws.tables().events;
    if table.is_empty() { Err(AwsError::NoEventsTable) } else { Ok(table) }
}

fn of_row(row: &Row) -> Item {
    let mut item = claim(&*row.partition, &*row.key, unix_seconds(row.expires));
    item.insert("Value".to_owned(), text(&*row.value));
    item.insert("Version".to_owned(), number(VERSION));
    item
}

/// The row of an item; `None` if it is not an item of this version.
fn row(item: &Item) -> Option<Row> {
    let [partition, key, value] = ["PK", "SK", "Value"].map(|name| item::read(item, name).map(str::to_owned));
    let is_known = item.get("Version")?.as_n().ok()? == &VERSION.to_string();
    let expires = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(expires(item)))?;
    is_known.then_some(Row { partition: partition?, key: key?, value: value?, expires })
}

/// The write of an outbox row, for the transaction that writes the announced record or state.
pub(crate) fn outbox(aws: &AwsClients, row: &Row) -> Result<TransactWriteItem, AwsError> {
    row.check().map_err(AwsError::Row)?;
    write(put(table(aws)?, of_row(row)))
}

/// Makes all changes in one transaction. If a condition does not hold, makes none and returns `false`.
pub(crate) async fn change(aws: &AwsClients, changes: &[RowChange], now: u64) -> Result<bool, AwsError> {
    RowChange::check(changes).map_err(AwsError::Row)?;
    let table = table(aws)?;
    let writes = changes.iter().map(|change| match change {
        RowChange::Put(row, condition) => put_if(table, of_row(row), condition, now),
        RowChange::Delete(partition, key, condition) => delete_if(table, [partition, key], condition, now),
    });
    let writes = writes.collect::<Result<Vec<_>, _>>()?;
    // DynamoDB refuses a transaction of no items.
    Ok(writes.is_empty() || transact(aws, "changing events", writes).await?.is_empty())
}

fn put_if(table: &str, item: Item, condition: &RowIs, now: u64) -> Result<TransactWriteItem, AwsError> {
    let put = match condition {
        RowIs::Any => put(table, item),
        RowIs::Absent => unless_claimed(table, item, now),
        RowIs::Present => put(table, item).condition_expression(IS_PRESENT),
        RowIs::Equal(value) => put(table, item)
            .condition_expression(IS_EQUAL)
            .expression_attribute_names("#Value", "Value")
            .expression_attribute_values(":value", text(value)),
    };
    write(match condition {
        RowIs::Any | RowIs::Absent => put,
        RowIs::Present | RowIs::Equal(_) => {
            put.expression_attribute_names("#TTL", "TTL").expression_attribute_values(":now", number(now))
        }
    })
}

fn delete_if(table: &str, key: [&str; 2], condition: &RowIs, now: u64) -> Result<TransactWriteItem, AwsError> {
    let delete = Delete::builder().table_name(table).key("PK", text(key[0])).key("SK", text(key[1]));
    let delete = match condition {
        RowIs::Any => delete,
        RowIs::Absent => delete.condition_expression("attribute_not_exists(PK) OR #TTL <= :now"),
        RowIs::Present => delete.condition_expression(IS_PRESENT),
        RowIs::Equal(value) => delete
            .condition_expression(IS_EQUAL)
            .expression_attribute_names("#Value", "Value")
            .expression_attribute_values(":value", text(value)),
    };
    let delete = match condition {
        RowIs::Any => delete,
        RowIs::Absent | RowIs::Present | RowIs::Equal(_) => {
            delete.expression_attribute_names("#TTL", "TTL").expression_attribute_values(":now", number(now))
        }
    };
    let delete = delete.build().map_err(AwsError::invalid_request)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

/// Which rows of a partition are read.
pub(crate) struct RowPage<'a> {
    pub(crate) partition: &'a str,
    /// The key after which it begins.
    pub(crate) after: &'a str,
    /// How many rows it has at most.
    pub(crate) limit: usize,
    /// In seconds since 1970.
    pub(crate) now: u64,
}

/// The rows of a page. An item of another version is left out with an error in the log.
pub(crate) async fn find(aws: &AwsClients, page: &RowPage<'_>) -> Result<Vec<Row>, AwsError> {
    let RowPage { partition, after, limit, now } = *page;
    let query = aws.dynamodb().await.query().table_name(table(aws)?).consistent_read(true);
    let query = query.expression_attribute_values(":pk", text(partition));
    // A key's value must not be empty.
    let query = if after.is_empty() {
        query.key_condition_expression("PK = :pk")
    } else {
        query.key_condition_expression("PK = :pk AND SK > :after").expression_attribute_values(":after", text(after))
    };
    let deadline = aws.deadline();
    let (mut found, mut start) = (Vec::new(), None);
    while found.len() < limit {
        let size = i32::try_from((limit - found.len()).min(PAGE_SIZE)).unwrap_or(i32::MAX);
        let query = query.clone().limit(size).set_exclusive_start_key(start);
        let page = item_calls::page(query, deadline, "reading events").await?;
        // DynamoDB deletes expired items with a delay.
        for item in page.items().iter().filter(|item| expires(item) > now) {
            match row(item) {
                Some(row) => found.push(row),
                None => {
                    let key = item::read(item, "SK").unwrap_or_default();
                    tracing::error!(partition, key, "an event is of another version and is left out");
                }
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    Ok(found)
}
