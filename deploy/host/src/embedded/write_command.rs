//! The requests of the store's handle to its writer thread.

use badgesmith_engine::store::{Unavailable, Unhealthy};
use tokio::sync::oneshot;

use super::{
    cached_answers::CachedAnswer,
    store_write::{StoreWrite, StoreWritten},
};

/// One request to the writer thread.
#[derive(Debug)]
pub(super) enum WriteCommand {
    /// Cache an upstream's answer.
    CacheAnswer(CachedAnswer),
    /// Write and, once that is durable, send the outcome.
    Write { write: StoreWrite, reply: oneshot::Sender<Result<StoreWritten, Unavailable>> },
    /// Send whether a result could be recorded now.
    Check(oneshot::Sender<Result<(), Unhealthy>>),
    /// Check the database of this generation: a reader met an error in it.
    Suspect(u64),
}
