//! The stream of a table, which shows new items.

use aws_sdk_dynamodb::types::{StreamSpecification, StreamViewType, TableDescription};

use super::provision_error::ProvisionError;
use crate::{aws_clients::AwsClients, aws_error::AwsError, retry::retry};

/// Whether a table has a stream that shows new items.
pub(super) fn has_stream(table: &TableDescription, name: &str) -> Result<bool, ProvisionError> {
    let view = table.stream_specification().filter(|stream| stream.stream_enabled());
    match view.and_then(StreamSpecification::stream_view_type) {
        None => Ok(false),
        Some(StreamViewType::NewImage | StreamViewType::NewAndOldImages) => Ok(true),
        Some(view) => Err(ProvisionError::WrongStream { table: name.to_owned(), view: view.as_str().to_owned() }),
    }
}

/// The specification of a stream that contains new items only, since the contents of deleted items are not needed.
pub(super) fn stream() -> Result<StreamSpecification, AwsError> {
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
    stream.build().map_err(AwsError::invalid_request)
}

/// Switches it on.
pub(super) async fn switch_on_stream(aws: &AwsClients, table: &str) -> Result<(), AwsError> {
    let update = aws.dynamodb().await.update_table().table_name(table).stream_specification(stream()?);
    let send = || async { update.clone().send().await.map_err(|error| AwsError::call("UpdateTable", &error)) };
    retry(aws.deadline(), send).await.map(drop)
}
