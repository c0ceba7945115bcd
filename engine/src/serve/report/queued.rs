//! Reports that are recorded from a queue.

use std::time::SystemTime;

use super::recording::record;
use crate::{
    call::records::unavailable,
    error::Error,
    parts::Parts,
    report_queue::{self, QueuedError, QueuedOutcome},
    store::{Entry, Recorded, Unavailable},
};

/// Claims the nonce and puts the report into the queue.
///
/// If the nonce of a token was claimed before, the report is queued all the same: the token proves one run and attempt,
/// so this is the same report again, and the first one may not have reached the queue. For a signed report this is an
/// error: each attempt to send it is signed with a new nonce.
pub(super) async fn enqueue(parts: &Parts, entry: &Entry, correlation_id: &str) -> Result<(), Error> {
    let refused = |fault: Unavailable| Error::from(&unavailable(&fault));
    let no_queue = || refused(Unavailable("reports are to be queued, and there is no queue".to_owned()));
    let queue = parts.report_queue.as_ref().ok_or_else(no_queue)?;
    let Entry { collection, subject, nonce, arrived, .. } = entry;
    let claimed = parts.world.store.claim_nonce(collection, subject, nonce, *arrived).await;
    let is_new = claimed.inspect_err(|_| parts.store.invalidate()).map_err(refused)?;
    if !is_new && !nonce.is_after_run {
        return Err(Error::nonce_used());
    }
    queue.send(report_queue::write(entry, correlation_id)).await.map_err(refused)
}

/// Records a report from the queue.
pub(crate) async fn record_queued(parts: &Parts, body: &str, now: SystemTime) -> Result<QueuedOutcome, QueuedError> {
    let (mut entry, correlation_id) = report_queue::read(body)?;
    let has_collection = parts.plugins.all().iter().any(|plugin| plugin.collections.contains(&entry.collection));
    if !has_collection {
        return Err(QueuedError::NoPlugin(entry.collection));
    }
    let recorded = record(parts, &mut entry, &correlation_id, now).await.map_err(QueuedError::Unavailable)?;
    let outcome = match recorded {
        Recorded::New => QueuedOutcome::Recorded,
        // The nonce is claimed only together with the run, so the run was recorded, too.
        Recorded::Duplicate | Recorded::NonceUsed => QueuedOutcome::WasRecorded,
    };
    let (owner, repo) = (entry.subject.owner(), entry.subject.repo());
    tracing::info!(outcome = ?outcome, owner, repo, correlation_id, "queued report");
    Ok(outcome)
}
