//! Exports all results and states of the deployment.

use std::{io, time::SystemTime};

use badgesmith_engine::store::{state_subject_of, subject_of};
use badgesmith_host::{
    transfer::{ExportError, ExportSummary, ExportedLine},
    unix_time::unix_seconds,
};

use crate::{
    aws_clients::AwsClients,
    aws_error::AwsError,
    item::{self, Item, expires, text},
    retry::retry,
    states,
};

/// Hands every result and state that has not expired at `now` to `each`, in no order, and reports which items are
/// damaged.
///
/// # Errors
/// The first error of DynamoDB or of `each`.
pub(crate) async fn export(
    aws: &AwsClients,
    now: SystemTime,
    each: &mut dyn FnMut(ExportedLine) -> io::Result<()>,
) -> Result<ExportSummary, ExportError<AwsError>> {
    let mut exported = ExportSummary::default();
    let scan = aws.dynamodb().await.scan().table_name(&aws.tables().results).consistent_read(true);
    let scan = scan.filter_expression("begins_with(SK, :result) OR begins_with(PK, :state)");
    let scan = scan.expression_attribute_values(":result", text("RESULT#"));
    let scan = scan.expression_attribute_values(":state", text("STATE#"));
    let mut start = None;
    loop {
        let scan = scan.clone().set_exclusive_start_key(start);
        let send = || async { scan.clone().send().await.map_err(|error| AwsError::call("reading results", &error)) };
        let page = retry(aws.deadline(), send).await.map_err(ExportError::Store)?;
        for item in page.items().iter().filter(|item| expires(item) > unix_seconds(now)) {
            match line(item) {
                Ok(line) => {
                    exported.written += 1;
                    each(line)?;
                }
                Err(damaged) => exported.damaged.push(damaged),
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(exported);
        }
    }
}

/// An item as an exported line; otherwise what is wrong with it.
fn line(item: &Item) -> Result<ExportedLine, String> {
    let [partition, key] = ["PK", "SK"].map(|name| item::read(item, name).unwrap_or_default());
    let expires = expires(item);
    if partition.starts_with("STATE#") {
        let (Some((collection, subject)), Some(state)) = (state_subject_of(partition, key), states::state(item)) else {
            return Err(format!("the item at {partition:?} {key:?} is no state"));
        };
        let until = Some(expires).filter(|expires| *expires < u64::MAX);
        return Ok(ExportedLine::state(collection, &subject, state, until));
    }
    let (Some((collection, subject)), Some(record)) = (subject_of(partition, key), item::record(item)) else {
        return Err(format!("the item at {partition:?} {key:?} is no record"));
    };
    Ok(ExportedLine::result(collection, &subject, record, expires))
}
