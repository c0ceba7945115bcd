//! What the store's handle asks of its writer thread.

use badgesmith_engine::store::{Entry, Recorded, Unavailable, Unhealthy};
use tokio::sync::oneshot;

use super::cached_answers::CachedAnswer;

/// One request to the writer thread.
#[derive(Debug)]
pub(super) enum WriteCommand {
    /// Cache an upstream's answer.
    CacheAnswer(CachedAnswer),
    /// Record a result and send the outcome.
    Record { entry: Box<Entry>, reply: oneshot::Sender<Result<Recorded, Unavailable>> },
    /// Send whether a result could be recorded now.
    Check(oneshot::Sender<Result<(), Unhealthy>>),
    /// Check the database of this generation: a reader met an error in it.
    Suspect(u64),
}
