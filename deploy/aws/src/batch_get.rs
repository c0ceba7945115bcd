//! Reads several items of a table in one request.

use aws_sdk_dynamodb::types::KeysAndAttributes;
use tokio::time::Instant;

use crate::{aws_clients::AwsClients, aws_error::AwsError, item::Item, retry::retry};

/// Which items are read.
pub(crate) struct BatchGet<'a> {
    /// The purpose of the read, for errors.
    pub(crate) operation: &'static str,
    pub(crate) table: &'a str,
    pub(crate) keys: Vec<Item>,
    pub(crate) is_consistent: bool,
}

/// The items of these keys that exist, in no order.
pub(crate) async fn batch_get(aws: &AwsClients, batch: BatchGet<'_>, deadline: Instant) -> Result<Vec<Item>, AwsError> {
    let BatchGet { operation, table, keys, is_consistent } = batch;
    let request = |keys| KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(is_consistent);
    let mut items = Vec::new();
    let mut next = Some(request(keys));
    while let Some(keys) = next.take() {
        let keys = keys.build().map_err(AwsError::invalid_request)?;
        let get = aws.dynamodb().await.batch_get_item().request_items(table, keys);
        let send = || async { get.clone().send().await.map_err(|error| AwsError::call(operation, &error)) };
        let mut page = retry(deadline, send).await?;
        items.extend(page.responses.as_mut().and_then(|tables| tables.remove(table)).unwrap_or_default());
        // DynamoDB leaves keys unprocessed when it is throttled.
        let unprocessed = page.unprocessed_keys.and_then(|mut tables| tables.remove(table));
        next = unprocessed.map(|unprocessed| request(unprocessed.keys));
        if next.is_some() && Instant::now() >= deadline {
            return Err(AwsError::KeysUnprocessed);
        }
    }
    Ok(items)
}
