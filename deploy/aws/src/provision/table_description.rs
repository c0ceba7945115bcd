//! Reads the description of a table.

use aws_sdk_dynamodb::{error::ProvideErrorMetadata, types::TableDescription};

use crate::{aws_clients::AwsClients, aws_error::AwsError, retry::retry};

/// The description of a table; `None` if there is none of this name.
pub(super) async fn describe(aws: &AwsClients, table: &str) -> Result<Option<TableDescription>, AwsError> {
    let describe = aws.dynamodb().await.describe_table().table_name(table);
    let found = retry(aws.deadline(), || async {
        match describe.clone().send().await {
            Ok(found) => Ok(found.table),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(AwsError::call("DescribeTable", &error)),
        }
    });
    found.await
}
