//! The queue of reports in SQS.

use badgesmith_engine::{QueuedReport, ReportQueue, world::Unavailable};
use futures_util::future::BoxFuture;

use crate::sqs::{FifoMessage, SqsQueue};

impl ReportQueue for SqsQueue {
    fn send(&self, report: QueuedReport) -> BoxFuture<'_, Result<(), Unavailable>> {
        let QueuedReport { group, deduplication, body } = report;
        let message = FifoMessage { group, deduplication, body };
        Box::pin(async move { Ok(Self::send(self, &message).await?) })
    }
}
