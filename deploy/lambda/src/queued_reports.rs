//! Records the reports of a batch from their queue.

use std::{sync::Arc, time::Duration};

use badgesmith_aws::{
    AwsClients, MessageEnd, ReceivedMessage, SqsQueue,
    report_consumer::{put_back, record_batch},
};
use badgesmith_engine::Engine;
use tokio::time::Instant;

use crate::records::BatchAnswer;

/// How long before its time limit the last report is begun: one transaction, and putting the batch back.
const LAST_REPORT: Duration = Duration::from_secs(5);

/// Records a batch within the time limit, and answers which messages are to be received again. Poison messages and
/// messages for which the store did not answer are put back with their own visibility timeout, since the queue's is six
/// times the function's time limit.
pub(crate) async fn record_reports(
    engine: &Engine,
    aws: &Arc<AwsClients>,
    arn: &str,
    messages: &[ReceivedMessage],
    timeout: Duration,
) -> BatchAnswer {
    let ends = record_batch(engine, messages, Instant::now() + timeout.saturating_sub(LAST_REPORT)).await;
    if ends.iter().any(|end| *end != MessageEnd::Done) {
        let put = async { put_back(&SqsQueue::new(Arc::clone(aws), arn)?, messages, &ends).await };
        if let Err(fault) = put.await {
            tracing::warn!(fault.words = %fault, "messages could not be put back; they come back later");
        }
    }
    let failed = messages.iter().zip(&ends).filter(|(_, end)| **end != MessageEnd::Done);
    BatchAnswer::failed(failed.map(|(message, _)| message.id.clone()))
}
