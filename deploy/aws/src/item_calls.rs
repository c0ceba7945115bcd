//! The calls of DynamoDB that several files make: a put, and a page of a query. They are functions here so that each is
//! compiled only once.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::operation::{
    put_item::builders::PutItemFluentBuilder,
    query::{QueryOutput, builders::QueryFluentBuilder},
};
use tokio::time::Instant;

use crate::{aws_error::AwsError, item, retry::retry};

/// The outcome of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// The item was written.
    Written,
    /// Its condition did not hold, so nothing was written by the last attempt.
    Refused {
        /// Whether there was an attempt before, whose response may have been lost.
        is_retried: bool,
    },
}

/// Puts an item.
pub(crate) async fn put(
    put: PutItemFluentBuilder,
    deadline: Instant,
    operation: &'static str,
) -> Result<Put, AwsError> {
    let attempts = AtomicU32::new(0);
    retry(deadline, || async {
        let is_retried = attempts.fetch_add(1, Ordering::Relaxed) > 0;
        match put.clone().send().await {
            Ok(_) => Ok(Put::Written),
            Err(error) if item::is_condition(&error) => Ok(Put::Refused { is_retried }),
            Err(error) => Err(AwsError::call(operation, &error)),
        }
    })
    .await
}

/// One page of a query.
pub(crate) async fn page(
    query: QueryFluentBuilder,
    deadline: Instant,
    operation: &'static str,
) -> Result<QueryOutput, AwsError> {
    retry(deadline, || async { query.clone().send().await.map_err(|error| AwsError::call(operation, &error)) }).await
}
