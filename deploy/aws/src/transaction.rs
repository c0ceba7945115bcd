//! Transactions of DynamoDB whose puts claim keys.

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, Put, TransactWriteItem, builders::PutBuilder},
};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    item::{Item, number},
    retry::retry,
};

/// A put that succeeds only if there is no item with its key, or only an expired one.
pub(crate) fn unless_claimed(table: &str, item: Item, now: u64) -> PutBuilder {
    put(table, item)
        .condition_expression("attribute_not_exists(PK) OR #TTL <= :now")
        .expression_attribute_names("#TTL", "TTL")
        .expression_attribute_values(":now", number(now))
}

/// A put without a condition.
pub(crate) fn put(table: &str, item: Item) -> PutBuilder {
    Put::builder().table_name(table).set_item(Some(item))
}

/// A put as an item of a transaction.
pub(crate) fn write(put: PutBuilder) -> Result<TransactWriteItem, AwsError> {
    let put = put.build().map_err(AwsError::invalid_request)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// One transaction, with an idempotency token that all its attempts share: a retry after a lost response does not write
/// again, while another request with the same content is a transaction of its own.
///
/// Returns for each write whether its condition failed; if one failed, nothing is written. Returns an empty list if
/// everything was written.
pub(crate) async fn transact(
    aws: &AwsClients,
    operation: &'static str,
    writes: Vec<TransactWriteItem>,
) -> Result<Vec<bool>, AwsError> {
    let token = format!("{:032x}", fastrand::u128(..));
    let transaction = aws.dynamodb().await.transact_write_items();
    let transaction = transaction.client_request_token(token).set_transact_items(Some(writes));
    retry(aws.deadline(), || async {
        let Err(error) = transaction.clone().send().await else { return Ok(Vec::new()) };
        match error.as_service_error() {
            Some(refusal) if refusal.is_transaction_canceled_exception() => failed_conditions(operation, refusal),
            _ => Err(AwsError::call(operation, &error)),
        }
    })
    .await
}

/// The conditions that failed in a canceled transaction. A failed condition counts only if it is the first failure in
/// the list: a conflict with another transaction that is listed before it leaves open whether the conditions of later
/// writes hold.
fn failed_conditions(operation: &'static str, refusal: &TransactWriteItemsError) -> Result<Vec<bool>, AwsError> {
    let failed = |cause, is_transient| AwsError::Call { operation, cause, is_transient };
    let TransactWriteItemsError::TransactionCanceledException(canceled) = refusal else {
        return Err(failed("canceled".to_owned(), false));
    };
    let reasons = canceled.cancellation_reasons();
    let codes: Vec<&str> = reasons.iter().map(|reason| CancellationReason::code(reason).unwrap_or("None")).collect();
    if codes.iter().find(|code| **code != "None") == Some(&"ConditionalCheckFailed") {
        return Ok(codes.iter().map(|code| *code == "ConditionalCheckFailed").collect());
    }
    let is_transient =
        |code: &&str| matches!(*code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded");
    let is_transient = codes.iter().any(is_transient);
    let messages = reasons.iter().filter_map(CancellationReason::message).collect::<Vec<_>>().join("; ");
    Err(failed(format!("canceled {codes:?}: {messages}"), is_transient))
}
